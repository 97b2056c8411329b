"""What the views of a session share: finding it in one's own clinic, its zone, its address."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse

from reprieve.clinic.actor import Actor
from reprieve.clinic.treatments.models import TreatmentSession

WITH = (
    "patient",
    "clinic",
    "chair",
    "nurse",
    "course__protocol_version",
    "course__prescriber",
)

# min: how long ago an entry may be put by a tap; beyond that its time is corrected
EARLIER = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180)


def session_of(by: Actor, session_id: UUID) -> TreatmentSession:
    """A session of the person's own clinic; 404 for every other."""
    return get_object_or_404(
        TreatmentSession.objects.select_related(*WITH), clinic=by.clinic, pk=session_id
    )


def zone_of(by: Actor) -> ZoneInfo:
    """The clinic's time zone."""
    return ZoneInfo(by.clinic.time_zone)


def utc_offset(by: Actor) -> str:
    """The clinic's offset from UTC now, as ISO writes it: a tablet adds it to what is typed."""
    found = by.now.astimezone(zone_of(by)).strftime("%z")
    return f"{found[:3]}:{found[3:]}"


def landing(by: Actor, session_id: UUID) -> str:
    """Where a person goes after an entry: the cockpit, or the board for who may not see it."""
    if by.may("session.read"):
        return reverse("treatments:cockpit", args=[session_id])
    return reverse("board") if by.may("board.read") else reverse("home")


def earlier(by: Actor, text: str) -> datetime | None:
    """The time of an entry that happened some minutes ago; None for now."""
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    return by.now - timedelta(minutes=minutes) if minutes else None


def address(name: str, *args: object) -> str:
    """A page of another part of the clinic, or nothing where that part is not there."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
