"""The chain from receptor to mood, stepped by the classical Runge-Kutta rule."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

# states, in the order of the chain; ADAPTED follows occupancy and ends the burst
ADAPTED, GLUTAMATE, AMPA, MTOR, BDNF, PROTEINS, SPINES, EARLY = range(8)
STATES = 8
FINEST = 0.1  # a step is at most this share of the shortest time constant


class Chain(NamedTuple):
    """Time constants in h; `spared` is the share of blocked drive that excitatory cells lose."""

    spared: float
    adaptation_time: float
    adaptation_gain: float
    glutamate_time: float
    ampa_time: float
    mtor_time: float
    bdnf_time: float
    protein_time: float
    spine_rate: float
    spine_ceiling: float
    spine_time: float
    early_time: float


@njit(cache=True, nogil=True)
def _slope(y: Array, blocked: float, c: Chain, out: Array) -> None:
    burst = max(0.0, blocked - c.adaptation_gain * y[ADAPTED]) * (1.0 - c.spared)
    out[ADAPTED] = (blocked - y[ADAPTED]) / c.adaptation_time
    out[GLUTAMATE] = (burst - y[GLUTAMATE]) / c.glutamate_time
    out[AMPA] = (y[GLUTAMATE] - y[AMPA]) / c.ampa_time
    out[MTOR] = (y[AMPA] - y[MTOR]) / c.mtor_time
    out[BDNF] = y[AMPA] - y[BDNF] / c.bdnf_time
    out[PROTEINS] = (y[BDNF] - y[PROTEINS]) / c.protein_time
    room = c.spine_ceiling - y[SPINES]
    out[SPINES] = c.spine_rate * y[PROTEINS] * room - y[SPINES] / c.spine_time
    out[EARLY] = y[AMPA] - y[EARLY] / c.early_time


@njit(cache=True, nogil=True)
def run_chain(times_h: Array, blocked: Array, c: Chain) -> Array:
    """States at each time, (n_times, STATES), from rest; occupancy is linear between times."""
    shortest = min(c.adaptation_time, c.glutamate_time, c.ampa_time, c.mtor_time)
    y = np.zeros(STATES)
    k1, k2, k3, k4 = np.empty(STATES), np.empty(STATES), np.empty(STATES), np.empty(STATES)
    out = np.zeros((times_h.size, STATES))
    for j in range(1, times_h.size):
        span = times_h[j] - times_h[j - 1]
        steps = int(np.ceil(span / (FINEST * shortest)))
        h = span / steps
        rise = (blocked[j] - blocked[j - 1]) / steps
        for i in range(steps):
            start = blocked[j - 1] + rise * i
            _slope(y, start, c, k1)
            _slope(y + 0.5 * h * k1, start + 0.5 * rise, c, k2)
            _slope(y + 0.5 * h * k2, start + 0.5 * rise, c, k3)
            _slope(y + h * k3, start + rise, c, k4)
            y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        out[j] = y
    return out
