"""Predictions for event tables: exact solutions between events, steady states included.

One person at a time and in the order of the table, so that it can serve as the reference for the
engine's fast paths and beside other engines.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.core.linear import exponential
from reprieve.engine.dosing.doses import ROUTES, largest_amount
from reprieve.engine.events.models import LinearModel, linear_models, people_of
from reprieve.engine.events.table import DRUG_CODES, Event, EventTable, written_out
from reprieve.engine.kinetics.linear import INSTANT_H
from reprieve.errors import InputError, ModelError

Array = NDArray[np.float64]


@dataclass(slots=True)
class _Person:
    """Amounts of one person, what is running, and what is still to come."""

    model: LinearModel
    time: float = 0.0
    x: Array = field(default_factory=lambda: np.zeros(0))
    running: list[tuple[float, int, float]] = field(default_factory=list)  # until, where, mg/h
    pending: list[tuple[float, int, Event]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not len(self.x):
            self.x = np.zeros(len(self.model.compartments))

    def reset(self, time: float) -> None:
        self.time = time
        self.x = np.zeros_like(self.x)
        self.running, self.pending = [], []

    def advance(self, to: float) -> None:
        """Move on to a time, giving lagged doses and ending infusions on the way."""
        while self.pending and self.pending[0][0] <= to:
            at, _, event = heapq.heappop(self.pending)
            self._flow(at)
            self._enter(event)
        self._flow(to)

    def _flow(self, to: float) -> None:
        while self.time < to:
            stop = min([to, *(until for until, _, _ in self.running)])
            rates = np.zeros_like(self.x)
            for _, where, rate in self.running:
                rates[where] += rate
            self.x = flow(self.model.rates, self.x, rates, stop - self.time)
            self.time = stop
            self.running = [r for r in self.running if r[0] > stop]

    def _enter(self, event: Event) -> None:
        where = self.model.index(event.cmt, event.line)
        amount, duration = event.input()
        until = self.time + duration
        if duration > INSTANT_H:  # shorter than that is a bolus; no amount is lost
            self.running.append((until, where, amount / (until - self.time)))
        else:
            self.x = self.x.copy()
            self.x[where] += amount

    def give(self, event: Event) -> None:
        """A dose at the time of its row: at once, or after its lag."""
        if event.ss:
            self._steady(event)
            if event.constant:
                return
        if event.lag > 0:
            heapq.heappush(self.pending, (event.time_h + event.lag, event.line, event))
        else:
            self._enter(event)

    def _steady(self, event: Event) -> None:
        steady = steady_state(self.model, event)
        if event.ss == 1:
            self.x, self.running, self.pending = steady.x, steady.running, []
        else:
            self.x = self.x + steady.x
            self.running = self.running + steady.running


def flow(rates: Array, x: Array, inflow: Array, hours: float) -> Array:
    """Amounts after `hours` of constant inflow (mg/h per compartment), exact."""
    if not inflow.any():
        return np.asarray(exponential(rates, hours) @ x)
    m = len(x)
    wide = np.zeros((m + 1, m + 1))
    wide[:m, :m], wide[:m, m] = rates, inflow
    return np.asarray((exponential(wide, hours) @ np.append(x, 1.0))[:m])


def steady_state(model: LinearModel, event: Event) -> _Person:
    """The person at the time of a steady-state row, just before the row's own dose enters.

    An endless series of the row's dose, every II hours, has gone before; infusions of that series
    that are still running come along.

    Raises
    ------
    ModelError
        Something accumulates without end.
    """
    if event.constant:
        inflow = np.zeros(len(model.compartments))
        inflow[model.index(event.cmt, event.line)] = event.rate
        return _Person(model, event.time_h, _solve(model, -model.rates, inflow, event))
    amount, duration = event.input()
    overlap = int(np.ceil(duration / event.ii - 1e-12)) if duration > 0 else 0
    response = _Person(model)
    response._enter(event)
    x = np.zeros(len(model.compartments))
    for k in range(1, max(overlap, 1)):
        response.advance(k * event.ii)
        x += response.x
    response.advance(max(overlap, 1) * event.ii)
    cycle = exponential(model.rates, event.ii)
    x += _solve(model, np.eye(len(x)) - cycle, response.x, event)
    where = model.index(event.cmt, event.line)
    begin = event.time_h + event.lag  # the series is late by the lag
    running = [
        (begin + duration - k * event.ii, where, amount / duration) for k in range(1, overlap)
    ]
    if not event.lag:
        return _Person(model, begin, x, running)
    early = _Person(
        model, begin - event.ii, x, [(until - event.ii, w, r) for until, w, r in running]
    )
    early._enter(event)
    early.advance(event.time_h)
    return early


def _solve(model: LinearModel, matrix: Array, right: Array, event: Event) -> Array:
    """Solve, leaving out compartments that nothing reaches."""
    reached = _reached(model, model.index(event.cmt, event.line))
    x = np.zeros(len(right))
    try:
        x[reached] = np.linalg.solve(matrix[np.ix_(reached, reached)], right[reached])
    except np.linalg.LinAlgError:
        x[:] = np.inf
    if not np.all(np.isfinite(x)) or x.min() < -1e-9 * max(x.max(), 1.0):
        raise ModelError(
            f"line {event.line}, column SS: no steady state, something accumulates for ever."
        )
    return x


def _reached(model: LinearModel, start: int) -> list[int]:
    reached, waiting = {start}, [start]
    while waiting:
        origin = waiting.pop()
        for target in np.flatnonzero(model.rates[:, origin] > 0):
            if int(target) not in reached:
                reached.add(int(target))
                waiting.append(int(target))
    return sorted(reached)


def predict_person(events: Sequence[Event], model: LinearModel) -> dict[int, float]:
    """Concentrations (mg/L) at one person's rows with EVID 0 or 2, by row number from 0.

    A row at the time of a dose sees what the order of the rows says; additional and lagged doses
    that fall on a row's time come before it.
    """
    person = _Person(model)
    found: dict[int, float] = {}
    rows = written_out(events)
    if rows:
        person.time = rows[0][1].time_h
    for place, event in rows:
        if event.resets:
            person.reset(event.time_h)
        else:
            person.advance(event.time_h)
        if event.is_dose:
            person.give(event)
        elif place is not None and event.evid in (0, 2):
            found[place] = model.measured(person.x, event)
    return found


def counts_both(table: EventTable) -> bool | None:
    """Whether AMT counts both enantiomers, by the column DRUG; None where no dose has one.

    Raises
    ------
    InputError
        Another drug than racemic ketamine (1) or esketamine (2), or both in one table.
    """
    found: set[float] = set()
    for event in table.events:
        column = next((c for c in event.covariates if c.upper() == "DRUG"), None)
        if not event.is_dose or column is None:
            continue
        code = event.covariates[column]
        found.add(code)
        if code not in (DRUG_CODES["ketamine"], DRUG_CODES["esketamine"]) or len(found) > 1:
            raise InputError(
                f"line {event.line}, column {column}: {code:g} was given; expected 1 (racemic "
                "ketamine) or 2 (esketamine), the same in every row."
            )
    return found == {DRUG_CODES["ketamine"]} if found else None


def refuse_impossible(table: EventTable, racemic: bool) -> None:
    """Refuse doses beyond any published use; a table knows no route, so the widest limit holds.

    Raises
    ------
    InputError
        Naming the line and the column.
    """
    drug = "ketamine" if racemic else "esketamine"
    for event in table.events:
        if not event.is_dose:
            continue
        hours = 24.0 if event.constant else event.input()[1]
        amount = event.rate * hours if event.constant else event.amt
        most = max(largest_amount(drug, route, "mg", hours) for route in ROUTES)
        if amount > most:
            column = "RATE" if event.constant else "AMT"
            raise InputError(
                f"line {event.line}, column {column}: {amount:g} mg of {drug} over {hours:.3g} h "
                f"is beyond any published use; the limit here is {most:.3g} mg."
            )


def predict(
    table: EventTable,
    model: str,
    rng: np.random.Generator | None = None,
    racemic: bool = False,
) -> dict[int, float]:
    """Concentrations (mg/L) at every row with EVID 0 or 2, by row number from 0.

    Parameters
    ----------
    table : AMT in mg of the model's own drug (S-ketamine), or of racemic ketamine
    model : a file of `reprieve.evidence.models`
    rng : for differences between people; None makes everybody typical for their covariates
    racemic : AMT counts both enantiomers, and so do the concentrations

    Raises
    ------
    InputError, ModelError, UnknownNameError
    """
    refuse_impossible(table, racemic)
    people = people_of(table)
    parts = [linear_models(model, people, rng, which=0)]
    if racemic:
        parts.append(linear_models(model, people, rng, which=1))
    share = 1.0 / len(parts)
    found: dict[int, float] = {}
    first = 0
    for k, events in enumerate(table.by_person().values()):
        for models in parts:
            for place, value in predict_person(events, models[k]).items():
                found[first + place] = found.get(first + place, 0.0) + share * value
        first += len(events)
    return found
