"""From what is believed of virtual people to the scores that would be seen: laws and paths."""

import math

import numpy as np
from numba import njit

from reprieve.engine.core.filter import (
    BASE,
    ERROR,
    FAST,
    HIGH,
    INDEX,
    LOW,
    MADRS_MAX,
    SLOW,
    SM,
    SV,
    SW,
    TV,
    TW,
    bent,
    linked,
)

# normals that one path uses: baseline, slow, fast, offset; then slow, fast, rating for each visit
START, EACH_VISIT = 4, 3


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
    visits = latent.shape[1]
    keep, tables = np.empty((visits, 4)), table.reshape(1, -1)
    index, last = int(scale[INDEX]), -1
    error = 0.0
    for i in range(latent.shape[0]):
        if member[i] != last:
            last = member[i]
            c = constant[last]
            error = (scale[ERROR] if scale[ERROR] >= 0.0 else c[SM]) ** 2
            for v in range(visits):
                slow, fast = math.exp(-ahead[v] / c[TW]), math.exp(-ahead[v] / c[TV])
                keep[v, 0], keep[v, 1] = slow, fast
                keep[v, 2] = c[SW] ** 2 * (1.0 - slow * slow) + c[SV] ** 2 * (1.0 - fast * fast)
        m, p = mean[i], cov[i]
        for v in range(visits):
            a, b = keep[v, 0], keep[v, 1]
            centre = latent[i, v] + m[BASE] + a * m[SLOW] + b * m[FAST]
            total = p[BASE, BASE] + a * a * p[SLOW, SLOW] + b * b * p[FAST, FAST] + keep[v, 2]
            total += 2.0 * (a * p[BASE, SLOW] + b * p[BASE, FAST] + a * b * p[SLOW, FAST])
            first, spread, slope = bent(centre, max(total, 1e-12))
            if index >= 0:
                both = p[BASE, index] + a * p[SLOW, index] + b * p[FAST, index]
                spread += p[index, index] + 2.0 * slope * both
                first, spread, _ = linked(first + m[index], max(spread, 1e-12), tables, 0)
            score[i, v], variance[i, v] = first, spread + error


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
def root(cov: np.ndarray, index: int, out: np.ndarray) -> None:
    """Lower Cholesky factor (4, 4) of the belief about baseline, fluctuations and one offset."""
    for j in range(4):
        for k in range(j + 1):
            row = index if j == 3 else j
            column = index if k == 3 else k
            total = 0.0 if index < 0 and j == 3 else cov[row, column]
            for q in range(k):
                total -= out[j, q] * out[k, q]
            if j == k:
                out[j, k] = math.sqrt(max(total, 0.0))
            else:
                out[j, k] = total / out[k, k] if out[k, k] > 1e-9 else 0.0


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
    visits, copies = latent.shape[1], normal.shape[1]
    index, last = int(scale[INDEX]), -1
    keep, low = np.empty((visits, 4)), np.zeros((4, 4))
    reached = np.empty(reach.shape[0], np.int64)
    steps, error = table.shape[0] - 1, 0.0
    for i in range(latent.shape[0]):
        if weights[i] < 1e-9:
            continue
        if member[i] != last:
            last = member[i]
            c = constant[last]
            error = scale[ERROR] if scale[ERROR] >= 0.0 else c[SM]
            before = 0.0
            for v in range(visits):
                slow = math.exp(-(ahead[v] - before) / c[TW])
                fast = math.exp(-(ahead[v] - before) / c[TV])
                keep[v, 0], keep[v, 1] = slow, c[SW] * math.sqrt(max(0.0, 1.0 - slow * slow))
                keep[v, 2], keep[v, 3] = fast, c[SV] * math.sqrt(max(0.0, 1.0 - fast * fast))
                before = ahead[v]
        root(cov[i], index, low)
        share = weights[i] / copies
        for r in range(copies):
            z = normal[i, r]
            base = mean[i, BASE] + low[0, 0] * z[0]
            slow = mean[i, SLOW] + low[1, 0] * z[0] + low[1, 1] * z[1]
            fast = mean[i, FAST] + low[2, 0] * z[0] + low[2, 1] * z[1] + low[2, 2] * z[2]
            offset = 0.0
            if index >= 0:
                offset = mean[i, index]
                for q in range(4):
                    offset += low[3, q] * z[q]
            reached[:] = 0
            run, said = 0, False
            for v in range(visits):
                at = START + EACH_VISIT * v
                slow = keep[v, 0] * slow + keep[v, 1] * z[at]
                fast = keep[v, 2] * fast + keep[v, 3] * z[at + 1]
                u = MADRS_MAX / (1.0 + math.exp(-(latent[i, v] + base + slow + fast)))
                place = min(max((u + offset) / MADRS_MAX, 0.0), 1.0) * steps
                j = min(int(place), steps - 1)
                true = table[j] + (place - j) * (table[j + 1] - table[j])
                seen = true + error * z[at + 2]
                seen = math.floor(min(max(seen, scale[LOW]), scale[HIGH]) + 0.5)
                for q in range(reach.shape[0]):
                    if reached[q] == 0 and seen <= reach[q]:
                        reached[q] = 1
                        first[q, v] += share
                if check[v] == 1 and not said:
                    run = run + 1 if seen >= level else 0
                    if run >= consecutive:
                        said = True
                        relapse[v] += share


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
    steps = table.shape[0] - 1
    for i in range(latent.shape[0]):
        c = constant[member[i]]
        slow, fast = c[SW] * normal[i, 0], c[SV] * normal[i, 1]
        before, held, days[i] = 0.0, 0.0, -1.0
        responds = False
        for v in range(latent.shape[1]):
            a = math.exp(-(ahead[v] - before) / c[TW])
            b = math.exp(-(ahead[v] - before) / c[TV])
            slow = a * slow + c[SW] * math.sqrt(max(0.0, 1.0 - a * a)) * normal[i, 2 + 2 * v]
            fast = b * fast + c[SV] * math.sqrt(max(0.0, 1.0 - b * b)) * normal[i, 3 + 2 * v]
            u = MADRS_MAX / (1.0 + math.exp(-(latent[i, v] + base[i] + slow + fast)))
            place = min(max((u + offset[i]) / MADRS_MAX, 0.0), 1.0) * steps
            j = min(int(place), steps - 1)
            fine = table[j] + (place - j) * (table[j + 1] - table[j]) <= well
            if not responds and fine and ahead[v] <= within:
                responds = True
            if responds and not fine:
                held = 0.5 * (before + ahead[v])
                break
            before = ahead[v]
            held = ahead[v] + 1.0
        if responds:
            days[i] = held
