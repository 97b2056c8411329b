"""The same profiles by matrix exponential, for the rare patient with two nearly equal rates.

The state is the five amounts (mg), the two areas under the curves (mg h/L) and the input rate
(mg/h), so that one constant matrix carries infusions and areas exactly.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SIZE = 8


@njit(cache=True, nogil=True, error_model="numpy")
def rate_matrix(theta: Array) -> Array:
    """x' = M x for x = (parent 3, metabolite 2, areas 2, input)."""
    m = np.zeros((SIZE, SIZE))
    m[0, 0] = -(theta[0] + theta[2] + theta[4]) / theta[1]
    m[1, 0] = theta[2] / theta[1]
    m[2, 0] = theta[4] / theta[1]
    m[3, 0] = theta[0] / theta[1]
    m[5, 0] = 1.0 / theta[1]
    m[0, 1] = theta[2] / theta[3]
    m[1, 1] = -m[0, 1]
    m[0, 2] = theta[4] / theta[5]
    m[2, 2] = -m[0, 2]
    m[3, 3] = -(theta[6] + theta[8]) / theta[7]
    m[4, 3] = theta[8] / theta[7]
    m[6, 3] = 1.0 / theta[7]
    m[3, 4] = theta[8] / theta[9]
    m[4, 4] = -m[3, 4]
    m[0, 7] = 1.0
    return m


@njit(cache=True, nogil=True, error_model="numpy")
def multiply(a: Array, b: Array, out: Array) -> None:
    for i in range(SIZE):
        for j in range(SIZE):
            total = 0.0
            for k in range(SIZE):
                total += a[i, k] * b[k, j]
            out[i, j] = total


@njit(cache=True, nogil=True, error_model="numpy")
def exponential(m: Array, time: float) -> Array:
    """exp(m time) for a matrix whose off-diagonal entries are not negative.

    Adding the largest outflow to the diagonal makes every term of the Taylor series
    non-negative, so nothing cancels; squaring then restores the full time.
    """
    outflow = 0.0
    for i in range(SIZE):
        outflow = max(outflow, -m[i, i])
    halvings = 0
    while outflow * time > 0.5 * 2.0**halvings:
        halvings += 1
    step = time / 2.0**halvings
    shifted, term = np.empty((SIZE, SIZE)), np.zeros((SIZE, SIZE))
    total, product = np.empty((SIZE, SIZE)), np.empty((SIZE, SIZE))
    for i in range(SIZE):
        for j in range(SIZE):
            shifted[i, j] = m[i, j] * step
        shifted[i, i] += outflow * step
        term[i, i] = math.exp(-outflow * step)
        for j in range(SIZE):
            total[i, j] = term[i, j]
    for order in range(1, 26):
        multiply(shifted, term, product)
        for i in range(SIZE):
            for j in range(SIZE):
                term[i, j] = product[i, j] / order
                total[i, j] += term[i, j]
    for _ in range(halvings):
        multiply(total, total, product)
        total, product = product, total
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def advance(e: Array, x: Array, work: Array) -> None:
    for i in range(SIZE):
        total = 0.0
        for j in range(SIZE):
            total += e[i, j] * x[j]
        work[i] = total
    for i in range(SIZE):
        x[i] = work[i]


@njit(cache=True, nogil=True, error_model="numpy")
def expm_profile(
    theta: Array,
    scale: float,
    segments: Array,
    first: Ints,
    lookup: Ints,
    distinct: Array,
    spacing: float,
    parent: Array,
    metabolite: Array,
    edges: Array,
    areas: Array,
) -> None:
    """One patient's profile on the grid, at the segment edges, and the two areas.

    segments (n_segments, 4): start, length, input rate and bolus per unit of `scale`.
    The other arguments are those of `stream.Cut`.
    edges (n_segments, 2): both concentrations just after each segment's start.
    """
    m = rate_matrix(theta)
    step = exponential(m, spacing)
    x, y, work = np.zeros(SIZE), np.empty(SIZE), np.empty(SIZE)
    for s in range(len(segments)):
        x[0] += scale * segments[s, 3]
        x[7] = scale * segments[s, 2]
        edges[s, 0], edges[s, 1] = x[0] / theta[1], x[3] / theta[7]
        if first[s + 1] > first[s]:
            for i in range(SIZE):
                y[i] = x[i]
            advance(exponential(m, distinct[lookup[s, 0]]), y, work)
            for k in range(first[s], first[s + 1]):
                parent[k], metabolite[k] = y[0] / theta[1], y[3] / theta[7]
                advance(step, y, work)
        advance(exponential(m, segments[s, 1]), x, work)
    areas[0], areas[1] = x[5], x[6]
