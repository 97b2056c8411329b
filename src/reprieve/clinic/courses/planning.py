"""Days and lengths that a protocol's phase asks for."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from math import ceil

from reprieve.clinic.protocols.timeline import longest_stay_min
from reprieve.evidence.practice import Phase, Protocol

STEP_MIN = 15  # the calendar's grain
MOST_PLANNED = 60  # in one go
LONGEST_MIN = 5 * 24 * 60  # a stay; the longest protocol gives for 96 h


def stay_min(protocol: Protocol) -> int:
    """Minutes that a chair is kept free, rounded up to the grain.

    To the earliest discharge after the longest infusion that the protocol allows: whether it is
    continued is decided in the chair, and nobody else may have been promised it by then.
    """
    return STEP_MIN * ceil(longest_stay_min(protocol) / STEP_MIN)


def phase_of(protocol: Protocol, name: str) -> Phase | None:
    """A phase by its name."""
    return next((p for p in protocol.phases if p.name == name), None)


def next_phase(protocol: Protocol, name: str) -> Phase | None:
    """The phase after one, if there is one."""
    names = [p.name for p in protocol.phases]
    at = names.index(name) + 1 if name in names else len(names)
    return protocol.phases[at] if at < len(names) else None


def usual_weekdays(phase: Phase) -> tuple[int, ...]:
    """Working days that spread a phase's sessions over a week: 0 is Monday."""
    n = min(5, max(1, round(phase.per_week)))
    return {1: (0,), 2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4)}.get(n, (0, 1, 2, 3, 4))


def days(phase: Phase, first: date, weekdays: Collection[int], count: int) -> tuple[date, ...]:
    """`count` days for a phase's sessions, from `first` on.

    Where a phase has one session a week or more they fall on `weekdays`; sparser ones keep the
    phase's interval, each moved on to the next of `weekdays`.
    """
    found: list[date] = []
    dates = _dense(first, weekdays) if phase.per_week >= 1 else _sparse(phase, first, weekdays)
    for day in dates:
        if len(found) == count:
            break
        found.append(day)
    return tuple(found)


def _dense(first: date, weekdays: Collection[int]) -> Iterator[date]:
    day = first
    while True:
        if day.weekday() in weekdays:
            yield day
        day += timedelta(days=1)


def _sparse(phase: Phase, first: date, weekdays: Collection[int]) -> Iterator[date]:
    interval = phase.interval_d
    if interval is None:
        yield next(_dense(first, weekdays))
        return
    k = 0
    while True:
        yield next(_dense(first + timedelta(days=round(k * interval)), weekdays))
        k += 1
