"""The mood model's kernel: person by person, event by event.

Between events everything but consolidation and the relapse hazard is linear and is updated in
closed form; those two are stepped by at most a day. What depends on time alone is worked out
once for everybody (`timetable`). Divisions follow NumPy: Python's checks would triple the time.
"""

import math

import numpy as np
from numba import njit

# columns of `patient`
B, EM, TAUP, TAUC, X0, H, FRAILTY, THRESHOLD, LOSS, W0, V0 = range(11)
TRAITS = 11
# columns of `constant`
(
    KON, WF, TF, TS, KC, RHOC, P50, HILL, ALPHA, TXO, TAUX, NH, TAUH,
    SW, TW, SV, TV, LAM, GAM, TAUZ, RISEZ, FLOOR, GATE, REST,
) = range(24)  # fmt: skip
# kinds of event
VISIT, SESSION, INPUT = 0, 1, 2
# columns of `event`: time (d), kind, dose form (-1 none), context gain, condition, visit number,
# share of the form's stimulus that arrives here
TIME, KIND, FORM, GAIN, CONDITION, NUMBER, SHARE = range(7)
ALWAYS, IF_WELL, IF_NOT_WELL = 0, 1, 2
# the state of one person: plasticity on its way (fast, slow limb), plasticity, consolidation,
# context on its way, context; hazard so far, sessions so far, relapses so far; then, for each
# relapse, its day, what it takes, and the first six as they would be without treatment after it
QF, QS, P, C, XQ, X, HAZARD, SESSIONS, RELAPSES, FIRST = range(10)
LINEAR, MOST_RELAPSES = 6, 3
ONSET, LOST, BEFORE = 0, 1, 2
EACH = BEFORE + LINEAR
STATE = FIRST + MOST_RELAPSES * EACH
# parts of the latent improvement kept for explanation
DRUG, CONTEXT, SHARED, OTHER, RELAPSE, FLUCTUATION = range(6)
PARTS = 6
# columns of a timetable: length of the step (d), its end, what fades over it, shared care at
# its end; then the share of each other treatment that is there at its end
LENGTH, END, FADE_F, FADE_S, FADE_XO, FADE_X, CARE, BUILT = range(8)
FINE = 2048


@njit(cache=True, nogil=True, error_model="numpy")
def built(t: float, start: float, stop: float, on: float, off: float) -> float:
    """Share of another treatment's effect that is there at day t."""
    if t <= start:
        return 0.0
    share = 1.0 - math.exp(-(min(t, stop) - start) / on)
    return share * math.exp(-(t - stop) / off) if t > stop else share


@njit(cache=True, nogil=True, error_model="numpy")
def fades(length: float, constant: np.ndarray, out: np.ndarray) -> None:
    """Length and fades of a step of so many days."""
    out[LENGTH] = length
    out[FADE_F] = math.exp(-length / constant[TF])
    out[FADE_S] = math.exp(-length / constant[TS])
    out[FADE_XO] = math.exp(-length / constant[TXO])
    out[FADE_X] = math.exp(-length / constant[TAUX])


@njit(cache=True, nogil=True, error_model="numpy")
def timetable(
    event: np.ndarray, constant: np.ndarray, course: np.ndarray, begin: float
) -> tuple[np.ndarray, np.ndarray]:
    """What a stretch of time means for everybody.

    Returns
    -------
    first : (events + 1,) number of the first step of each event
    step : (steps, 7 + k) rows of steps of at most a day, columns as named above
    """
    first = np.zeros(event.shape[0] + 1, np.int64)
    t, count = begin, 0
    for e in range(event.shape[0]):
        while t < event[e, TIME] - 1e-12:
            t += min(1.0, event[e, TIME] - t)
            count += 1
        first[e + 1] = count
    step = np.empty((count, BUILT + course.shape[0]))
    day = np.empty(BUILT)
    fades(1.0, constant, day)
    care, a_day = math.exp(-begin / constant[TAUH]), math.exp(-1.0 / constant[TAUH])
    t, s = begin, 0
    for e in range(event.shape[0]):
        while t < event[e, TIME] - 1e-12:
            length = min(1.0, event[e, TIME] - t)
            t += length
            if length == 1.0:
                step[s, :BUILT] = day
                care *= a_day
            else:
                fades(length, constant, step[s])
                care *= math.exp(-length / constant[TAUH])
            step[s, END], step[s, CARE] = t, 1.0 - care
            for k in range(course.shape[0]):
                step[s, BUILT + k] = built(
                    t, course[k, 0], course[k, 1], course[k, 2], course[k, 3]
                )
            s += 1
    return first, step


@njit(cache=True, nogil=True, error_model="numpy")
def advance(
    state: np.ndarray, at: int, step: np.ndarray, s: int, fade_p: float, fast: float,
    slow: float, loss_c: float, constant: np.ndarray,
) -> None:  # fmt: skip
    """Six entries of the state from `at` on, row s of `step` later, untreated, in place.

    Exact but for consolidation, which sees the mean of plasticity over the step. `fast` and
    `slow` are a person's `limb` of either time constant, `loss_c` is 1 / tauc.
    """
    qf, qs, xq = state[at + QF], state[at + QS], state[at + XQ]
    p = state[at + P] * fade_p
    if qf > 1e-12:
        p += qf * fast * (step[s, FADE_F] - fade_p)
        state[at + QF] = qf * step[s, FADE_F]
    if qs > 1e-12:
        p += qs * slow * (step[s, FADE_S] - fade_p)
        state[at + QS] = qs * step[s, FADE_S]
    x = state[at + X] * step[s, FADE_X]
    if abs(xq) > 1e-12:
        x += xq * limb(constant[TXO], constant[TAUX]) * (step[s, FADE_XO] - step[s, FADE_X])
        state[at + XQ] = xq * step[s, FADE_XO]
    state[at + X] = x
    gain = constant[KC] * 0.5 * (state[at + P] + p)
    rate = gain + loss_c
    # (1 - exp(-z)) / z, whose series ends within 1e-8 of it for any step of a day
    z = rate * step[s, LENGTH]
    if z < 0.1:
        share = 1.0 - z * (0.5 - z * (1.0 / 6.0 - z * (1.0 / 24.0 - z * (1.0 / 120.0))))
    else:
        share = (1.0 - math.exp(-z)) / z
    c = state[at + C]
    state[at + C] = c + (gain - rate * c) * step[s, LENGTH] * share
    state[at + P] = p


@njit(cache=True, nogil=True, error_model="numpy")
def limb(tau_in: float, tau_out: float) -> float:
    """Weight of what arrives with one time constant and leaves with another."""
    return 1.0 / (tau_in / tau_out - 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def effect_table(constant: np.ndarray) -> np.ndarray:
    """(2049,) effect of plasticity 0 to 1, as a share of the effect of 1."""
    table = np.zeros(FINE + 1)
    half = math.exp(constant[HILL] * math.log(constant[P50]))
    for k in range(1, FINE + 1):
        power = math.exp(constant[HILL] * math.log(k / FINE))
        table[k] = (1.0 + half) * power / (half + power)
    return table


@njit(cache=True, nogil=True, error_model="numpy")
def drug_effect(p: float, c: float, em: float, rhoc: float, effect: np.ndarray) -> float:
    """Latent effect (logit) of plasticity p and consolidation c, linear within the table."""
    if em == 0.0:
        return 0.0
    place = min(max(p, 0.0), 1.0) * FINE
    k = min(int(place), FINE - 1)
    return float(em * (effect[k] + (place - k) * (effect[k + 1] - effect[k]) + rhoc * c))


@njit(cache=True, nogil=True, error_model="numpy")
def taken_back(
    state: np.ndarray, t: float, em: float, rest: float, constant: np.ndarray, effect: np.ndarray
) -> float:
    """What relapses take at day t (logit): no more than is left of what was there before them.

    `rest` is the improvement that treatment sessions have no part in.
    """
    total = 0.0
    for k in range(int(state[RELAPSES])):
        at = FIRST + k * EACH
        since, b = t - state[at + ONSET], at + BEFORE
        fading = math.exp(-since / constant[TAUZ]) - math.exp(-since / constant[RISEZ])
        left = drug_effect(state[b + P], state[b + C], em, constant[RHOC], effect)
        left += state[b + X] + rest
        total += min(state[at + LOST] * fading, max(0.0, left - total))
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def threshold(patient: np.ndarray, relapses: int) -> float:
    """Hazard that the next relapse waits for, as an Exp(1) draw.

    Later ones read further digits of the first draw, so that a person stays one set of numbers.
    """
    if relapses == 0:
        return float(patient[THRESHOLD])
    u = math.exp(-patient[THRESHOLD]) * 1024.0**relapses
    return -math.log(max(u - math.floor(u), 1e-12))


@njit(cache=True, nogil=True, error_model="numpy")
def follow(
    patient: np.ndarray,
    amplitude: np.ndarray,
    stimulus: np.ndarray,
    constant: np.ndarray,
    effect: np.ndarray,
    course: np.ndarray,
    event: np.ndarray,
    first: np.ndarray,
    step: np.ndarray,
    begin: float,
    wobble: np.ndarray,
    noise: np.ndarray,
    check_visit: int,
    well_at_most: float,
    sm: float,
    state: np.ndarray,
    latent: np.ndarray,
    parts: np.ndarray,
) -> None:
    """One person through a table of events; `state`, `latent` and `parts` in place.

    Parameters are rows of those of `run_arm`; `begin` is the day of `state`, `wobble` (visits,)
    the fluctuation, `parts` (visits, 6) or (0, 6).
    """
    explain = parts.shape[0] > 0
    taup, tauc, em = patient[TAUP], patient[TAUC], patient[EM]
    rhoc, loss_c = constant[RHOC], 1.0 / tauc
    fast, slow = limb(constant[TF], taup), limb(constant[TS], taup)
    gam, rate = constant[GAM], constant[LAM] / 30.0 * patient[FRAILTY]
    a_day = math.exp(-1.0 / taup)
    waits = threshold(patient, int(state[RELAPSES]))
    well = False
    t = begin
    for e in range(event.shape[0]):
        for s in range(first[e], first[e + 1]):
            t = step[s, END]
            fade_p = a_day if step[s, LENGTH] == 1.0 else math.exp(-step[s, LENGTH] / taup)
            advance(state, 0, step, s, fade_p, fast, slow, loss_c, constant)
            relapses = int(state[RELAPSES])
            for k in range(relapses):
                before = FIRST + k * EACH + BEFORE
                advance(state, before, step, s, fade_p, fast, slow, loss_c, constant)
            if relapses == MOST_RELAPSES:
                continue
            if relapses and t - state[FIRST + (relapses - 1) * EACH + ONSET] < constant[REST]:
                continue
            d = drug_effect(state[P], state[C], em, rhoc, effect)
            a = 0.0
            for k in range(amplitude.shape[0]):
                a += amplitude[k] * step[s, BUILT + k]
            shared = patient[H] * step[s, CARE]
            gained = d + a + shared + state[X] + state[XQ]
            if relapses and gained > constant[GATE]:
                gained -= taken_back(state, t, em, a + shared, constant, effect)
            # who has not improved has nothing to relapse from
            if gained > constant[GATE]:
                state[HAZARD] += step[s, LENGTH] * rate * math.exp(-gam * (d + a))
                if state[HAZARD] > waits:
                    at = FIRST + relapses * EACH
                    state[at + ONSET], state[at + LOST] = t, patient[LOSS] * gained
                    state[at + BEFORE : at + EACH] = state[:LINEAR]
                    state[RELAPSES] = relapses + 1
                    state[HAZARD] = 0.0
                    waits = threshold(patient, relapses + 1)
        kind = int(event[e, KIND])
        if kind == VISIT:
            v = int(event[e, NUMBER])
            d = drug_effect(state[P], state[C], em, rhoc, effect)
            a = 0.0
            for k in range(amplitude.shape[0]):
                a += amplitude[k] * built(t, course[k, 0], course[k, 1], course[k, 2], course[k, 3])
            shared = patient[H] * (1.0 - math.exp(-t / constant[TAUH]))
            z = taken_back(state, t, em, a + shared, constant, effect)
            y = patient[B] + wobble[v] - d - state[X] - shared - a + z
            latent[v] = y
            if explain:
                parts[v, DRUG] = -d
                parts[v, CONTEXT] = -state[X]
                parts[v, SHARED] = -shared
                parts[v, OTHER] = -a
                parts[v, RELAPSE] = z
                parts[v, FLUCTUATION] = wobble[v]
            if v == check_visit:
                well = 60.0 / (1.0 + math.exp(-y)) + sm * noise[v] <= well_at_most
            continue
        condition = event[e, CONDITION]
        if (condition == IF_WELL and not well) or (condition == IF_NOT_WELL and well):
            continue
        form = int(event[e, FORM])
        if form >= 0:
            jump = 1.0 - math.exp(-constant[KON] * stimulus[form] * event[e, SHARE])
            add = jump * max(0.0, 1.0 - state[P] - state[QF] - state[QS])
            state[QF] += constant[WF] * add
            state[QS] += (1.0 - constant[WF]) * add
        if kind == SESSION:
            new = math.exp(-state[SESSIONS] / constant[NH])
            habit = constant[FLOOR] + (1.0 - constant[FLOOR]) * new
            aim = event[e, GAIN] * patient[X0] * habit
            state[XQ] += constant[ALPHA] * (aim - state[X] - state[XQ])
            state[SESSIONS] += 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def wander(
    slow: float, fast: float, shock: np.ndarray, days: np.ndarray, constant: np.ndarray,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Fluctuation (logit) at days in order, from its two parts at day 0; `shock` (days, 2)."""
    t = 0.0
    for v in range(days.shape[0]):
        keep = math.exp(-(days[v] - t) / constant[TW])
        slow = slow * keep + constant[SW] * math.sqrt(max(0.0, 1.0 - keep * keep)) * shock[v, 0]
        keep = math.exp(-(days[v] - t) / constant[TV])
        fast = fast * keep + constant[SV] * math.sqrt(max(0.0, 1.0 - keep * keep)) * shock[v, 1]
        out[v] = slow + fast
        t = days[v]


@njit(cache=True, nogil=True, error_model="numpy")
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
    patient : (n, 11) individual effects, columns as named above
    amplitude : (n, k) latent size of the k other treatments
    stimulus : (n, forms) occupancy integral of each dose form, h
    constant : (24,) population constants
    event : (events, 7) in order of time; a visit at the time of a dose comes before it
    course : (k, 4) start, stop (d), onset and offset time constants (d)
    shock : (n, visits, 2) standard normals of the slow and the fast fluctuation
    noise : (n, visits) standard normals of the rating, used only for the visit that decides
        conditional sessions
    check_visit, well_at_most : that visit and its cut-off; -1 for none
    sm : rating error, MADRS points
    latent : (n, visits) output
    parts : (n, visits, 6) output, or (0, 0, 6) when not wanted
    """
    explain = parts.shape[0] > 0
    first, step = timetable(event, constant, course, 0.0)
    effect = effect_table(constant)
    visits = latent.shape[1]
    days, wobble, nothing = np.empty(visits), np.empty(visits), np.empty((0, PARTS))
    for e in range(event.shape[0]):
        if int(event[e, KIND]) == VISIT:
            days[int(event[e, NUMBER])] = event[e, TIME]
    state = np.empty(STATE)
    for i in range(patient.shape[0]):
        wander(patient[i, W0], patient[i, V0], shock[i], days, constant, wobble)
        state[:] = 0.0
        follow(
            patient[i], amplitude[i], stimulus[i], constant, effect, course, event, first, step,
            0.0, wobble, noise[i], check_visit, well_at_most, sm, state, latent[i],
            parts[i] if explain else nothing,
        )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def run_people(
    patient: np.ndarray,
    amplitude: np.ndarray,
    stimulus: np.ndarray,
    member: np.ndarray,
    constant: np.ndarray,
    effect: np.ndarray,
    course: np.ndarray,
    event: np.ndarray,
    begin: float,
    state: np.ndarray,
    latent: np.ndarray,
    parts: np.ndarray,
) -> None:
    """As `run_arm`, each person under a parameter set of their own and without fluctuation.

    Parameters
    ----------
    member : (n,) each person's row of `constant`, in rising order
    constant : (members, 24)
    effect : (members, 2049) from `effect_table`
    course : (members, k, 4)
    event : (members, events, 7); they share times and differ in gains
    begin : day on which `state` holds
    state : (n, 33) in place: at `begin` before, at the last event after
    """
    explain = parts.shape[0] > 0
    visits = latent.shape[1]
    still, nothing = np.zeros(visits), np.empty((0, PARTS))
    last = -1
    first, step = timetable(event[0, :0], constant[0], course[0], begin)
    for i in range(patient.shape[0]):
        m = member[i]
        if m != last:
            first, step = timetable(event[m], constant[m], course[m], begin)
            last = m
        follow(
            patient[i], amplitude[i], stimulus[i], constant[m], effect[m], course[m], event[m],
            first, step, begin, still, still, -1, -1.0, 1.0, state[i], latent[i],
            parts[i] if explain else nothing,
        )  # fmt: skip
