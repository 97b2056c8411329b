"""What scores say of one virtual person: a Kalman filter on the score scale.

Linear and Gaussian are the person's baseline b, the slow and the fast fluctuation w and v, and
the personal offset on the link to every scale beside MADRS. The two bends between them and a
score, the logistic curve and the crosswalk, are linearised statistically (moments by
Gauss-Hermite quadrature over what is believed at that moment); whole points add the variance of
rounding, and a score at an end of its scale is treated as the censored value that it is.
"""

import math

import numpy as np
from numba import njit

# columns of `score`: day from the first dose, value, scale (row of `scale` and `table`)
DAY, VALUE, SCALE = range(3)
# the state: baseline, slow and fast fluctuation, then one offset for each scale but MADRS
BASE, SLOW, FAST, OFFSET = range(4)
# columns of `constant`
SW, TW, SV, TV, SM, ENTRY_MEAN, ENTRY_SD = range(7)
# columns of `scale`: rating error (points; below 0 takes SM), SD of the offset (MADRS points),
# lowest and highest score, index of the offset in the state (below 0 for MADRS itself)
ERROR, PERSONAL, LOW, HIGH, INDEX = range(5)
MADRS_MAX = 60.0
ROUNDING = 1.0 / 12.0
# Gauss-Hermite quadrature for a standard normal: five points, and three where little bends
NODE = np.array(
    [-2.8569700138728056, -1.3556261799742659, 0.0, 1.3556261799742659, 2.8569700138728056]
)
MASS = np.array(
    [0.011257411327720693, 0.2220759220056126, 8 / 15, 0.2220759220056126, 0.011257411327720693]
)
NODE_3, MASS_3 = np.array([-math.sqrt(3.0), 0.0, math.sqrt(3.0)]), np.array([1 / 6, 2 / 3, 1 / 6])
NARROW_LATENT, NARROW_SCORE = 0.09, 4.0  # variances up to which three points do
SQRT_2PI = math.sqrt(2.0 * math.pi)


@njit(cache=True, nogil=True, error_model="numpy")
def bent(mean: float, variance: float) -> tuple[float, float, float]:
    """Mean, variance and slope of MADRS when its latent score is normal."""
    sd = math.sqrt(variance)
    node, mass = (NODE, MASS) if variance > NARROW_LATENT else (NODE_3, MASS_3)
    first = second = cross = 0.0
    for k in range(node.shape[0]):
        u = MADRS_MAX / (1.0 + math.exp(-(mean + sd * node[k])))
        first += mass[k] * u
        second += mass[k] * u * u
        cross += mass[k] * u * node[k]
    return first, max(second - first * first, 1e-9), cross / sd


@njit(cache=True, nogil=True, error_model="numpy")
def linked(mean: float, variance: float, table: np.ndarray) -> tuple[float, float, float]:
    """Mean, variance and slope of a score whose MADRS is normal; `table` is even over 0-60."""
    sd = math.sqrt(variance)
    last = table.shape[0] - 1
    node, mass = (NODE, MASS) if variance > NARROW_SCORE else (NODE_3, MASS_3)
    first = second = cross = 0.0
    for k in range(node.shape[0]):
        place = min(max((mean + sd * node[k]) / MADRS_MAX, 0.0), 1.0) * last
        j = min(int(place), last - 1)
        s = table[j] + (place - j) * (table[j + 1] - table[j])
        first += mass[k] * s
        second += mass[k] * s * s
        cross += mass[k] * s * node[k]
    return first, max(second - first * first, 1e-9), cross / sd


@njit(cache=True, nogil=True, error_model="numpy")
def drift(mean: np.ndarray, cov: np.ndarray, days: float, constant: np.ndarray) -> None:
    """Belief of the state some days later, in place."""
    if days <= 0.0:
        return
    for i, sd, tau in ((SLOW, constant[SW], constant[TW]), (FAST, constant[SV], constant[TV])):
        keep = math.exp(-days / tau)
        mean[i] *= keep
        for j in range(mean.shape[0]):
            cov[i, j] *= keep
            cov[j, i] *= keep
        cov[i, i] += sd * sd * (1.0 - keep * keep)


@njit(cache=True, nogil=True, error_model="numpy")
def entered(mean: np.ndarray, cov: np.ndarray, constant: np.ndarray, gain: np.ndarray) -> None:
    """Whoever begins treatment does so on a worse day than their average one, in place.

    Each fluctuation is told that its standardised value was `ENTRY_MEAN` give or take
    `ENTRY_SD`, which turns its stationary law into the one that entrants of trials have.
    """
    for i, sd in ((SLOW, constant[SW]), (FAST, constant[SV])):
        if sd <= 0.0:
            continue
        noise = (sd * constant[ENTRY_SD]) ** 2
        total = cov[i, i] + noise
        surprise = sd * constant[ENTRY_MEAN] - mean[i]
        for j in range(mean.shape[0]):
            gain[j] = cov[j, i] / total
        for j in range(mean.shape[0]):
            mean[j] += gain[j] * surprise
            for k in range(mean.shape[0]):
                cov[j, k] -= gain[j] * gain[k] * total


@njit(cache=True, nogil=True, error_model="numpy")
def tail(z: float) -> tuple[float, float, float]:
    """Of a standard normal below z: log-probability, mean, variance."""
    if z < -8.0:
        return -0.5 * z * z - math.log(-z * SQRT_2PI), z + 1.0 / z, 1.0 / (z * z)
    chance = 0.5 * math.erfc(-z / math.sqrt(2.0))
    ratio = math.exp(-0.5 * z * z) / SQRT_2PI / chance
    return math.log(chance), -ratio, max(1.0 - z * ratio - ratio * ratio, 1e-6)


@njit(cache=True, nogil=True, error_model="numpy")
def expected(
    latent: float, mean: np.ndarray, cov: np.ndarray, scale: np.ndarray, table: np.ndarray,
    cross: np.ndarray,
) -> tuple[float, float]:  # fmt: skip
    """Mean and variance of a true score on a scale, and its covariance with the state."""
    centre = latent + mean[BASE] + mean[SLOW] + mean[FAST]
    dims = mean.shape[0]
    for j in range(dims):
        cross[j] = cov[j, BASE] + cov[j, SLOW] + cov[j, FAST]
    total = cross[BASE] + cross[SLOW] + cross[FAST]
    first, variance, slope = bent(centre, max(total, 1e-12))
    index = int(scale[INDEX])
    if index < 0:
        for j in range(dims):
            cross[j] *= slope
        return first, variance
    first += mean[index]
    variance += cov[index, index] + 2.0 * slope * cross[index]
    score, spread, link = linked(first, max(variance, 1e-12), table)
    for j in range(dims):
        cross[j] = link * (slope * cross[j] + cov[j, index])
    return score, spread


@njit(cache=True, nogil=True, error_model="numpy")
def see(
    value: float, error: float, scale: np.ndarray, score: float, spread: float,
    mean: np.ndarray, cov: np.ndarray, cross: np.ndarray,
) -> float:  # fmt: skip
    """Belief after a score, in place; the log-probability of that score before it was seen."""
    total = spread + error * error + ROUNDING
    sd = math.sqrt(total)
    low, high = scale[LOW], scale[HIGH]
    if value <= low:
        log, shift, left = tail((low + 0.5 - score) / sd)
    elif value >= high:
        log, shift, left = tail((score - high + 0.5) / sd)
        shift = -shift
    else:
        shift, left = (value - score) / sd, 0.0
        log = -0.5 * shift * shift - math.log(sd * SQRT_2PI)
    dims = mean.shape[0]
    for j in range(dims):
        mean[j] += cross[j] / sd * shift
        for k in range(dims):
            cov[j, k] -= cross[j] * cross[k] / total * (1.0 - left)
    return float(log)


@njit(cache=True, nogil=True, error_model="numpy")
def believe(
    latent: np.ndarray,
    member: np.ndarray,
    constant: np.ndarray,
    base: np.ndarray,
    score: np.ndarray,
    scale: np.ndarray,
    table: np.ndarray,
    end: float,
    mean: np.ndarray,
    cov: np.ndarray,
    news: np.ndarray,
    foretold: np.ndarray,
) -> None:
    """Belief of every virtual person's state on day `end`, and how well they explain the scores.

    Parameters
    ----------
    latent : (n, scores) latent score without baseline and fluctuation
    member : (n,) row of `constant` (m, 7)
    base : (2,) mean and variance of the baseline, logit
    score : (scores, 3) in order of time
    scale : (scales, 5); table : (scales, k) score by true MADRS, even over 0-60
    end : day, not before the last score
    mean, cov : (n, dims), (n, dims, dims) output
    news : (n, scores) output, log-probability of each score given those before it
    foretold : (n, scores) output, the score expected just before it
    """
    dims = mean.shape[1]
    cross, gain = np.empty(dims), np.empty(dims)
    for i in range(latent.shape[0]):
        m, p, c = mean[i], cov[i], constant[member[i]]
        m[:] = 0.0
        p[:] = 0.0
        m[BASE], p[BASE, BASE] = base[0], base[1]
        p[SLOW, SLOW], p[FAST, FAST] = c[SW] ** 2, c[SV] ** 2
        for k in range(scale.shape[0]):
            if scale[k, INDEX] >= 0:
                p[int(scale[k, INDEX]), int(scale[k, INDEX])] = scale[k, PERSONAL] ** 2
        t = min(0.0, score[0, DAY]) if score.shape[0] else 0.0
        began = False
        for s in range(score.shape[0] + 1):
            target = score[s, DAY] if s < score.shape[0] else end
            if not began and target >= 0.0:
                drift(m, p, -t, c)
                entered(m, p, c, gain)
                t, began = 0.0, True
            drift(m, p, target - t, c)
            t = target
            if s == score.shape[0]:
                break
            k = int(score[s, SCALE])
            foretold[i, s], spread = expected(latent[i, s], m, p, scale[k], table[k], cross)
            error = scale[k, ERROR] if scale[k, ERROR] >= 0.0 else c[SM]
            news[i, s] = see(score[s, VALUE], error, scale[k], foretold[i, s], spread, m, p, cross)
