"""Refusals become pages: what came, what was expected, what to do; never a traceback."""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import NotAllowedError
from reprieve.errors import ReprieveError


class AddressMiddleware:
    """Where a proxy in front speaks TLS, the address of a request is the one the proxy saw.

    The last entry of `X-Forwarded-For` is the proxy's own word; what stands before it came with
    the request and may be anything.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.BEHIND_TLS:
            last = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
            with suppress(ValueError):
                request.META["REMOTE_ADDR"] = str(ip_address(last))
        return self.get_response(request)


class RefusalsMiddleware:
    """Answer 403 for what is not allowed and 400 for what cannot be done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page, or JSON where a script asked, for every error written for people."""
        if not isinstance(error, ReprieveError):
            return None
        status = 403 if isinstance(error, NotAllowedError) else 400
        if status == 403:
            note_refused(request)
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"error": str(error)}, status=status)
        return render(request, "refused.html", {"error": error, "status": status}, status=status)


def note_refused(request: HttpRequest) -> None:
    """An audit row for an attempt that a role did not allow; the act itself was taken back."""
    match = request.resolver_match
    if match is None or not request.user.is_authenticated:
        return
    ids = {name: str(value) for name, value in match.kwargs.items()}
    patient = match.kwargs.get("patient_id")
    with transaction.atomic():
        AuditEvent.record(
            Actor.of(request),
            AuditEvent.Kind.REFUSED,
            f"{request.method} {match.view_name}"[:120],
            None,
            patient if isinstance(patient, UUID) else None,
            ids,
        )
