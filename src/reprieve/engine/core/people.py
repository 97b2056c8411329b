"""From standard normals to people: draws from a normal law, and the traits they stand for."""

import math

import numpy as np
from numba import njit

from reprieve.engine.core.lane_maths import erfc, exp, greater, lesser, log
from reprieve.engine.core.lanes import WIDTH, Lanes, choose, every, floor, pick, put, row, sqrt
from reprieve.engine.core.mood import (
    EM,
    FRAILTY,
    LOSS,
    TAUC,
    TAUP,
    THRESHOLD,
    TRAITS,
    X0,
    B,
    H,
    columns,
)

# coordinates of a person, each a standard normal; from OTHER on one for each other treatment
DRUG, CONTEXT, SHARED, PLASTIC, CONSOLIDATED, FRAIL, WAITS, TAKES, STIMULUS, RESPONDS, OTHER = (
    range(11)
)
# columns of `value`, what the population of a parameter set is like
(
    EMAX, UNMOVED, X_MEAN, WX, H_MEAN, TAUP_MEAN, WTAUP, TAUC_MEAN, WTAUC, RHO, WFRAIL, LOST,
    WLOST, WA,
) = range(14)  # fmt: skip
VALUES = 14
# columns of `joint`: of the three joint effects the factor (9) and mean (3), then the weights of
# the person's own part of the first (3) and what it leaves open
FACTOR, MEAN, PART, OPEN = 0, 9, 12, 15
JOINT = 16
# no time constant may meet a limb's own: the closed forms divide by the difference
SHORTEST, LONGEST = 0.6, 400.0
SQRT_HALF = math.sqrt(0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def draw(
    normal: np.ndarray, centre: np.ndarray, factor: np.ndarray, apart: int, out: np.ndarray
) -> None:
    """(n, k) draws centre + factor z of standard normals z (n, k); every so many-th stays z.

    `factor` (k, k) is lower triangular.
    """
    across = factor.T.copy()
    for i in range(normal.shape[0]):
        if i % apart == 0:
            out[i] = normal[i]
            continue
        out[i] = centre
        for j in range(centre.shape[0]):
            z = normal[i, j]
            for k in range(j, centre.shape[0]):
                out[i, k] += z * across[j, k]


@njit(cache=True, nogil=True, error_model="numpy")
def squares(z: np.ndarray, centre: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """(n, 2) squared length of points z (n, k), and of `inverse` (z - centre), lower triangular."""
    across, out = inverse.T.copy(), np.empty((z.shape[0], 2))
    away = np.empty(centre.shape[0])
    for i in range(z.shape[0]):
        away[:] = 0.0
        plain = told = 0.0
        for j in range(centre.shape[0]):
            plain += z[i, j] * z[i, j]
            d = z[i, j] - centre[j]
            for k in range(j, centre.shape[0]):
                away[k] += d * across[j, k]
        for j in range(centre.shape[0]):
            told += away[j] * away[j]
        out[i, 0], out[i, 1] = plain, told
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def spread(z: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (k,) and covariance (k, k) of points z (n, k) under weights that sum to one."""
    count = z.shape[1]
    centre, cov, away = np.zeros(count), np.zeros((count, count)), np.empty(count)
    for i in range(z.shape[0]):
        for j in range(count):
            centre[j] += weights[i] * z[i, j]
    for i in range(z.shape[0]):
        for j in range(count):
            away[j] = z[i, j] - centre[j]
        for j in range(count):
            d = weights[i] * away[j]
            for k in range(count):
                cov[j, k] += d * away[k]
    return centre, cov


@njit(cache=True, nogil=True, error_model="numpy")
def below(z: Lanes) -> Lanes:
    """Probability that a standard normal is smaller."""
    return 0.5 * erfc(-SQRT_HALF * z)


@njit(cache=True, nogil=True, error_model="numpy")
def live(
    z: np.ndarray, member: np.ndarray, value: np.ndarray, joint: np.ndarray, other: np.ndarray,
    patient: np.ndarray, amplitude: np.ndarray,
) -> None:  # fmt: skip
    """Traits of people: the kernel's columns, baseline and fluctuation zero.

    Parameters
    ----------
    z : (n, 11 + treatments) standard normals, columns as named above
    member : (n,) each person's parameter set, a row of `value` (m, 14), `joint` (m, 16) and
        `other` (m, k) mean effects of other treatments
    patient : (n, 11) output; amplitude : (n, k) output
    """
    n, count = z.shape[0], other.shape[1]
    normal, v, c = (
        np.empty((z.shape[1], WIDTH)),
        np.empty((VALUES, WIDTH)),
        np.empty((JOINT, WIDTH)),
    )
    who, size = np.zeros((TRAITS, WIDTH)), np.empty((count, WIDTH))
    for i in range(0, n, WIDTH):
        columns(z, i, normal)
        for q in range(WIDTH):
            m = member[min(i + q, n - 1)]
            for k in range(VALUES):
                v[k, q] = value[m, k]
            for k in range(JOINT):
                c[k, q] = joint[m, k]
            for k in range(count):
                size[k, q] = other[m, k]
        one(normal, v, c, who, size)
        for q in range(min(WIDTH, n - i)):
            for k in range(TRAITS):
                patient[i + q, k] = who[k, q]
            for k in range(count):
                amplitude[i + q, k] = size[k, q]


@njit(cache=True, nogil=True, error_model="numpy")
def one(z: np.ndarray, v: np.ndarray, c: np.ndarray, who: np.ndarray, size: np.ndarray) -> None:
    """Eight people's traits `who` (11, 8), and `size` (k, 8) from mean to own effects, in place."""
    put(who, B, every(0.0))
    drug, context, shared = effect(z, c, 0), effect(z, c, 1), effect(z, c, 2)
    moved = choose(row(z, RESPONDS) >= row(v, UNMOVED), 1.0, 0.0)
    put(who, EM, row(v, EMAX) * exp(drug) * moved)
    wx = row(v, WX)
    put(who, X0, row(v, X_MEAN) * exp(context - wx * wx * 0.5))
    put(who, H, row(v, H_MEAN) + shared)
    taup = row(v, TAUP_MEAN) * exp(row(v, WTAUP) * row(z, PLASTIC))
    put(who, TAUP, lesser(greater(taup, every(SHORTEST)), every(LONGEST)))
    put(who, TAUC, row(v, TAUC_MEAN) * exp(row(v, WTAUC) * row(z, CONSOLIDATED)))
    # frailty goes with the person's own part of the drug's effect alone
    own = row(c, PART) * row(z, 0) + row(c, PART + 1) * row(z, 1) + row(c, PART + 2) * row(z, 2)
    rho, wide = row(v, RHO), row(v, WFRAIL)
    frail = sqrt(1.0 - rho * rho * (1.0 - row(c, OPEN))) * row(z, FRAIL) - rho * own
    put(who, FRAILTY, exp(wide * frail - wide * wide * 0.5))
    # the smallest chance that counts keeps the logarithm within what it was made for
    put(who, THRESHOLD, -log(greater(below(row(z, WAITS)), every(1e-300))))
    put(who, LOSS, row(v, LOST) * exp(row(v, WLOST) * row(z, TAKES)))
    wa = row(v, WA)
    for k in range(size.shape[0]):
        put(size, k, row(size, k) * exp(wa * row(z, OTHER + k) - wa * wa * 0.5))


@njit(cache=True, nogil=True, error_model="numpy")
def effect(z: np.ndarray, c: np.ndarray, k: int) -> Lanes:
    """The k-th of the joint effects: its mean, and a row of the factor times three normals."""
    at = FACTOR + 3 * k
    part = row(c, at) * row(z, 0) + row(c, at + 1) * row(z, 1) + row(c, at + 2) * row(z, 2)
    return row(c, MEAN + k) + part


@njit(cache=True, nogil=True, error_model="numpy")
def ranked(z: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    """Values at the ranks of standard normals.

    Parameters
    ----------
    z : (n,); table : (forms, points) quantiles at even ranks from 0 to 1
    out : (n, forms) output
    """
    n, last = z.shape[0], table.shape[1] - 1.0
    eight = np.empty((1, WIDTH))
    for i in range(0, n, WIDTH):
        for q in range(WIDTH):
            eight[0, q] = z[min(i + q, n - 1)]
        place = below(row(eight, 0)) * last
        under = lesser(floor(place), every(last - 1.0))
        for k in range(table.shape[0]):
            low = pick(table[k], under)
            put(eight, 0, low + (place - under) * (pick(table[k], under + 1.0) - low))
            for q in range(min(WIDTH, n - i)):
                out[i + q, k] = eight[0, q]
