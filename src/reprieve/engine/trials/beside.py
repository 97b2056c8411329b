"""Trials that had two treatments side by side, and what the model expects of those very trials.

A comparison puts treatments on the same virtual patients; a head-to-head trial put two of them on
real ones. Where both exist the reader gets both, from the trial's own design: its entry scores,
what its patients knew, and those who stopped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.calibration.facts import Fact, facts
from reprieve.engine.calibration.validation import predict_trial
from reprieve.engine.mood import model as mood
from reprieve.engine.trials.comparators import Comparator, HeadToHead, head_to_head
from reprieve.engine.trials.design import Design, shipped, shipped_names
from reprieve.engine.trials.outcomes import measure
from reprieve.engine.trials.trial import Stimuli, run_trial
from reprieve.evidence import Observation, observation
from reprieve.evidence.study import Outcome

REPLICATES = 200
FACT_SETS, FACT_PEOPLE = 24, 2048


@dataclass(frozen=True, slots=True)
class Side:
    """One arm: the published row, and the model's median and 95 % interval for such a trial (%).

    `key` is the treatment as `comparators` names it.
    """

    key: str
    arm: str
    seen: Observation
    model: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """The published number, %."""
        assert self.seen.outcome.value is not None
        return self.seen.outcome.value

    @property
    def inside(self) -> bool:
        """Whether the published number lies inside the model's interval."""
        return self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class FactSide:
    """A fact that rests on the trial and the model's value (median over parameter sets)."""

    fact: Fact
    model: float

    @property
    def holds(self) -> bool:
        """Whether the value lies inside the fact's tolerance."""
        return self.fact.holds(self.model)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One head-to-head result: both arms, the outcome's day and kind, the facts on it."""

    trial: HeadToHead
    day: float
    kind: str
    instrument: str
    split: str
    sides: tuple[Side, Side]
    facts: tuple[FactSide, ...]

    @property
    def reversed(self) -> bool:
        """Whether the model puts the two arms in the other order than the trial saw."""
        a, b = self.sides
        return (a.value - b.value) * (a.model - b.model) < 0


@cache
def rows_read() -> frozenset[str]:
    """Ids of the published rows behind the fit: its facts and the outcomes of its designs."""
    behind = {row for f in facts() if f.split == "calibration" for row in f.rows}
    designs = (shipped(name) for name in shipped_names())
    behind |= {o.id for d in designs if d.split == "calibration" for o in d.outcomes}
    return frozenset(behind)


def asked_for(treatments: Iterable[Comparator]) -> list[HeadToHead]:
    """The trials whose two treatments are both asked for."""
    keys = {t.key for t in treatments}
    return [
        t for t in head_to_head()
        if t.pair[0] in keys and keys & {t.pair[1], *t.near}
    ]  # fmt: skip


def seen_beside(
    treatments: Sequence[Comparator], ensemble: Ensemble, stimuli: Stimuli, seed: int
) -> tuple[SideBySide, ...]:
    """Every published head-to-head result on the treatments asked for, beside the model.

    Parameters
    ----------
    treatments : as in `comparison.compare`
    seed : of patients, places and parameter sets
    """
    return tuple(_one(t, ensemble, stimuli, seed) for t in asked_for(treatments))


def _one(trial: HeadToHead, ensemble: Ensemble, stimuli: Stimuli, seed: int) -> SideBySide:
    rows = [observation(row) for row in trial.rows]
    design = shipped(trial.design)
    outcomes = tuple(
        _as_run(trial, arm, row.outcome) for arm, row in zip(trial.arms, rows, strict=True)
    )
    day, days = outcomes[0].time_d, set(design.visits_d)
    assert day is not None
    run = replace(design, outcomes=outcomes, visits_d=tuple(sorted(days | {day})))
    found = predict_trial(run, ensemble, stimuli, seed, REPLICATES)
    first, second = (
        Side(key, arm, row, r.median, *r.p95)
        for key, arm, row, r in zip(trial.pair, trial.arms, rows, found, strict=True)
    )
    first_row = rows[0].outcome
    return SideBySide(
        trial, day, first_row.kind, first_row.what, design.split, (first, second),
        _facts(trial, ensemble, stimuli, seed),
    )  # fmt: skip


def _as_run(trial: HeadToHead, arm: str, outcome: Outcome) -> Outcome:
    """A published row as an outcome of the design that runs the trial."""
    spec: dict[str, Any] = {"kind": outcome.kind, "arm": arm, "day": outcome.time_d}
    if outcome.what:
        spec["instrument"] = outcome.what
    if trial.at_most is not None:
        spec["at_most"] = trial.at_most
    return replace(outcome, arm=arm, measure=spec)


def _facts(
    trial: HeadToHead, ensemble: Ensemble, stimuli: Stimuli, seed: int
) -> tuple[FactSide, ...]:
    wanted = [f for f in facts() if f.id in trial.facts]
    if not wanted:
        return ()
    rng = np.random.default_rng([seed, 17])
    drawn = rng.choice(len(ensemble), FACT_SETS, p=ensemble.weights)
    design: Design = shipped(trial.design)
    values = []
    for k in drawn:
        uniform = mood.quasi_random(FACT_PEOPLE, seed + int(k))
        made = run_trial(design, ensemble.member(int(k)), uniform, seed + int(k), stimuli)
        values.append([measure(f.measure, {design.key: made}) for f in wanted])
    middle = np.median(np.array(values), axis=0)
    return tuple(FactSide(f, float(v)) for f, v in zip(wanted, middle, strict=True))
