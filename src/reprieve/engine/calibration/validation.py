"""The model beside what was published: the facts, and trials the fit has never seen."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.calibration.facts import Fact, facts
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array, MoodParameters, Setting
from reprieve.engine.population.parallel import usable_cores
from reprieve.engine.trials.design import Design, shipped
from reprieve.engine.trials.outcomes import designs_of, measure
from reprieve.engine.trials.trial import Stimuli, TrialResult, elsewhere, run_trial
from reprieve.errors import InputError
from reprieve.evidence.study import Outcome

Progress = Callable[[int, int], None]
MIN_PATIENTS = 4000


def finite(value: float) -> float | None:
    """The value for JSON: None where a median was not reached or nobody qualified."""
    return value if np.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class FactResult:
    """A fact beside the model: central value, 90 % interval over the ensemble, verdict."""

    fact: Fact
    model: float
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Whether the central prediction lies inside the published tolerance."""
        return self.fact.holds(self.model)

    def record(self) -> dict[str, Any]:
        """The row of `validate --json`."""
        f = self.fact
        return {
            "id": f.id, "quantity": f.quantity, "target": f.target, "low": f.low, "high": f.high,
            "model": finite(self.model), "model_low": finite(self.low),
            "model_high": finite(self.high),
            "pass": self.passed, "status": f.status, "split": f.split, "rows": list(f.rows),
            "note": f.note,
        }  # fmt: skip


def check_facts(
    ensemble: Ensemble,
    stimuli: Stimuli,
    seed: int,
    n: int = 4096,
    members: int = 40,
    progress: Progress | None = None,
) -> list[FactResult]:
    """Every fact by the best set on n fresh patients an arm, with the ensemble's interval.

    Raises
    ------
    InputError
        Fewer than 4,000 patients an arm, or the seed the ensemble was fitted with.
    """
    if n < MIN_PATIENTS:
        raise InputError(f"{n} patients an arm; the facts need {MIN_PATIENTS:,} or more.")
    if seed == ensemble.header.get("seed"):
        raise InputError(f"Seed {seed} made this ensemble; validation needs a fresh one.")
    wanted = facts()
    names = sorted(set().union(*(designs_of(f.measure) for f in wanted)))
    designs = {name: shipped(name) for name in names}
    rng = np.random.default_rng([seed, 11])
    chosen = rng.choice(len(ensemble), min(members, len(ensemble)), replace=False)
    sets = [ensemble.best(), *(ensemble.member(int(k)) for k in chosen)]
    jobs = [(params, n if i == 0 else n // 2, seed + i) for i, params in enumerate(sets)]

    def values(job: tuple[MoodParameters, int, int]) -> Array:
        params, people, own = job
        uniform = mood.quasi_random(people, own)
        results = {k: run_trial(d, params, uniform, own, stimuli) for k, d in designs.items()}
        return np.array([measure(f.measure, results) for f in wanted])

    rows = np.array(_gather(values, jobs, progress))
    low, high = np.nanquantile(rows[1:], [0.05, 0.95], axis=0)
    return [
        FactResult(f, float(rows[0, i]), float(low[i]), float(high[i]))
        for i, f in enumerate(wanted)
    ]


def _gather(
    work: Callable[[Any], Array], jobs: list[Any], progress: Progress | None
) -> list[Array]:
    made = []
    with ThreadPoolExecutor(usable_cores()) as pool:
        for done, result in enumerate(pool.map(work, jobs), 1):
            made.append(result)
            if progress:
                progress(done, len(jobs))
    return made


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """An observed outcome beside what the model expected of a new trial of that size."""

    outcome: Outcome
    median: float
    p50: tuple[float, float]
    p95: tuple[float, float]

    @property
    def inside(self) -> bool | None:
        """Whether the observed value lies in the 95 % interval; None when nothing was observed."""
        if self.outcome.value is None:
            return None
        return self.p95[0] <= self.outcome.value <= self.p95[1]

    def record(self) -> dict[str, Any]:
        """The row of `validate FILE --json`."""
        o = self.outcome
        return {
            "id": o.id, "kind": o.kind, "arm": o.arm, "time_d": o.time_d, "observed": o.value,
            "model": self.median, "p50": list(self.p50), "p95": list(self.p95),
            "inside": self.inside, "status": o.status,
        }  # fmt: skip


def predict_trial(
    design: Design,
    ensemble: Ensemble,
    stimuli: Stimuli,
    seed: int,
    replicates: int = 300,
    progress: Progress | None = None,
) -> list[OutcomeResult]:
    """What a new trial of this design and size would report.

    Every replicate is another trial: another member of the ensemble, another place (trial
    effects on drug, context and shared care), other patients. The intervals therefore hold
    parameter doubt, trial-to-trial variation and the chance of a small sample.
    """
    outcomes = [o for o in design.outcomes if spec_of(design, o) is not None]
    if not outcomes:
        raise InputError(
            f"{design.key}: no outcome that the engine can compute; see docs/trials.md."
        )

    def one(k: int) -> Array:
        rng = np.random.default_rng([seed, k])
        params = ensemble.member(int(rng.choice(len(ensemble), p=ensemble.weights)))
        result = run_separately(design, params, elsewhere(design, rng), rng, stimuli)
        return np.array([_value(design, o, result) for o in outcomes])

    rows = np.array(_gather(one, list(range(replicates)), progress))
    q = np.nanquantile(rows, [0.025, 0.25, 0.5, 0.75, 0.975], axis=0)
    return [
        OutcomeResult(
            o, float(q[2, i]), (float(q[1, i]), float(q[3, i])), (float(q[0, i]), float(q[4, i]))
        )
        for i, o in enumerate(outcomes)
    ]


def run_separately(
    design: Design,
    params: MoodParameters,
    setting: Setting,
    rng: np.random.Generator,
    stimuli: Stimuli,
    default_n: int = 50,
) -> TrialResult:
    """A trial of its own size, every arm with its own patients."""
    arms = {}
    for plan in design.arms:
        uniform = np.clip(rng.random((plan.n or default_n, mood.U_COLUMNS)), 1e-9, 1 - 1e-9)
        alone = replace(design, arms=(plan,))
        made = run_trial(alone, params, uniform, int(rng.integers(2**31)), stimuli, setting)
        arms[plan.name] = made.arms[plan.name]
    return TrialResult(design, arms)


def spec_of(design: Design, outcome: Outcome) -> dict[str, Any] | None:
    """The measure of an outcome: as written, or from its kind, arm, contrast and time."""
    if outcome.measure:
        spec = {k: v for k, v in outcome.measure.items() if k != "fit_sd"}
        return _with_design(spec, design.key)
    spec = {"kind": outcome.kind, "arm": outcome.arm, "design": design.key}
    if outcome.contrast:
        spec |= {"arm": outcome.contrast[0], "control": outcome.contrast[1]}
    if not spec["arm"]:
        return None
    if outcome.time_d is not None:
        spec["day"] = outcome.time_d
    return spec


def _with_design(spec: dict[str, Any], key: str) -> dict[str, Any]:
    if "of" in spec:
        return spec | {"of": [_with_design(dict(s), key) for s in spec["of"]]}
    return {"design": key} | spec


def _value(design: Design, outcome: Outcome, result: TrialResult) -> float:
    spec = spec_of(design, outcome)
    assert spec is not None
    return measure(spec, {design.key: result})


def coverage(results: Iterable[OutcomeResult]) -> tuple[int, int]:
    """Observed values inside their 95 % interval, and how many there are."""
    verdicts = [r.inside for r in results if r.inside is not None]
    return sum(verdicts), len(verdicts)
