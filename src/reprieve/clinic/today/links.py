"""Links that a person may follow."""

from django.urls import resolve

from reprieve.clinic.actor import Actor


def openable(by: Actor, url: str) -> str:
    """The address, or nothing where the person's roles do not open its page."""
    needed = getattr(resolve(url).func, "permission", "")
    return url if needed and by.may(needed) else ""
