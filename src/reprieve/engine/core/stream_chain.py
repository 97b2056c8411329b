"""From dose to receptor and session, patient by patient."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reprieve.engine.core.stream import Cut, Work, profile, work_space

Array = NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def enantiomers(
    theta: Array, scale: Array, i: int, cut: Cut, work: Work, level: Array, nk: Array
) -> None:
    """Plasma (2, n_times) of S and R ketamine and norketamine of patient i, mg/L.

    theta (2, n, 10) and scale (2, n) mg: S and R; a scale of 0 leaves zeros.
    """
    for e in range(2):
        if scale[e, i] > 0.0:
            profile(theta[e, i], scale[e, i], cut, work, level[e], nk[e])
        else:
            for k in range(level.shape[1]):
                level[e, k] = nk[e, k] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def blocked_hours(
    theta: Array, scale: Array, cut: Cut, weights: Array, potency: Array, out: Array
) -> None:
    """Integral over time of receptor occupancy, out (n,) h.

    theta, scale : see `enantiomers`
    weights : (n_times,) of the integral, h
    potency : (2,), L/mg: what a concentration of S and R is in units of its half-blocking one
    """
    n_times, work = len(weights), work_space(cut)
    level, nk = np.empty((2, n_times)), np.empty((2, n_times))
    for i in range(len(out)):
        enantiomers(theta, scale, i, cut, work, level, nk)
        total = 0.0
        for k in range(n_times):
            bound = potency[0] * level[0, k] + potency[1] * level[1, k]
            total += weights[k] * (bound / (1.0 + bound))
        out[i] = total


@njit(cache=True, nogil=True, error_model="numpy")
def session_plasma(
    theta: Array, scale: Array, low: int, high: int, cut: Cut, s: Array, r: Array, peaks: Array
) -> None:
    """Plasma of every session of patients low..high-1, and its peaks.

    Parameters
    ----------
    theta, scale : see `enantiomers`
    cut : windows of the same number of points, one a session
    s, r : (sessions, group, n_points), the first high - low rows become mg/L of S- and R-ketamine
    peaks : (sessions, n, 2), becomes ketamine and norketamine, both enantiomers, mg/L
    """
    sessions, n_points = s.shape[0], s.shape[2]
    work = work_space(cut)
    level, nk = np.empty((2, sessions * n_points)), np.empty((2, sessions * n_points))
    for i in range(low, high):
        enantiomers(theta, scale, i, cut, work, level, nk)
        for k in range(sessions):
            begin = k * n_points
            top = top_nk = 0.0
            for j in range(n_points):
                s[k, i - low, j], r[k, i - low, j] = level[0, begin + j], level[1, begin + j]
                top = max(top, level[0, begin + j] + level[1, begin + j])
                top_nk = max(top_nk, nk[0, begin + j] + nk[1, begin + j])
            peaks[k, i, 0], peaks[k, i, 1] = top, top_nk
