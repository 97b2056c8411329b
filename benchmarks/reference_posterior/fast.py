"""The same numbers from Reprieve's own posterior."""

import numpy as np

from benchmarks.reference_posterior.named import distribution, spread
from benchmarks.reference_posterior.problem import AHEAD_D, cutoff
from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case
from reprieve.engine.core import mood as core
from reprieve.engine.forecast.future import follow
from reprieve.engine.forecast.posterior import Posterior, posterior
from reprieve.engine.mood.model import MADRS_MAX, Array

NODES, MASSES = np.polynomial.hermite_e.hermegauss(9)


def fast(case: Case, ensemble: Ensemble, seed: int) -> dict[str, float]:
    """Named numbers of one case: `named.distribution` and `named.spread` say what they are."""
    post = posterior(case, seed, ensemble=ensemble)
    days = post.asked_at + np.array(AHEAD_D)
    future = follow(post, (), float(AHEAD_D[-1]), grid=days)
    points, half = np.arange(future.pmf.shape[1]) + future.low, cutoff(case)
    found = spread("now", *_now(post))
    for k, day in enumerate(AHEAD_D):
        found |= distribution(f"+{day:g} d", future.cdf[k], points, half)
    drug, context = -post.tried.parts[:, core.DRUG], -post.tried.parts[:, core.CONTEXT]
    together = drug + context
    share = np.where(together > 1e-6, drug / np.maximum(together, 1e-6), 0.0)
    for name, value in (("drug", drug), ("context", context), ("share", share)):
        found |= spread(name, post.weights @ value, post.weights @ value**2)
    found["responds"] = post.weights @ (post.tried.patient[:, core.EM] > 0)
    return {name: float(value) for name, value in found.items()}


def _now(post: Posterior) -> tuple[float, float]:
    """First and second moment of the true score on the own instrument at the question.

    Person by person the state is normal: the latent score and the personal offset on the own
    instrument, integrated by quadrature in two directions.
    """
    scale, table = post.line.scale[0], post.line.table[0]
    latent = post.tried.parts.sum(axis=1)
    mean, cov = post.tried.mean, post.tried.cov
    total = np.zeros(mean.shape[1])
    total[:3] = 1.0
    centre, variance = latent + mean @ total, np.einsum("i,nij,j->n", total, cov, total)
    index = int(scale[4])
    places = [(float(a), float(m)) for a, m in zip(NODES, MASSES / MASSES.sum(), strict=True)]
    first = second = 0.0
    for a, mass_a in places:
        madrs = MADRS_MAX / (1.0 + np.exp(-(centre + np.sqrt(variance) * a)))
        for b, mass_b in places if index >= 0 else [(0.0, 1.0)]:
            shift = _offset(mean, cov, index, total, variance, a, b) if index >= 0 else 0.0
            score = np.interp(madrs + shift, np.linspace(0.0, MADRS_MAX, table.shape[0]), table)
            first += mass_a * mass_b * (post.weights @ score)
            second += mass_a * mass_b * (post.weights @ score**2)
    return first, second


def _offset(
    mean: Array, cov: Array, index: int, total: Array, variance: Array, a: float, b: float
) -> Array:
    """(n,) personal offset at standard place b, given the latent score at standard place a."""
    with_y = cov[:, index] @ total
    given = mean[:, index] + with_y / np.sqrt(variance) * a
    left = np.maximum(cov[:, index, index] - with_y**2 / variance, 0.0)
    return np.asarray(given + np.sqrt(left) * b)
