"""From dose to receptor and session, patient by patient, without keeping any profile.

People go through in small groups whose plasma fits in the core's cache, so that the kernel of
the acute effects meets many of them a call.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reprieve.engine.core.effects import Constants, acute_extremes
from reprieve.engine.core.stream import Cut, Work, profile, work_space

Array = NDArray[np.float64]

GROUP = 32  # people


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
            level[e, :] = 0.0
            nk[e, :] = 0.0


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
def session_extremes(
    theta: Array,
    scale: Array,
    cut: Cut,
    times: Array,
    constants: tuple[Constants, ...],
    traits: Array,
    baseline: Array,
    peaks: Array,
    out: Array,
) -> None:
    """Peak plasma and acute extremes of every session.

    Parameters
    ----------
    theta, scale : see `enantiomers`
    cut : windows of len(times) points, one a session
    times : (n_points,), h from the start of a session
    constants, traits, baseline : as `effects.acute_extremes`; traits (sessions, n, 6)
    peaks : (sessions, n, 2), becomes ketamine and norketamine, both enantiomers, mg/L
    out : (sessions, n, 8), becomes the extremes in the columns of `effects`
    """
    sessions, n, n_points = out.shape[0], out.shape[1], len(times)
    work = work_space(cut)
    level, nk = np.empty((2, sessions * n_points)), np.empty((2, sessions * n_points))
    s_plasma = np.empty((sessions, GROUP, n_points))
    r_plasma = np.empty((sessions, GROUP, n_points))
    for low in range(0, n, GROUP):
        high = min(low + GROUP, n)
        for i in range(low, high):
            enantiomers(theta, scale, i, cut, work, level, nk)
            for k in range(sessions):
                begin = k * n_points
                top = top_nk = 0.0
                for j in range(n_points):
                    s, r = level[0, begin + j], level[1, begin + j]
                    s_plasma[k, i - low, j], r_plasma[k, i - low, j] = s, r
                    top = max(top, s + r)
                    top_nk = max(top_nk, nk[0, begin + j] + nk[1, begin + j])
                peaks[k, i, 0], peaks[k, i, 1] = top, top_nk
        for k in range(sessions):
            acute_extremes(
                times, s_plasma[k, : high - low], r_plasma[k, : high - low], constants[k],
                traits[k, low:high], baseline[low:high], out[k, low:high],
            )  # fmt: skip
