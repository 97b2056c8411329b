"""When a rule may act: the user's hard limits, asked session by session."""

from collections.abc import Callable
from math import inf

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.cases.case import Case
from reprieve.engine.mood.model import Array
from reprieve.engine.planning.constraints import SLACK_D, Ground
from reprieve.engine.planning.schedules import PlanOptions
from reprieve.errors import InputError

FRESH_D = 7.0  # a score of the last week is today's check


def latest_scores(
    case: Case, instrument: str, last_day: float | None, rise: float
) -> tuple[float, bool]:
    """Best score on an instrument since the last session, and whether a session is due by it."""
    since = -inf if last_day is None else last_day
    own = [s for s in case.scores if s.instrument == instrument and s.day > since]
    if not own:
        return inf, False
    best, latest = min(s.value for s in own), own[-1]
    fresh = latest.day > case.asked_at - FRESH_D
    return best, fresh and latest.value - best >= rise


def permission(
    ground: Ground, options: PlanOptions
) -> tuple[Callable[[float, Array, Array], NDArray[np.bool_]], Callable[[float], float]]:
    """Who may have a session on a day, and how long one that is due must wait.

    Raises
    ------
    InputError
        A limit on the dose cannot be checked without a body weight.
    """
    limits = options.limits
    most = sessions_left(ground, options)
    spacing = ground.protocol.thresholds("spacing").get("hours_between_doses")
    apart = max(limits.min_days_between or 0.0, 0.0 if spacing is None else spacing.value / 24.0)
    first = -inf if limits.not_before is None else limits.not_before - SLACK_D
    last = inf if limits.not_after is None else limits.not_after + SLACK_D

    def allowed(day: float, sessions: Array, since: Array) -> NDArray[np.bool_]:
        fits = first <= day <= last
        return np.asarray(fits & (sessions < most) & (since >= apart - SLACK_D))

    def waits(day: float) -> float:
        days = 0.0
        while limits.no_weekends and ground.weekend(day + days):
            days += 1.0
        return days

    return allowed, waits


def sessions_left(ground: Ground, options: PlanOptions) -> float:
    """How many more sessions the hard limits leave."""
    limits, most = options.limits, inf
    if limits.max_sessions is not None:
        most = float(limits.max_sessions)
    for unit, bound, total in (
        ("mg", limits.max_mg, ground.total_mg),
        ("mg/kg", limits.max_mg_per_kg, ground.total_mg_per_kg),
    ):
        if bound is None:
            continue
        given, one = total(ground.done), total([ground.form])
        if given is None or not one:
            raise InputError(
                f"A limit of {bound:g} {unit} cannot be checked without a body weight; add "
                "weight_kg to the case, or drop the limit."
            )
        most = min(most, np.floor((bound * (1 + 1e-9) - given) / one))
    return max(most, 0.0)
