"""What scores say of virtual people: a Kalman filter on the score scale, eight people at a time.

Linear and Gaussian are a person's baseline b, the slow and the fast fluctuation w and v, and
the personal offset on the link to every scale beside MADRS. Two bends lie between them and a
score, the logistic curve and the crosswalk. What is believed after a MADRS score, or after a
score at an end of any scale, is given its exact mean and variance by quadrature; elsewhere on
another scale both bends are linearised statistically (moments by Gauss-Hermite quadrature over
what is believed at that moment). Whole points add the variance of rounding; a score at an end of
its scale says only that the true one lies there or beyond.

Eight people are the columns of arrays (k, 8): `mean` (dims, 8), `cov` (dims * dims, 8),
`constant` (7, 8).
"""

import math

import numpy as np
from numba import njit

from reprieve.engine.core.lane_maths import erfc, exp, greater, lesser, log
from reprieve.engine.core.lanes import (
    WIDTH,
    Lanes,
    anywhere,
    choose,
    every,
    floor,
    lane,
    pick,
    put,
    row,
    sqrt,
)

# columns of `score`: day from the first dose, value, scale (row of `scale` and `table`)
DAY, VALUE, SCALE = range(3)
# the state: baseline, slow and fast fluctuation, then one offset for each scale but MADRS
BASE, SLOW, FAST, OFFSET = range(4)
# columns of `constant`
SW, TW, SV, TV, SM, ENTRY_MEAN, ENTRY_SD = range(7)
CONSTANTS = 7
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
# nine points, where the moments are to be exact
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
# nodes of a MADRS score lie this much wider than what linearising would leave in doubt, whose
# tails are too thin where the curve bends
WIDER = 1.3
LEAST_LEFT = 1e-4  # share of a variance that one score leaves at least
NOBODY = -460.0  # log-probability of a score that a person like this cannot have


@njit(cache=True, nogil=True, error_model="numpy")
def on_madrs(latent: Lanes) -> Lanes:
    """MADRS at a latent score."""
    return MADRS_MAX / (1.0 + exp(-latent))


@njit(cache=True, nogil=True, error_model="numpy")
def on_scale(madrs: Lanes, row_of_table: np.ndarray) -> Lanes:
    """Score of a scale by true MADRS, linear between the entries (k,), even over 0-60."""
    last = row_of_table.shape[0] - 1.0
    place = lesser(greater(madrs / MADRS_MAX, every(0.0)), every(1.0)) * last
    below = lesser(floor(place), every(last - 1.0))
    low = pick(row_of_table, below)
    return low + (place - below) * (pick(row_of_table, below + 1.0) - low)


@njit(cache=True, nogil=True, error_model="numpy")
def bent(mean: Lanes, variance: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """Mean, variance and slope of MADRS when its latent score is normal."""
    sd = sqrt(variance)
    wide = variance > NARROW_LATENT
    first = second = cross = every(0.0)
    if anywhere(wide):
        for k in range(NODE.shape[0]):
            u = on_madrs(mean + sd * NODE[k])
            first += MASS[k] * u
            second += MASS[k] * u * u
            cross += MASS[k] * u * NODE[k]
    if anywhere(variance <= NARROW_LATENT):
        one = two = three = every(0.0)
        for k in range(NODE_3.shape[0]):
            u = on_madrs(mean + sd * NODE_3[k])
            one += MASS_3[k] * u
            two += MASS_3[k] * u * u
            three += MASS_3[k] * u * NODE_3[k]
        first = choose(wide, first, one)
        second, cross = choose(wide, second, two), choose(wide, cross, three)
    return first, greater(second - first * first, every(1e-9)), cross / sd


@njit(cache=True, nogil=True, error_model="numpy")
def linked(mean: Lanes, variance: Lanes, row_of_table: np.ndarray) -> tuple[Lanes, Lanes, Lanes]:
    """Mean, variance and slope of a score whose MADRS is normal."""
    sd = sqrt(variance)
    wide = variance > NARROW_SCORE
    first = second = cross = every(0.0)
    if anywhere(wide):
        for k in range(NODE.shape[0]):
            s = on_scale(mean + sd * NODE[k], row_of_table)
            first += MASS[k] * s
            second += MASS[k] * s * s
            cross += MASS[k] * s * NODE[k]
    if anywhere(variance <= NARROW_SCORE):
        one = two = three = every(0.0)
        for k in range(NODE_3.shape[0]):
            s = on_scale(mean + sd * NODE_3[k], row_of_table)
            one += MASS_3[k] * s
            two += MASS_3[k] * s * s
            three += MASS_3[k] * s * NODE_3[k]
        first = choose(wide, first, one)
        second, cross = choose(wide, second, two), choose(wide, cross, three)
    return first, greater(second - first * first, every(1e-9)), cross / sd


@njit(cache=True, nogil=True, error_model="numpy")
def drift(mean: np.ndarray, cov: np.ndarray, constant: np.ndarray, length: float) -> None:
    """Belief of the state so many days later, in place."""
    dims = mean.shape[0]
    if length == 0.0:
        return
    for i in (SLOW, FAST):
        sd = row(constant, SW if i == SLOW else SV)
        keep = exp(-length / row(constant, TW if i == SLOW else TV))
        put(mean, i, row(mean, i) * keep)
        for j in range(dims):
            put(cov, i * dims + j, row(cov, i * dims + j) * keep)
            put(cov, j * dims + i, row(cov, j * dims + i) * keep)
        own = i * dims + i
        put(cov, own, row(cov, own) + sd * sd * (1.0 - keep * keep))


@njit(cache=True, nogil=True, error_model="numpy")
def entered(
    mean: np.ndarray, cov: np.ndarray, constant: np.ndarray, gain: np.ndarray
) -> Lanes:  # fmt: skip
    """Whoever begins treatment does so on a worse day than their average one, in place.

    Each fluctuation is told that its standardised value was `ENTRY_MEAN` give or take
    `ENTRY_SD`, which turns its stationary law into the one that entrants of trials have.

    Returns
    -------
    what earlier scores make more or less likely of it, a logarithm: those scores are of people
    who entered; zero without an earlier score
    """
    dims, news = mean.shape[0], every(0.0)
    for i in (SLOW, FAST):
        sd = row(constant, SW if i == SLOW else SV)
        noise = sd * row(constant, ENTRY_SD)
        # without a fluctuation there is nothing to be told
        total = greater(row(cov, i * dims + i) + noise * noise, every(1e-300))
        aim = sd * row(constant, ENTRY_MEAN)
        surprise, usual = aim - row(mean, i), greater(sd * sd + noise * noise, every(1e-300))
        news += 0.5 * (aim * aim / usual - surprise * surprise / total + log(usual / total))
        for j in range(dims):
            put(gain, j, row(cov, j * dims + i) / total)
        told(mean, cov, gain, total, surprise)
    return news


@njit(cache=True, nogil=True, error_model="numpy")
def told(
    mean: np.ndarray, cov: np.ndarray, gain: np.ndarray, total: Lanes, surprise: Lanes
) -> None:
    """Belief after something linear was seen with variance `total`, in place."""
    dims = mean.shape[0]
    for j in range(dims):
        put(mean, j, row(mean, j) + row(gain, j) * surprise)
        for k in range(dims):
            at = j * dims + k
            put(cov, at, row(cov, at) - row(gain, j) * row(gain, k) * total)


@njit(cache=True, nogil=True, error_model="numpy")
def expected(
    latent: Lanes, mean: np.ndarray, cov: np.ndarray, scale: np.ndarray, table: np.ndarray,
    which: int, cross: np.ndarray,
) -> tuple[Lanes, Lanes]:  # fmt: skip
    """Mean and variance of a true score on a scale, and its covariance with the state."""
    centre = latent + row(mean, BASE) + row(mean, SLOW) + row(mean, FAST)
    dims = mean.shape[0]
    for j in range(dims):
        at = j * dims
        put(cross, j, row(cov, at + BASE) + row(cov, at + SLOW) + row(cov, at + FAST))
    total = row(cross, BASE) + row(cross, SLOW) + row(cross, FAST)
    first, variance, slope = bent(centre, greater(total, every(1e-12)))
    index = int(scale[which, INDEX])
    if index < 0:
        for j in range(dims):
            put(cross, j, row(cross, j) * slope)
        return first, variance
    first += row(mean, index)
    variance += row(cov, index * dims + index) + 2.0 * slope * row(cross, index)
    score, spread, link = linked(first, greater(variance, every(1e-12)), table[which])
    for j in range(dims):
        put(cross, j, link * (slope * row(cross, j) + row(cov, j * dims + index)))
    return score, spread


@njit(cache=True, nogil=True, error_model="numpy")
def see(
    value: float, error: Lanes, score: Lanes, spread: Lanes, mean: np.ndarray, cov: np.ndarray,
    cross: np.ndarray,
) -> Lanes:  # fmt: skip
    """Belief after a score, in place; the log-probability of that score before it was seen."""
    total = spread + error * error + ROUNDING
    surprise = value - score
    for j in range(mean.shape[0]):
        put(cross, j, row(cross, j) / total)
    told(mean, cov, cross, total, surprise)
    return -0.5 * (surprise * surprise / total + log(total)) - LOG_SQRT_2PI


@njit(cache=True, nogil=True, error_model="numpy")
def see_bent(
    value: float, latent: Lanes, error: Lanes, score: Lanes, spread: Lanes, mean: np.ndarray,
    cov: np.ndarray, cross: np.ndarray, along: np.ndarray,
) -> Lanes:  # fmt: skip
    """As `see`, of a MADRS score, without linearising.

    The state moves along one standard normal, the latent score. Its moments after the score come
    from quadrature around where linearising puts it.
    """
    dims, total = mean.shape[0], spread + error * error + ROUNDING
    for j in range(dims):
        at = j * dims
        put(along, j, row(cov, at + BASE) + row(cov, at + SLOW) + row(cov, at + FAST))
    sd = sqrt(greater(row(along, BASE) + row(along, SLOW) + row(along, FAST), every(1e-12)))
    centre = latent + row(mean, BASE) + row(mean, SLOW) + row(mean, FAST)
    slope = (row(cross, BASE) + row(cross, SLOW) + row(cross, FAST)) / sd
    middle = slope / total * (value - score)
    wide = WIDER * sqrt(greater(1.0 - slope * slope / total, every(1e-6)))
    noise = error * error + ROUNDING
    sum_0 = sum_z = sum_zz = every(0.0)
    for k in range(MANY.shape[0]):
        z = middle + wide * MANY[k]
        beside = value - on_madrs(centre + sd * z)
        # the constant keeps what is summed far from the smallest numbers
        mass = MANY_MASS[k] * exp(
            0.5 * (MANY[k] * MANY[k] - z * z - beside * beside / noise + middle * middle)
        )
        sum_0 += mass
        sum_z += mass * z
        sum_zz += mass * z * z
    none = sum_0 < 1e-200
    sum_0 = greater(sum_0, every(1e-200))
    # nobody like this: a person to be given no weight, whose belief stays as it was
    z = choose(none, 0.0, sum_z / sum_0)
    zz = choose(none, 0.0, greater(sum_zz / sum_0 - z * z, every(LEAST_LEFT)) - 1.0)
    for j in range(dims):
        a = row(along, j) / sd
        put(mean, j, row(mean, j) + a * z)
        for k in range(dims):
            put(cov, j * dims + k, row(cov, j * dims + k) + a * (row(along, k) / sd) * zz)
    said = log(sum_0 * wide / sqrt(noise)) - 0.5 * middle * middle - LOG_SQRT_2PI
    return choose(none, NOBODY, greater(said, every(NOBODY)))


@njit(cache=True, nogil=True, error_model="numpy")
def see_end(
    latent: Lanes, error: Lanes, scale: np.ndarray, table: np.ndarray, which: int, low: bool,
    mean: np.ndarray, cov: np.ndarray, along: np.ndarray, across: np.ndarray,
) -> Lanes:  # fmt: skip
    """As `see`, of a score at the lowest or highest point of its scale.

    The state moves along two standard normals, the latent score and what is left of the personal
    offset given it; their moments after the score come from quadrature over both.
    """
    dims, index = mean.shape[0], int(scale[which, INDEX])
    for j in range(dims):
        at = j * dims
        put(along, j, row(cov, at + BASE) + row(cov, at + SLOW) + row(cov, at + FAST))
        put(across, j, every(0.0))
    sd = sqrt(greater(row(along, BASE) + row(along, SLOW) + row(along, FAST), every(1e-12)))
    centre = latent + row(mean, BASE) + row(mean, SLOW) + row(mean, FAST)
    for j in range(dims):
        put(along, j, row(along, j) / sd)
    own = every(0.0)
    if index >= 0:
        about = row(along, index)
        own = sqrt(greater(row(cov, index * dims + index) - about * about, every(1e-12)))
        for j in range(dims):
            put(across, j, (row(cov, j * dims + index) - about * row(along, j)) / own)
    sum_0 = sum_z = sum_x = sum_zz = sum_xx = sum_zx = every(0.0)
    wide = MANY.shape[0] if index >= 0 else 1
    for i in range(MANY.shape[0]):
        z = MANY[i]
        true = on_madrs(centre + sd * z)
        for k in range(wide):
            x, score = 0.0, true
            if index >= 0:
                x = MANY[k]
                offset = row(mean, index) + row(along, index) * z + own * x
                score = on_scale(true + offset, table[which])
            beyond = score - scale[which, LOW] if low else scale[which, HIGH] - score
            mass = 0.5 * erfc((beyond - 0.5) / (error * SQRT_2))
            mass *= MANY_MASS[i] * (MANY_MASS[k] if index >= 0 else 1.0)
            sum_0 += mass
            sum_z += mass * z
            sum_x += mass * x
            sum_zz += mass * (z * z)
            sum_xx += mass * (x * x)
            sum_zx += mass * (z * x)
    none = sum_0 < 1e-200
    sum_0 = greater(sum_0, every(1e-200))
    z, x = sum_z / sum_0, sum_x / sum_0
    zz, xx, zx = sum_zz / sum_0 - z * z - 1.0, sum_xx / sum_0 - x * x - 1.0, sum_zx / sum_0 - z * x
    if index < 0:
        xx = zx = every(0.0)
    # nobody like this: a person to be given no weight, whose belief stays as it was
    zz, xx, zx = choose(none, 0.0, zz), choose(none, 0.0, xx), choose(none, 0.0, zx)
    z, x = choose(none, 0.0, z), choose(none, 0.0, x)
    for j in range(dims):
        a, b = row(along, j), row(across, j)
        put(mean, j, row(mean, j) + a * z + b * x)
        for k in range(dims):
            other, beside = row(along, k), row(across, k)
            more = a * other * zz + b * beside * xx + (a * beside + b * other) * zx
            put(cov, j * dims + k, row(cov, j * dims + k) + more)
    return choose(none, NOBODY, log(sum_0))


@njit(cache=True, nogil=True, error_model="numpy")
def stops(score: np.ndarray, end: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Days on which belief changes, the score seen on each (-1 none), and the first dose's place.

    The first dose stands before the first score from then on, the end after all.
    """
    scores = score.shape[0]
    begun = scores
    for s in range(scores):
        if score[s, DAY] >= 0.0:
            begun = s
            break
    day, seen = np.empty(scores + 2), np.full(scores + 2, -1)
    for s in range(scores + 2):
        at = s if s < begun else s - 1
        day[s] = 0.0 if s == begun else score[at, DAY] if at < scores else end
        if s != begun and at < scores:
            seen[s] = at
    return day, seen, begun


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
    n, dims, scores = latent.shape[0], mean.shape[1], score.shape[0]
    day, seen, begun = stops(score, end)
    m, p, c = np.empty((dims, WIDTH)), np.empty((dims * dims, WIDTH)), np.empty((CONSTANTS, WIDTH))
    gain, other, past = np.empty((dims, WIDTH)), np.empty((dims, WIDTH)), np.empty((scores, WIDTH))
    for i in range(0, n, WIDTH):
        for q in range(WIDTH):
            who = min(i + q, n - 1)
            for k in range(CONSTANTS):
                c[k, q] = constant[member[who], k]
            for s in range(scores):
                past[s, q] = latent[who, s]
        begin(m, p, c, base, scale)
        for s in range(scores + 2):
            if s > 0:
                drift(m, p, c, day[s] - day[s - 1])
            if s == begun:
                said = entered(m, p, c, gain)
                for q in range(min(WIDTH, n - i) if s > 0 else 0):
                    news[i + q, s - 1] += lane(said, q)
            at = seen[s]
            if at < 0:
                continue
            k, y = int(score[at, SCALE]), row(past, at)
            hope, spread = expected(y, m, p, scale, table, k, gain)
            error = every(scale[k, ERROR]) if scale[k, ERROR] >= 0.0 else row(c, SM)
            value, low = score[at, VALUE], scale[k, LOW]
            if low < value < scale[k, HIGH]:
                if scale[k, INDEX] < 0:
                    said = see_bent(value, y, error, hope, spread, m, p, gain, other)
                else:
                    said = see(value, error, hope, spread, m, p, gain)
            else:
                said = see_end(y, error, scale, table, k, value <= low, m, p, gain, other)
            for q in range(min(WIDTH, n - i)):
                news[i + q, at], foretold[i + q, at] = lane(said, q), lane(hope, q)
        for q in range(min(WIDTH, n - i)):
            for j in range(dims):
                mean[i + q, j] = m[j, q]
                for k in range(dims):
                    cov[i + q, j, k] = p[j * dims + k, q]


@njit(cache=True, nogil=True, error_model="numpy")
def begin(
    mean: np.ndarray, cov: np.ndarray, constant: np.ndarray, base: np.ndarray, scale: np.ndarray
) -> None:
    """What is believed of eight people before any score, in place."""
    dims = mean.shape[0]
    mean[:] = 0.0
    cov[:] = 0.0
    put(mean, BASE, every(base[0]))
    put(cov, BASE, every(base[1]))
    for i in (SLOW, FAST):
        sd = row(constant, SW if i == SLOW else SV)
        put(cov, i * dims + i, sd * sd)
    for k in range(scale.shape[0]):
        if scale[k, INDEX] >= 0:
            own = int(scale[k, INDEX])
            put(cov, own * dims + own, every(scale[k, PERSONAL] ** 2))
