"""From what is believed of virtual people to the scores that would be seen: laws and paths.

Eight people at a time are the columns of arrays (k, 8), as in `core.filter`.
"""

import math

import numpy as np
from numba import njit

from reprieve.engine.core.filter import (
    BASE,
    CONSTANTS,
    ERROR,
    FAST,
    HIGH,
    INDEX,
    LOW,
    SLOW,
    SM,
    SV,
    SW,
    TV,
    TW,
    bent,
    linked,
    on_madrs,
    on_scale,
)
from reprieve.engine.core.lane_maths import exp, greater, lesser
from reprieve.engine.core.lanes import (
    WIDTH,
    Lanes,
    choose,
    every,
    floor,
    lane,
    put,
    row,
    sqrt,
)

# normals that one path uses: baseline, slow, fast, offset; then slow, fast, rating for each visit
START, EACH_VISIT = 4, 3
# rows of a stretch between two visits: what is kept of either fluctuation, SD of what comes anew
KEEP_SLOW, NEW_SLOW, KEEP_FAST, NEW_FAST = range(4)
STRETCH = 4


@njit(cache=True, nogil=True, error_model="numpy")
def people(
    first: int, latent: np.ndarray, member: np.ndarray, constant: np.ndarray, y: np.ndarray,
    c: np.ndarray,
) -> None:  # fmt: skip
    """Eight people from `first` on: their latent scores (visits, 8) and constants (7, 8)."""
    for q in range(WIDTH):
        i = min(first + q, latent.shape[0] - 1)
        for v in range(latent.shape[1]):
            y[v, q] = latent[i, v]
        for k in range(CONSTANTS):
            c[k, q] = constant[member[i], k]


@njit(cache=True, nogil=True, error_model="numpy")
def stretches(ahead: np.ndarray, constant: np.ndarray, out: np.ndarray) -> None:
    """How the fluctuations of eight people go on from visit to visit: `out` (4 visits, 8)."""
    before = 0.0
    for v in range(ahead.shape[0]):
        for at, sd, tau in ((KEEP_SLOW, SW, TW), (KEEP_FAST, SV, TV)):
            keep = exp(-(ahead[v] - before) / row(constant, tau))
            put(out, STRETCH * v + at, keep)
            new = row(constant, sd) * sqrt(greater(1.0 - keep * keep, every(0.0)))
            put(out, STRETCH * v + at + NEW_SLOW - KEEP_SLOW, new)
        before = ahead[v]


@njit(cache=True, nogil=True, error_model="numpy")
def rating_error(scale: np.ndarray, constant: np.ndarray) -> Lanes:
    """SD of a rating of eight people, points."""
    return every(scale[ERROR]) if scale[ERROR] >= 0.0 else row(constant, SM)


@njit(cache=True, nogil=True, error_model="numpy")
def foresee(
    latent: np.ndarray,
    member: np.ndarray,
    constant: np.ndarray,
    mean: np.ndarray,
    cov: np.ndarray,
    ahead: np.ndarray,
    scale: np.ndarray,
    table: np.ndarray,
    score: np.ndarray,
    variance: np.ndarray,
) -> None:
    """Mean and variance of the observed score of each person at each visit, before rounding.

    Parameters
    ----------
    latent : (n, visits) latent score without baseline and fluctuation
    member : (n,) row of `constant` (m, 7)
    mean, cov : (n, dims), (n, dims, dims) belief at the question
    ahead : (visits,) days from the question
    scale, table : the instrument's rows of `core.filter`
    score, variance : (n, visits) output
    """
    n, visits = latent.shape
    index, c = int(scale[INDEX]), np.empty((CONSTANTS, WIDTH))
    y = np.empty((visits, WIDTH))
    m, p = np.zeros((4, WIDTH)), np.zeros((16, WIDTH))
    for i in range(0, n, WIDTH):
        people(i, latent, member, constant, y, c)
        believed(i, mean, cov, index, m, p)
        error = rating_error(scale, c)
        for v in range(visits):
            a, b = exp(-ahead[v] / row(c, TW)), exp(-ahead[v] / row(c, TV))
            new = row(c, SW) * row(c, SW) * (1.0 - a * a)
            new += row(c, SV) * row(c, SV) * (1.0 - b * b)
            centre = row(y, v) + row(m, BASE) + a * row(m, SLOW) + b * row(m, FAST)
            total = row(p, 4 * BASE + BASE) + a * a * row(p, 4 * SLOW + SLOW) + new
            total += b * b * row(p, 4 * FAST + FAST)
            both = a * row(p, 4 * BASE + SLOW) + b * row(p, 4 * BASE + FAST)
            total += 2.0 * (both + a * b * row(p, 4 * SLOW + FAST))
            first, spread, slope = bent(centre, greater(total, every(1e-12)))
            if index >= 0:
                both = row(p, 12 + BASE) + a * row(p, 12 + SLOW) + b * row(p, 12 + FAST)
                spread += row(p, 15) + 2.0 * slope * both
                first += row(m, 3)
                first, spread, _ = linked(first, greater(spread, every(1e-12)), table)
            spread += error * error
            for q in range(min(WIDTH, n - i)):
                score[i + q, v], variance[i + q, v] = lane(first, q), lane(spread, q)


@njit(cache=True, nogil=True, error_model="numpy")
def believed(
    first: int, mean: np.ndarray, cov: np.ndarray, index: int, m: np.ndarray, p: np.ndarray
) -> None:
    """What is believed of eight people's baseline, fluctuations and one offset: (4, 8), (16, 8).

    Without an offset (`index` below 0) its rows stay as they are.
    """
    for q in range(WIDTH):
        i = min(first + q, mean.shape[0] - 1)
        for j in range(4 if index >= 0 else 3):
            at = index if j == 3 else j
            m[j, q] = mean[i, at]
            for k in range(4 if index >= 0 else 3):
                p[4 * j + k, q] = cov[i, at, index if k == 3 else k]


@njit(cache=True, nogil=True, error_model="numpy")
def gather(
    weights: np.ndarray, score: np.ndarray, variance: np.ndarray, low: float, step: float,
    log_sd: float, per_log: float, out: np.ndarray,
) -> None:  # fmt: skip
    """Weights of people on a mesh of (visits, means, SDs), shared between the nearest nodes.

    Means lie `step` apart from `low` on; SDs `1 / per_log` apart in log from exp(`log_sd`) on.
    """
    means, sds = out.shape[1], out.shape[2]
    for i in range(score.shape[0]):
        if weights[i] < 1e-12:
            continue
        for v in range(score.shape[1]):
            x = min(max((score[i, v] - low) / step, 0.0), means - 1.000001)
            y = (0.5 * math.log(variance[i, v]) - log_sd) * per_log
            y = min(max(y, 0.0), sds - 1.000001)
            j, k = int(x), int(y)
            fx, fy = x - j, y - k
            out[v, j, k] += weights[i] * (1.0 - fx) * (1.0 - fy)
            out[v, j + 1, k] += weights[i] * fx * (1.0 - fy)
            out[v, j, k + 1] += weights[i] * (1.0 - fx) * fy
            out[v, j + 1, k + 1] += weights[i] * fx * fy


@njit(cache=True, nogil=True, error_model="numpy")
def root(cov: np.ndarray, out: np.ndarray) -> None:
    """Lower Cholesky factors (16, 8) of beliefs (16, 8); a direction without doubt stays zero."""
    for j in range(4):
        for k in range(j + 1):
            total = row(cov, 4 * j + k)
            for q in range(k):
                total -= row(out, 4 * j + q) * row(out, 4 * k + q)
            if j == k:
                put(out, 4 * j + k, sqrt(greater(total, every(0.0))))
            else:
                own = row(out, 4 * k + k)
                ratio = total / greater(own, every(1e-9))
                put(out, 4 * j + k, choose(own > 1e-9, ratio, 0.0))


@njit(cache=True, nogil=True, error_model="numpy")
def paths(
    weights: np.ndarray,
    latent: np.ndarray,
    member: np.ndarray,
    constant: np.ndarray,
    mean: np.ndarray,
    cov: np.ndarray,
    ahead: np.ndarray,
    check: np.ndarray,
    scale: np.ndarray,
    table: np.ndarray,
    normal: np.ndarray,
    reach: np.ndarray,
    level: float,
    consecutive: int,
    first: np.ndarray,
    relapse: np.ndarray,
) -> None:
    """When rated courses first reach each cut-off, and when relapse is said.

    Parameters
    ----------
    weights : (n,); latent : (n, visits); member, constant, mean, cov, ahead, scale, table : as
        in `foresee`
    check : (visits,) 1 where a rating counts for relapse
    normal : (n, copies, 4 + 3 visits) standard normals
    reach : (cutoffs,) scores to reach from above
    level, consecutive : relapse is said at the last of so many checks in a row at `level` or more
    first : (cutoffs, visits) output, weight of courses that first reach the cut-off at a visit
    relapse : (visits,) output, weight of courses whose relapse is said at a visit
    """
    n, visits = latent.shape
    copies, cuts, index = normal.shape[1], reach.shape[0], int(scale[INDEX])
    c, y = np.empty((CONSTANTS, WIDTH)), np.empty((visits, WIDTH))
    m, p, low = np.zeros((4, WIDTH)), np.zeros((16, WIDTH)), np.zeros((16, WIDTH))
    stretch, z = np.empty((STRETCH * visits, WIDTH)), np.empty((normal.shape[2], WIDTH))
    reached, share = np.empty((cuts, WIDTH)), np.empty((1, WIDTH))
    # weight by cut-off and visit, then of relapse, person by person of the eight
    found = np.zeros(((cuts + 1) * visits, WIDTH))
    for i in range(0, n, WIDTH):
        people(i, latent, member, constant, y, c)
        believed(i, mean, cov, index, m, p)
        stretches(ahead, c, stretch)
        root(p, low)
        error = rating_error(scale, c)
        for q in range(WIDTH):
            share[0, q] = weights[i + q] / copies if i + q < n else 0.0
        for r in range(copies):
            for q in range(WIDTH):
                z[:, q] = normal[min(i + q, n - 1), r]
            base = row(m, BASE) + row(low, 0) * row(z, 0)
            slow = row(m, SLOW) + row(low, 4) * row(z, 0) + row(low, 5) * row(z, 1)
            fast = row(m, FAST) + row(low, 8) * row(z, 0) + row(low, 9) * row(z, 1)
            fast += row(low, 10) * row(z, 2)
            offset = row(m, 3)
            for q in range(4):
                offset += row(low, 12 + q) * row(z, q)
            reached[:] = 0.0
            run = said = every(0.0)
            for v in range(visits):
                at, now = START + EACH_VISIT * v, STRETCH * v
                slow = row(stretch, now + KEEP_SLOW) * slow
                slow += row(stretch, now + NEW_SLOW) * row(z, at)
                fast = row(stretch, now + KEEP_FAST) * fast
                fast += row(stretch, now + NEW_FAST) * row(z, at + 1)
                true = on_scale(on_madrs(row(y, v) + base + slow + fast) + offset, table)
                seen = greater(true + error * row(z, at + 2), every(scale[LOW]))
                seen = floor(lesser(seen, every(scale[HIGH])) + 0.5)
                for q in range(cuts):
                    new = (seen <= every(reach[q])) & (row(reached, q) < 0.5)
                    put(reached, q, choose(new, 1.0, row(reached, q)))
                    here = q * visits + v
                    put(found, here, row(found, here) + choose(new, row(share, 0), 0.0))
                if check[v] == 1:
                    run = choose(seen >= level, run + 1.0, 0.0)
                    new = (run >= float(consecutive)) & (said < 0.5)
                    said = choose(new, 1.0, said)
                    here = cuts * visits + v
                    put(found, here, row(found, here) + choose(new, row(share, 0), 0.0))
    for v in range(visits):
        for q in range(cuts):
            first[q, v] += found[q * visits + v].sum()
        relapse[v] += found[cuts * visits + v].sum()


@njit(cache=True, nogil=True, error_model="numpy")
def lasting(
    latent: np.ndarray,
    base: np.ndarray,
    offset: np.ndarray,
    member: np.ndarray,
    constant: np.ndarray,
    ahead: np.ndarray,
    table: np.ndarray,
    normal: np.ndarray,
    well: float,
    within: float,
    days: np.ndarray,
) -> None:
    """How long each person's true score stays at `well` or below, counted from one dose.

    Parameters
    ----------
    latent : (n, visits) latent score after that dose and no later one; base : (n,) baseline;
        offset : (n,) personal offset, MADRS points
    ahead : (visits,) days after the dose
    normal : (n, 2 + 2 visits) standard normals: fluctuations at the dose, then their steps
    within : response must come within so many days
    days : (n,) output; below 0 without response, above the last visit when it outlasts them
    """
    n, visits = latent.shape
    c, y, z = (
        np.empty((CONSTANTS, WIDTH)),
        np.empty((visits, WIDTH)),
        np.empty((normal.shape[1], WIDTH)),
    )
    stretch, own = np.empty((STRETCH * visits, WIDTH)), np.empty((2, WIDTH))
    for i in range(0, n, WIDTH):
        people(i, latent, member, constant, y, c)
        stretches(ahead, c, stretch)
        for q in range(WIDTH):
            one = min(i + q, n - 1)
            z[:, q], own[0, q], own[1, q] = normal[one], base[one], offset[one]
        slow, fast = row(c, SW) * row(z, 0), row(c, SV) * row(z, 1)
        responds = over = held = every(0.0)
        before = 0.0
        for v in range(visits):
            at = STRETCH * v
            slow = row(stretch, at + KEEP_SLOW) * slow
            slow += row(stretch, at + NEW_SLOW) * row(z, 2 + 2 * v)
            fast = row(stretch, at + KEEP_FAST) * fast
            fast += row(stretch, at + NEW_FAST) * row(z, 3 + 2 * v)
            true = on_scale(on_madrs(row(y, v) + row(own, 0) + slow + fast) + row(own, 1), table)
            fine = true <= every(float(well))
            if ahead[v] <= within:
                responds = choose(fine, 1.0, responds)
            lost = choose(fine, 0.0, responds) * (1.0 - over)
            held = choose(lost > 0.5, 0.5 * (before + ahead[v]), held)
            over = greater(over, lost)
            held = choose(over > 0.5, held, ahead[v] + 1.0)
            before = ahead[v]
        held = choose(responds > 0.5, held, -1.0)
        for q in range(min(WIDTH, n - i)):
            days[i + q] = lane(held, q)
