"""allauth, closed: accounts are made by a clinic's owner, never by signing up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody can sign up."""

    def is_open_for_signup(self, request: HttpRequest, *_: Any) -> bool:
        """Always False."""
        return False
