"""Reference answers of one case: independent runs, their mean and how far they lie apart."""

import json
import platform
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.reference_posterior.problem import Problem, problem
from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case

FOLDER = Path(__file__).parent / "results"
RUNS, PARTICLES = 4, 4096
SETTLE, KEEP, EVERY = 8, 8, 3  # calls of five sweeps each
SEED = 1


@dataclass(frozen=True, slots=True)
class Reference:
    """What the slow way found for one case.

    `answers` by name: the mean over runs; `error` its standard error from the spread of the runs;
    `rhat` the largest potential scale reduction over halves of runs; `seconds` of sampling on
    one core, `compiling` before it; `inputs` what the model was given beside the case.
    """

    case: str
    answers: dict[str, float]
    error: dict[str, float]
    rhat: float
    runs: int
    particles: int
    sweeps: int
    seed: int
    seconds: float
    compiling: float
    versions: dict[str, str]
    inputs: dict[str, float]


def read(name: str) -> Reference:
    """The stored answers of a case."""
    return Reference(**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def inputs(given: Problem) -> dict[str, float]:
    """Numbers from the evidence files that the answers rest on: when one moves, sample again."""
    fixed = {name: float(v[0]) for name, v in given.value.items() if np.ptp(v) == 0}
    scales = {
        f"{name} {what}": float(value)
        for name, scale in zip(given.names, given.scales, strict=True)
        for what, value in (("offset", scale.personal), ("error", scale.error or -1.0))
    }
    rest = {"base mean": given.base_mean, "base sd": given.base_sd}
    rest |= {"drug shift": given.shift_drug[0], "context shift": given.shift_context[0]}
    rest |= {f"stimulus {k}": float(q.mean()) for k, q in enumerate(given.stimulus)}
    return {name: float(f"{v:.4g}") for name, v in (fixed | scales | rest).items()}


def sample(case: Case, ensemble: Ensemble, seed: int = SEED) -> Reference:
    """Run the sampler; a few minutes."""
    from benchmarks.reference_posterior.answers import Reader, answers
    from benchmarks.reference_posterior.model import build
    from benchmarks.reference_posterior.smc import SWEEPS, Sampler

    model = build(problem(case, ensemble))
    sampler, reader = Sampler(model), Reader(model)
    began = time.perf_counter()
    warm = sampler.run(PARTICLES, seed, 1, 1, 1)
    reader.read(warm[0], seed)
    warm_took, began = time.perf_counter() - began, time.perf_counter()
    halves, whole = [], []
    for run in range(RUNS):
        kept = sampler.run(PARTICLES, 1000 * seed + run, SETTLE, KEEP, EVERY)
        sums = [reader.read(p, 7 * seed + 100 * run + k) for k, p in enumerate(kept)]
        cutoff = model.problem.cutoff
        whole.append(answers(sums, reader.points, cutoff))
        middle = KEEP // 2
        halves += [answers(part, reader.points, cutoff) for part in (sums[:middle], sums[middle:])]
    took = time.perf_counter() - began
    names = list(whole[0])
    table = np.array([[one[name] for name in names] for one in whole])
    error = table.std(axis=0, ddof=1) / np.sqrt(RUNS)
    return Reference(
        case.id,
        _rounded(names, table.mean(axis=0)),
        _rounded(names, error),
        round(_rhat(halves), 4),
        RUNS,
        PARTICLES,
        SWEEPS * (SETTLE + KEEP * EVERY),
        seed,
        round(took, 1),
        round(warm_took, 1),
        {name: version(name) for name in ("jax", "numpyro", "numpy")}
        | {"python": platform.python_version()},
        inputs(model.problem),
    )


def write(found: Reference) -> None:
    """Keep the answers."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{found.case}.json").write_text(json.dumps(asdict(found), indent=1) + "\n")


def _rounded(names: list[str], values: np.ndarray) -> dict[str, float]:
    return {name: round(float(v), 5) for name, v in zip(names, values, strict=True)}


def _rhat(halves: list[dict[str, float]]) -> float:
    """sqrt(1 + between / within) over halves of runs, the largest of all means with an SD."""
    found = []
    for name in (n for n in halves[0] if n.endswith(" mean")):
        means = [half[name] for half in halves]
        within = np.mean([half[name.replace(" mean", " sd")] ** 2 for half in halves])
        if within > 1e-8:
            found.append(float(np.sqrt(1 + np.var(means, ddof=1) / within)))
    return max(found)
