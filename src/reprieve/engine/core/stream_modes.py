"""Rates and amplitudes of a 3-compartment parent with a 2-compartment metabolite.

The response to an input R (mg/h) into the central compartment is a sum of five modes,

    z_j' = R - rate_j z_j,     parent = sum_{j<3} p_j z_j,     metabolite = sum_{j<5} q_j z_j,

with both concentrations in mg/L. Rates 0-2 belong to the parent, 3 and 4 to the metabolite.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Smallest relative distance of two rates at which the sum of exponentials is used. Amplitudes
# are divided differences: their rounding error is about eps / distance, 2e-11 here. Closer pairs
# take the matrix exponential of `stream_expm`.
SEPARATION = 1e-5
TURN = 2.0 * math.pi / 3.0


@njit(cache=True, nogil=True, error_model="numpy")
def cubic_rates(a2: float, a1: float, a0: float, rate: Array) -> None:
    """The positive roots of x^3 - a2 x^2 + a1 x - a0, falling, into rate[0:3].

    All roots of a mammillary model are real and positive. The root that stands apart (largest or
    smallest, by the sign of the cosine) comes from Viete's trigonometric form and two Newton
    steps; the other two, however near each other, from the quadratic that remains.
    """
    shift = a2 / 3.0
    p = max(shift * shift - a1 / 3.0, 0.0)
    radius = math.sqrt(p)
    cube = p * radius
    cosine = (shift * (shift * shift - 0.5 * a1) + 0.5 * a0) / cube if cube > 0.0 else 1.0
    angle = math.acos(min(1.0, max(-1.0, cosine))) / 3.0
    largest = cosine >= 0.0
    x = shift + 2.0 * radius * math.cos(angle if largest else angle + TURN)
    for _ in range(2):
        slope = (3.0 * x - 2.0 * a2) * x + a1
        if slope != 0.0:
            x -= (((x - a2) * x + a1) * x - a0) / slope
    product = a0 / x
    total = (a1 - product) / x if largest else a2 - x  # whichever does not cancel
    high = 0.5 * total + math.sqrt(max(0.25 * total * total - product, 0.0))
    if largest:
        rate[0], rate[1], rate[2] = x, high, product / high
    else:
        rate[0], rate[1], rate[2] = high, product / high, x


@njit(cache=True, nogil=True, error_model="numpy")
def separated(rate: Array) -> bool:
    """Whether every pair of the five rates is apart by more than SEPARATION, relatively."""
    for i in range(5):
        for j in range(i):
            if not abs(rate[i] - rate[j]) > SEPARATION * max(rate[i], rate[j]):
                return False  # a rate that is not a number is not separated either
    return bool(min(rate[1], rate[2], rate[4]) > 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def modes(theta: Array, rate: Array, amplitude: Array) -> bool:
    """Fill rate (5,) and amplitude (8,): p_0..p_2, q_0..q_4 in 1/L. True when they can be used.

    theta: cl, vc, q1, vp1, q2, vp2, cl_m, vc_m, q_m, vp_m in L/h and L.
    """
    k10, k12, k13 = theta[0] / theta[1], theta[2] / theta[1], theta[4] / theta[1]
    k21, k31 = theta[2] / theta[3], theta[4] / theta[5]
    m10, m12, m21 = theta[6] / theta[7], theta[8] / theta[7], theta[8] / theta[9]
    cubic_rates(
        k10 + k12 + k13 + k21 + k31,
        k10 * (k21 + k31) + k21 * k31 + k12 * k31 + k13 * k21,
        k10 * k21 * k31,
        rate,
    )
    total = m10 + m12 + m21
    rate[3] = 0.5 * (total + math.sqrt((m10 + m12 - m21) ** 2 + 4.0 * m12 * m21))
    rate[4] = m10 * m21 / rate[3]
    if not separated(rate):
        return False
    formed = k10 / theta[7]
    for j in range(3):
        r, s, t = rate[j], rate[(j + 1) % 3], rate[(j + 2) % 3]
        p = (k21 - r) * (k31 - r) / ((s - r) * (t - r))
        amplitude[j] = p / theta[1]
        amplitude[3 + j] = formed * p * (m21 - r) / ((rate[3] - r) * (rate[4] - r))
    for j in range(3, 5):
        r = rate[j]
        parent = (rate[0] - r) * (rate[1] - r) * (rate[2] - r)
        amplitude[3 + j] = formed * (k21 - r) * (k31 - r) * (m21 - r) / (parent * (rate[7 - j] - r))
    return True
