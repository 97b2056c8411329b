"""The mood model again, in JAX, from the equations of docs/mood.md: many people side by side.

Nothing here is shared with the engine's kernel. Time goes in steps of at most a day between the
days on which something happens, as consolidation and relapse are defined there. Arrays end in
the people's axis n.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.reference_posterior.problem import Array, Problem

jax.config.update("jax_enable_x64", True)
RELAPSES = 3
NEVER = 1e9
NONE = -1.0


@dataclass(frozen=True, slots=True)
class Steps:
    """The calendar: `length` and `end` (steps,) in days; what arrives at the end of each step:
    `form` (steps, most), `share`, `gain_row` into `gains` (rows, m), whose first row
    means no session; `at` (visits,) the step that ends on each day asked for; `rest` the shortest
    time between relapses, d."""

    length: Array
    end: Array
    form: Any
    share: Array
    gain_row: Any
    gains: Array
    at: Any
    rest: float


def calendar(problem: Problem, visits: Array) -> Steps:
    """Steps from day 0 that stop at every input and visit (days not below 0)."""
    stops = np.unique(np.concatenate([[0.0], [i.day for i in problem.inputs], visits]))
    length, end = [0.0], [0.0]
    for stop in stops[1:]:
        while end[-1] < stop - 1e-9:
            length.append(min(1.0, stop - end[-1]))
            end.append(end[-1] + length[-1])
    ends = np.array(end)
    steps = [int(np.argmin(np.abs(ends - i.day))) for i in problem.inputs]
    most = max([steps.count(s) for s in steps], default=1)
    form, share = np.full((len(ends), most), -1), np.zeros((len(ends), most))
    row = np.zeros((len(ends), most), int)
    gains, used = [np.full(len(problem.weight), 2 * NONE)], dict.fromkeys(steps, 0)
    for step, given in zip(steps, problem.inputs, strict=True):
        place = (step, used[step])
        used[step] += 1
        form[place], share[place] = given.form, given.share
        if given.gain is not None:
            row[place] = len(gains)
            gains.append(given.gain)
    rest = float(problem.value["rest"].min())
    at = np.array([int(np.argmin(np.abs(ends - day))) for day in visits], int)
    return Steps(np.array(length), ends, form, share, row, np.array(gains), at, rest)


@jax.tree_util.register_dataclass
@dataclass(frozen=True, slots=True)
class Person:
    """Traits (n,) of people and the parameters (n,) of the set that each lives under.

    `stimulus` (forms, n) h; `amplitude` (k, n), `course` (k, 4, n); `threshold` (3, n) Exp(1).
    """

    p: dict[str, Any]
    member: Any
    em: Any
    taup: Any
    tauc: Any
    x0: Any
    h: Any
    frailty: Any
    threshold: Any
    loss: Any
    stimulus: Any
    amplitude: Any
    course: Any


def other_share(t: Any, course: Any) -> Any:
    """Share of another treatment that is there at day t; `course` (4, n)."""
    start, stop, on, off = course
    during = 1.0 - jnp.exp(-jnp.maximum(jnp.minimum(t, stop) - start, 0.0) / on)
    return during * jnp.exp(-jnp.maximum(t - stop, 0.0) / off)


def others(t: Any, who: Person) -> Any:
    """(n,) latent effect of all other treatments at day t."""
    total = jnp.zeros_like(who.em)
    for k in range(who.amplitude.shape[0]):
        total = total + who.amplitude[k] * other_share(t, who.course[k])
    return total


def drug(plasticity: Any, consolidation: Any, who: Person) -> Any:
    """D = Em [ (1 + P50^n) P^n / (P50^n + P^n) + rho C ]."""
    n = who.p["hill"]
    ratio = jnp.exp(n * jnp.log(jnp.clip(plasticity, 1e-30, 1.0)))
    half = jnp.exp(n * jnp.log(who.p["p50"]))
    power = jnp.where(plasticity > 0, ratio, 0.0)
    return who.em * ((1.0 + half) * power / (half + power) + who.p["rhoc"] * consolidation)


State = tuple[Any, ...]


def fades(h: Any, who: Person) -> Any:
    """(7, n) what is left after a time h of whatever fades: fast and slow limb, plasticity,
    context on its way, context, a relapse and its onset."""
    p = who.p
    taus = (p["tf"], p["ts"], who.taup, p["txo"], p["taux"], p["tauz"], p["risez"])
    return jnp.exp(-h / jnp.stack([jnp.broadcast_to(tau, who.em.shape) for tau in taus]))


def unaided(state: State, h: Any, left: Any, who: Person) -> State:
    """Qf, Qs, P, C, Xq, X, each (n,), a time h later when nothing is given; `left` from `fades`."""
    qf, qs, plasticity, consolidation, xq, x = state
    p, taup = who.p, who.taup
    later = plasticity * left[2]
    later += qf / p["tf"] * (left[0] - left[2]) / (1.0 / taup - 1.0 / p["tf"])
    later += qs / p["ts"] * (left[1] - left[2]) / (1.0 / taup - 1.0 / p["ts"])
    context = x * left[4] + xq / p["txo"] * (left[3] - left[4]) / (1.0 / p["taux"] - 1.0 / p["txo"])
    gain = p["kc"] * 0.5 * (plasticity + later)
    rate = gain + 1.0 / who.tauc
    settled = gain / rate + (consolidation - gain / rate) * jnp.exp(-rate * h)
    # what is on its way is all there long before it gets too small for the processor's fast path
    qf, qs, xq = (jnp.where(abs(a) > 1e-12, a, 0.0) for a in (qf, qs, xq))
    return qf * left[0], qs * left[1], later, settled, xq * left[3], context


def taken_back(rest: Any, relapses: tuple[State, ...], who: Person) -> Any:
    """What relapses take (n,): each a share that comes and goes, and never more than is left of
    the improvement that was there before it; `rest` has no part in treatment sessions."""
    total = jnp.zeros_like(rest)
    for lost, held, coming, *branch in relapses:
        remains = drug(branch[2], branch[3], who) + branch[5] + rest
        total += jnp.minimum(lost * (held - coming), jnp.maximum(0.0, remains - total))
    return total


def attend(state: State, seen: Any, form: Any, share: Any, gain: Any, who: Person) -> State:
    """Drug that arrives, and what a session does to expectancy; `gain` (n,) below -1 for none."""
    qf, qs, plasticity, consolidation, xq, x = state
    p = who.p
    took = jnp.where(form >= 0, share, 0.0) * who.stimulus[form]
    add = (1.0 - jnp.exp(-p["kon"] * took)) * jnp.maximum(0.0, 1.0 - plasticity - qf - qs)
    habit = p["floor"] + (1.0 - p["floor"]) * jnp.exp(-seen / p["nh"])
    attended = gain > NONE
    pull = jnp.where(attended, p["alpha"] * (gain * who.x0 * habit - x - xq), 0.0)
    qf, qs = qf + p["wf"] * add, qs + (1.0 - p["wf"]) * add
    return qf, qs, plasticity, consolidation, xq + pull, x, seen + attended


def live(who: Person, steps: Steps) -> tuple[Any, Any]:
    """Every person through the calendar.

    Returns
    -------
    latent : (steps, n) score without baseline and fluctuation, logit, before what the day brings
    parts : (steps, 5, n) drug, context, shared, other and what relapses take back
    """
    p, zero = who.p, jnp.zeros_like(who.em)
    # relapses that fit into the time: the shortest rest between two is known
    most = min(RELAPSES, 1 + int(steps.end[-1] / steps.rest))
    lengths = np.unique(steps.length)
    left = jnp.stack([fades(h, who) for h in lengths])
    gains = jnp.asarray(steps.gains)

    def begin(relapses: Any, falls: Any, count: Any, gained: Any, state: State) -> Any:
        fresh = (who.loss * gained, zero + 1.0, zero + 1.0, *state)
        return tuple(
            tuple(
                jnp.where(falls & (count == k), new, old)
                for new, old in zip(fresh, known, strict=True)
            )
            for k, known in enumerate(relapses)
        )

    def step(carry: Any, now: Any) -> Any:
        state, relapses, last, hazard, count, seen = carry
        h, kind, t, form, share, row = now
        fade = left[kind]
        state = unaided(state, h, fade, who)
        relapses = tuple(
            (lost, held * fade[5], coming * fade[6], *unaided(branch, h, fade, who))
            for lost, held, coming, *branch in relapses
        )
        d, other = drug(state[2], state[3], who), others(t, who)
        shared = who.h * (1.0 - jnp.exp(-t / p["tauh"]))
        z = taken_back(other + shared, relapses, who)
        parts = (d, state[5], shared, other, z)
        # a hazard while there is something to lose, and some time after the last relapse
        gained = d + other + shared + state[5] + state[4] - z
        open_ = (count < most) & (t - last >= p["rest"]) & (gained > p["gate"])
        pace = p["lam"] / 30.0 * who.frailty * jnp.exp(-p["gam"] * (d + other))
        hazard += jnp.where(open_, h * pace, 0.0)
        waits = jnp.select([count == k for k in range(most)], list(who.threshold[:most]), 1e30)
        falls = open_ & (hazard > waits)
        relapses = jax.lax.cond(
            falls.any(), begin, lambda *same: same[0], relapses, falls, count, gained, state
        )
        last, hazard = jnp.where(falls, t, last), jnp.where(falls, 0.0, hazard)
        for k in range(form.shape[0]):
            *state, seen = jax.lax.cond(
                (form[k] >= 0) | (row[k] > 0),
                lambda state, seen, k=k: attend(
                    state, seen, form[k], share[k], gains[row[k], who.member], who
                ),
                lambda state, seen: (*state, seen),
                tuple(state),
                seen,
            )
        carry = (tuple(state), relapses, last, hazard, count + falls, seen)
        return carry, (z - d - parts[1] - shared - other, jnp.stack(parts))

    start = (
        (zero,) * 6, ((zero,) * 9,) * most, zero - NEVER, zero, jnp.zeros(zero.shape, int), zero
    )  # fmt: skip
    kinds = np.searchsorted(lengths, steps.length)
    rows = (steps.length, kinds, steps.end, steps.form, steps.share, steps.gain_row)
    return jax.lax.scan(step, start, tuple(jnp.asarray(row) for row in rows))[1]
