"""Spacing rules of a protocol, read against the sessions a patient has."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from reprieve.clinic.courses.findings import Finding, Weight, against, kept
from reprieve.evidence.practice import Protocol, Threshold

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def findings(
    protocol: Protocol, phase: str, others: Sequence[datetime], in_course: int, at: datetime
) -> tuple[Finding, ...]:
    """What the protocol says against a session at a time.

    Parameters
    ----------
    protocol : the course's version
    phase : the course phase that the session belongs to
    others : starts of the patient's other sessions, planned and held, of every course, on the
        clinic's wall clock as `at` is
    in_course : sessions that the course has without this one
    at : the session's start
    """
    return (
        *_apart(protocol, others, at),
        *_weekly(protocol, others, at),
        *_maintenance(protocol, phase, others, at),
        *_total(protocol, in_course),
        *_month(protocol, phase, others, at),
    )


def _apart(protocol: Protocol, others: Sequence[datetime], at: datetime) -> Iterator[Finding]:
    rule = protocol.thresholds("spacing").get("hours_between_doses")
    if rule is None or not others:
        return
    nearest = min(others, key=lambda other: abs(other - at))
    hours = abs(nearest - at) / HOUR
    if not kept(rule, hours):
        what = f"It is {hours:.3g} h from the session of {nearest:%-d %b, %H:%M}"
        yield against(Weight.REASON, what, rule)


def _weekly(protocol: Protocol, others: Sequence[datetime], at: datetime) -> Iterator[Finding]:
    """The fullest seven days that hold the new session."""
    rule = protocol.thresholds("spacing").get("most_per_week")
    if rule is None:
        return
    most = fullest([o.date() for o in others], at.date(), 7)
    if not kept(rule, most):
        yield against(Weight.REASON, f"It makes {most} sessions within seven days", rule)


def fullest(others: Sequence[date], day: date, days: int) -> int:
    """The most sessions, this one among them, on any `days` days in a row.

    Calendar days, so that nine o'clock one week and eight the next is a week.
    """
    near = sorted([*(o for o in others if abs((o - day).days) < days), day])
    return max(
        sum(0 <= (other - first).days < days for other in near)
        for first in near
        if 0 <= (day - first).days < days
    )


def _days(one: datetime, other: datetime, rule: Threshold) -> float:
    """Days between two sessions, by the clock or by the calendar, whichever keeps the rule."""
    exact, dates = abs(one - other) / DAY, abs((one.date() - other.date()).days)
    return max(exact, dates) if rule.rule == "at_least" else min(exact, dates)


def _maintenance(
    protocol: Protocol, phase: str, others: Sequence[datetime], at: datetime
) -> Iterator[Finding]:
    if phase != "maintenance":
        return
    rules = protocol.thresholds("spacing")
    shortest, longest = rules.get("maintenance_shortest"), rules.get("maintenance_longest")
    before = max((o for o in others if o <= at), default=None)
    after = min((o for o in others if o > at), default=None)
    for other in filter(None, (before, after)):
        if shortest is not None and not kept(shortest, _days(other, at, shortest)):
            what = f"It is {_days(other, at, shortest):.3g} days from the session of {other:%-d %b}"
            yield against(Weight.REASON, what, shortest)
    if before is not None and longest is not None and not kept(longest, _days(before, at, longest)):
        what = f"It is {_days(before, at, longest):.3g} days after the last session"
        yield against(Weight.WARN, what, longest)


def _total(protocol: Protocol, in_course: int) -> Iterator[Finding]:
    rule = protocol.thresholds("spacing").get("most_sessions")
    if rule is not None and not kept(rule, in_course + 1):
        yield against(Weight.REASON, f"It is session {in_course + 1} of the course", rule)


def _month(
    protocol: Protocol, phase: str, others: Sequence[datetime], at: datetime
) -> Iterator[Finding]:
    """Sessions of the 30 days that end with this one; the first phase is denser by design."""
    rule = protocol.thresholds("exposure").get("sessions_30d")
    first = protocol.phases[0].name if protocol.phases else ""
    if rule is None or phase == first:
        return
    count = 1 + sum(0 <= (at.date() - other.date()).days < 30 for other in others)
    if not kept(rule, count):
        yield against(Weight.WARN, f"It makes {count} sessions in 30 days", rule)
