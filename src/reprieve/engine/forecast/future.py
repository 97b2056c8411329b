"""What follows the question under one plan: the scores to expect, and when relapse is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from reprieve.engine.core import arms
from reprieve.engine.core import filter as scores_core
from reprieve.engine.core import future as core_future
from reprieve.engine.core import mood as core
from reprieve.engine.forecast import traits
from reprieve.engine.forecast.posterior import Posterior, stimuli
from reprieve.engine.forecast.rules import Rules
from reprieve.engine.forecast.timeline import event_tables
from reprieve.engine.mood.model import OTHERS, Array
from reprieve.engine.trials.design import Course, Sitting
from reprieve.errors import ModelError

EARLY = (1.0, 2.0, 3.0, 5.0)  # days after the question beside the weekly checks
COPIES = 2  # courses a virtual person, one the mirror image of the other
LONGEST_D = 2 * 365.25
SHOWN_DOSES = 14  # more planned sessions than that are not shown day by day
STEP, PER_LOG, SMALLEST = 0.25, 10.0, 0.5  # mesh of means (points) and of log SDs


@dataclass(frozen=True, eq=False)
class Future:
    """Scores on the own instrument after the question, under one plan.

    `days` (k,) on the case's clock; `pmf` (k, points) of the observed score from `low` on;
    `mean`, `sd` (k,); `check_days` (c,) weekly; `relapse` (c,) probability that relapse has
    been said by then, None when there is no response to lose; `reached` (3, k) probability that
    a rating on a day shown has come down to each cut-off of `rules`; `well_days` expected days
    in response of the `days_watched`. Person by person: `latent` (n, k) score without baseline
    and fluctuation, `score` (n, k) expected on the own instrument.
    """

    days: Array
    pmf: Array
    low: float
    mean: Array
    sd: Array
    check_days: Array
    relapse: Array | None
    reached: Array
    well_days: float
    days_watched: float
    latent: Array
    score: Array

    @cached_property
    def cdf(self) -> Array:
        """(k, points) probability of a score at most as high."""
        return np.asarray(np.minimum(self.pmf.cumsum(axis=1), 1.0))

    def at_most(self, cutoff: float) -> Array:
        """(k,) probability of an observed score of `cutoff` or less."""
        index = int(np.floor(cutoff - self.low + 1e-9))
        if index < 0:
            return np.zeros(len(self.days))
        return np.asarray(self.cdf[:, min(index, self.cdf.shape[1] - 1)])

    def quantile(self, levels: Sequence[float]) -> Array:
        """(levels, k) smallest score that is reached with each probability."""
        rows = [(self.cdf >= level - 1e-12).argmax(axis=1) for level in levels]
        return np.asarray(np.array(rows) + self.low, float)


def follow(
    post: Posterior,
    sessions: Sequence[Sitting],
    horizon_days: float,
    *,
    others: Sequence[Course] = (),
    grid: Array | None = None,
) -> Future:
    """Follow the people of a posterior through a plan.

    Parameters
    ----------
    sessions : on the case's clock, none before the question
    horizon_days : from the question on
    others : treatments that are started or stopped, on the case's clock
    grid : days of the case's clock to foretell; by default the days after the question, weekly
        checks and the days of and after each session

    Raises
    ------
    ModelError
        A session before the question, or a horizon beyond two years.
    """
    line = post.line
    begin = max(line.asked_at, 0.0)
    plan = tuple(Sitting(s.day - line.zero, s.form, s.awareness, s.condition) for s in sessions)
    if any(s.day < begin - 1e-9 for s in plan):
        early = min(s.day for s in sessions)
        raise ModelError(
            f"A planned session on day {early:g} lies before the question on day "
            f"{post.asked_at:g}; plan from that day on."
        )
    if not 1.0 <= horizon_days <= LONGEST_D:
        raise ModelError(
            f"The horizon was {horizon_days:g} days; expected 1 to {LONGEST_D:.0f} days."
        )
    days = _visits(begin, plan, horizon_days) if grid is None else np.asarray(grid) - line.zero
    latent = improve(post, plan, days, begin, others)
    return _outcome(post, days, latent, begin, horizon_days)


def improve(
    post: Posterior,
    plan: tuple[Sitting, ...],
    days: Array,
    begin: float,
    others: Sequence[Course] = (),
) -> Array:
    """(n, days) latent score without baseline and fluctuation, days on the model's clock."""
    world, tried = post.world, post.tried
    shifted = [Course(o.what, o.from_d - post.line.zero, _end(o, post.line.zero)) for o in others]
    known = (*post.line.others, *shifted)
    if len(known) > OTHERS:
        raise ModelError(f"{len(known)} other treatments; the model follows at most {OTHERS}.")
    means, course = world.sets.others(known)
    amplitude = _amplitude(post, means)
    forms, table = event_tables(world.sets, plan, days)
    latent = np.empty((post.n, len(days)))
    arms.run_people(
        tried.patient, amplitude, stimuli(world, forms, tried.z), tried.member,
        world.sets.constant, world.sets.effect, course, table, begin, tried.state.copy(), latent,
        np.empty((0, len(days), core.PARTS)),
    )  # fmt: skip
    return latent


def _end(course: Course, zero: float) -> float | None:
    return None if course.to_d is None else course.to_d - zero


def _amplitude(post: Posterior, means: Array) -> Array:
    """(n, k) effects of other treatments: those lived with, and new ones of the same people."""
    old = post.tried.amplitude
    spread = post.world.sets["wa"][post.tried.member][:, None]
    new = slice(traits.OTHER + old.shape[1], traits.OTHER + means.shape[1])
    drawn = np.exp(spread * post.tried.z[:, new] - spread**2 / 2)
    return np.hstack([old, means[post.tried.member][:, old.shape[1] :] * drawn])


def _visits(begin: float, plan: tuple[Sitting, ...], horizon: float) -> Array:
    weekly = begin + np.arange(7.0, horizon + 1e-9, 7.0)
    early = [begin + d for d in EARLY if d <= horizon]
    sessions = [s.day for s in plan if begin < s.day <= begin + horizon]
    around = [d for s in sessions[:SHOWN_DOSES] for d in (s, s + 1.0)]
    days = np.unique(np.round([*early, *weekly, *around, begin + horizon], 6))
    return np.asarray(days[(days > begin) & (days <= begin + horizon + 1e-5)])  # as rounded


def _outcome(post: Posterior, days: Array, latent: Array, begin: float, horizon: float) -> Future:
    line, tried, rule = post.line, post.tried, post.world.rule
    ahead = days - begin
    scale, table = line.scale[0], line.table[0]
    score, variance = np.empty(latent.shape), np.empty(latent.shape)
    core_future.foresee(
        latent, tried.member, post.world.constants, tried.mean, tried.cov, ahead, scale, table,
        score, variance,
    )  # fmt: skip
    pmf = mixture(post.weights, score, variance, scale[scores_core.LOW], scale[scores_core.HIGH])
    points = np.arange(pmf.shape[1]) + scale[scores_core.LOW]
    mean = pmf @ points
    week = np.abs(ahead / 7 - np.round(ahead / 7)) < 1e-6
    reached, relapse = _paths(post, latent, ahead, week, rule)
    return Future(
        days=days + line.zero,
        pmf=pmf,
        low=float(scale[scores_core.LOW]),
        mean=mean,
        sd=np.sqrt(np.maximum(pmf @ points**2 - mean**2, 0.0)),
        check_days=days[week] + line.zero,
        relapse=relapse[week] if rule.in_response else None,
        reached=reached,
        well_days=_days_well(pmf, points, rule.cutoffs[1], ahead, horizon),
        days_watched=horizon,
        latent=latent,
        score=score,
    )


def _paths(
    post: Posterior, latent: Array, ahead: Array, week: NDArray[np.bool_], rule: Rules
) -> tuple[Array, Array]:
    """(3, visits) probability of each cut-off by then, and (visits,) of relapse."""
    line, tried, visits = post.line, post.tried, latent.shape[1]
    first, relapse = np.zeros((len(rule.cutoffs), visits)), np.zeros(visits)
    core_future.paths(
        post.weights, latent, tried.member, post.world.constants, tried.mean, tried.cov, ahead,
        week.astype(np.int64), line.scale[0], line.table[0],
        normals(post.n, visits, post.seed), np.array(rule.cutoffs), rule.level,
        rule.consecutive, first, relapse,
    )  # fmt: skip
    return first.cumsum(axis=1), relapse.cumsum()


@lru_cache(maxsize=6)
def normals(n: int, visits: int, seed: int) -> Array:
    """(n, copies, 4 + 3 visits) standard normals behind the courses of n people."""
    wide = core_future.START + core_future.EACH_VISIT * visits
    one = np.random.default_rng([seed, 11]).standard_normal((n, COPIES // 2, wide))
    return np.concatenate([one, -one], axis=1)


def mixture(weights: Array, score: Array, variance: Array, low: float, high: float) -> Array:
    """(visits, points) law of the observed whole-point score: a mixture of people's normals.

    Parameters
    ----------
    weights : (n,) sum to one
    score, variance : (n, visits) of each person's score before rounding
    low, high : ends of the scale, where what lies beyond is seen
    """
    centre, log_sd, law = _mesh(low, high)
    held = np.zeros((score.shape[1], len(centre), len(log_sd)))
    core_future.gather(weights, score, variance, centre[0], STEP, log_sd[0], PER_LOG, held)
    flat = held.reshape(len(held), -1)
    used = flat.any(axis=0)  # a few hundred nodes of thousands
    total = np.einsum("vk,kp->vp", flat[:, used], law[used])  # no threads for so little
    return np.asarray(total / total.sum(axis=1, keepdims=True))


@lru_cache(maxsize=16)
def _mesh(low: float, high: float) -> tuple[Array, Array, Array]:
    """Nodes of means and log SDs, and the law of the whole-point score at each pair of them."""
    centre = np.arange(low - 2.0, high + 2.0 + STEP / 2, STEP)
    log_sd = np.arange(np.log(SMALLEST), np.log(25.0) + 1 / PER_LOG, 1 / PER_LOG)
    edge = np.arange(low, high) + 0.5
    below = ndtr((edge - centre[:, None, None]) / np.exp(log_sd)[None, :, None])
    whole = np.concatenate(
        [np.zeros((*below.shape[:2], 1)), below, np.ones((*below.shape[:2], 1))], axis=2
    )
    law = np.diff(whole, axis=2)
    return centre, log_sd, np.ascontiguousarray(law.reshape(-1, law.shape[2]))


def _days_well(pmf: Array, points: Array, cutoff: float, ahead: Array, horizon: float) -> float:
    """Expected days with a score of half the entry score or less, linear between days shown."""
    well = pmf[:, points <= cutoff].sum(axis=1)
    days = np.concatenate([[0.0], ahead])
    return float(np.trapezoid(np.concatenate([well[:1], well]), days))
