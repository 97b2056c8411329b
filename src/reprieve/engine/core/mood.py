"""The mood model's kernel: one arm, patient by patient, event by event.

Between events everything but consolidation and the relapse hazard is linear and is
updated in closed form; those two are stepped by at most a day.
"""

import math

import numpy as np
from numba import njit

# columns of `patient`
B, EM, TAUP, TAUC, X0, H, FRAILTY, THRESHOLD, LOSS, W0 = range(10)
# columns of `constant`
(
    KON, WF, TF, TS, KC, RHOC, P50, HILL, ALPHA, TXO, TAUX, NH, TAUH,
    SW, TW, LAM, GAM, TAUZ, RISEZ, FLOOR,
) = range(20)  # fmt: skip
# kinds of event
VISIT, SESSION = 0, 1
# columns of `event`: time (d), kind, dose form (-1 none), context gain, condition, visit number
TIME, KIND, FORM, GAIN, CONDITION, NUMBER = range(6)
ALWAYS, IF_WELL, IF_NOT_WELL = 0, 1, 2
# parts of the latent improvement kept for explanation
DRUG, CONTEXT, SHARED, OTHER, RELAPSE, FLUCTUATION = range(6)
PARTS = 6


@njit(cache=True, nogil=True)
def drug_effect(p: float, c: float, em: float, constant: np.ndarray) -> float:
    """Latent effect (logit) of plasticity p and consolidation c."""
    if p <= 1e-12 and c <= 1e-12:
        return 0.0
    hill, p50 = constant[HILL], constant[P50] ** constant[HILL]
    power = math.exp(hill * math.log(max(p, 1e-12)))
    return float(em * ((1.0 + p50) * power / (p50 + power) + constant[RHOC] * c))


@njit(cache=True, nogil=True)
def others(t: float, amplitude: np.ndarray, course: np.ndarray) -> float:
    """Latent effect (logit) at day t of every other treatment (columns: start, stop, on, off)."""
    total = 0.0
    for k in range(amplitude.shape[0]):
        start, stop, on, off = course[k]
        if t <= start:
            continue
        until = min(t, stop)
        built = 1.0 - math.exp(-(until - start) / on)
        if t > stop:
            built *= math.exp(-(t - stop) / off)
        total += amplitude[k] * built
    return total


@njit(cache=True, nogil=True)
def run_arm(
    patient: np.ndarray,
    amplitude: np.ndarray,
    stimulus: np.ndarray,
    constant: np.ndarray,
    event: np.ndarray,
    course: np.ndarray,
    shock: np.ndarray,
    noise: np.ndarray,
    check_visit: int,
    well_at_most: float,
    sm: float,
    latent: np.ndarray,
    parts: np.ndarray,
) -> None:
    """Latent score (logit of MADRS/60) of every patient at every visit, in place.

    Parameters
    ----------
    patient : (n, 10) individual effects, columns as named above
    amplitude : (n, k) latent size of the k other treatments
    stimulus : (n, forms) occupancy integral of each dose form, h
    constant : (20,) population constants
    event : (events, 6) in order of time; a visit at the time of a dose comes before it
    course : (k, 4) start, stop (d), onset and offset time constants (d)
    shock : (n, visits) standard normals of the fluctuation
    noise : (n, visits) standard normals of the rating, used only for the visit that decides
        conditional sessions
    check_visit, well_at_most : that visit and its cut-off; -1 for none
    sm : rating error, MADRS points
    latent : (n, visits) output
    parts : (n, visits, 6) output, or (0, 0, 6) when not wanted
    """
    explain = parts.shape[0] > 0
    kc, gam, lam = constant[KC], constant[GAM], constant[LAM] / 30.0
    tf, ts, txo, taux = constant[TF], constant[TS], constant[TXO], constant[TAUX]
    for i in range(patient.shape[0]):
        taup, tauc, em = patient[i, TAUP], patient[i, TAUC], patient[i, EM]
        qf = qs = p = c = xq = x = 0.0
        w = patient[i, W0]
        t = w_time = 0.0
        cumulative = 0.0
        onset, lost = -1.0, 0.0
        sessions = 0
        well = False
        for e in range(event.shape[0]):
            target = event[e, TIME]
            while t < target - 1e-12:
                step = min(1.0, target - t)
                # rapid parts need no sub-step: closed forms over the whole step
                ef, es = math.exp(-step / tf), math.exp(-step / ts)
                ep = math.exp(-step / taup)
                p_new = (
                    p * ep
                    + qf / tf * (ef - ep) / (1.0 / taup - 1.0 / tf)
                    + qs / ts * (es - ep) / (1.0 / taup - 1.0 / ts)
                )
                exo, ex = math.exp(-step / txo), math.exp(-step / taux)
                x = x * ex + xq / txo * (exo - ex) / (1.0 / taux - 1.0 / txo)
                xq *= exo
                qf *= ef
                qs *= es
                mean_p = 0.5 * (p + p_new)
                rate = kc * mean_p + 1.0 / tauc
                c_end = kc * mean_p / rate
                c = c_end + (c - c_end) * math.exp(-rate * step)
                p = p_new
                t += step
                if onset < 0.0:
                    d = drug_effect(p, c, em, constant)
                    a = others(t, amplitude[i], course)
                    cumulative += step * lam * patient[i, FRAILTY] * math.exp(-gam * (d + a))
                    if cumulative > patient[i, THRESHOLD]:
                        onset = t
                        shared = patient[i, H] * (1.0 - math.exp(-t / constant[TAUH]))
                        lost = max(0.0, patient[i, LOSS] * (d + a + x + xq + shared))
            if event[e, KIND] == SESSION:
                condition = event[e, CONDITION]
                if (condition == IF_WELL and not well) or (condition == IF_NOT_WELL and well):
                    continue
                form = int(event[e, FORM])
                if form >= 0:
                    jump = 1.0 - math.exp(-constant[KON] * stimulus[i, form])
                    add = jump * max(0.0, 1.0 - p - qf - qs)
                    qf += constant[WF] * add
                    qs += (1.0 - constant[WF]) * add
                new = math.exp(-sessions / constant[NH])
                habit = constant[FLOOR] + (1.0 - constant[FLOOR]) * new
                aim = event[e, GAIN] * patient[i, X0] * habit
                xq += constant[ALPHA] * (aim - x - xq)
                sessions += 1
            else:
                v = int(event[e, NUMBER])
                keep = math.exp(-(t - w_time) / constant[TW])
                w = w * keep + constant[SW] * math.sqrt(max(0.0, 1.0 - keep * keep)) * shock[i, v]
                w_time = t
                d = drug_effect(p, c, em, constant)
                a = others(t, amplitude[i], course)
                shared = patient[i, H] * (1.0 - math.exp(-t / constant[TAUH]))
                z = 0.0
                if onset >= 0.0:
                    since = t - onset
                    z = lost * (
                        math.exp(-since / constant[TAUZ]) - math.exp(-since / constant[RISEZ])
                    )
                y = patient[i, B] + w - d - x - shared - a + z
                latent[i, v] = y
                if explain:
                    parts[i, v, DRUG] = -d
                    parts[i, v, CONTEXT] = -x
                    parts[i, v, SHARED] = -shared
                    parts[i, v, OTHER] = -a
                    parts[i, v, RELAPSE] = z
                    parts[i, v, FLUCTUATION] = w
                if v == check_visit:
                    well = 60.0 / (1.0 + math.exp(-y)) + sm * noise[i, v] <= well_at_most
