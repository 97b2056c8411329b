"""What scores say of one virtual person: a Kalman filter on the score scale.

Linear and Gaussian are the person's baseline b, the slow and the fast fluctuation w and v, and
the personal offset on the link to every scale beside MADRS. The two bends between them and a
score, the logistic curve and the crosswalk, are linearised statistically (moments by
Gauss-Hermite quadrature over what is believed at that moment); whole points add the variance of
rounding. A score at an end of its scale says only that the true one lies there or beyond: there
the moments of what is believed afterwards are computed without linearising.
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
NARROW_LATENT, NARROW_SCORE = 0.2, 25.0  # variances up to which three points do
# nine points, for a score at an end of its scale
MANY = np.array(
    [
        -4.512745863399783, -3.2054290028564703, -2.0768479786778304, -1.0232556637891326, 0.0,
        1.0232556637891326, 2.0768479786778304, 3.2054290028564703, 4.512745863399783,
    ]
)  # fmt: skip
MANY_MASS = np.array(
    [
        2.2345844007746563e-05, 0.0027891413212317675, 0.04991640676521791, 0.24409750289493906,
        0.4063492063492063, 0.24409750289493906, 0.04991640676521791, 0.0027891413212317675,
        2.2345844007746563e-05,
    ]
)  # fmt: skip
SQRT_2, LOG_SQRT_2PI = math.sqrt(2.0), 0.5 * math.log(2.0 * math.pi)


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
def linked(
    mean: float, variance: float, table: np.ndarray, which: int
) -> tuple[float, float, float]:
    """Mean, variance and slope of a score whose MADRS is normal, by a row of `table`."""
    sd = math.sqrt(variance)
    last = table.shape[1] - 1
    node, mass = (NODE, MASS) if variance > NARROW_SCORE else (NODE_3, MASS_3)
    first = second = cross = 0.0
    for k in range(node.shape[0]):
        place = min(max((mean + sd * node[k]) / MADRS_MAX, 0.0), 1.0) * last
        j = min(int(place), last - 1)
        low = table[which, j]
        s = low + (place - j) * (table[which, j + 1] - low)
        first += mass[k] * s
        second += mass[k] * s * s
        cross += mass[k] * s * node[k]
    return first, max(second - first * first, 1e-9), cross / sd


@njit(cache=True, nogil=True, error_model="numpy")
def drift(
    mean: np.ndarray, cov: np.ndarray, fade: np.ndarray, step: int, constant: np.ndarray
) -> None:
    """Belief of the state a step later, in place; `fade` (steps, 2) of slow and fast."""
    for i in (SLOW, FAST):
        keep = fade[step, i - SLOW]
        if keep == 1.0:
            continue
        mean[i] *= keep
        for j in range(mean.shape[0]):
            cov[i, j] *= keep
            cov[j, i] *= keep
        sd = constant[SW] if i == SLOW else constant[SV]
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
def expected(
    latent: float, mean: np.ndarray, cov: np.ndarray, scale: np.ndarray, table: np.ndarray,
    which: int, cross: np.ndarray,
) -> tuple[float, float]:  # fmt: skip
    """Mean and variance of a true score on a scale, and its covariance with the state."""
    centre = latent + mean[BASE] + mean[SLOW] + mean[FAST]
    dims = mean.shape[0]
    for j in range(dims):
        cross[j] = cov[j, BASE] + cov[j, SLOW] + cov[j, FAST]
    total = cross[BASE] + cross[SLOW] + cross[FAST]
    first, variance, slope = bent(centre, max(total, 1e-12))
    index = int(scale[which, INDEX])
    if index < 0:
        for j in range(dims):
            cross[j] *= slope
        return first, variance
    first += mean[index]
    variance += cov[index, index] + 2.0 * slope * cross[index]
    score, spread, link = linked(first, max(variance, 1e-12), table, which)
    for j in range(dims):
        cross[j] = link * (slope * cross[j] + cov[j, index])
    return score, spread


@njit(cache=True, nogil=True, error_model="numpy")
def see(
    value: float, error: float, score: float, spread: float, mean: np.ndarray, cov: np.ndarray,
    cross: np.ndarray,
) -> float:  # fmt: skip
    """Belief after a score, in place; the log-probability of that score before it was seen."""
    total = spread + error * error + ROUNDING
    surprise = value - score
    dims = mean.shape[0]
    for j in range(dims):
        mean[j] += cross[j] / total * surprise
        for k in range(dims):
            cov[j, k] -= cross[j] * cross[k] / total
    return -0.5 * (surprise * surprise / total + math.log(total)) - LOG_SQRT_2PI


@njit(cache=True, nogil=True, error_model="numpy")
def see_end(
    latent: float, error: float, scale: np.ndarray, table: np.ndarray, which: int, low: bool,
    mean: np.ndarray, cov: np.ndarray,
) -> float:  # fmt: skip
    """As `see`, of a score at the lowest or highest point of its scale.

    The state moves along two standard normals, the latent score and what is left of the personal
    offset given it; their moments after the score come from quadrature over both.
    """
    dims, index = mean.shape[0], int(scale[which, INDEX])
    along, across = np.empty(dims), np.zeros(dims)
    for j in range(dims):
        along[j] = cov[j, BASE] + cov[j, SLOW] + cov[j, FAST]
    sd = math.sqrt(max(along[BASE] + along[SLOW] + along[FAST], 1e-12))
    centre = latent + mean[BASE] + mean[SLOW] + mean[FAST]
    for j in range(dims):
        along[j] /= sd
    own = 0.0
    if index >= 0:
        own = math.sqrt(max(cov[index, index] - along[index] ** 2, 1e-12))
        for j in range(dims):
            across[j] = (cov[j, index] - along[index] * along[j]) / own
    sum_0 = sum_z = sum_x = sum_zz = sum_xx = sum_zx = 0.0
    last, wide = table.shape[1] - 1, MANY.shape[0] if index >= 0 else 1
    for i in range(MANY.shape[0]):
        z = MANY[i]
        true = MADRS_MAX / (1.0 + math.exp(-(centre + sd * z)))
        for k in range(wide):
            x = MANY[k] if index >= 0 else 0.0
            score = true
            if index >= 0:
                place = (true + mean[index] + along[index] * z + own * x) / MADRS_MAX
                place = min(max(place, 0.0), 1.0) * last
                j = min(int(place), last - 1)
                score = table[which, j] + (place - j) * (table[which, j + 1] - table[which, j])
            beyond = score - scale[which, LOW] if low else scale[which, HIGH] - score
            mass = 0.5 * math.erfc((beyond - 0.5) / (error * SQRT_2))
            mass *= MANY_MASS[i] * (MANY_MASS[k] if index >= 0 else 1.0)
            sum_0 += mass
            sum_z += mass * z
            sum_x += mass * x
            sum_zz += mass * z * z
            sum_xx += mass * x * x
            sum_zx += mass * z * x
    if sum_0 < 1e-200:  # nobody like this: a person to be given no weight
        return -460.0
    z, x = sum_z / sum_0, sum_x / sum_0
    zz, xx, zx = sum_zz / sum_0 - z * z - 1.0, sum_xx / sum_0 - x * x - 1.0, sum_zx / sum_0 - z * x
    if index < 0:
        xx = zx = 0.0
    for j in range(dims):
        mean[j] += along[j] * z + across[j] * x
        for k in range(dims):
            cov[j, k] += along[j] * along[k] * zz + across[j] * across[k] * xx
            cov[j, k] += (along[j] * across[k] + across[j] * along[k]) * zx
    return math.log(sum_0)


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
    member : (n,) row of `constant` (m, 7), in rising order
    base : (2,) mean and variance of the baseline, logit
    score : (scores, 3) in order of time
    scale : (scales, 5); table : (scales, k) score by true MADRS, even over 0-60
    end : day, not before the last score
    mean, cov : (n, dims), (n, dims, dims) output
    news : (n, scores) output, log-probability of each score given those before it
    foretold : (n, scores) output, the score expected just before it
    """
    dims, scores = mean.shape[1], score.shape[0]
    cross, gain = np.empty(dims), np.empty(dims)
    # stops: the scores, the first dose before the first score from then on, the end
    stop, seen = np.empty(scores + 2), np.full(scores + 2, -1)
    begun = scores
    for s in range(scores):
        if score[s, DAY] >= 0.0:
            begun = s
            break
    for s in range(scores + 2):
        at = s if s < begun else s - 1
        stop[s] = 0.0 if s == begun else score[at, DAY] if at < scores else end
        if s != begun and at < scores:
            seen[s] = at
    fade, last = np.ones((scores + 2, 2)), -1
    for i in range(latent.shape[0]):
        m, p, c = mean[i], cov[i], constant[member[i]]
        if member[i] != last:
            last = member[i]
            for s in range(1, scores + 2):
                fade[s, 0] = math.exp(-(stop[s] - stop[s - 1]) / c[TW])
                fade[s, 1] = math.exp(-(stop[s] - stop[s - 1]) / c[TV])
        m[:] = 0.0
        p[:] = 0.0
        m[BASE], p[BASE, BASE] = base[0], base[1]
        p[SLOW, SLOW], p[FAST, FAST] = c[SW] ** 2, c[SV] ** 2
        for k in range(scale.shape[0]):
            if scale[k, INDEX] >= 0:
                p[int(scale[k, INDEX]), int(scale[k, INDEX])] = scale[k, PERSONAL] ** 2
        for s in range(scores + 2):
            drift(m, p, fade, s, c)
            if s == begun:
                entered(m, p, c, gain)
            at = seen[s]
            if at < 0:
                continue
            k = int(score[at, SCALE])
            foretold[i, at], spread = expected(latent[i, at], m, p, scale, table, k, cross)
            error = scale[k, ERROR] if scale[k, ERROR] >= 0.0 else c[SM]
            value, low = score[at, VALUE], scale[k, LOW]
            if low < value < scale[k, HIGH]:
                news[i, at] = see(value, error, foretold[i, at], spread, m, p, cross)
            else:
                news[i, at] = see_end(latent[i, at], error, scale, table, k, value <= low, m, p)
