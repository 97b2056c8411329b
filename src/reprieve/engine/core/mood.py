"""The mood model's kernel: eight people at a time, event by event.

Between events everything but consolidation and the relapse hazard is linear and is updated in
closed form; those two are stepped by at most a day. Eight people are the columns of arrays
(k, 8) and go through the same events, each under their own parameters; only a relapse is one
person's. Divisions follow NumPy: Python's checks would triple the time.
"""

import math

import numpy as np
from numba import njit

from reprieve.engine.core.lane_maths import exp, greater, lesser
from reprieve.engine.core.lanes import (
    WIDTH,
    Lanes,
    anywhere,
    choose,
    every,
    floor,
    pick,
    put,
    row,
)

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
# rows of `fade`: what is left after a step of the two limbs, of context on its way, of context,
# of plasticity, and what is still to come of shared care
FADE_F, FADE_S, FADE_XO, FADE_X, FADE_P, FADE_CARE = range(6)
FADES = 6
# rows of `own`, what one person's relapses hang on: the hazard that the next one waits for, the
# day of the last one
WAITS, LAST = range(2)
NEVER, FULL = -1e30, 1e30  # days of a last relapse that is not there, or after which none comes
FINE = 2048


@njit(cache=True, nogil=True, error_model="numpy")
def built(t: float, start: float, stop: float, on: float, off: float) -> float:
    """Share of another treatment's effect that is there at day t."""
    if t <= start:
        return 0.0
    share = 1.0 - math.exp(-(min(t, stop) - start) / on)
    return share * math.exp(-(t - stop) / off) if t > stop else share


@njit(cache=True, nogil=True, error_model="numpy")
def others(t: float, amplitude: np.ndarray, course: np.ndarray) -> Lanes:
    """Latent effect of the other treatments at day t; `amplitude` (k, 8), `course` (4 k, 8)."""
    total = every(0.0)
    for k in range(amplitude.shape[0]):
        start, stop = row(course, 4 * k), row(course, 4 * k + 1)
        if not anywhere(start < t):
            continue
        share = 1.0 - exp(-(lesser(stop, every(t)) - start) / row(course, 4 * k + 2))
        if anywhere(stop < t):
            left = exp(-(t - stop) / row(course, 4 * k + 3))
            share = choose(stop < t, share * left, share)
        total += row(amplitude, k) * choose(start < t, share, 0.0)
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def fades(length: float, taup: Lanes, constant: np.ndarray, out: np.ndarray, at: int) -> None:
    """What is left after a step of so many days, in the rows from `at` on."""
    put(out, at + FADE_F, exp(-length / row(constant, TF)))
    put(out, at + FADE_S, exp(-length / row(constant, TS)))
    put(out, at + FADE_XO, exp(-length / row(constant, TXO)))
    put(out, at + FADE_X, exp(-length / row(constant, TAUX)))
    put(out, at + FADE_P, exp(-length / taup))
    put(out, at + FADE_CARE, exp(-length / row(constant, TAUH)))


@njit(cache=True, nogil=True, error_model="numpy")
def advance(
    state: np.ndarray, at: int, length: float, fade: np.ndarray, how: int, fast: Lanes, slow: Lanes,
    onset: Lanes, loss_c: Lanes, constant: np.ndarray,
) -> None:  # fmt: skip
    """Six rows of the state from `at` on, so many days later, untreated, in place.

    Exact but for consolidation, which sees the mean of plasticity over the step. `how` is where
    the step's rows of `fade` begin; `fast` and `slow` are a person's `limb` of either time
    constant, `onset` that of context, `loss_c` is 1 / tauc.
    """
    qf, qs, xq = row(state, at + QF), row(state, at + QS), row(state, at + XQ)
    before, fade_p, fade_x = row(state, at + P), row(fade, how + FADE_P), row(fade, how + FADE_X)
    p = before * fade_p
    some, left = qf > 1e-12, row(fade, how + FADE_F)
    p += choose(some, qf * fast * (left - fade_p), 0.0)
    put(state, at + QF, choose(some, qf * left, qf))
    some, left = qs > 1e-12, row(fade, how + FADE_S)
    p += choose(some, qs * slow * (left - fade_p), 0.0)
    put(state, at + QS, choose(some, qs * left, qs))
    some, left = greater(xq, -xq) > 1e-12, row(fade, how + FADE_XO)
    comes = xq * onset * (left - fade_x)
    put(state, at + X, row(state, at + X) * fade_x + choose(some, comes, 0.0))
    put(state, at + XQ, choose(some, xq * left, xq))
    gain = row(constant, KC) * 0.5 * (before + p)
    rate = gain + loss_c
    # (1 - exp(-z)) / z, whose series ends within 1e-8 of it for any step of a day
    z = rate * length
    share = 1.0 - z * (0.5 - z * (1.0 / 6.0 - z * (1.0 / 24.0 - z * (1.0 / 120.0))))
    if anywhere(z >= 0.1):
        share = choose(z < 0.1, share, (1.0 - exp(-z)) / z)
    c = row(state, at + C)
    put(state, at + C, c + (gain - rate * c) * length * share)
    put(state, at + P, p)


@njit(cache=True, nogil=True, error_model="numpy")
def limb(tau_in: Lanes, tau_out: Lanes) -> Lanes:
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
def drug_effect(p: Lanes, c: Lanes, em: Lanes, rhoc: Lanes, effect: np.ndarray, at: Lanes) -> Lanes:
    """Latent effect (logit) of plasticity p and consolidation c, linear within the tables.

    `effect` holds everybody's tables one after another, `at` where each person's begins.
    """
    place = lesser(greater(p, every(0.0)), every(1.0)) * FINE
    below = lesser(floor(place), every(FINE - 1.0))
    low = pick(effect, at + below)
    high = pick(effect, at + below + 1.0)
    return em * (low + (place - below) * (high - low) + rhoc * c)


@njit(cache=True, nogil=True, error_model="numpy")
def taken_back(
    state: np.ndarray, most: int, t: float, em: Lanes, rest: Lanes, constant: np.ndarray,
    effect: np.ndarray, at: Lanes,
) -> Lanes:  # fmt: skip
    """What relapses take at day t (logit): no more than is left of what was there before them.

    `rest` is the improvement that treatment sessions have no part in, `most` the largest number
    of relapses among the eight; a relapse that has not come takes nothing.
    """
    total = every(0.0)
    for k in range(most):
        here = FIRST + k * EACH
        b = here + BEFORE
        since = t - row(state, here + ONSET)
        fading = exp(-since / row(constant, TAUZ)) - exp(-since / row(constant, RISEZ))
        left = drug_effect(
            row(state, b + P), row(state, b + C), em, row(constant, RHOC), effect, at
        )
        left += row(state, b + X) + rest
        total += lesser(row(state, here + LOST) * fading, greater(left - total, every(0.0)))
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
def relapse(
    state: np.ndarray, which: np.ndarray, t: float, gained: np.ndarray, patient: np.ndarray,
    own: np.ndarray,
) -> int:  # fmt: skip
    """Those of the eight for whom `which` (1, 8) is 1 relapse at day t, in place.

    Returns
    -------
    the largest number of relapses among them
    """
    most = 0
    for q in range(WIDTH):
        if which[0, q] != 1.0:
            continue
        relapses = int(state[RELAPSES, q])
        at = FIRST + relapses * EACH
        state[at + ONSET, q], state[at + LOST, q] = t, patient[LOSS, q] * gained[0, q]
        for k in range(LINEAR):
            state[at + BEFORE + k, q] = state[k, q]
        state[RELAPSES, q] = relapses + 1
        state[HAZARD, q] = 0.0
        own[WAITS, q] = threshold(patient[:, q], relapses + 1)
        own[LAST, q] = FULL if relapses + 1 == MOST_RELAPSES else t
        most = max(most, relapses + 1)
    return most


@njit(cache=True, nogil=True, error_model="numpy")
def follow(
    patient: np.ndarray,
    amplitude: np.ndarray,
    stimulus: np.ndarray,
    constant: np.ndarray,
    effect: np.ndarray,
    table: Lanes,
    course: np.ndarray,
    event: np.ndarray,
    gain: np.ndarray,
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
    """Eight people through a table of events; `state`, `latent` and `parts` in place.

    Parameters
    ----------
    patient (11, 8), amplitude (k, 8), stimulus (forms, 8), constant (24, 8), course (4 k, 8),
        gain (events, 8), wobble (visits, 8) the fluctuation, noise (8,) of the rating at
        `check_visit`, state (33, 8) on day `begin`, latent (visits, 8), parts (6 visits, 8) or
        (0, 8) : as of `run_arm`, people as columns
    effect : everybody's tables one after another; `table` where each person's begins
    event : (events, 7)
    """
    explain = parts.shape[0] > 0
    taup, em, loss_c = row(patient, TAUP), row(patient, EM), 1.0 / row(patient, TAUC)
    rhoc, gam = row(constant, RHOC), row(constant, GAM)
    rate = row(constant, LAM) / 30.0 * row(patient, FRAILTY)
    fast, slow = limb(row(constant, TF), taup), limb(row(constant, TS), taup)
    onset = limb(row(constant, TXO), row(constant, TAUX))
    fade = np.empty((2 * FADES, WIDTH))  # of a whole day, then of a part of one
    own, fired, lost = np.empty((2, WIDTH)), np.empty((1, WIDTH)), np.empty((1, WIDTH))
    fades(1.0, taup, constant, fade, 0)
    most = 0
    for q in range(WIDTH):
        k = int(state[RELAPSES, q])
        own[WAITS, q] = threshold(patient[:, q], k)
        own[LAST, q] = NEVER if k == 0 else state[FIRST + (k - 1) * EACH + ONSET, q]
        if k == MOST_RELAPSES:
            own[LAST, q] = FULL
        most = max(most, k)
    care = exp(-begin / row(constant, TAUH))
    well, t = every(0.0), begin
    for e in range(event.shape[0]):
        while t < event[e, TIME] - 1e-12:
            length = min(1.0, event[e, TIME] - t)
            t += length
            how = 0
            if length != 1.0:
                how = FADES
                fades(length, taup, constant, fade, how)
            care *= row(fade, how + FADE_CARE)
            advance(state, 0, length, fade, how, fast, slow, onset, loss_c, constant)
            for k in range(most):
                before = FIRST + k * EACH + BEFORE
                advance(state, before, length, fade, how, fast, slow, onset, loss_c, constant)
            d = drug_effect(row(state, P), row(state, C), em, rhoc, effect, table)
            a, shared = others(t, amplitude, course), row(patient, H) * (1.0 - care)
            gained = d + a + shared + row(state, X) + row(state, XQ)
            # who has not improved has nothing to relapse from, who just relapsed is at rest
            may = (gained > row(constant, GATE)) & (t - row(own, LAST) >= row(constant, REST))
            if most > 0 and anywhere(may & (row(state, RELAPSES) > 0.0)):
                back = taken_back(state, most, t, em, a + shared, constant, effect, table)
                gained -= back
                may = may & (gained > row(constant, GATE))
            risk = length * rate * exp(-gam * (d + a))
            hazard = row(state, HAZARD) + choose(may, risk, 0.0)
            put(state, HAZARD, hazard)
            now = may & (hazard > row(own, WAITS))
            if anywhere(now):
                put(fired, 0, choose(now, 1.0, 0.0))
                put(lost, 0, gained)
                most = max(most, relapse(state, fired, t, lost, patient, own))
        kind = int(event[e, KIND])
        if kind == VISIT:
            v = int(event[e, NUMBER])
            d = drug_effect(row(state, P), row(state, C), em, rhoc, effect, table)
            a = others(t, amplitude, course)
            shared = row(patient, H) * (1.0 - exp(-t / row(constant, TAUH)))
            z = taken_back(state, most, t, em, a + shared, constant, effect, table)
            x, w = row(state, X), row(wobble, v)
            y = row(patient, B) + w - d - x - shared - a + z
            put(latent, v, y)
            if explain:
                at = PARTS * v
                put(parts, at + DRUG, -d)
                put(parts, at + CONTEXT, -x)
                put(parts, at + SHARED, -shared)
                put(parts, at + OTHER, -a)
                put(parts, at + RELAPSE, z)
                put(parts, at + FLUCTUATION, w)
            if v == check_visit:
                rated = 60.0 / (1.0 + exp(-y)) + sm * row(noise, 0)
                well = choose(rated <= every(float(well_at_most)), 1.0, 0.0)
            continue
        goes = every(1.0)
        if event[e, CONDITION] == IF_WELL:
            goes = well
        elif event[e, CONDITION] == IF_NOT_WELL:
            goes = 1.0 - well
        form = int(event[e, FORM])
        if form >= 0:
            given = row(constant, KON) * row(stimulus, form) * event[e, SHARE]
            room = 1.0 - row(state, P) - row(state, QF) - row(state, QS)
            add = goes * (1.0 - exp(-given)) * greater(room, every(0.0))
            put(state, QF, row(state, QF) + row(constant, WF) * add)
            put(state, QS, row(state, QS) + (1.0 - row(constant, WF)) * add)
        if kind == SESSION:
            sessions, floors = row(state, SESSIONS), row(constant, FLOOR)
            habit = floors + (1.0 - floors) * exp(-sessions / row(constant, NH))
            aim = row(gain, e) * row(patient, X0) * habit
            more = row(constant, ALPHA) * (aim - row(state, X) - row(state, XQ))
            put(state, XQ, row(state, XQ) + goes * more)
            put(state, SESSIONS, sessions + goes)


@njit(cache=True, nogil=True, error_model="numpy")
def columns(people: np.ndarray, first: int, out: np.ndarray) -> None:
    """Eight people from `first` on as columns (k, 8), the last one over again where they end."""
    for q in range(WIDTH):
        i = min(first + q, people.shape[0] - 1)
        for k in range(out.shape[0]):
            out[k, q] = people[i, k]
