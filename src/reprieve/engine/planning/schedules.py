"""Schedules to compare: what is asked, and the days on which it falls for this person."""

from dataclasses import dataclass, field
from math import ceil

from reprieve.engine.planning.comparison import Broken, Schedule
from reprieve.engine.planning.constraints import SLACK_D, Ground, Limits
from reprieve.errors import InputError

WEEK_D = 7.0
LONGEST_D = 730.0
MOST_SCHEDULES = 24


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What to compare.

    Attributes
    ----------
    horizon_days : how far ahead
    every_weeks : spacings, weeks between sessions, counted from the last session given (see
        `spaced`)
    none : whether no further session is one of the options
    on_days : single sessions on chosen days, days from the first treatment
    on_rise : a session when the score of a weekly check has risen by so many points from the best
        since the last session; None leaves it out
    rise_on : the instrument whose rise counts; the own one if empty
    planned : the plan of the case, if it has one
    paths : virtual courses that a rule is followed on, one by one
    limits : hard limits; a schedule that breaks one is not compared
    """

    horizon_days: float = 84.0
    every_weeks: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0, 6.0)
    none: bool = True
    on_days: tuple[float, ...] = ()
    on_rise: float | None = None
    rise_on: str = ""
    planned: bool = True
    paths: int = 1024
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        check_horizon(self.horizon_days)
        for weeks in self.every_weeks:
            if not 1 / WEEK_D <= weeks <= LONGEST_D / WEEK_D:
                raise InputError(
                    f"A spacing of {weeks} weeks was asked for; expected one day to "
                    f"{LONGEST_D / WEEK_D:.0f} weeks."
                )
        if self.on_rise is not None and not 0 < self.on_rise < 100:
            raise InputError(
                f"A rise of {self.on_rise} points was asked for; expected a number above 0."
            )
        if not 64 <= self.paths <= 65536:
            raise InputError(f"{self.paths} paths were asked for; expected 64 to 65,536.")
        count = len(self.every_weeks) + len(self.on_days)
        if count > MOST_SCHEDULES:
            raise InputError(f"{count} schedules were asked for; at most {MOST_SCHEDULES} a time.")


def check_horizon(days: float) -> None:
    """Refuse a horizon below a week or beyond two years, as the forecast does.

    Raises
    ------
    InputError
        With the days that came and those that can be.
    """
    if not WEEK_D <= days <= LONGEST_D:
        raise InputError(f"A horizon of {days:g} days; expected {WEEK_D:g} to {LONGEST_D:g} days.")


def schedules(
    options: PlanOptions, asked_at: float, ground: Ground, scale: str
) -> tuple[Schedule, ...]:
    """Every schedule that is asked for, in order: none, spacings, days, the plan, the rule.

    Parameters
    ----------
    asked_at : day of the question; no session comes before it
    scale : name of the instrument whose rise counts

    Raises
    ------
    InputError
        A chosen day lies before the question or after the horizon.
    """
    end = asked_at + options.horizon_days
    found = [Schedule("no further dose", "none")] if options.none else []
    for weeks in dict.fromkeys(options.every_weeks):
        days = spaced(WEEK_D * weeks, asked_at, end, ground, options.limits)
        found.append(Schedule(_every(weeks), "every", days, every_days=WEEK_D * weeks))
    for day in dict.fromkeys(options.on_days):
        if not asked_at - SLACK_D <= day < end:
            raise InputError(
                f"A dose on {ground.when(day)} was asked for; expected {ground.when(asked_at)} "
                f"(today) or later, before {ground.when(end)}, the end of the comparison."
            )
        found.append(Schedule(f"one dose on {ground.when(day)}", "dates", (max(day, asked_at),)))
    ahead = tuple(d for d, _ in ground.planned if asked_at <= d < end)
    if options.planned and ahead:
        found.append(Schedule("as planned", "planned", ahead))
    if options.on_rise is not None:
        name = f"a dose when {scale} rises by {options.on_rise:g}"
        found.append(Schedule(name, "rule", rise=options.on_rise))
    if not found:
        raise InputError("No schedule was asked for; name at least one.")
    return tuple(found)


def _every(weeks: float) -> str:
    if weeks == 1:
        return "weekly"
    days = WEEK_D * weeks
    whole = abs(weeks - round(weeks)) < SLACK_D
    return f"every {weeks:g} weeks" if whole else f"every {days:.3g} days"


def spaced(
    every: float, asked_at: float, end: float, ground: Ground, limits: Limits
) -> tuple[float, ...]:
    """Days of a spacing: from the last session given on, none before the question or the limits.

    The first falls on the next weekly check, where the score is taken before the dose, as a
    clinic does. A score taken a day after a dose reads lower than one a week after it, so
    spacings that met their checks at different places could not be compared. A session that
    would fall on a weekend, where those are left out, waits for the Monday; the next ones keep
    their own days.
    """
    due = asked_at if ground.last_day is None else ground.last_day + every
    due = max(due, asked_at, asked_at if limits.not_before is None else limits.not_before)
    first = asked_at + WEEK_D * ceil((due - asked_at) / WEEK_D - SLACK_D)
    last = end if limits.not_after is None else min(end, limits.not_after + SLACK_D)
    days = []
    while first < last:
        day = first
        while limits.no_weekends and ground.weekend(day):
            day += 1.0
        if day < last:
            days.append(day)
        first += every
    return tuple(days)


def nothing_fits(schedule: Schedule) -> tuple[Broken, ...]:
    """Why a spacing without a single session is left out."""
    if schedule.kind != "every" or schedule.days:
        return ()
    return (Broken("No session of it falls within the days asked about.", True, "user"),)
