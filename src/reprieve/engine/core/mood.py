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
    SW, TW, LAM, GAM, TAUZ, RISEZ, FLOOR, GATE,
) = range(21)  # fmt: skip
# kinds of event
VISIT, SESSION, INPUT = 0, 1, 2
# columns of `event`: time (d), kind, dose form (-1 none), context gain, condition, visit number,
# share of the form's stimulus that arrives here
TIME, KIND, FORM, GAIN, CONDITION, NUMBER, SHARE = range(7)
ALWAYS, IF_WELL, IF_NOT_WELL = 0, 1, 2
# the linear state of one patient: plasticity on its way (fast, slow limb), plasticity,
# consolidation, context on its way, context
QF, QS, P, C, XQ, X = range(6)
# parts of the latent improvement kept for explanation
DRUG, CONTEXT, SHARED, OTHER, RELAPSE, FLUCTUATION = range(6)
PARTS = 6


@njit(cache=True, nogil=True)
def advance(state: np.ndarray, step: float, taup: float, tauc: float, constant: np.ndarray) -> None:
    """The state `step` days later without treatment, in place.

    Exact but for consolidation, which sees the mean of plasticity over the step.
    """
    tf, ts, txo, taux = constant[TF], constant[TS], constant[TXO], constant[TAUX]
    ef, es, ep = math.exp(-step / tf), math.exp(-step / ts), math.exp(-step / taup)
    p = (
        state[P] * ep
        + state[QF] / tf * (ef - ep) / (1.0 / taup - 1.0 / tf)
        + state[QS] / ts * (es - ep) / (1.0 / taup - 1.0 / ts)
    )
    exo, ex = math.exp(-step / txo), math.exp(-step / taux)
    state[X] = state[X] * ex + state[XQ] / txo * (exo - ex) / (1.0 / taux - 1.0 / txo)
    state[XQ] *= exo
    state[QF] *= ef
    state[QS] *= es
    gain = constant[KC] * 0.5 * (state[P] + p)
    rate = gain + 1.0 / tauc
    state[C] = gain / rate + (state[C] - gain / rate) * math.exp(-rate * step)
    state[P] = p


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
    constant : (21,) population constants
    event : (events, 7) in order of time; a visit at the time of a dose comes before it
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
    gam, lam = constant[GAM], constant[LAM] / 30.0
    state, before = np.empty(6), np.empty(6)
    for i in range(patient.shape[0]):
        taup, tauc, em = patient[i, TAUP], patient[i, TAUC], patient[i, EM]
        state[:] = 0.0
        w = patient[i, W0]
        t = w_time = cumulative = 0.0
        onset, lost = -1.0, 0.0
        sessions = 0
        well = False
        for e in range(event.shape[0]):
            target = event[e, TIME]
            while t < target - 1e-12:
                step = min(1.0, target - t)
                advance(state, step, taup, tauc, constant)
                t += step
                if onset >= 0.0:
                    advance(before, step, taup, tauc, constant)
                    continue
                d = drug_effect(state[P], state[C], em, constant)
                a = others(t, amplitude[i], course)
                shared = patient[i, H] * (1.0 - math.exp(-t / constant[TAUH]))
                gained = d + a + shared + state[X] + state[XQ]
                # who has not improved has nothing to relapse from
                if gained > constant[GATE]:
                    cumulative += step * lam * patient[i, FRAILTY] * math.exp(-gam * (d + a))
                    if cumulative > patient[i, THRESHOLD]:
                        onset, lost = t, patient[i, LOSS] * gained
                        before[:] = state
            kind = int(event[e, KIND])
            if kind == VISIT:
                v = int(event[e, NUMBER])
                keep = math.exp(-(t - w_time) / constant[TW])
                w = w * keep + constant[SW] * math.sqrt(max(0.0, 1.0 - keep * keep)) * shock[i, v]
                w_time = t
                d = drug_effect(state[P], state[C], em, constant)
                a = others(t, amplitude[i], course)
                shared = patient[i, H] * (1.0 - math.exp(-t / constant[TAUH]))
                z = 0.0
                if onset >= 0.0:
                    since = t - onset
                    fading = math.exp(-since / constant[TAUZ])
                    # a relapse takes back what was there before it, as far as that still lasts
                    left = drug_effect(before[P], before[C], em, constant) + before[X] + a + shared
                    taken = lost * (fading - math.exp(-since / constant[RISEZ]))
                    z = min(taken, max(0.0, left))
                y = patient[i, B] + w - d - state[X] - shared - a + z
                latent[i, v] = y
                if explain:
                    parts[i, v, DRUG] = -d
                    parts[i, v, CONTEXT] = -state[X]
                    parts[i, v, SHARED] = -shared
                    parts[i, v, OTHER] = -a
                    parts[i, v, RELAPSE] = z
                    parts[i, v, FLUCTUATION] = w
                if v == check_visit:
                    well = 60.0 / (1.0 + math.exp(-y)) + sm * noise[i, v] <= well_at_most
                continue
            condition = event[e, CONDITION]
            if (condition == IF_WELL and not well) or (condition == IF_NOT_WELL and well):
                continue
            form = int(event[e, FORM])
            if form >= 0:
                jump = 1.0 - math.exp(-constant[KON] * stimulus[i, form] * event[e, SHARE])
                add = jump * max(0.0, 1.0 - state[P] - state[QF] - state[QS])
                state[QF] += constant[WF] * add
                state[QS] += (1.0 - constant[WF]) * add
            if kind == SESSION:
                new = math.exp(-sessions / constant[NH])
                habit = constant[FLOOR] + (1.0 - constant[FLOOR]) * new
                aim = event[e, GAIN] * patient[i, X0] * habit
                state[XQ] += constant[ALPHA] * (aim - state[X] - state[XQ])
                sessions += 1
