"""How long response lasts after each dose, if no further one followed."""

from functools import lru_cache

import numpy as np

from reprieve.engine.core import arms
from reprieve.engine.core import filter as scores_core
from reprieve.engine.core import future as core_future
from reprieve.engine.core import mood as core
from reprieve.engine.forecast.outlook import Duration
from reprieve.engine.forecast.posterior import Posterior, stimuli
from reprieve.engine.forecast.timeline import event_tables
from reprieve.engine.mood.model import Array
from reprieve.engine.trials.design import Sitting

PEOPLE = 48
# whole days, which the kernel steps fastest
WATCHED = np.array([1.0, 3.0, 5.0, *(d for w in range(7, 84, 7) for d in (w, w + 3)), 84.0])
WITHIN = 7.0  # days in which response must come
LAST_GIVEN, NEXT_PLANNED = 5, 3


def durations(post: Posterior, planned: tuple[Sitting, ...]) -> tuple[Duration, ...]:
    """Response after the latest doses given and the next ones planned, dose by dose.

    True scores, without rating error, are watched for twelve weeks. The person's fluctuation
    around a dose of the past is not looked up but drawn: what is told is how long such a dose
    lasts for this person, not what happened on one day of it.
    """
    given = [s for s in post.line.given if s.form]
    ahead = [Sitting(s.day - post.line.zero, s.form, s.awareness) for s in planned if s.form]
    doses = given + ahead[:NEXT_PLANNED]
    shown = doses[-(LAST_GIVEN + min(len(ahead), NEXT_PLANNED)) :]
    if not shown:
        return ()
    few = post.subset(PEOPLE)
    base, offset = _drawn(few)
    found, state, day = [], np.zeros((few.n, core.STATE)), 0.0
    sessions = sorted([*post.line.given, *ahead], key=lambda s: s.day)
    first = sessions.index(shown[0])
    if first:  # what came before the doses told of, at one go
        _run(few, tuple(sessions[:first]), np.empty(0), day, state)
        day = sessions[first - 1].day
    for sitting in sessions[first : sessions.index(shown[-1]) + 1]:
        _run(few, (sitting,), np.empty(0), day, state)
        day = sitting.day
        if sitting in shown:
            latent = _run(few, (), day + WATCHED, day, state.copy())
            lasts = _lasting(few, latent, base, offset)
            found.append(_summary(lasts, day + post.line.zero, sitting in given))
    return tuple(found)


def _run(
    post: Posterior, plan: tuple[Sitting, ...], visits: Array, begin: float, state: Array
) -> Array:
    """Latent scores (n, visits); `state` becomes that after the last event."""
    world, tried = post.world, post.tried
    end = plan[-1].day if plan else None
    forms, table = event_tables(world.sets, plan, visits, end)
    _, course = world.sets.others(post.line.others)
    latent = np.empty((post.n, len(visits)))
    arms.run_people(
        tried.patient, tried.amplitude, stimuli(world, forms, tried.z), tried.member,
        world.sets.constant, world.sets.effect, course, table, begin, state, latent,
        np.empty((0, len(visits), core.PARTS)),
    )  # fmt: skip
    return latent


def _drawn(post: Posterior) -> tuple[Array, Array]:
    """(n,) baseline and personal offset, drawn from what is believed of each person."""
    normal = _normals(post.n, 2, post.seed)
    mean, cov = post.tried.mean, post.tried.cov
    at = scores_core.BASE
    base = mean[:, at] + np.sqrt(cov[:, at, at]) * normal[:, 0]
    index = int(post.line.scale[0, scores_core.INDEX])
    if index < 0:
        return base, np.zeros(post.n)
    return base, mean[:, index] + np.sqrt(np.maximum(cov[:, index, index], 0)) * normal[:, 1]


def _lasting(post: Posterior, latent: Array, base: Array, offset: Array) -> Array:
    days = np.empty(post.n)
    core_future.lasting(
        latent, base, offset, post.tried.member, post.world.constants, WATCHED,
        post.line.table[0], _normals(post.n, 2 + 2 * len(WATCHED), post.seed),
        post.world.rule.cutoffs[1], WITHIN, days,
    )  # fmt: skip
    return days


@lru_cache(maxsize=8)
def _normals(n: int, columns: int, seed: int) -> Array:
    return np.random.default_rng([seed, columns]).standard_normal((n, columns))


def _summary(days: Array, day: float, given: bool) -> Duration:
    responded = days[days >= 0]
    watched = float(WATCHED[-1])
    share = len(responded) / len(days)
    if share < 0.05:  # too few to speak of a typical duration
        return Duration(day, given, share, None, None, 0.0, watched)
    low, middle, high = (float(q) for q in np.quantile(responded, (0.1, 0.5, 0.9)))
    beyond = float((responded > watched).mean())
    capped = (min(low, watched), min(high, watched))
    return Duration(day, given, share, min(middle, watched), capped, beyond, watched)
