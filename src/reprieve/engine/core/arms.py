"""Whole arms and whole populations through the mood kernel, eight people at a time.

`core.mood` holds the equations; here is who goes through which events, and what is kept of them.
"""

import math

import numpy as np
from numba import njit

from reprieve.engine.core.lanes import WIDTH, every, row
from reprieve.engine.core.mood import (
    GAIN,
    KIND,
    NUMBER,
    PARTS,
    STATE,
    SV,
    SW,
    TIME,
    TRAITS,
    TV,
    TW,
    V0,
    VISIT,
    W0,
    columns,
    effect_table,
    follow,
)


@njit(cache=True, nogil=True, error_model="numpy")
def kept(
    first: int, latent: np.ndarray, parts: np.ndarray, all_latent: np.ndarray,
    all_parts: np.ndarray,
) -> None:  # fmt: skip
    """What came of eight people into the rows of everybody."""
    visits = all_latent.shape[1]
    for q in range(min(WIDTH, all_latent.shape[0] - first)):
        for v in range(visits):
            all_latent[first + q, v] = latent[v, q]
            for k in range(PARTS if parts.shape[0] > 0 else 0):
                all_parts[first + q, v, k] = parts[PARTS * v + k, q]


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
    visits, n = latent.shape[1], patient.shape[0]
    days, fluctuation = np.empty(visits), np.empty(visits)
    for e in range(event.shape[0]):
        if int(event[e, KIND]) == VISIT:
            days[int(event[e, NUMBER])] = event[e, TIME]
    c, way = np.empty((constant.shape[0], WIDTH)), np.empty((course.size, WIDTH))
    gain = np.empty((event.shape[0], WIDTH))
    columns(constant.copy().reshape(1, -1), 0, c)
    columns(course.copy().reshape(1, -1), 0, way)
    columns(event[:, GAIN].copy().reshape(1, -1), 0, gain)
    effect = effect_table(constant)
    who, size = np.empty((TRAITS, WIDTH)), np.empty((amplitude.shape[1], WIDTH))
    got, state = np.empty((stimulus.shape[1], WIDTH)), np.empty((STATE, WIDTH))
    wobble, rated = np.empty((visits, WIDTH)), np.zeros((1, WIDTH))
    y = np.empty((visits, WIDTH))
    share = np.empty((PARTS * visits if parts.shape[0] > 0 else 0, WIDTH))
    for i in range(0, n, WIDTH):
        columns(patient, i, who)
        columns(amplitude, i, size)
        columns(stimulus, i, got)
        for q in range(WIDTH):
            one = min(i + q, n - 1)
            wander(patient[one, W0], patient[one, V0], shock[one], days, constant, fluctuation)
            wobble[:, q] = fluctuation
            if check_visit >= 0:
                rated[0, q] = noise[one, check_visit]
        state[:] = 0.0
        follow(
            who, size, got, c, effect, every(0.0), way, event, gain, 0.0, wobble, rated,
            check_visit, well_at_most, sm, state, y, share,
        )  # fmt: skip
        kept(i, y, share, latent, parts)


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
    member : (n,) each person's row of `constant`
    constant : (members, 24)
    effect : (members, 2049) from `effect_table`
    course : (members, k, 4)
    event : (members, events, 7); they share times and differ in gains
    begin : day on which `state` holds
    state : (n, 33) in place: at `begin` before, at the last event after
    """
    visits, n, events = latent.shape[1], patient.shape[0], event.shape[1]
    still, even = np.zeros((visits, WIDTH)), np.zeros((1, WIDTH))
    flat, wide = effect.reshape(-1), effect.shape[1]
    who, size = np.empty((TRAITS, WIDTH)), np.empty((amplitude.shape[1], WIDTH))
    got, now = np.empty((stimulus.shape[1], WIDTH)), np.empty((STATE, WIDTH))
    c, gain = np.empty((constant.shape[1], WIDTH)), np.empty((events, WIDTH))
    way, table = np.empty((4 * course.shape[1], WIDTH)), np.empty((1, WIDTH))
    y = np.empty((visits, WIDTH))
    share = np.empty((PARTS * visits if parts.shape[0] > 0 else 0, WIDTH))
    for i in range(0, n, WIDTH):
        columns(patient, i, who)
        columns(amplitude, i, size)
        columns(stimulus, i, got)
        columns(state, i, now)
        for q in range(WIDTH):
            m = member[min(i + q, n - 1)]
            table[0, q] = m * wide
            for k in range(constant.shape[1]):
                c[k, q] = constant[m, k]
            for k in range(course.shape[1]):
                for j in range(4):
                    way[4 * k + j, q] = course[m, k, j]
            for e in range(events):
                gain[e, q] = event[m, e, GAIN]
        follow(
            who, size, got, c, flat, row(table, 0), way, event[0], gain, begin, still, even, -1,
            -1.0, 1.0, now, y, share,
        )  # fmt: skip
        kept(i, y, share, latent, parts)
        for q in range(min(WIDTH, n - i)):
            for k in range(STATE):
                state[i + q, k] = now[k, q]
