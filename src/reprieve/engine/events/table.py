"""The field's own event tables (NONMEM-style): rows, what they mean, and how they are written.

Columns (in any case): ID, TIME (h), AMT (mg), RATE (mg/h; -2 takes DUR), DUR (h), II (h), ADDL,
SS, EVID, CMT, DV, MDV, a lag (ALAG, LAG or TLAG, h) and a bioavailability (F, BIO or BIOAV);
numbers behind lag and bioavailability columns (ALAG1, F1) are ignored. Every other column is a
covariate. A dot or nothing is "not given".
"""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reprieve.engine.dosing.doses import Dose, Regimen, Route
from reprieve.engine.dosing.pattern import number
from reprieve.engine.patient import People
from reprieve.errors import InputError

# columns as they are written, with the field of `Event` behind each and its plain value
COLUMNS: dict[str, tuple[str, float | None]] = {
    "ID": ("id", None), "TIME": ("time_h", None), "AMT": ("amt", 0.0), "RATE": ("rate", 0.0),
    "DUR": ("dur", 0.0), "II": ("ii", 0.0), "ADDL": ("addl", 0), "SS": ("ss", 0),
    "EVID": ("evid", 0), "CMT": ("cmt", None), "DV": ("dv", None), "MDV": ("mdv", 0),
    "ALAG": ("lag", 0.0), "F": ("f", 1.0),
}  # fmt: skip
# what AMT counts, in a column DRUG
DRUG_CODES = {"ketamine": 1.0, "esketamine": 2.0, "arketamine": 3.0, "midazolam": 4.0}
_OPTIONAL = ("CMT", "DUR", "II", "ADDL", "SS", "ALAG", "F")
_OF_A_DOSE = ("AMT", "RATE", "DUR", "II", "ADDL", "SS")


@dataclass(frozen=True, slots=True)
class Event:
    """One row: 0 an observation, 1 a dose, 2 another moment of interest, 3 a reset, 4 both."""

    id: str
    time_h: float
    evid: int = 0
    amt: float = 0.0
    rate: float = 0.0
    dur: float = 0.0
    ii: float = 0.0
    addl: int = 0
    ss: int = 0
    cmt: str | None = None
    dv: float | None = None
    mdv: int = 0
    lag: float = 0.0
    f: float = 1.0
    covariates: Mapping[str, float] = field(default_factory=dict)
    line: int = 0

    @property
    def is_dose(self) -> bool:
        return self.evid in (1, 4)

    @property
    def resets(self) -> bool:
        return self.evid in (3, 4)

    @property
    def constant(self) -> bool:
        """A steady-state infusion that has run for ever and ends at this row."""
        return self.ss > 0 and self.amt == 0 and self.rate > 0

    def input(self) -> tuple[float, float]:
        """What really enters: mg after bioavailability, and over how many hours.

        At a given rate bioavailability shortens the infusion; at a given duration it lowers the
        rate (NONMEM's rule).
        """
        if self.rate > 0:
            return self.amt * self.f, self.amt * self.f / self.rate
        return self.amt * self.f, self.dur


@dataclass(frozen=True, slots=True)
class EventTable:
    """Rows in order, person by person."""

    events: tuple[Event, ...]
    covariates: tuple[str, ...] = ()

    @staticmethod
    def read(path: str | Path) -> "EventTable":
        """Read and check a CSV file; refusals name the line and the column."""
        from reprieve.engine.events.reading import read

        return read(path)

    @property
    def ids(self) -> tuple[str, ...]:
        """People in order of appearance."""
        return tuple(dict.fromkeys(event.id for event in self.events))

    def of(self, person: str) -> tuple[Event, ...]:
        """One person's rows."""
        return tuple(event for event in self.events if event.id == person)

    def by_person(self) -> dict[str, tuple[Event, ...]]:
        """Rows of every person."""
        found: dict[str, list[Event]] = {person: [] for person in self.ids}
        for event in self.events:
            found[event.id].append(event)
        return {person: tuple(events) for person, events in found.items()}

    def to_regimens(self, drug: str = "ketamine", route: Route = "iv") -> dict[str, Regimen]:
        """Each person's doses as a regimen; additional doses are written out.

        Raises
        ------
        InputError
            Resets, steady states, lag or bioavailability: a regimen has no words for them.
        """
        return {
            person: _regimen(events, drug, route) for person, events in self.by_person().items()
        }

    def expanded(self) -> "EventTable":
        """The same doses with every additional dose as a row of its own, in order of time."""
        rows = [e for events in self.by_person().values() for _, e in written_out(events)]
        return EventTable(tuple(rows), self.covariates)

    def write(self, path: str | Path, predictions: Mapping[int, float] | None = None) -> None:
        """Write as CSV; `predictions` adds a PRED column by row number (from 0).

        Raises
        ------
        InputError
            The file cannot be written.
        """
        try:
            with open(path, "w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(self.rows(predictions))
        except OSError as error:
            raise InputError(f"Cannot write '{path}': {error.strerror}.") from error

    def rows(self, predictions: Mapping[int, float] | None = None) -> list[list[str]]:
        """Header and rows as text; columns that say nothing are left out."""
        core = [
            name
            for name, (key, plain) in COLUMNS.items()
            if name not in _OPTIONAL or any(getattr(e, key) != plain for e in self.events)
        ]
        predicted = ["PRED"] if predictions is not None else []
        rows = [[*core, *self.covariates, *predicted]]
        for k, event in enumerate(self.events):
            row = [_cell(event, name) for name in core]
            row += [_text(event.covariates.get(name)) for name in self.covariates]
            if predictions is not None:
                row.append(_text(predictions.get(k)))
            rows.append(row)
        return rows


def _cell(event: Event, name: str) -> str:
    if name in _OF_A_DOSE and not event.is_dose:
        return "." if name == "AMT" else "0"
    value = getattr(event, COLUMNS[name][0])
    return value if isinstance(value, str) else _text(value)


def _text(value: float | None) -> str:
    return "." if value is None else number(value)


def written_out(events: Iterable[Event]) -> list[tuple[int | None, Event]]:
    """One person's rows with every additional dose as a row of its own, in order of time.

    Beside each row its number in the table (from 0), None for the additional ones. An additional
    dose that falls on the time of a row comes before it. A reset, or a steady state that replaces
    what was there, cancels what is still pending.
    """
    rows: list[tuple[int | None, Event]] = []
    pending: list[Event] = []
    for place, event in enumerate(events):
        pending.sort(key=lambda p: p.time_h)
        rows.extend((None, p) for p in pending if p.time_h <= event.time_h)
        pending = [p for p in pending if p.time_h > event.time_h]
        if event.resets or event.ss == 1:
            pending = []
        rows.append((place, replace(event, addl=0, ii=event.ii if event.ss else 0.0)))
        plain = replace(event, evid=1, ss=0, addl=0, ii=0.0)
        pending += [
            replace(plain, time_h=event.time_h + k * event.ii) for k in range(1, event.addl + 1)
        ]
    pending.sort(key=lambda p: p.time_h)
    return rows + [(None, p) for p in pending]


def _regimen(events: tuple[Event, ...], drug: str, route: Route) -> Regimen:
    doses: list[Dose] = []
    for _, event in written_out(events):
        _expressible(event)
        if event.is_dose:
            amount, duration = event.input()
            doses.append(Dose(drug, route, amount, "mg", event.time_h, _length(duration)))
    doses.sort(key=lambda dose: dose.time_h)
    session = {t: k for k, t in enumerate(sorted({dose.time_h for dose in doses}))}
    return Regimen(tuple(replace(dose, session=session[dose.time_h]) for dose in doses))


def _expressible(event: Event) -> None:
    unsaid = [
        name for name in ("SS", "ALAG", "F") if getattr(event, COLUMNS[name][0]) != COLUMNS[name][1]
    ]
    if event.evid == 3 or (event.evid == 4 and event.time_h > 0):
        unsaid.append("EVID")
    if unsaid:
        name = unsaid[0]
        raise InputError(
            f"line {event.line}, column {name}: {getattr(event, COLUMNS[name][0]):g} has no words "
            "in a regimen; predict from the table itself."
        )


def from_regimen(
    regimen: Regimen,
    people: People,
    times_h: Iterable[float] = (),
    cmt: str | None = None,
) -> EventTable:
    """Rows for every person: the doses in mg, then observations to be filled at `times_h`.

    AMT is what is given, before any bioavailability. Ages, weights and sexes (1 female) become
    covariates; DRUG says what AMT counts: 1 racemic ketamine, 2 esketamine, 3 arketamine,
    4 midazolam.
    """
    drugs = [DRUG_CODES[d.drug] for d in regimen.doses if d.amount > 0]
    times = sorted(times_h)
    rows: list[Event] = []
    for k in range(len(people)):
        weight = float(people.weight_kg[k])
        who = {"WT": weight, "AGE": float(people.age_y[k]), "SEX": float(people.female[k])}
        if drugs:
            who["DRUG"] = drugs[0]
        given = [
            Event(str(k + 1), d.time_h, 1, d.mg(weight), rate_of(d.mg(weight), d.duration_h),
                  cmt=cmt, mdv=1, covariates=who | {"DRUG": DRUG_CODES[d.drug]})
            for d in regimen.doses
            if d.amount > 0
        ]  # fmt: skip
        seen = [Event(str(k + 1), t, 0, cmt=cmt, mdv=1, covariates=who) for t in times]
        # a sample at the time of a dose is taken before it
        rows += sorted([*given, *seen], key=lambda e: (e.time_h, e.is_dose))
    return EventTable(tuple(rows), ("WT", "AGE", "SEX", *(["DRUG"] if drugs else [])))


def rate_of(mg: float, duration_h: float) -> float:
    """RATE of a row, mg/h; 0 is at once. Plain NONMEM reads it without a model of the duration."""
    return mg / duration_h if duration_h > 0 else 0.0


def _length(duration_h: float) -> float:
    """AMT / RATE without the last digit's rounding, where that is a whole number of minutes."""
    tidy = round(60 * duration_h, 6) / 60
    return tidy if math.isclose(tidy, duration_h, rel_tol=1e-12) else duration_h
