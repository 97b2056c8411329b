"""Fit the mood model to the evidence, and draw the ensemble of sets that the evidence allows.

The fit is a damped Gauss-Newton search on common random numbers (smooth enough at thousands of
patients an arm, and some tens of times cheaper than a population search, whose place it took).
The ensemble is drawn by randomised maximum likelihood: every member fits targets and priors
that were perturbed by their own spread, so ridges of the posterior appear as spread between
members.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble, header
from reprieve.engine.calibration.facts import Fact, facts
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array, MoodParameters
from reprieve.engine.trials.design import Design, shipped, shipped_names
from reprieve.engine.trials.outcomes import designs_of, measure
from reprieve.engine.trials.trial import Stimuli, run_trial
from reprieve.errors import ModelError

# Steps, not smooth quantities: shown by validation, useless to a gradient.
NOT_SMOOTH = frozenset({"F69", "F72"})
RECALLED_WIDER = 2.0
HUBER = 3.0
STEP = 0.25  # of a prior SD: wide enough that rates move by more than single patients

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Target:
    """One number to fit: what it is, its value and its SD."""

    id: str
    measure: Mapping[str, Any]
    value: float
    sd: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a search ended: coordinates, model values per target, half the summed loss."""

    theta: Array
    values: Array
    loss: float
    jacobian: Array


def calibration_targets() -> list[Target]:
    """Every number that the fit may see."""
    wanted = [_of_fact(f) for f in facts() if f.split == "calibration" and f.id not in NOT_SMOOTH]
    for name in shipped_names():
        design = shipped(name)
        if design.split == "calibration":
            wanted += [t for o in design.outcomes if (t := outcome_target(design, o))]
    return wanted


def _of_fact(fact: Fact) -> Target:
    wider = RECALLED_WIDER if fact.status == "recalled" else 1.0
    return Target(fact.id, fact.measure, fact.target, wider * fact.tolerance / 2)


def outcome_target(design: Design, outcome: Any) -> Target | None:
    """A design's own outcome as a target, when it carries a value and a spread to weigh it."""
    if outcome.value is None or not outcome.measure or "fit_sd" not in outcome.measure:
        return None
    spec = {k: v for k, v in outcome.measure.items() if k != "fit_sd"} | {"design": design.key}
    wider = RECALLED_WIDER if outcome.status == "recalled" else 1.0
    return Target(outcome.id, spec, outcome.value, wider * float(outcome.measure["fit_sd"]))


def permitted(name: str) -> Design:
    """A design that the fit may run.

    Raises
    ------
    ModelError
        The design is kept for validation.
    """
    design = shipped(name)
    if design.split != "calibration":
        raise ModelError(f"The fit asked for '{name}', which is kept for {design.split}.")
    return design


class Problem:
    """Targets, the designs behind them, and the fixed people they are run on."""

    def __init__(
        self, stimuli: Stimuli, n: int, seed: int, targets: Sequence[Target] | None = None
    ) -> None:
        self.targets = list(targets) if targets is not None else calibration_targets()
        names = set().union(*(designs_of(t.measure) for t in self.targets))
        self.designs = {name: permitted(name) for name in sorted(names)}
        self.uniform = mood.quasi_random(n, seed)
        self.stimuli, self.seed = stimuli, seed
        self.value = np.array([t.value for t in self.targets])
        self.sd = np.array([t.sd for t in self.targets])

    def predict(self, theta: Array) -> Array:
        """Model value of every target."""
        params = MoodParameters.from_theta(theta)
        results = {
            name: run_trial(design, params, self.uniform, self.seed, self.stimuli)
            for name, design in self.designs.items()
        }
        return np.array([measure(t.measure, results) for t in self.targets])

    def jacobian(self, theta: Array, at: Array, pool: ThreadPoolExecutor) -> Array:
        """(targets, parameters) forward differences in prior SD."""
        moved = [theta + STEP * e for e in np.eye(len(theta))]
        columns = list(pool.map(self.predict, moved))
        slopes = np.column_stack([(c - at) / STEP for c in columns])
        return np.asarray(np.nan_to_num(slopes, posinf=0.0, neginf=0.0), float)

    def residual(self, values: Array, targets: Array | None = None) -> Array:
        """(model - target) / SD; what cannot be computed or is never reached is five SD off."""
        aim = self.value if targets is None else targets
        return np.asarray(
            np.nan_to_num((values - aim) / self.sd, nan=5.0, posinf=5.0, neginf=-5.0), float
        )


def huber(r: Array) -> float:
    """Half squares up to `HUBER`, linear beyond."""
    a = np.abs(r)
    return float(np.where(a <= HUBER, 0.5 * a**2, HUBER * (a - 0.5 * HUBER)).sum())


def _weights(r: Array) -> Array:
    return np.minimum(1.0, HUBER / np.maximum(np.abs(r), 1e-9))


def newton_step(
    jacobian: Array, r: Array, theta: Array, centre: Array, sd: Array, damp: float
) -> Array:
    """One damped Gauss-Newton step of residuals (weighted) and a unit normal prior."""
    J = jacobian / sd[:, None]
    W = _weights(r)[:, None]
    H = J.T @ (W * J) + (1.0 + damp) * np.eye(len(theta))
    return np.asarray(np.linalg.solve(H, -(J.T @ (W[:, 0] * r) + theta - centre)), float)


def fit(
    problem: Problem,
    start: Array | None = None,
    steps: int = 12,
    progress: Progress | None = None,
) -> Fit:
    """Search from `start` (default the prior) until no damping gives a lower loss."""
    centre = np.zeros(len(mood.free_names()))
    theta, damp = centre.copy() if start is None else start.copy(), 0.3
    values = problem.predict(theta)

    def loss(v: Array, th: Array) -> float:
        return huber(problem.residual(v)) + 0.5 * float(th @ th)

    best = loss(values, theta)
    jacobian = np.zeros((len(values), len(theta)))
    with ThreadPoolExecutor(2) as pool:
        for k in range(steps):
            jacobian = problem.jacobian(theta, values, pool)
            r = problem.residual(values)
            damps = [damp * f for f in (0.2, 1.0, 5.0, 25.0)]
            tries = [theta + newton_step(jacobian, r, theta, centre, problem.sd, d) for d in damps]
            found = list(pool.map(problem.predict, tries))
            losses = [loss(v, t) for v, t in zip(found, tries, strict=True)]
            if progress:
                progress(k + 1, steps)
            i = int(np.argmin(losses))
            if losses[i] > best - 0.02:
                break
            theta, values, best, damp = tries[i], found[i], losses[i], max(0.01, damps[i])
    return Fit(theta, values, best, jacobian)


def draw_ensemble(
    problem: Problem, mode: Fit, members: int, seed: int, progress: Progress | None = None
) -> tuple[Array, Array]:
    """(members, parameters) coordinates and (members,) misfit, by randomised maximum likelihood.

    Each member takes two Gauss-Newton steps towards its own perturbed targets with the
    Jacobian of the mode; the better of the points visited is kept.
    """
    rng = np.random.default_rng([seed, 7])
    p, m = len(mode.theta), len(problem.targets)
    centres = rng.standard_normal((members, p))
    aims = problem.value + problem.sd * rng.standard_normal((members, m))

    def one(k: int) -> tuple[Array, float]:
        theta, values = mode.theta, mode.values
        seen: list[tuple[float, Array]] = []
        for _ in range(3):
            r = problem.residual(values, aims[k])
            own = huber(r) + 0.5 * float((theta - centres[k]) @ (theta - centres[k]))
            seen.append((own, theta))
            if len(seen) == 3:
                break
            theta = theta + newton_step(mode.jacobian, r, theta, centres[k], problem.sd, 0.3)
            values = problem.predict(theta)
        # never the mode itself: copies of it would narrow every interval
        theta = min(seen[1:], key=lambda s: s[0])[1]
        return theta, huber(problem.residual(problem.predict(theta)))

    found = []
    with ThreadPoolExecutor(2) as pool:
        for k, result in enumerate(pool.map(one, range(members))):
            found.append(result)
            if progress:
                progress(k + 1, members)
    return np.array([t for t, _ in found]), np.array([misfit for _, misfit in found])


def assemble(
    problem: Problem,
    mode: Fit,
    thetas: Array,
    misfit: Array,
    command: str,
    seed: int,
    date: str,
) -> Ensemble:
    """The ensemble file: sets in natural units, equal weights but for hopeless members.

    Members of randomised maximum likelihood are draws already; one whose misfit lies far above
    the others failed to converge and is dropped.
    """
    keep = misfit <= np.median(misfit) + 3 * (np.quantile(misfit, 0.75) - np.median(misfit)) + 1.0
    names = mood.free_names()
    sets = np.array([[MoodParameters.from_theta(t)[n] for n in names] for t in thetas[keep]])
    best = MoodParameters.from_theta(mode.theta)
    top = header(command, seed, date, len(problem.uniform), mode.loss, problem.designs)
    top |= {"members_drawn": len(thetas), "members_kept": int(keep.sum())}
    residual = problem.residual(mode.values)
    table = tuple(
        {
            "id": t.id,
            "target": t.value,
            "sd": t.sd,
            "model": float(f"{v:.5g}"),
            "z": round(float(r), 2),
        }
        for t, v, r in zip(problem.targets, mode.values, residual, strict=True)
    )
    weights = np.full(len(sets), 1 / len(sets))
    return Ensemble(names, sets, weights, np.array([best[n] for n in names]), top, table)
