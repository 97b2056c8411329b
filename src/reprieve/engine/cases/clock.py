"""The clock of a case: dates with a time zone, or days from the first treatment."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from reprieve.engine.cases.refusals import CaseError
from reprieve.engine.cases.shape import shown

DAY, DATE = "day", "date"
FIRST_YEAR, LAST_YEAR = 1940, 2200
SECONDS_A_DAY = 86_400.0


def instant(value: Any, where: str) -> datetime:
    """An ISO 8601 text with time zone.

    Raises
    ------
    CaseError
        `mixed_clock` for a number, `unreadable_date` for what is no instant.
    """
    if not isinstance(value, str):
        raise CaseError(
            "mixed_clock",
            f"{where} is the number {shown(value)}, but the clock is 'date'; "
            "write an ISO 8601 time with zone such as 2026-11-02T09:30-05:00.",
        )
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise CaseError(
            "unreadable_date",
            f"{where} is {shown(value)}; expected an ISO 8601 time with zone such as "
            "2026-11-02T09:30-05:00.",
        )
    if found.tzinfo is None:
        raise CaseError(
            "unreadable_date",
            f"{where} is {shown(value)}, without a time zone; add the offset, such as "
            f"{found.isoformat(timespec='minutes')}-05:00.",
        )
    return found


def origin_of(data: Mapping[str, Any]) -> datetime | None:
    """The instant of day 0: as said, else the first treatment given, listed, or the question."""
    if data["clock"] == DAY:
        if data.get("origin") is not None:
            raise CaseError(
                "mixed_clock", "origin is given, but the clock is 'day'; leave origin out."
            )
        return None
    if data.get("origin") is not None:
        return instant(data["origin"], "origin")
    return natural_origin(data)


def natural_origin(data: Mapping[str, Any]) -> datetime:
    """Day 0 of a case with dates that names no origin."""
    listed: Sequence[Mapping[str, Any]] = data.get("treatments") or ()
    for place, entry in enumerate(listed):
        if entry.get("given", True):
            return instant(entry["day"], f"treatments[{place}].day")
    if listed:
        return instant(listed[0]["day"], "treatments[0].day")
    return instant(data["asked_at"], "asked_at")


def day_of(value: Any, origin: datetime | None, where: str) -> float:
    """Days from the origin."""
    if origin is not None:
        return (instant(value, where) - origin).total_seconds() / SECONDS_A_DAY
    if isinstance(value, str):
        raise CaseError(
            "mixed_clock",
            f"{where} is {shown(value)}, but the clock is 'day'; write the number of days from "
            "the first treatment, or all times as dates with clock 'date'.",
        )
    return float(value)


def said(day: float, origin: datetime | None) -> str:
    """A day in a sentence: "day 24", or "12 Dec 2026"."""
    if origin is None:
        return f"day {day:z.0f}"
    date = origin + timedelta(days=day)
    return f"{date.day} {date:%b %Y}"


def time_of(day: float, origin: datetime | None) -> float | str:
    """A day as the case's clock writes it."""
    return day if origin is None else (origin + timedelta(days=day)).isoformat()
