"""The model beside every safety row that it can predict.

The plan (`evidence/models/reprieve_acute_plan.toml`) says how each row is predicted or why it is
not; the model file says which rows no parameter was chosen by (`held_out`). A row passes when
the model's central value lies in the row's own interval, or within 30 % of its value where the
row has none.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from reprieve.engine.effects.parameters import NAME, AcuteModel, acute_model, read_model_file
from reprieve.engine.effects.quantities import QUANTITIES
from reprieve.engine.effects.settings import Seen, observe, setting
from reprieve.engine.kinetics.occupancy import FU, NMOL_PER_MG, constants
from reprieve.evidence import Observation, observations

PLAN = "reprieve_acute_plan"
WITHIN = 0.30
COUNTED_AS_ZERO = 0.5  # per cent: what a table prints as 0
BATCHES = 5
PEOPLE = 20_000


@dataclass(frozen=True, slots=True)
class SafetyFact:
    """One row beside the model. `low`, `high` are the row's; `model_low`, `model_high` the
    Monte Carlo 95 % interval of the model's central value."""

    id: str
    quantity: str
    arm: str
    source: str
    unit: str
    target: float
    low: float
    high: float
    interval: str
    model: float
    model_low: float
    model_high: float
    passed: bool
    use: str  # "held out" | "fitted" | "not counted"
    status: str
    n: int | None


@dataclass(frozen=True, slots=True)
class Unpredicted:
    """A row that the model does not predict, and why."""

    id: str
    quantity: str
    source: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class SafetyReport:
    """All rows of the safety evidence: predicted, shown aside, and not predicted."""

    facts: tuple[SafetyFact, ...]
    aside: tuple[SafetyFact, ...]
    unpredicted: tuple[Unpredicted, ...]
    seed: int
    people: int

    def share(self, use: str | None = None) -> tuple[int, int]:
        """Passed and counted, of all facts or of those of one use."""
        kept = [f for f in self.facts if use is None or f.use == use]
        return sum(f.passed for f in kept), len(kept)


def validate_safety(
    seed: int = 0,
    people: int = PEOPLE,
    model: AcuteModel | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SafetyReport:
    """Simulate every setting and set the model beside the rows.

    `people` are split into five batches with seeds of their own; `progress` hears (done, all).
    """
    model = model or acute_model()
    plan = read_model_file(PLAN)
    rows = {row.id: row for row in observations("effects")}
    held_out = frozenset(read_model_file(NAME)["held_out"])
    entries = [*plan["predict"], *plan["aside"]]
    values = _values(entries, seed, people, model, progress)
    facts: list[SafetyFact] = []
    aside: list[SafetyFact] = []
    for k, entry in enumerate(entries):
        counted = k < len(plan["predict"])
        for row_id in entry["rows"]:
            use = "held out" if row_id in held_out else "fitted"
            fact = _fact(rows[row_id], entry, values[k], use if counted else "not counted")
            (facts if counted else aside).append(fact)
    unpredicted = [
        Unpredicted(i, _words(rows[i]), _source(rows[i]), rows[i].outcome.status, e["reason"])
        for e in plan["unpredicted"]
        for i in e["rows"]
    ]
    order = sorted(facts, key=lambda f: f.id)
    return SafetyReport(tuple(order), tuple(aside), tuple(unpredicted), seed, people)


def _values(
    entries: list[dict[str, Any]],
    seed: int,
    people: int,
    model: AcuteModel,
    progress: Callable[[int, int], None] | None,
) -> list[list[float]]:
    """For each entry of the plan, one value a batch; threads share the settings and batches."""
    by_setting: dict[str, list[int]] = {}
    for k, entry in enumerate(entries):
        for name in entry["setting"]:
            by_setting.setdefault(name, []).append(k)
    jobs = [(s, b) for s in range(len(by_setting)) for b in range(BATCHES)]
    names = list(by_setting)

    def job(at: tuple[int, int]) -> list[float]:
        name = names[at[0]]
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=at))
        seen = None if name == "none" else observe(setting(name), people // BATCHES, rng, model)
        wanted = (entries[k] for k in by_setting[name])
        return [_weight(entry, name) * _value(entry, seen) for entry in wanted]

    values: list[list[float]] = [[0.0] * BATCHES for _ in entries]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, (at, found) in enumerate(zip(jobs, pool.map(job, jobs), strict=True), 1):
            for k, value in zip(by_setting[names[at[0]]], found, strict=True):
                values[k][at[1]] += value
            if progress is not None:
                progress(done, len(jobs))
    return values


def _weight(entry: Mapping[str, Any], name: str) -> float:
    """Share of one setting in an entry: by the sizes of the pooled arms, or equal."""
    sizes = entry.get("weights", [1.0] * len(entry["setting"]))
    return float(sizes[entry["setting"].index(name)]) / float(sum(sizes))


_PLAN_KEYS = frozenset({"rows", "setting", "quantity", "interval", "weights"})


def _value(entry: Mapping[str, Any], seen: Seen | None) -> float:
    arguments = {key: value for key, value in entry.items() if key not in _PLAN_KEYS}
    if seen is None:
        return 100.0 * racemic_occupancy(float(arguments["ng_per_ml"]))
    return QUANTITIES[entry["quantity"]](seen, **arguments)


def racemic_occupancy(ng_per_ml: float) -> float:
    """NMDA receptor occupancy by the racemate alone, with the racemic IC50 of shaffer_2014."""
    bound = FU * NMOL_PER_MG * ng_per_ml / 1000.0 / constants()["ic50_racemic"]
    return bound / (1.0 + bound)


def _fact(row: Observation, entry: Mapping[str, Any], values: list[float], use: str) -> SafetyFact:
    target = row.outcome.value
    assert target is not None
    low, high, kind = _interval(row, entry, target)
    mean = float(np.mean(values))
    error = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return SafetyFact(
        id=row.id,
        quantity=_words(row),
        arm=row.outcome.arm,
        source=_source(row),
        unit=row.outcome.unit,
        target=target,
        low=low,
        high=high,
        interval=kind,
        model=mean,
        model_low=mean - error,
        model_high=mean + error,
        passed=low <= mean <= high,
        use=use,
        status=row.outcome.status,
        n=row.n,
    )


def _interval(
    row: Observation, entry: Mapping[str, Any], target: float
) -> tuple[float, float, str]:
    """The row's own interval, else 30 % of its value. An SD is a spread, not an interval."""
    spread = row.outcome.spread
    if "interval" in entry:
        low, high = entry["interval"]
        return float(low), float(high), "printed range"
    if isinstance(spread, tuple) and row.outcome.spread_kind.startswith(("CI", "CrI")):
        return spread[0], spread[1], row.outcome.spread_kind
    if target == 0.0:
        return 0.0, COUNTED_AS_ZERO, "printed as 0"
    return target * (1.0 - WITHIN), target * (1.0 + WITHIN), "±30 %"


def _source(row: Observation) -> str:
    return row.outcome.cited_as or row.study.title


def _words(row: Observation) -> str:
    return f"{row.outcome.what}, {row.outcome.kind}"


@cache
def planned() -> frozenset[str]:
    """Ids of all rows that the plan names."""
    plan = read_model_file(PLAN)
    parts = ("predict", "aside", "unpredicted")
    return frozenset(i for part in parts for entry in plan[part] for i in entry["rows"])
