"""Real people beside the model: what would have been foretold from what was known before.

A case of a crossover trial is replayed period by period. Before each period the model knows the
scores seen so far and nothing later; virtual patients treated as this person was are weighted by
how well they explain those scores, and those weights foretell the next period.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array, Baseline
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.population.parallel import Block, map_blocks
from reprieve.engine.trials.design import Design, Plan, Sitting, sittings
from reprieve.engine.trials.trial import elsewhere, run_trial
from reprieve.errors import ModelError

Progress = Callable[[int, int], None]
Mask = NDArray[np.bool_]
BLOCK = 1000
ENOUGH = 800  # virtual patients that the weights should amount to
MOST = 320_000
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True)
class Period:
    """One treatment and what followed, foretold and seen.

    `start_d` and `what` ("ketamine" or "saline"); `days` (k,) with `band` (5, k), quantiles 10,
    25, 50, 75, 90 % of the observed score; `seen_d`, `seen` (m,) the scores that came, with
    `foretold` (5, m) at those days; `chance` (m,) the predictive probability of a score at most
    as high as the one seen; `effective` the number of virtual patients that the weights amount
    to.
    """

    start_d: float
    what: str
    days: Array
    band: Array
    seen_d: Array
    seen: Array
    foretold: Array
    chance: Array
    effective: float

    @property
    def inside(self) -> Mask:
        """(m,) whether each score lies in its 80 % interval."""
        within = (self.foretold[0] <= self.seen) & (self.seen <= self.foretold[4])
        return np.asarray(within)


@dataclass(frozen=True, slots=True)
class Replay:
    """A case and its periods; `entry` is the score before treatment."""

    id: str
    age: int | None
    sex: str | None
    entry: float
    periods: tuple[Period, ...]

    @property
    def effective(self) -> float:
        """The fewest virtual patients that the weights of any period amount to."""
        return min(p.effective for p in self.periods)

    @property
    def thin(self) -> bool:
        """Whether so few virtual patients explain this person that the bands are rough."""
        return self.effective < ENOUGH


def replay(
    case: Mapping[str, Any],
    ensemble: Ensemble,
    seed: int,
    n: int = 40_000,
    progress: Progress | None = None,
) -> Replay:
    """Foretell each period of a case from what was known before it.

    Parameters
    ----------
    case : in the Case format, version 1, clock "day", with MADRS before treatment
    n : virtual patients, in blocks of 1,000 with a parameter set and a place each; as many more,
        up to `MOST`, as a surprising person needs for `ENOUGH` that explain the scores

    Raises
    ------
    ModelError
        The case has no MADRS before its first treatment.

    Notes
    -----
    The true score at entry is taken as normal around the one seen, with the rater's error as SD
    (assumed). Saline in a crossover carries the context of saline, ketamine that of an aware
    active arm.
    """
    seen = _madrs(case)
    before = [value for day, value in seen if day <= 0]
    if not before:
        raise ModelError(f"case {case['id']} has no MADRS before treatment to start from.")
    periods = _periods(case, seen, before[-1], ensemble, seed, n, progress)
    while (least := min(p.effective for p in periods)) < ENOUGH and n < MOST:
        n = _more(n, least)
        periods = _periods(case, seen, before[-1], ensemble, seed, n, progress)
    person = case["person"]
    return Replay(case["id"], person["age"], person["sex"], before[-1], tuple(periods))


def _more(n: int, effective: float) -> int:
    """How many virtual patients to try next: their share that counts is taken as unchanged."""
    wanted = 1.25 * n * ENOUGH / max(effective, 1.0)
    return min(MOST, max(2 * n, BLOCK * -(-int(wanted) // BLOCK)))


def _periods(
    case: Mapping[str, Any],
    seen: Sequence[tuple[float, float]],
    entry: float,
    ensemble: Ensemble,
    seed: int,
    n: int,
    progress: Progress | None,
) -> list[Period]:
    starts = [float(t["day"]) for t in case["treatments"]]
    after = [(day, value) for day, value in seen if day > 0]
    grid = np.array(sorted({*_grid(starts, after), *(day for day, _ in after)}))
    latent, scores, errors = _virtual(case, entry, grid, ensemble, seed, n, progress)
    periods = []
    for k, start in enumerate(starts):
        end = starts[k + 1] if k + 1 < len(starts) else np.inf
        known = [(day, value) for day, value in after if day <= start]
        weights = _weights(latent, errors, grid, known)
        here = [(day, value) for day, value in after if start < day <= end]
        window = (grid > start) & (grid <= min(end, grid[-1]))
        what = Regimen.parse(case["treatments"][k]["regimen"]).doses[0].drug
        periods.append(_period(start, what, grid, window, scores, weights, here))
    return periods


def _madrs(case: Mapping[str, Any]) -> list[tuple[float, float]]:
    rows = [(float(s["day"]), float(s["value"])) for s in case["scores"] if _is_madrs(s)]
    return sorted(rows)


def _is_madrs(score: Mapping[str, Any]) -> bool:
    return bool(score["instrument"] == "MADRS")


def _grid(starts: Sequence[float], after: Sequence[tuple[float, float]]) -> list[float]:
    end = max(day for day, _ in after) if after else starts[-1] + 14
    return [s + d for s in starts for d in (0.17, *np.arange(1.0, 15.0)) if s + d <= end + 1e-9]


def _virtual(
    case: Mapping[str, Any],
    entry: float,
    grid: Array,
    ensemble: Ensemble,
    seed: int,
    n: int,
    progress: Progress | None,
) -> tuple[Array, Array, Array]:
    """True scores (n, days), observed scores (n, days) and rating error SD (n,)."""
    branch = tuple(s for t in case["treatments"] for s in _sessions(t))
    plan = Plan("case", None, (branch,))
    stimuli = FormStimuli()

    def work(block: Block) -> tuple[Array, Array, Array]:
        rng = block.rng()
        params = ensemble.member(int(rng.choice(len(ensemble), p=ensemble.weights)))
        sm = params["sm"]
        start = Baseline(entry, float(np.sqrt(2.0) * sm), 0.0)
        design = Design("case", "", "none", "MADRS", start, tuple(grid), (plan,))
        uniform = np.clip(rng.random((len(block), mood.U_COLUMNS)), 1e-9, 1 - 1e-9)
        place = elsewhere(design, rng)
        made = run_trial(design, params, uniform, int(rng.integers(2**31)), stimuli, place)
        arm = made.arms["case"]
        return mood.to_madrs(arm.latent), arm.scores, np.full(len(block), sm)

    parts = map_blocks(work, n, BLOCK, seed, progress=progress)
    return (
        np.concatenate([p[0] for p in parts]),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([p[2] for p in parts]),
    )


def _sessions(treatment: Mapping[str, Any]) -> list[Sitting]:
    regimen = Regimen.parse(treatment["regimen"])
    active = any(s.form for s in sittings(regimen, "open"))
    aware = "blinded_crossover" if active else "saline_control"
    day = float(treatment["day"])
    return [Sitting(day + s.day, s.form, aware, s.condition) for s in sittings(regimen, aware)]


def _weights(
    true: Array, errors: Array, grid: Array, known: Sequence[tuple[float, float]]
) -> Array:
    log = np.zeros(len(true))
    for day, value in known:
        k = int(np.argmin(np.abs(grid - day)))
        log -= 0.5 * ((value - true[:, k]) / errors) ** 2
    weights = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


def _period(
    start: float,
    what: str,
    grid: Array,
    window: Mask,
    scores: Array,
    weights: Array,
    here: Sequence[tuple[float, float]],
) -> Period:
    at = [int(np.argmin(np.abs(grid - day))) for day, _ in here]
    values = np.array([value for _, value in here])
    below = [weights[scores[:, k] <= value].sum() for k, value in zip(at, values, strict=True)]
    return Period(
        start,
        what,
        grid[window],
        weighted_quantiles(scores[:, window], weights, LEVELS),
        np.array([day for day, _ in here]),
        values,
        weighted_quantiles(scores[:, at], weights, LEVELS),
        np.array(below),
        float(1 / (weights**2).sum()),
    )


def weighted_quantiles(values: Array, weights: Array, levels: Sequence[float]) -> Array:
    """(levels, k) quantiles of weighted columns (n, k); weights (n,) sum to one."""
    out = np.empty((len(levels), values.shape[1]))
    for k, column in enumerate(values.T):
        order = np.argsort(column, kind="stable")
        cumulative = np.cumsum(weights[order])
        at = np.minimum(np.searchsorted(cumulative, levels), len(column) - 1)
        out[:, k] = column[order][at]
    return out
