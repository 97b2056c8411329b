"""One patient, score by score: at each score the forecast is made again from what was known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case, Score
from reprieve.engine.forecast.forecast import outlook
from reprieve.engine.forecast.future import follow
from reprieve.engine.forecast.outlook import Outlook, Range
from reprieve.engine.forecast.posterior import posterior
from reprieve.engine.judging.people import as_known

Tick = Callable[[int, int], None]
AFTER_D = 28.0  # the last forecast looks so far beyond the last score
LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Foretold:
    """What an earlier step expected of a score: median and 80 % range, and when it was asked."""

    asked_at: float
    median: float
    p80: Range


@dataclass(frozen=True, slots=True)
class Step:
    """One question: what had come by then, and the outlook.

    `score` is the newest on the own instrument, `foretold` what the step before expected of it,
    `later` (day, value) of those that were still to come.
    """

    day: float
    score: Score
    foretold: Foretold | None
    outlook: Outlook
    later: tuple[tuple[float, float], ...]

    @property
    def inside(self) -> bool:
        """Whether the score lies in its 80 % range; true where nothing was foretold."""
        return self.foretold is None or (
            self.foretold.p80[0] <= self.score.value <= self.foretold.p80[1]
        )


@dataclass(frozen=True, slots=True)
class Unfolded:
    """A whole record, step by step, on one scale and one stretch of time."""

    case: Case
    instrument: str
    since: float
    until: float
    steps: tuple[Step, ...]


def unfold(case: Case, ensemble: Ensemble, seed: int, tick: Tick | None = None) -> Unfolded:
    """Ask again at each score of a record, knowing only what had come by then.

    Sessions of the record that lie ahead count as planned: they are known to come, their effect
    is not. Days are those of the case; scores of the instrument used last.
    """
    own = case.own_instrument or "MADRS"
    scores = [s for s in case.usable if s.instrument == own]
    until = scores[-1].day + AFTER_D
    steps: list[Step] = []
    foretold: Foretold | None = None
    for k, score in enumerate(scores):
        known = as_known(case, score.day)
        post = posterior(known, seed, ensemble=ensemble)
        found = outlook(post, until - score.day)
        later = tuple((s.day, s.value) for s in scores[k + 1 :])
        steps.append(Step(score.day, score, foretold, found, later))
        if later:
            ahead = follow(post, post.plan_sittings(), until - score.day, grid=np.array(
                [later[0][0]]))  # fmt: skip
            low, middle, high = (float(q[0]) for q in ahead.quantile(LEVELS))
            foretold = Foretold(score.day, middle, (low, high))
        if tick is not None:
            tick(k + 1, len(scores))
    return Unfolded(case, own, scores[0].day - 2.0, until, tuple(steps))


def record(found: Unfolded) -> dict[str, Any]:
    """The same as plain data for JSON."""
    return {
        "case": found.case.id,
        "instrument": found.instrument,
        "steps": [
            {
                "day": s.day,
                "score": s.score.value,
                "foretold": None
                if s.foretold is None
                else {
                    "asked_at": s.foretold.asked_at,
                    "median": s.foretold.median,
                    "p80": list(s.foretold.p80),
                    "inside": s.inside,
                },
                "outlook": s.outlook.to_dict(),
            }
            for s in found.steps
        ],
    }
