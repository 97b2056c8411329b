"""What a schedule may not do: the hard limits of whoever asks.

A schedule that breaks one is left out and says why (`departures` holds the protocol's limits).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import fsum

from reprieve.engine.cases import clock
from reprieve.engine.planning.comparison import Broken, Schedule
from reprieve.engine.trials.design import Form
from reprieve.errors import InputError
from reprieve.evidence.practice import Protocol

SLACK_D = 1e-6  # dates come as instants; a second less than a day is a day
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of the user: a schedule that breaks one is listed as excluded.

    Attributes
    ----------
    max_sessions : sessions within the horizon
    max_mg, max_mg_per_kg : of everything from the first treatment on, given or to come
    not_before, not_after : first and last day of a session, days from the first treatment
    min_days_between : between any two sessions, the last one given included
    no_weekends : sessions from Monday to Friday; needs a case with dates
    """

    max_sessions: int | None = None
    max_mg: float | None = None
    max_mg_per_kg: float | None = None
    not_before: float | None = None
    not_after: float | None = None
    min_days_between: float | None = None
    no_weekends: bool = False

    def __post_init__(self) -> None:
        for name in ("max_sessions", "max_mg", "max_mg_per_kg", "min_days_between"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise InputError(f"The limit {name} was {value}; expected 0 or more.")
        for name in ("not_before", "not_after"):
            value = getattr(self, name)
            if value is not None and not abs(value) < 1e6:
                raise InputError(f"The limit {name} was {value}; expected a day number.")
        first, last = self.not_before, self.not_after
        if first is not None and last is not None and last < first:
            raise InputError(
                f"Sessions may start on day {first:g} and must end by day {last:g}, which is "
                "earlier; exchange the two."
            )


@dataclass(frozen=True, slots=True)
class Ground:
    """What schedules of one person are judged on.

    `given` (day, doses) of every session so far; `form` what a session would give; `planned` the
    sessions of the case's own plan, which may give something else; `weight_kg` None when unknown;
    `origin` the instant of day 0 when the case has dates.
    """

    given: tuple[tuple[float, Form], ...]
    form: Form
    protocol: Protocol
    weight_kg: float | None = None
    origin: datetime | None = None
    planned: tuple[tuple[float, Form], ...] = ()

    @property
    def last_day(self) -> float | None:
        """Day of the last session given."""
        return self.given[-1][0] if self.given else None

    def forms(self, schedule: Schedule) -> tuple[Form, ...]:
        """What each session of a schedule of known days gives."""
        own = dict(self.planned) if schedule.kind == "planned" else {}
        return tuple(own.get(day, self.form) for day in schedule.days)

    def total_mg(self, forms: Sequence[Form]) -> float | None:
        """Sum of sessions, mg; None where it needs an unknown weight.

        Of no session it is 0, or None where one would need the weight: a column keeps its unit.
        """
        one = amount_mg(self.form, self.weight_kg)
        return None if one is None else _sum([amount_mg(form, self.weight_kg) for form in forms])

    def total_mg_per_kg(self, forms: Sequence[Form]) -> float | None:
        """The same per kg of body weight."""
        one, known = amount_mg_per_kg(self.form, self.weight_kg), self.weight_kg
        return None if one is None else _sum([amount_mg_per_kg(form, known) for form in forms])

    @property
    def done(self) -> tuple[Form, ...]:
        """What each session so far gave."""
        return tuple(form for _, form in self.given)

    def when(self, day: float) -> str:
        """A day in a sentence, as a date where the case has dates."""
        return clock.said(day, self.origin)

    def weekend(self, day: float) -> bool:
        """Whether a day is a Saturday or a Sunday.

        Raises
        ------
        InputError
            The case counts days without dates.
        """
        if self.origin is None:
            raise InputError(
                "Weekends can be left out only in a case with dates; set its clock to 'date', or "
                "drop no_weekends."
            )
        return (self.origin + timedelta(days=day)).weekday() >= SATURDAY


def amount_mg(form: Form, weight_kg: float | None) -> float | None:
    """Dose of one session, mg; None where it is per kg and the weight unknown."""
    if weight_kg is None:
        return None if any(d.unit == "mg/kg" for d in form) else fsum(d.amount for d in form)
    return fsum(d.mg(weight_kg) for d in form)


def amount_mg_per_kg(form: Form, weight_kg: float | None) -> float | None:
    """Dose of one session, mg/kg; None where it is in mg and the weight unknown."""
    if all(d.unit == "mg/kg" for d in form):
        return fsum(d.amount for d in form)
    total = amount_mg(form, weight_kg)
    return None if total is None or not weight_kg else total / weight_kg


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return fsum(known) if len(known) == len(parts) else None


def overlapping(schedule: Schedule, ground: Ground) -> tuple[Broken, ...]:
    """A session that would begin before the one before it has ended."""
    forms = [form for _, form in ground.given[-1:]] + list(ground.forms(schedule))
    days = [day for day, _ in ground.given[-1:]] + list(schedule.days)
    for day, later, form in zip(days, days[1:], forms, strict=False):
        hours = max((d.end_h for d in form), default=0.0)
        if later - day < hours / 24.0 - SLACK_D:
            sentence = (
                f"A session would begin {24 * (later - day):.3g} h after the one before it, which "
                f"lasts {hours:.3g} h."
            )
            return (Broken(sentence, True, ""),)
    return ()


def hard_limits(schedule: Schedule, ground: Ground, limits: Limits) -> tuple[Broken, ...]:
    """The user's limits that a schedule of known days breaks."""
    days = schedule.days
    said = [
        *_counted(len(days), limits),
        *_dosed(ground.forms(schedule), ground, limits),
        *_window(days, ground, limits),
        *_apart(days, ground, limits),
    ]
    if limits.no_weekends:
        said += [f"{ground.when(d)} falls on a weekend" for d in days if ground.weekend(d)][:1]
    return tuple(Broken(f"{sentence[0].upper()}{sentence[1:]}.", True, "user") for sentence in said)


def _counted(sessions: int, limits: Limits) -> list[str]:
    if limits.max_sessions is None or sessions <= limits.max_sessions:
        return []
    return [f"{sessions} sessions, more than the {limits.max_sessions} allowed"]


def _dosed(forms: Sequence[Form], ground: Ground, limits: Limits) -> list[str]:
    every, said = (*ground.done, *forms), []
    for unit, most, total in (
        ("mg", limits.max_mg, ground.total_mg(every)),
        ("mg/kg", limits.max_mg_per_kg, ground.total_mg_per_kg(every)),
    ):
        if most is None:
            continue
        if total is None:
            raise InputError(
                f"A limit of {most:g} {unit} cannot be checked without a body weight; add "
                "weight_kg to the case, or drop the limit."
            )
        if forms and total > most * (1 + 1e-9):
            said.append(f"{total:.4g} {unit} in all, more than the {most:g} allowed")
    return said


def _window(days: Sequence[float], ground: Ground, limits: Limits) -> list[str]:
    said = []
    if limits.not_before is not None and any(d < limits.not_before - SLACK_D for d in days):
        said.append(f"a session on {ground.when(days[0])}, before {ground.when(limits.not_before)}")
    if limits.not_after is not None and any(d > limits.not_after + SLACK_D for d in days):
        said.append(f"a session on {ground.when(days[-1])}, after {ground.when(limits.not_after)}")
    return said


def _apart(days: Sequence[float], ground: Ground, limits: Limits) -> list[str]:
    shortest = min(gaps(days, ground), default=float("inf"))
    if limits.min_days_between is None or shortest >= limits.min_days_between - SLACK_D:
        return []
    return [f"sessions {shortest:.3g} days apart, less than the {limits.min_days_between:g} asked"]


def gaps(days: Sequence[float], ground: Ground, since: float = float("-inf")) -> list[float]:
    """Days between sessions to come, from the last one given on, that end at `since` or later."""
    before = [] if ground.last_day is None else [ground.last_day]
    return [b - a for a, b in pairwise((*before, *days)) if b >= since]
