"""How far a predicted distribution lay from the score that came.

Scores are whole points, so a predictive distribution has steps and no interval holds exactly 80 %
of it. Where an observed point falls is therefore a range, from the probability of less to the
probability of no more, and it counts with the share of that range inside the interval: the mean
of the randomised probability integral transform, without its chance (Czado, Gneiting and Held,
Biometrics 2009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from reprieve.engine.patient import Array

Index = NDArray[np.int64]
LEVELS = (0.50, 0.80, 0.95)
BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """Predictions of k scores beside what came, each array (k,) in points of the instrument.

    `mean` and `median` of the prediction; `crps`; `below` and `upto` the predicted probability
    of less than the observed score, and of no more than it.
    """

    observed: Array
    mean: Array
    median: Array
    crps: Array
    below: Array
    upto: Array


@dataclass(frozen=True, slots=True)
class Errors:
    """Predictions of `n` scores in sum: coverage as shares, errors in points of the instrument.

    `pit` is the share of observed scores in each tenth of their predictive distribution, level
    when the predictions are calibrated.
    """

    n: int
    coverage_50: float
    coverage_80: float
    coverage_95: float
    crps: float
    mae: float
    rmse: float
    pit: tuple[float, ...]


def judge(pmf: Array, low: float, observed: Array) -> Judged:
    """Each observed score beside its predicted distribution.

    Parameters
    ----------
    pmf : (k, points) probabilities of the scores low, low + 1, ...
    observed : (k,) the scores that came
    """
    points = low + np.arange(pmf.shape[1])
    cdf = np.minimum(np.cumsum(pmf, axis=1), 1.0)
    row = np.arange(len(observed))
    at = np.rint(observed - low).astype(int)
    upto = cdf[row, at]
    reached = points >= observed[:, None]
    return Judged(
        np.asarray(observed, float),
        pmf @ points,
        points[(cdf >= 0.5).argmax(axis=1)],
        ((cdf - reached) ** 2).sum(axis=1),
        np.maximum(upto - pmf[row, at], 0.0),
        upto,
    )


def inside(judged: Judged, level: float) -> Array:
    """(k,) share of each observed point within the central interval that holds `level`."""
    return _overlap(judged, 0.5 - level / 2, 0.5 + level / 2)


def pit_shares(judged: Judged, bins: int = BINS) -> Array:
    """(k, bins) share of each observed point in each equal part of its distribution."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.column_stack([_overlap(judged, a, b) for a, b in pairwise(edges.tolist())])


def _overlap(judged: Judged, a: float, b: float) -> Array:
    wide = judged.upto - judged.below
    shared = np.minimum(judged.upto, b) - np.maximum(judged.below, a)
    # a point that was given no probability at all lies at one place, not over a range
    sure = (judged.upto >= a) & (judged.upto <= b)
    return np.where(wide > 0, np.clip(shared, 0.0, None) / np.where(wide > 0, wide, 1.0), sure)


def together(parts: Sequence[Judged]) -> Judged:
    """Several sets of predictions as one."""
    names = ("observed", "mean", "median", "crps", "below", "upto")
    empty = [np.zeros(0)]
    return Judged(*(np.concatenate([getattr(p, n) for p in parts] or empty) for n in names))


def errors(judged: Judged) -> Errors | None:
    """The sums; None without any prediction."""
    n = len(judged.observed)
    if n == 0:
        return None
    half, most, nearly = (float(inside(judged, level).mean()) for level in LEVELS)
    return Errors(
        n,
        half,
        most,
        nearly,
        float(judged.crps.mean()),
        float(np.abs(judged.median - judged.observed).mean()),
        float(np.sqrt(((judged.mean - judged.observed) ** 2).mean())),
        tuple(pit_shares(judged).mean(axis=0).tolist()),
    )


def normal_pmf(mean: Array, sd: Array, low: float, high: float) -> Array:
    """(k, points) a normal on whole points; what lies beyond the ends is put on them."""
    edges = np.arange(low, high) + 0.5
    cdf = ndtr((edges - mean[:, None]) / sd[:, None])
    return np.diff(cdf, axis=1, prepend=0.0, append=1.0)


@dataclass(frozen=True, slots=True)
class Skill:
    """How much smaller an error is than another method's: 1 - error / other error.

    `difference` of the two (negative: smaller here) with its 95 % interval over people, whose
    scores are taken together because they are not independent.
    """

    skill: float
    difference: float
    low: float
    high: float


def skill(mine: Array, other: Array, person: Index) -> Skill | None:
    """Errors (k,) of one method beside another's on the same scores, by person (k,)."""
    if len(mine) == 0 or other.mean() == 0:
        return None
    gap = mine - other
    mean = float(gap.mean())
    of = np.unique(person, return_inverse=True)[1]
    sums = np.bincount(of, gap - mean)
    half = 1.96 * float(np.sqrt((sums**2).sum())) / len(gap)
    return Skill(1.0 - float(mine.mean() / other.mean()), mean, mean - half, mean + half)
