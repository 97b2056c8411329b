"""Real people: what was expected before each session, beside what came after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case, Score, Treatment
from reprieve.engine.forecast.future import follow
from reprieve.engine.forecast.posterior import FEWEST, posterior
from reprieve.engine.mood.model import Array

BEFORE_D = 0.01  # asked a quarter of an hour before a session
_HOURS_4 = 0.17
_WATCHED_D = 14
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Period:
    """One treatment and what followed, foretold and seen.

    `start_d` and `what` ("ketamine" or "saline"); `days` (k,) with `band` (5, k), quantiles 10,
    25, 50, 75, 90 % of the observed score; `seen_d`, `seen` (m,) the scores that came, with
    `foretold` (5, m) at those days; `chance` (m,) the predictive probability of a score at most
    as high as the one seen; `effective` the number of virtual patients that the weights amount
    to.
    """

    start_d: float
    what: str
    days: Array
    band: Array
    seen_d: Array
    seen: Array
    foretold: Array
    chance: Array
    effective: float

    @property
    def inside(self) -> Mask:
        """(m,) whether each score lies in its 80 % interval."""
        within = (self.foretold[0] <= self.seen) & (self.seen <= self.foretold[4])
        return np.asarray(within)


@dataclass(frozen=True, slots=True)
class Replay:
    """A case and its periods; `entry` is the score before treatment."""

    id: str
    age: int | None
    sex: str | None
    entry: float
    periods: tuple[Period, ...]

    @property
    def effective(self) -> float:
        """The fewest virtual patients that the weights of any period amount to."""
        return min(p.effective for p in self.periods)

    @property
    def thin(self) -> bool:
        """Whether so few virtual patients explain this person that the bands are rough."""
        return self.effective < FEWEST


def foretold(case: Case, ensemble: Ensemble, seed: int) -> Replay:
    """Each session of a case forecast from what was known before it, on the own instrument."""
    own = case.own_instrument
    scores = [s for s in case.usable if s.instrument == own]
    periods = tuple(_period(case, k, scores, ensemble, seed) for k in range(len(case.given)))
    entry = [s.value for s in scores if s.day <= case.given[0].day][-1]
    age = None if case.person.age is None else round(case.person.age)
    return Replay(case.id, age, case.person.sex, entry, periods)


def _period(case: Case, k: int, scores: Sequence[Score], ensemble: Ensemble, seed: int) -> Period:
    session, end = case.given[k], _end(case.given, k, scores)
    asked = session.day - BEFORE_D
    post = posterior(as_known(case, asked), seed, ensemble=ensemble)
    here = [s for s in scores if session.day < s.day <= end]
    days = [session.day + d for d in (_HOURS_4, *range(1, _WATCHED_D + 1))]
    drawn = np.array([d for d in days if d <= end])
    seen_d, seen = np.array([s.day for s in here]), np.array([s.value for s in here])
    grid = np.unique(np.concatenate([drawn, seen_d]))
    ahead = follow(post, post.plan_sittings(), float(end - asked) + 1.0, grid=grid)
    band, at = ahead.quantile(LEVELS), np.searchsorted(grid, seen_d)
    below = [float(ahead.at_most(v)[j]) for v, j in zip(seen, at, strict=True)]
    what = session.regimen.doses[0].drug
    return Period(
        session.day, what, grid, band, seen_d, seen, band[:, at], np.array(below), post.ess
    )


def _end(given: Sequence[Treatment], k: int, scores: Sequence[Score]) -> float:
    """A session is watched until the next one, or the last score."""
    return given[k + 1].day if k + 1 < len(given) else scores[-1].day


def as_known(case: Case, day: float) -> Case:
    """The case on a day, with the sessions that were given later as its plan."""
    ahead = [t for t in case.given if t.day > day]
    text = ", then ".join(_phases(ahead))
    earlier = case.until(day)
    return replace(earlier, plan=text, plan_from=ahead[0].day) if ahead else earlier


def _phases(sessions: Sequence[Treatment]) -> Iterator[str]:
    """Each session as a phase of the regimen language, as long as the wait for the next one."""
    for k, session in enumerate(sessions):
        wait = sessions[k + 1].day - session.day if k + 1 < len(sessions) else None
        span = "" if wait is None else f", every {wait:g} days for {wait:g} days"
        yield f"{session.text}{span}"
