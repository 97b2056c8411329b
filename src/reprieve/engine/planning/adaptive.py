"""Dosing by a rule: courses are lived one by one, since each decides its own next session.

A weekly check shows a score; when it has risen by so many points from the best since the last
session, a session follows on that day. The people are a subset of the posterior of equal weight;
each keeps its own state of the mood kernel from week to week, with fluctuation and rating drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.core import arms
from reprieve.engine.core import filter as scores_core
from reprieve.engine.core import mood as core
from reprieve.engine.forecast.posterior import Posterior, stimuli
from reprieve.engine.forecast.timeline import event_tables, scales
from reprieve.engine.mood.instruments import FINE
from reprieve.engine.mood.model import Array, to_madrs
from reprieve.engine.planning.question import knows
from reprieve.engine.trials.design import Form, Sitting

WEEK_D = 7.0
_STREAM = 12  # of the posterior's seed; `future` takes 11
_FLUCTUATIONS = ((scores_core.SW, scores_core.TW), (scores_core.SV, scores_core.TV))
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scale:
    """How a true MADRS becomes a rating: row and table of `core.filter`, offset (n,) in points."""

    row: Array
    table: Array
    offset: Array

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest score."""
        return float(self.row[scores_core.LOW]), float(self.row[scores_core.HIGH])

    def true(self, latent: Array) -> Array:
        """True scores of latent ones, (n,) or (n, visits)."""
        offset = self.offset if latent.ndim == 1 else self.offset[:, None]
        return np.interp(to_madrs(latent) + offset, FINE, self.table)

    def spread(self, error: Array) -> Array:
        """(n,) SD of a rating, given that of a trained rater (n,) for MADRS."""
        own = self.row[scores_core.ERROR]
        return error if own < 0 else np.full(len(error), own)

    def rated(self, latent: Array, error: Array, normal: Array) -> Array:
        """Whole-point ratings (n,) of latent scores (n,); `error` (n,) the trained rater's."""
        seen = self.true(latent) + self.spread(error) * normal
        return np.asarray(np.floor(np.clip(seen, *self.ends) + 0.5))


@dataclass(frozen=True, slots=True)
class Rule:
    """A session at a weekly check when the score has risen by `rise` on an instrument.

    `best` is the lowest score since the last session so far (infinite if there is none) and `due`
    whether the record itself calls for a session at the question. `allowed` tells for a day (of
    the case's clock), sessions so far (n,) and days since the last one (n,) who may have one;
    `waits` how many days a session due on a day must wait.
    """

    rise: float
    instrument: str
    form: Form
    best: float
    due: bool
    allowed: Callable[[float, Array, Array], Mask]
    waits: Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Lived:
    """Courses that were lived: `seen` (n, visits) own ratings at `days` of the case's clock,
    `sessions` (n,) of each."""

    days: Array
    seen: Array
    sessions: Array


@dataclass(slots=True)
class Progress:
    """How far courses have come: the kernel's `state` (n, 33) and `fluctuation` (n, 2) on `day`;
    `sessions` (n,) so far, day of the `last` (n,), `best` score since (n,), who is `due` (n,)."""

    state: Array
    fluctuation: Array
    sessions: Array
    last: Array
    best: Array
    due: Mask
    day: float = 0.0

    @staticmethod
    def of(courses: "Courses", rule: Rule | None) -> "Progress":
        """At the question; the last session was as long ago for everybody."""
        post, n = courses.post, courses.post.n
        given = [s.day - courses.begin for s in post.line.given if s.form]
        return Progress(
            post.tried.state.copy(),
            courses.start[:, scores_core.SLOW : scores_core.FAST + 1].copy(),
            np.zeros(n),
            np.full(n, given[-1] if given else -np.inf),
            np.full(n, np.inf if rule is None else rule.best),
            np.full(n, rule is not None and rule.due),
        )

    def treat(self, dosed: Mask, day: float) -> None:
        """Note a session; what counts as a rise starts anew."""
        self.sessions = self.sessions + dosed
        self.last = np.where(dosed, day, self.last)
        self.best = np.where(dosed, np.inf, self.best)

    def judge(self, rise: float, score: Array) -> None:
        """A weekly check: who is due, and the best score so far."""
        self.due = score - self.best >= rise
        self.best = np.minimum(self.best, score)


class Courses:
    """People of equal weight on their way, with everything by chance drawn beforehand."""

    def __init__(self, post: Posterior, instrument: str, visits: int, copy: int = 0) -> None:
        self.post = post
        self.begin, self.known = max(post.line.asked_at, 0.0), knows(post)
        self.rng = rng = np.random.default_rng([post.seed, _STREAM, copy])
        self.start = _believed(post, rng.standard_normal((post.n, post.line.dims)))
        self.shock = rng.standard_normal((visits, 4, post.n))
        self.constants = post.world.constants[post.tried.member]
        self.error = self.constants[:, scores_core.SM]
        self.own = self.scale(post.line.names[0])
        self.asked = self.own if instrument == post.line.names[0] else self.scale(instrument)
        _, self.course = post.world.sets.others(post.line.others)

    def scale(self, name: str) -> Scale:
        """An instrument for these people: the offset of one never used is drawn."""
        line, n = self.post.line, self.post.n
        if name in line.names:
            k = line.names.index(name)
            index = int(line.scale[k, scores_core.INDEX])
            offset = self.start[:, index] if index >= 0 else np.zeros(n)
            return Scale(line.scale[k], line.table[k], offset)
        row, table = scales((name,))
        offset = row[0, scores_core.PERSONAL] * self.rng.standard_normal(n)
        return Scale(row[0], table[0], offset)

    def wobbled(self, visits: Array) -> Array:
        """(n, visits) baseline and fluctuation at visits, days from the question."""
        at = Progress.of(self, None)
        return np.column_stack([self._wobble(at, float(day), v) for v, day in enumerate(visits)])

    def live(self, rule: Rule | None, visits: Array) -> Lived:
        """All courses through the visits (days from the question, weekly ones among them)."""
        n, at = self.post.n, Progress.of(self, rule)
        seen = np.empty((n, len(visits)))
        for week in range(int(np.ceil(visits[-1] / WEEK_D - 1e-9))):
            start = WEEK_D * week
            inside = np.flatnonzero((visits > start + 1e-9) & (visits <= start + WEEK_D + 1e-9))
            dosed, day = np.zeros(n, bool), start
            if rule is not None:
                day = start + rule.waits(start + self.post.asked_at)
                dosed = at.due & rule.allowed(day + self.post.asked_at, at.sessions, day - at.last)
                at.treat(dosed, day)
            latent = self._week(at.state, dosed, rule, start, day, visits[inside])
            for column, v in enumerate(inside.tolist()):
                y = latent[:, column] + self._wobble(at, float(visits[v]), v)
                seen[:, v] = self.own.rated(y, self.error, self.shock[v, 2])
            if rule is not None:
                at.judge(rule.rise, self.asked.rated(y, self.error, self.shock[v, self._look]))
        return Lived(visits + self.post.asked_at, seen, at.sessions)

    @property
    def _look(self) -> int:
        """Whose chance a rule's rating has: its own where it is on another instrument."""
        return 2 if self.asked is self.own else 3

    def _wobble(self, at: "Progress", day: float, visit: int) -> Array:
        """(n,) baseline and fluctuation at a visit; `at` moves on to it."""
        c, wobble = self.constants, self.start[:, scores_core.BASE].copy()
        for k, (sd, tau) in enumerate(_FLUCTUATIONS):
            keep = np.exp(-(day - at.day) / c[:, tau])
            new = c[:, sd] * np.sqrt(1 - keep**2) * self.shock[visit, k]
            at.fluctuation[:, k] = keep * at.fluctuation[:, k] + new
            wobble += at.fluctuation[:, k]
        at.day = day
        return wobble

    def _week(
        self, state: Array, dosed: Mask, rule: Rule | None, start: float, day: float, visits: Array
    ) -> Array:
        """(n, visits) latent score without baseline and fluctuation; `state` moves on."""
        latent = np.empty((self.post.n, len(visits)))
        for rows, treated in ((np.flatnonzero(dosed), True), (np.flatnonzero(~dosed), False)):
            if len(rows):
                branch: tuple[Sitting, ...] = ()
                if treated and rule is not None:
                    branch = (Sitting(self.begin + day, rule.form, self.known),)
                latent[rows] = self._group(state, rows, branch, start, visits)
        return latent

    def _group(
        self,
        state: Array,
        rows: NDArray[np.int64],
        branch: tuple[Sitting, ...],
        start: float,
        visits: Array,
    ) -> Array:
        world, tried = self.post.world, self.post.tried
        days = self.begin + visits
        forms, table = event_tables(world.sets, branch, days, float(days[-1]))
        mine, latent = state[rows], np.empty((len(rows), len(visits)))
        arms.run_people(
            tried.patient[rows], tried.amplitude[rows], stimuli(world, forms, tried.z[rows]),
            tried.member[rows], world.sets.constant, world.sets.effect, self.course, table,
            self.begin + start, mine, latent, np.empty((0, len(visits), core.PARTS)),
        )  # fmt: skip
        state[rows] = mine
        return latent


def _believed(post: Posterior, normal: Array) -> Array:
    """(n, dims) one draw of baseline, fluctuation and offsets of each person at the question."""
    floor = 1e-9 * np.eye(post.line.dims)  # a part that is known exactly has no variance
    low = np.linalg.cholesky(post.tried.cov + floor)
    return np.asarray(post.tried.mean + np.einsum("nij,nj->ni", low, normal))


def said_by(seen: Array, level: float, consecutive: int) -> Array:
    """(n, checks) whether relapse has been said by each check: a row of so many at the level."""
    run, out = np.zeros(len(seen)), np.zeros(seen.shape, bool)
    said = np.zeros(len(seen), bool)
    for c in range(seen.shape[1]):
        run = np.where(seen[:, c] >= level, run + 1, 0)
        said |= run >= consecutive
        out[:, c] = said
    return out
