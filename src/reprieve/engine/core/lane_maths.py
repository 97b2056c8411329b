"""Functions of eight numbers at once (`core.lanes`), as polynomials of their own."""

import numpy as np
from numba import njit

from reprieve.engine.core.lanes import Lanes, choose, every, exponent_of, over_power, times_power

MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to a whole number
# log(erfc(z) exp(z**2) / t) at t = 2 / (2 + z), in powers of 2 t - 1, by Chebyshev's points
ERFC = np.array(
    [
        -0.6717940840566914, 0.6726432239714607, 0.04734330710737626, -0.046895610029569074,
        -0.009872702151183141, 0.008824939035793535, 0.0017591138752865443, -0.002345852782626599,
        -0.00014739441955736437, 0.0006740253162576963, -8.983674770378075e-05,
        -0.00017567183984073926, 6.381873282064106e-05, 3.4747899700435034e-05,
        -2.1670823485162328e-05, -3.7398328308632054e-06, 3.386753969750792e-06,
    ]
)  # fmt: skip
LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10


@njit(error_model="numpy", forceinline=True)
def lesser(a: Lanes, b: Lanes) -> Lanes:
    """The smaller of two."""
    return choose(a < b, a, b)


@njit(error_model="numpy", forceinline=True)
def greater(a: Lanes, b: Lanes) -> Lanes:
    """The larger of two."""
    return choose(a > b, a, b)


@njit(error_model="numpy", forceinline=True)
def exp(x: Lanes) -> Lanes:
    """e to the power of x, within 1e-15 of it; x is held within -708 to 708."""
    x = lesser(greater(x, every(-708.0)), every(708.0))
    shifted = x * LOG2_E + MAGIC
    n = shifted - MAGIC
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    # the series to the twelfth power, in short chains
    r2 = r * r
    r4 = r2 * r2
    a = (1.0 + r) + r2 * (1 / 2 + r * (1 / 6))
    b = (1 / 24 + r * (1 / 120)) + r2 * (1 / 720 + r * (1 / 5040))
    c = (1 / 40320 + r * (1 / 362880)) + r2 * (1 / 3628800 + r * (1 / 39916800))
    return times_power(a + r4 * (b + r4 * (c + r4 * (1 / 479001600))), shifted)


@njit(error_model="numpy", forceinline=True)
def log(x: Lanes) -> Lanes:
    """Natural logarithm of normal positive numbers, within 1e-15 of it."""
    power = exponent_of(x)
    m = over_power(x, power)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    a = (1.0 + z * (1 / 3)) + z2 * (1 / 5 + z * (1 / 7))
    b = (1 / 9 + z * (1 / 11)) + z2 * (1 / 13 + z * (1 / 15))
    series = a + z4 * (b + z4 * (1 / 17 + z * (1 / 19)))
    return (2.0 * s) * series + power * LN2_LOW + power * LN2_HIGH


@njit(error_model="numpy", forceinline=True)
def erfc(x: Lanes) -> Lanes:
    """Complementary error function, within 1e-10 of itself wherever it is above 1e-300."""
    z = greater(x, -x)
    t = 2.0 / (2.0 + z)
    u = 2.0 * t - 1.0
    series = every(ERFC[ERFC.shape[0] - 1])
    for k in range(ERFC.shape[0] - 2, -1, -1):
        series = series * u + ERFC[k]
    upper = t * exp(series - z * z)
    return choose(x < 0.0, 2.0 - upper, upper)
