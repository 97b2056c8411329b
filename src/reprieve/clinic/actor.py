"""The person who acts, from where, and at what time."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils import timezone

from reprieve.clinic.access import allowed
from reprieve.clinic.errors import NotAllowedError

if TYPE_CHECKING:
    from reprieve.clinic.accounts.models import Clinic, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Verbs take it first; `now` is the server's time of the act."""

    user: "User"
    clinic: "Clinic"
    now: datetime
    address: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Actor":
        """The signed-in person of a request."""
        user: User = request.user  # type: ignore[assignment]
        address = str(request.META.get("REMOTE_ADDR", ""))
        return cls(user, user.clinic, timezone.now(), address)

    @classmethod
    def as_user(cls, user: "User", now: datetime | None = None) -> "Actor":
        """A person outside any request: tests, the simulated clinic, background work."""
        return cls(user, user.clinic, now or timezone.now(), "local")

    def at(self, now: datetime) -> "Actor":
        """The same person at another time."""
        return replace(self, now=now)

    @property
    def roles(self) -> Collection[str]:
        """Roles that the person holds."""
        roles: list[str] = self.user.roles
        return roles

    def may(self, permission: str) -> bool:
        """Whether a role of the person carries the permission."""
        return allowed(self.roles, permission)

    def require(self, permission: str) -> None:
        """Refuse unless a role carries the permission.

        Raises
        ------
        NotAllowedError
            No role of the person does.
        """
        if not self.may(permission):
            held = ", ".join(sorted(self.roles)) or "no role"
            raise NotAllowedError(f"This needs the permission {permission}; {held} has it not.")
