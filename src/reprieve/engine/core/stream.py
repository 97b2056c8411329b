"""Whole profiles of many patients on a uniform grid, summed up as they are made.

A schedule is cut into segments of constant input. Within one segment the profile is a constant
plus five exponentials, anchored anew at the segment's start. The grid is walked in tiles of TILE
points: exp(-rate k spacing) for k < TILE is computed once per patient, so that a point costs
eight multiply-adds, which the compiler does four or eight at a time.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reprieve.engine.core.stream_expm import expm_profile
from reprieve.engine.core.stream_modes import modes

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

TILE = 64
SPAN = 64  # points looked at together when the time of a maximum is sought
FAST = {"contract", "nsz", "nnan", "ninf"}  # multiply-adds and maxima; no reordering of sums
# Dead modes are set to zero before they become subnormal numbers, which cost a hundred cycles
# an operation: the product of the smallest amplitude and power that survive is still normal.
FAINT_POWER = 1e-100
FAINT_AMPLITUDE = 1e-200


class Cut(NamedTuple):
    """A schedule as the kernels read it.

    segments : (n_segments, 4), start h, length h, input per h and bolus per unit of scale
    first : (n_segments + 1,), index of the first point of each segment
    lookup : (n_segments, 2), rows of `distinct`: from start to first point; length
    distinct : (n_distinct,), h
    spacing : h between points
    """

    segments: Array
    first: Ints
    lookup: Ints
    distinct: Array
    spacing: float


class Work(NamedTuple):
    """One patient's intermediate results, reused from patient to patient.

    `edges` (n_segments, 2) are both concentrations just after each segment's start, `areas` (2,)
    the areas under both curves; the rest are the arguments of the functions that fill it.
    """

    rate: Array
    amplitude: Array
    power: Array
    decay: Array
    gain: Array
    edges: Array
    areas: Array


@njit(cache=True, nogil=True)
def work_space(cut: Cut) -> Work:
    n = len(cut.distinct)
    return Work(
        np.empty(5),
        np.empty(8),
        np.empty((5, TILE + 1)),
        np.empty((n, 5)),
        np.empty((n + 1, 5)),
        np.empty((len(cut.segments), 2)),
        np.empty(2),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def decays(rate: Array, times: Array, decay: Array, gain: Array) -> None:
    """exp(-rate t) and (1 - exp(-rate t)) / rate for the schedule's distinct times t.

    The last row of gain is that of an endless infusion, 1 / rate.
    """
    for j in range(5):
        gain[len(times), j] = 1.0 / rate[j]
    for i in range(len(times)):
        for j in range(5):
            x = rate[j] * times[i]
            decay[i, j] = math.exp(-x)
            if x < 1e-3:  # the difference would cancel
                gain[i, j] = times[i] * (1.0 - x * (0.5 - x * (1.0 / 6.0 - x / 24.0)))
            else:
                gain[i, j] = (1.0 - decay[i, j]) * gain[len(times), j]


@njit(cache=True, nogil=True, error_model="numpy")
def tile_powers(rate: Array, spacing: float, power: Array) -> None:
    """power[j, k] = exp(-rate_j k spacing) for k = 0..TILE, by doubling."""
    for j in range(5):
        step = math.exp(-rate[j] * spacing)
        power[j, 0] = 1.0
        filled = 1
        while filled < TILE:
            for k in range(filled):
                value = power[j, k] * step
                power[j, filled + k] = value if value > FAINT_POWER else 0.0
            step = step * step if step > FAINT_POWER else 0.0
            filled *= 2
        power[j, TILE] = step


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def walk(
    c: Array,
    power: Array,
    begin: int,
    end: int,
    base_p: float,
    base_m: float,
    parent: Array,
    metabolite: Array,
) -> None:
    """Grid points begin..end-1 of one segment; c (8,) holds the amplitudes at `begin`."""
    for start in range(begin, end, TILE):
        p0, p1, p2 = c[0], c[1], c[2]
        q0, q1, q2, q3, q4 = c[3], c[4], c[5], c[6], c[7]
        n = min(TILE, end - start)
        here_p, here_m = parent[start : start + n], metabolite[start : start + n]
        for k in range(n):  # indices counted from the slice vectorise, start + k does not
            e0, e1, e2 = power[0, k], power[1, k], power[2, k]
            here_p[k] = base_p + (p0 * e0 + p1 * e1 + p2 * e2)
            here_m[k] = base_m + (q0 * e0 + q1 * e1 + q2 * e2 + q3 * power[3, k] + q4 * power[4, k])
        for j in range(8):
            left = c[j] * power[j if j < 3 else j - 3, TILE]
            c[j] = left if abs(left) > FAINT_AMPLITUDE else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def modal_profile(scale: float, cut: Cut, work: Work, parent: Array, metabolite: Array) -> None:
    """One patient's profile, edges and areas from the modes."""
    segments, lookup, first = cut.segments, cut.lookup, cut.first
    decay, gain, amplitude = work.decay, work.gain, work.amplitude
    z, c, endless = np.zeros(5), np.empty(8), len(gain) - 1
    given = 0.0
    for s in range(len(segments)):
        flow, bolus = scale * segments[s, 2], scale * segments[s, 3]
        given += bolus + flow * segments[s, 1]
        offset, length = lookup[s, 0], lookup[s, 1]
        edge_p = edge_m = base_p = base_m = 0.0
        for j in range(5):
            now = z[j] + bolus
            plateau = flow * gain[endless, j]
            swing = (now - plateau) * decay[offset, j]
            edge_m += amplitude[3 + j] * now
            base_m += amplitude[3 + j] * plateau
            c[3 + j] = amplitude[3 + j] * swing
            if j < 3:
                edge_p += amplitude[j] * now
                base_p += amplitude[j] * plateau
                c[j] = amplitude[j] * swing
            z[j] = now * decay[length, j] + flow * gain[length, j]
        work.edges[s, 0], work.edges[s, 1] = edge_p, edge_m
        walk(c, work.power, first[s], first[s + 1], base_p, base_m, parent, metabolite)
    area_p = area_m = 0.0
    for j in range(5):
        left = (given - z[j]) * gain[endless, j]
        area_m += amplitude[3 + j] * left
        if j < 3:
            area_p += amplitude[j] * left
    work.areas[0], work.areas[1] = area_p, area_m


@njit(cache=True, nogil=True, error_model="numpy")
def profile(
    theta: Array, scale: float, cut: Cut, work: Work, parent: Array, metabolite: Array
) -> None:
    """One patient's concentrations (n_times,) in mg/L, and the edges and areas in `work`.

    theta : (10,), parameters in the order of `stream_modes.modes`, L/h and L
    scale : mg given per unit of the schedule
    """
    if modes(theta, work.rate, work.amplitude):
        decays(work.rate, cut.distinct, work.decay, work.gain)
        tile_powers(work.rate, cut.spacing, work.power)
        modal_profile(scale, cut, work, parent, metabolite)
    else:
        expm_profile(
            theta, scale, cut.segments, cut.first, cut.lookup, cut.distinct, cut.spacing,
            parent, metabolite, work.edges, work.areas,
        )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def accumulate(parent: Array, metabolite: Array, sums: Array) -> None:
    """Add one patient to the sums and sums of squares (4, n)."""
    for k in range(sums.shape[1]):
        x, y = parent[k], metabolite[k]
        sums[0, k] += x
        sums[1, k] += x * x
        sums[2, k] += y
        sums[3, k] += y * y


@njit(cache=True, nogil=True, error_model="numpy")
def highest(curve: Array) -> int:
    """Index of the first of the largest values, 0 when none is above 0.

    The bits of positive numbers, read as integers, are in the same order as the numbers, and
    negative ones (rounding) lie below: integers compare many at a time, floats would not.
    """
    bits, top = curve.view(np.int64), np.int64(0)
    for k in range(len(bits)):
        top = max(top, bits[k])
    for start in range(0, len(bits), SPAN):
        here, found = bits[start : start + SPAN], 0
        for k in range(len(here)):
            found += here[k] == top
        if found > 0:
            for k in range(len(here)):
                if here[k] == top:
                    return start + k
    return 0


@njit(cache=True, nogil=True, error_model="numpy")
def peak(curve: Array, grid: Array, edge: Array, segments: Array) -> tuple[float, float]:
    """Largest value and its time over the grid and the starts of the segments."""
    k = highest(curve)
    high, when = curve[k], grid[k]
    for s in range(len(segments)):
        if edge[s] > high:
            high, when = edge[s], segments[s, 0]
    return high, when


@njit(cache=True, nogil=True, error_model="numpy")
def stream_block(
    theta: Array, scale: Array, cut: Cut, grid: Array, sums: Array, single: Array
) -> None:
    """Profiles of one block of patients, summed on the fly and forgotten.

    Parameters
    ----------
    theta, scale : (n, 10) and (n,), see `profile`
    grid : (n_times,), the points, h
    sums : (4, n_times), grows by sum and sum of squares of parent and metabolite
    single : (n, 6), becomes peak, its time and area of parent, then of metabolite
    """
    parent, metabolite = np.zeros(len(grid)), np.zeros(len(grid))
    work, segments = work_space(cut), cut.segments
    for i in range(len(scale)):
        profile(theta[i], scale[i], cut, work, parent, metabolite)
        accumulate(parent, metabolite, sums)
        single[i, 0], single[i, 1] = peak(parent, grid, work.edges[:, 0], segments)
        single[i, 3], single[i, 4] = peak(metabolite, grid, work.edges[:, 1], segments)
        single[i, 2], single[i, 5] = work.areas[0], work.areas[1]


@njit(cache=True, nogil=True, error_model="numpy")
def store_block(theta: Array, scale: Array, cut: Cut, parent: Array, metabolite: Array) -> None:
    """Profiles of one block of patients, kept: parent and metabolite (n, n_times) in mg/L."""
    work = work_space(cut)
    for i in range(len(scale)):
        profile(theta[i], scale[i], cut, work, parent[i], metabolite[i])
