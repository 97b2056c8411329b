"""When sessions fall: the day patterns behind "twice weekly" and its kin.

Defined once, here: twice weekly is days 0, 3, 7, 10, 14, ...; three times weekly is days
0, 2, 4, 7, 9, 11, ... (Monday, Wednesday, Friday).
"""

from dataclasses import dataclass

DAY = 24.0
WEEK = 7 * DAY
SHORTEST_GAP_H = 1 / 60


@dataclass(frozen=True, slots=True)
class Pattern:
    """Offsets in hours within a period that repeats; a period of 0 does not repeat."""

    name: str
    offsets_h: tuple[float, ...] = (0.0,)
    period_h: float = 0.0

    def offset(self, k: int) -> float:
        """Hours from the start of the phase to its session k (from 0)."""
        turns, place = divmod(k, len(self.offsets_h))
        return turns * self.period_h + self.offsets_h[place]

    def count_within(self, span_h: float) -> int:
        """Sessions whose offset lies before `span_h`."""
        if not self.period_h:
            return sum(offset < span_h for offset in self.offsets_h)
        turns = int(span_h // self.period_h)
        rest = span_h - turns * self.period_h
        return turns * len(self.offsets_h) + sum(offset < rest for offset in self.offsets_h)


ONCE = Pattern("once")
DAILY = Pattern("daily", (0.0,), DAY)
TWICE_DAILY = Pattern("twice daily", (0.0,), DAY / 2)
WEEKLY = Pattern("weekly", (0.0,), WEEK)
TWICE_WEEKLY = Pattern("twice weekly", (0.0, 3 * DAY), WEEK)
THREE_TIMES_WEEKLY = Pattern("three times weekly", (0.0, 2 * DAY, 4 * DAY), WEEK)

NAMED = (TWICE_WEEKLY, THREE_TIMES_WEEKLY, WEEKLY, DAILY)


def every(hours: float) -> Pattern:
    """One session every so many hours, named as people say it."""
    for pattern in (DAILY, WEEKLY):
        if hours == pattern.period_h:
            return pattern
    for unit_h, unit in ((WEEK, "weeks"), (DAY, "days"), (1.0, "hours")):
        count = hours / unit_h
        if count == int(count) or unit == "hours":
            break
    return Pattern(f"every {number(count)} {unit}", (0.0,), hours)


def number(value: float) -> str:
    """Shortest decimal text that reads back as the same float."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
