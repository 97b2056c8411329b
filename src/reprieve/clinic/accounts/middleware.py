"""The second factor, and the lock of an idle screen."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from reprieve.clinic.accounts import factors, lock
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent

Respond = Callable[[HttpRequest], HttpResponse]
SETTING_UP = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "accounts:second_factor",
        "accounts:unlock",
        "accounts:lock_now",
        "accounts:awake",
    }
)
LEAVING = frozenset({"account_login", "account_logout", "accounts:unlock", "accounts:awake"})
SAFE = ("GET", "HEAD")


class SecondFactorMiddleware:
    """Where a second factor is required, nothing but setting one up is answered without it."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Send a person without a second factor to setting one up."""
        if not settings.MFA_REQUIRED or _public(view) or _named(request, SETTING_UP, "mfa_"):
            return None
        user = request.user
        if not user.is_authenticated or factors.complete(user):
            return None
        return _elsewhere(
            request, reverse("accounts:second_factor"), 403, "Set up a second factor first."
        )


class IdleLockMiddleware:
    """Marks a request `locked` when nobody has touched the screen for a while."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.locked = False  # type: ignore[attr-defined]
        user = request.user
        if user.is_authenticated:
            now_locked, just_now = lock.look(request, user.clinic.lock_after_min)
            request.locked = now_locked  # type: ignore[attr-defined]
            if just_now:
                _note(request, "screen locked: idle")
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Send what a locked screen may not show to the unlock page."""
        if not getattr(request, "locked", False) or _public(view) or _named(request, LEAVING):
            return None
        if request.method in SAFE and getattr(view, "while_locked", False):
            return None
        address = f"{reverse('accounts:unlock')}?{urlencode({'next': _back(request)})}"
        return _elsewhere(
            request, address, 423, "The screen is locked; unlock it and this will be sent again."
        )


def _public(view: Any) -> bool:
    return getattr(view, "permission", None) == ""


def _named(request: HttpRequest, names: frozenset[str], prefix: str | None = None) -> bool:
    found = request.resolver_match.view_name if request.resolver_match else ""
    return found in names or bool(prefix and found.startswith(prefix))


def _back(request: HttpRequest) -> str:
    """Where to go on after unlocking: the page asked for, or the one that a form stood on."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return request.get_full_path()
    return request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/"


def _elsewhere(request: HttpRequest, address: str, status: int, error: str) -> HttpResponse:
    """A redirect for a page or a part of one; an answer that a script understands."""
    if "HX-Request" in request.headers:
        return HttpResponseClientRedirect(address)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": error, "address": address}, status=status)
    return redirect(address)


def _note(request: HttpRequest, verb: str) -> None:
    with transaction.atomic():
        AuditEvent.record(Actor.of(request), AuditEvent.Kind.SIGN_IN, verb, None, None, {})
