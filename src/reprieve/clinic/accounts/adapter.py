"""allauth as a clinic needs it: closed, counted by one lockout, never without a second factor."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from reprieve.clinic.accounts.factors import FACTORS


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody can sign up; wrong passwords are counted by django-axes alone."""

    def is_open_for_signup(self, request: HttpRequest, *_: Any) -> bool:
        """Always False."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave counting to django-axes, whose answer is a page; two counters would disagree."""


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Where a second factor is required, the last one can be replaced but not removed."""

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whether another factor stays."""
        if not settings.MFA_REQUIRED or authenticator.type not in FACTORS:
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())
