"""Fitting the baselines to simulated patients of each situation, by maximum likelihood.

They are given what a clinic could not have, thousands of training patients from the very process
that the test patients come from; a forecast that still does better owes it to its structure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble, ensemble
from reprieve.engine.judging.baselines import RANDOM, Fitted, Known, features
from reprieve.engine.judging.situations import SITUATIONS, Simulated, simulate_case
from reprieve.engine.patient import Array

TRAINING, SEED = 2000, 424242
FIXED = 5
TRAINED = ("MADRS", "PHQ-9")


@dataclass(frozen=True, slots=True)
class Person:
    """A training patient on one scale: what is known, and the later days and values."""

    known: Known
    days: Array
    values: Array


def fit_all(n: int = TRAINING, seed: int = SEED) -> dict[str, Any]:
    """The content of `baselines.json`: every situation and instrument, and how it was made."""
    made = {
        "by": "reprieve validate --forecast --fit-baselines",
        "patients_per_situation": n,
        "seed": seed,
        "evidence": ensemble().header["evidence"],
    }
    return {"made": made, "situations": {s: fit_situation(s, n, seed) for s in SITUATIONS}}


def fit_situation(
    situation: str, n: int, seed: int, sets: Ensemble | None = None
) -> dict[str, Any]:
    """Parameters of one situation, for each instrument in `TRAINED`."""
    place = list(SITUATIONS).index(situation)
    cases = [
        simulate_case(situation, np.random.default_rng([seed, place, k]), sets) for k in range(n)
    ]
    return {name: fit([p for c in cases if (p := _person(c, name))]).to_dict() for name in TRAINED}


def _person(simulated: Simulated, name: str) -> Person | None:
    record = simulated.record
    mine = [s for s in record.usable if s.instrument == name]
    seen = [s for s in mine if s.day <= simulated.case.asked_at]
    later = [s for s in mine if s.day > simulated.case.asked_at]
    if not seen or not later:
        return None
    known = Known(
        simulated.situation, name,
        np.array([s.day for s in seen]), np.array([s.value for s in seen]),
        np.array([t.day for t in record.given]),
    )  # fmt: skip
    return Person(known, np.array([s.day for s in later]), np.array([s.value for s in later]))


def fit(people: Sequence[Person]) -> Fitted:
    """Both baselines from training patients on one scale."""
    return Fitted(_carried(people), *_mixed(people))


def _carried(people: Sequence[Person]) -> Array:
    """(2,) variance of the change since the last score, at once and per day."""
    from scipy.optimize import minimize  # a slow import, for the fit alone

    change = np.concatenate([p.values - p.known.values[-1] for p in people])
    lead = np.concatenate([p.days - p.known.days[-1] for p in people])

    def loss(theta: Array) -> float:
        at_once, per_day = np.exp(theta)
        variance = at_once + per_day * lead
        return float(0.5 * (np.log(variance) + change**2 / variance).mean())

    start = np.log([max(change.var() / 2, 0.1), max(change.var() / 2 / lead.mean(), 0.01)])
    return np.asarray(np.exp(minimize(loss, start, method="Nelder-Mead").x))


def _mixed(people: Sequence[Person]) -> tuple[Array, Array, float]:
    """Fixed effects (5,), covariance of the random ones (2, 2) and residual SD.

    The search begins at the maximum of the likelihood of all scores and ends at that of the later
    scores given those seen. Ordinary maximum likelihood takes people's courses to be straight
    in log time and is then far too sure of what it extrapolates.
    """
    from scipy.optimize import minimize

    whole, seen = _sums(people, later=True), _sums(people, later=False)
    sd = float(np.concatenate([p.values for p in people]).std())
    start = np.array([np.log(sd / 2), np.log(sd / 6), 0.0, np.log(sd / 3)])

    def all_scores(x: Array) -> float:
        return _misfit(x, _best(x, whole), whole)

    def later_given_seen(x: Array) -> float:
        return _misfit(x[:-FIXED], x[-FIXED:], whole) - _misfit(x[:-FIXED], x[-FIXED:], seen)

    theta = np.asarray(minimize(all_scores, start, method="BFGS").x)
    begin = np.concatenate([theta, _best(theta, whole)])
    found = np.asarray(minimize(later_given_seen, begin, method="BFGS").x)
    low = _factor(found[:-FIXED])
    return found[-FIXED:], low @ low.T, float(np.exp(found[-FIXED - 1]))


def _factor(theta: Array) -> Array:
    """Lower triangle (2, 2): logs of its diagonal, then what is below."""
    low = np.diag(np.exp(theta[:RANDOM]))
    low[np.tril_indices(RANDOM, -1)] = theta[RANDOM:-1]
    return low


def _sums(people: Sequence[Person], later: bool) -> tuple[Array, ...]:
    """What the likelihood needs of each person: Z'Z, Z'X, Z'y, X'X, X'y, y'y and the count."""
    found: list[tuple[Array, ...]] = []
    for p in people:
        days, y = p.known.days, p.known.values
        if later:
            days, y = np.concatenate([days, p.days]), np.concatenate([y, p.values])
        x = features(days, p.known.doses)
        z = x[:, :RANDOM]
        found.append((z.T @ z, z.T @ x, z.T @ y, x.T @ x, x.T @ y, y @ y, np.array(len(y))))
    return tuple(np.array(column) for column in zip(*found, strict=True))


def _best(theta: Array, sums: tuple[Array, ...]) -> Array:
    """(5,) fixed effects that maximise the likelihood."""
    zz, zx, zy, xx, xy, _, _ = sums
    inner, variance = _inner(theta, zz), float(np.exp(2 * theta[-1]))
    a = (xx - np.einsum("nik,nij,njl->nkl", zx, inner, zx) / variance).sum(axis=0)
    b = (xy - np.einsum("nik,nij,nj->nk", zx, inner, zy) / variance).sum(axis=0)
    # after a single session several features are one: the smallest solution is taken
    return np.asarray(np.linalg.pinv(a, rcond=1e-10, hermitian=True) @ b)


def _misfit(theta: Array, beta: Array, sums: tuple[Array, ...]) -> float:
    """Minus twice the log-likelihood, a person; V^-1 = I/s2 - Z inner Z' / s4."""
    zz, zx, zy, xx, xy, yy, count = sums
    inner, variance = _inner(theta, zz), float(np.exp(2 * theta[-1]))
    left = zy - zx @ beta
    squares = (yy - 2 * xy @ beta + np.einsum("i,nij,j->n", beta, xx, beta)).sum()
    quad = (squares - np.einsum("ni,nij,nj->", left, inner, left) / variance) / variance
    low = _factor(theta)
    log_det = (
        count.sum() * np.log(variance)
        + 2 * len(zz) * np.log(np.diag(low)).sum()
        - np.linalg.slogdet(inner)[1].sum()
    )
    return float((log_det + quad) / len(zz))


def _inner(theta: Array, zz: Array) -> Array:
    """(n, 2, 2) covariance of people's random effects once their scores are seen."""
    inverse = np.linalg.inv(_factor(theta))
    return np.linalg.inv(inverse.T @ inverse + zz / np.exp(2 * theta[-1]))
