"""Kernels of the acute effects: one pass over each patient's plasma curve.

Two first-order filters of the plasma drive, both exact when plasma is linear between output
times: the effect site, and an adaptation that follows the effect site more slowly. What acts is
the effect site less a multiple of the adaptation, never below zero. With p = ke0 and q = kad,

    site  = F_p(drive)                      F_k is k/(s + k), unity gain
    adapt = F_q(F_p(drive)) = (p F_q(drive) - q F_p(drive)) / (p - q)

so the cascade needs no solver. Concentrations here are ng/mL of S-ketamine equivalents.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

# columns of `traits`: one patient's multipliers (log-normal around 1) in this session ...
DISSOCIATION, SEDATION, SYSTOLIC, DIASTOLIC, HEART_RATE, OXYGEN = range(6)
# ... and columns of `baseline`
BASE_SBP, BASE_DBP, BASE_HR, BASE_SPO2 = range(4)
# columns of what `acute_extremes` returns
(
    PEAK_SITE,
    PEAK_CADSS,
    TIME_CADSS,
    LOWEST_MOAAS,
    PEAK_SBP,
    PEAK_DBP,
    PEAK_HR,
    LOWEST_SPO2,
) = range(8)
EXTREMES = 8


class Constants(NamedTuple):
    """What the kernels need, with the session's own adaptation gain already in it."""

    r_weight: float  # potency of R- relative to S-ketamine
    site_rate: float  # 1/h
    adaptation_rate: float  # 1/h
    dissociation_gain: float  # grows from session to session
    sedation_gain: float
    pressor_gain: float
    cadss_max: float  # points
    cadss_ec50: float  # ng/mL
    sedation_first: float  # ng/mL at which MOAA/S falls to 4
    sedation_3: float  # times `sedation_first` at which it falls to 3 ...
    sedation_2: float
    sedation_1: float
    sedation_0: float  # ... and to 0
    sbp_max: float  # mmHg
    dbp_max: float  # mmHg
    hr_max: float  # 1/min
    pressor_ec50: float  # ng/mL
    sbp_settling: float  # mmHg by which people calm down once seated and started
    dbp_settling: float  # mmHg
    settling_rate: float  # 1/h
    spo2_slope: float  # percentage points per ng/mL


@njit(cache=True, nogil=True)
def _decays(times_h: Array, rate: float) -> Array:
    out = np.empty(times_h.size)
    out[0] = 1.0
    for j in range(1, times_h.size):
        out[j] = np.exp(-rate * (times_h[j] - times_h[j - 1]))
    return out


@njit(cache=True, nogil=True)
def _settled(times_h: Array, rate: float) -> Array:
    share: Array = 1.0 - np.exp(-rate * (times_h - times_h[0]))
    return share


@njit(cache=True, nogil=True, inline="always")
def _filtered(y: float, u0: float, u1: float, dt: float, rate: float, decay: float) -> float:
    lag = (u1 - u0) / (dt * rate)
    return u1 - lag + (y - u0 + lag) * decay


@njit(cache=True, nogil=True, inline="always")
def _moaas(active: float, c: Constants) -> float:
    times = active / c.sedation_first
    if times < 1.0:
        return 5.0
    if times < c.sedation_3:
        return 4.0
    if times < c.sedation_2:
        return 3.0
    if times < c.sedation_1:
        return 2.0
    return 1.0 if times < c.sedation_0 else 0.0


@njit(cache=True, nogil=True)
def acute_courses(
    times_h: Array,
    s_mg_per_l: Array,
    r_mg_per_l: Array,
    c: Constants,
    traits: Array,
    baseline: Array,
    site: Array,
    cadss: Array,
    moaas: Array,
    sbp: Array,
    dbp: Array,
    hr: Array,
    spo2: Array,
) -> None:
    """Fill the output arrays, all (n, n_times), from plasma of the same shape.

    The filters start from rest at `times_h[0]`, so give a first time at or before the dose.
    """
    p, q = c.site_rate, c.adaptation_rate
    decay_p, decay_q = _decays(times_h, p), _decays(times_h, q)
    settled = _settled(times_h, c.settling_rate)
    for i in range(s_mg_per_l.shape[0]):
        fp = fq = u0 = 0.0
        for j in range(times_h.size):
            u1 = 1000.0 * (s_mg_per_l[i, j] + c.r_weight * r_mg_per_l[i, j])
            if j > 0:
                dt = times_h[j] - times_h[j - 1]
                fp = _filtered(fp, u0, u1, dt, p, decay_p[j])
                fq = _filtered(fq, u0, u1, dt, q, decay_q[j])
            u0 = u1
            adapted = (p * fq - q * fp) / (p - q)
            d = max(0.0, fp - c.dissociation_gain * adapted) * traits[i, DISSOCIATION]
            v = max(0.0, fp - c.sedation_gain * adapted)
            b = max(0.0, fp - c.pressor_gain * adapted)
            rise = b / (c.pressor_ec50 + b)
            site[i, j] = fp
            cadss[i, j] = c.cadss_max * d * d / (c.cadss_ec50 * c.cadss_ec50 + d * d)
            moaas[i, j] = _moaas(v * traits[i, SEDATION], c)
            up = c.sbp_max * traits[i, SYSTOLIC] * rise - c.sbp_settling * settled[j]
            sbp[i, j] = baseline[i, BASE_SBP] + up
            up = c.dbp_max * traits[i, DIASTOLIC] * rise - c.dbp_settling * settled[j]
            dbp[i, j] = baseline[i, BASE_DBP] + up
            hr[i, j] = baseline[i, BASE_HR] + c.hr_max * traits[i, HEART_RATE] * rise
            fall = c.spo2_slope * v * traits[i, OXYGEN]
            spo2[i, j] = max(50.0, baseline[i, BASE_SPO2] - fall)


@njit(cache=True, nogil=True)
def acute_extremes(
    times_h: Array,
    s_mg_per_l: Array,
    r_mg_per_l: Array,
    c: Constants,
    traits: Array,
    baseline: Array,
    out: Array,
) -> None:
    """The extremes of `acute_courses` without storing any course: `out` is (n, EXTREMES).

    Dissociation, sedation and oxygen grow with what acts, so their largest drive is tracked and
    the effect computed once a patient; blood pressure also settles, so it is followed.
    """
    p, q = c.site_rate, c.adaptation_rate
    decay_p, decay_q = _decays(times_h, p), _decays(times_h, q)
    settled = _settled(times_h, c.settling_rate)
    for i in range(s_mg_per_l.shape[0]):
        fp = fq = u0 = top = d = v = b = when = sbp = dbp = 0.0
        for j in range(times_h.size):
            u1 = 1000.0 * (s_mg_per_l[i, j] + c.r_weight * r_mg_per_l[i, j])
            if j > 0:
                dt = times_h[j] - times_h[j - 1]
                fp = _filtered(fp, u0, u1, dt, p, decay_p[j])
                fq = _filtered(fq, u0, u1, dt, q, decay_q[j])
            u0 = u1
            adapted = (p * fq - q * fp) / (p - q)
            top = max(top, fp)
            if fp - c.dissociation_gain * adapted > d:
                d, when = fp - c.dissociation_gain * adapted, times_h[j]
            v = max(v, fp - c.sedation_gain * adapted)
            pressor = max(0.0, fp - c.pressor_gain * adapted)
            b = max(b, pressor)
            rise = pressor / (c.pressor_ec50 + pressor)
            up = c.sbp_max * traits[i, SYSTOLIC] * rise - c.sbp_settling * settled[j]
            sbp = max(sbp, up)
            dbp = max(dbp, c.dbp_max * traits[i, DIASTOLIC] * rise - c.dbp_settling * settled[j])
        d *= traits[i, DISSOCIATION]
        rise = b / (c.pressor_ec50 + b)
        out[i, PEAK_SITE] = top
        out[i, PEAK_CADSS] = c.cadss_max * d * d / (c.cadss_ec50 * c.cadss_ec50 + d * d)
        out[i, TIME_CADSS] = when
        out[i, LOWEST_MOAAS] = _moaas(v * traits[i, SEDATION], c)
        out[i, PEAK_SBP] = baseline[i, BASE_SBP] + sbp
        out[i, PEAK_DBP] = baseline[i, BASE_DBP] + dbp
        out[i, PEAK_HR] = baseline[i, BASE_HR] + c.hr_max * traits[i, HEART_RATE] * rise
        fall = c.spo2_slope * v * traits[i, OXYGEN]
        out[i, LOWEST_SPO2] = max(50.0, baseline[i, BASE_SPO2] - fall)
