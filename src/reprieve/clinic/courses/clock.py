"""The clinic's own time: days and wall clocks in its zone."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reprieve.clinic.accounts.models import Clinic


def zone(clinic: Clinic) -> ZoneInfo:
    """The clinic's time zone."""
    return ZoneInfo(clinic.time_zone)


def local(clinic: Clinic, at: datetime) -> datetime:
    """An instant on the clinic's wall clock."""
    return at.astimezone(zone(clinic))


def day_of(clinic: Clinic, at: datetime) -> date:
    """The clinic's calendar day of an instant."""
    return local(clinic, at).date()


def instant(clinic: Clinic, day: date, at: time) -> datetime:
    """The instant of a wall-clock time on a day.

    A time that a change of the clock skips is read as the one an hour later; one that comes
    twice is the first.
    """
    return datetime.combine(day, at, zone(clinic))


def bounds(clinic: Clinic, day: date, days: int = 1) -> tuple[datetime, datetime]:
    """The first instant of a day and of the day `days` later."""
    return (
        instant(clinic, day, time.min),
        instant(clinic, day + timedelta(days=days), time.min),
    )
