"""The odds of one schedule: from laws where its days are known, from lived courses under a rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reprieve.engine.forecast.future import Future
from reprieve.engine.forecast.rules import Rules
from reprieve.engine.mood.model import Array
from reprieve.engine.planning.adaptive import Lived, said_by
from reprieve.engine.planning.comparison import Range

TAILS = (0.1, 0.9)
WEEK_D = 7.0


@dataclass(frozen=True, slots=True)
class Odds:
    """What a schedule leads to; see `comparison.Choice`."""

    relapse: tuple[float, ...] | None
    relapse_se: tuple[float, ...] | None
    well_days: float
    score: float
    score_80: Range
    response: float
    remission: float


def weekly(days: Array, asked_at: float) -> Array:
    """(k,) which of the days are weekly checks."""
    weeks = (days - asked_at) / WEEK_D
    return np.asarray(np.abs(weeks - np.round(weeks)) < 1e-6)


def of_future(future: Future, rule: Rules, ess: float) -> Odds:
    """Odds of a schedule of known days.

    The standard error is that of as many independent people as count; each is followed through
    several opposite courses, so the true one is smaller.
    """
    low, high = future.quantile(TAILS)[:, -1]
    relapse = None if future.relapse is None else np.asarray(future.relapse)
    error = None if relapse is None else np.sqrt(relapse * (1.0 - relapse) / ess)
    return Odds(
        _plain(relapse),
        _plain(error),
        future.well_days,
        float(future.mean[-1]),
        (float(low), float(high)),
        float(future.at_most(rule.cutoffs[1])[-1]),
        float(future.at_most(rule.cutoffs[2])[-1]),
    )


def of_lived(
    lived: Lived, alone: Lived, untreated: Future, rule: Rules, asked_at: float, ess: float
) -> Odds:
    """Odds of a rule, from courses under it beside the same courses with no session.

    What no session leads to is known better from its law (`untreated`); the distance between that
    and the same courses corrects the rule's (control variate, regression coefficient).
    """
    ahead = lived.days - asked_at
    check = weekly(lived.days, asked_at)
    relapse = error = None
    if untreated.relapse is not None:
        mine, other = (
            said_by(c.seen[:, check], rule.level, rule.consecutive) for c in (lived, alone)
        )
        known = np.asarray(untreated.relapse)
        relapse, error = corrected(mine, other, known, np.sqrt(known * (1.0 - known) / ess))
        relapse = np.maximum.accumulate(np.clip(relapse, 0.0, 1.0))
    below = [_below(lived, alone, untreated, cut) for cut in rule.cutoffs[1:]]
    well = np.concatenate([below[0][:1], below[0]])
    score, _ = corrected(lived.seen[:, -1:], alone.seen[:, -1:], untreated.mean[-1:])
    low, high = np.quantile(lived.seen[:, -1], TAILS, method="inverted_cdf")
    return Odds(
        _plain(relapse),
        _plain(error),
        float(np.trapezoid(well, np.concatenate([[0.0], ahead]))),
        float(score[0]),
        (float(low), float(high)),
        float(below[0][-1]),
        float(below[1][-1]),
    )


def _below(lived: Lived, alone: Lived, untreated: Future, cutoff: float) -> Array:
    """(k,) probability of a score at most the cut-off on each day."""
    found, _ = corrected(
        np.asarray(lived.seen <= cutoff, float),
        np.asarray(alone.seen <= cutoff, float),
        untreated.at_most(cutoff),
    )
    return np.clip(found, 0.0, 1.0)


def corrected(
    mine: Array, other: Array, known: Array, known_se: Array | float = 0.0
) -> tuple[Array, Array]:
    """Means (k,) of paired draws (n, k) and their standard errors, given the other's true means.

    Parameters
    ----------
    mine, other : (n, k) what each course gives under the rule, and without it
    known, known_se : (k,) the means of `other` as known otherwise, and their standard errors
    """
    x, y = np.asarray(mine, float), np.asarray(other, float)
    away_x, away_y = x - x.mean(axis=0), y - y.mean(axis=0)
    spread = (away_y**2).mean(axis=0)
    slope = (away_x * away_y).mean(axis=0) / np.where(spread > 0, spread, 1.0)
    left = ((away_x - slope * away_y) ** 2).mean(axis=0)
    error = np.sqrt(left / len(x) + (slope * known_se) ** 2)
    return x.mean(axis=0) - slope * (y.mean(axis=0) - known), error


def _plain(values: Array | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(np.asarray(values).tolist())


def frontier(sessions: Sequence[float], worse: Sequence[float]) -> list[bool]:
    """Which pairs of sessions and harm nothing else undercuts: no more of both, less of one."""
    pairs = list(zip(sessions, worse, strict=True))
    return [not any(a <= s and b <= w and (a < s or b < w) for a, b in pairs) for s, w in pairs]
