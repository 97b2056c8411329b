"""Real people: what was expected before each session, beside what came after it."""

from collections.abc import Sequence

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case, Score, Treatment
from reprieve.engine.forecast.future import follow
from reprieve.engine.forecast.posterior import posterior
from reprieve.engine.trials.hindsight import LEVELS, Period, Replay
from reprieve.report.unfolding import as_known

BEFORE_D = 0.01  # asked a quarter of an hour before a session
_HOURS_4 = 0.17
_WATCHED_D = 14


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
