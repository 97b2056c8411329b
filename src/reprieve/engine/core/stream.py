"""Whole profiles of many patients on a uniform grid, summed up as they are made.

A schedule is cut into segments of constant input. Within one segment the profile is a constant
plus five exponentials, anchored anew at the segment's start. The grid is walked in tiles of TILE
points: exp(-rate k spacing) for k < TILE is computed once per patient, so that a point costs
eight multiply-adds, which the compiler does four or eight at a time.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reprieve.engine.core.stream_expm import expm_profile
from reprieve.engine.core.stream_modes import modes

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

TILE = 64
FAST = {"contract", "nsz", "nnan", "ninf"}  # multiply-adds and maxima; no reordering of sums
# Dead modes are set to zero before they become subnormal numbers, which cost a hundred cycles
# an operation: the product of the smallest amplitude and power that survive is still normal.
FAINT_POWER = 1e-100
FAINT_AMPLITUDE = 1e-200


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
def modal_profile(
    scale: float,
    segments: Array,
    first: Ints,
    lookup: Ints,
    decay: Array,
    gain: Array,
    power: Array,
    amplitude: Array,
    parent: Array,
    metabolite: Array,
    edges: Array,
) -> tuple[float, float]:
    """One patient's profile from the modes; returns both areas. Arguments as in `stream_block`."""
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
        edges[s, 0], edges[s, 1] = edge_p, edge_m
        walk(c, power, first[s], first[s + 1], base_p, base_m, parent, metabolite)
    area_p = area_m = 0.0
    for j in range(5):
        left = (given - z[j]) * gain[endless, j]
        area_m += amplitude[3 + j] * left
        if j < 3:
            area_p += amplitude[j] * left
    return area_p, area_m


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def accumulate(parent: Array, metabolite: Array, sums: Array) -> tuple[float, float]:
    """Add one patient to the sums and sums of squares (4, n); returns both grid maxima."""
    top_p = top_m = 0.0
    for k in range(sums.shape[1]):
        x, y = parent[k], metabolite[k]
        sums[0, k] += x
        sums[1, k] += x * x
        sums[2, k] += y
        sums[3, k] += y * y
        top_p = max(top_p, x)
        top_m = max(top_m, y)
    return top_p, top_m


@njit(cache=True, nogil=True, error_model="numpy")
def peak(
    top: float, profile: Array, grid: Array, edge: Array, segments: Array
) -> tuple[float, float]:
    """Largest value and its time over the grid and the starts of the segments."""
    high, when = top, -1.0
    for s in range(len(segments)):
        if edge[s] > high:
            high, when = edge[s], segments[s, 0]
    if when < 0.0:
        k = 0
        while profile[k] < top:
            k += 1
        when = grid[k]
    return high, when


@njit(cache=True, nogil=True, error_model="numpy")
def stream_block(
    theta: Array,
    scale: Array,
    segments: Array,
    first: Ints,
    lookup: Ints,
    distinct: Array,
    spacing: float,
    grid: Array,
    sums: Array,
    single: Array,
) -> None:
    """Profiles of one block of patients, summed on the fly and forgotten.

    Parameters
    ----------
    theta : (n, 10), parameters in the order of `stream_modes.modes`, L/h and L
    scale : (n,), mg given per unit of the schedule
    segments : (n_segments, 4), start h, length h, input per h and bolus per unit
    first : (n_segments + 1,), index of the first grid point of each segment
    lookup : (n_segments, 2), rows of `distinct`: from start to first grid point; length
    distinct : (n_distinct,), h
    spacing : h between grid points
    grid : (n_times,), the points themselves, h
    sums : (4, n_times), grows by sum and sum of squares of parent and metabolite
    single : (n, 6), becomes peak, its time and area of parent, then of metabolite
    """
    n_times, n_segments = sums.shape[1], len(segments)
    parent, metabolite = np.zeros(n_times), np.zeros(n_times)
    edges, areas = np.empty((n_segments, 2)), np.empty(2)
    rate, amplitude, power = np.empty(5), np.empty(8), np.empty((5, TILE + 1))
    decay, gain = np.empty((len(distinct), 5)), np.empty((len(distinct) + 1, 5))
    for i in range(len(scale)):
        if modes(theta[i], rate, amplitude):
            decays(rate, distinct, decay, gain)
            tile_powers(rate, spacing, power)
            areas[0], areas[1] = modal_profile(
                scale[i], segments, first, lookup, decay, gain, power, amplitude,
                parent, metabolite, edges,
            )  # fmt: skip
        else:
            expm_profile(
                theta[i],
                scale[i],
                segments,
                first,
                lookup,
                distinct,
                spacing,
                parent,
                metabolite,
                edges,
                areas,
            )
        top_p, top_m = accumulate(parent, metabolite, sums)
        single[i, 0], single[i, 1] = peak(top_p, parent, grid, edges[:, 0], segments)
        single[i, 3], single[i, 4] = peak(top_m, metabolite, grid, edges[:, 1], segments)
        single[i, 2], single[i, 5] = areas[0], areas[1]


@njit(cache=True, nogil=True, error_model="numpy")
def store_block(
    theta: Array,
    scale: Array,
    segments: Array,
    first: Ints,
    lookup: Ints,
    distinct: Array,
    spacing: float,
    parent: Array,
    metabolite: Array,
) -> None:
    """Profiles of one block of patients, kept: parent and metabolite (n, n_times) in mg/L.

    The other arguments are those of `stream_block`.
    """
    edges, areas = np.empty((len(segments), 2)), np.empty(2)
    rate, amplitude, power = np.empty(5), np.empty(8), np.empty((5, TILE + 1))
    decay, gain = np.empty((len(distinct), 5)), np.empty((len(distinct) + 1, 5))
    for i in range(len(scale)):
        if modes(theta[i], rate, amplitude):
            decays(rate, distinct, decay, gain)
            tile_powers(rate, spacing, power)
            modal_profile(
                scale[i], segments, first, lookup, decay, gain, power, amplitude,
                parent[i], metabolite[i], edges,
            )  # fmt: skip
        else:
            expm_profile(
                theta[i], scale[i], segments, first, lookup, distinct, spacing,
                parent[i], metabolite[i],
                edges, areas,
            )  # fmt: skip
