"""Pages: each view states its permission, and the middle of a request knows who acts."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from reprieve.clinic.access import PERMISSIONS
from reprieve.clinic.actor import Actor


class ClinicRequest(HttpRequest):
    """A request whose person is known: `by` is set by `page`."""

    by: Actor
    htmx: Any
    locked: bool


class View(Protocol):
    """A view that states its permission."""

    permission: str
    while_locked: bool

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def page(permission: str, *, while_locked: bool = False) -> Callable[[Callable[..., Any]], View]:
    """A view for signed-in people whose role carries `permission`.

    `while_locked` marks the few pages that an idle-locked tablet still shows, without names: the
    board and the cockpit, whose clocks and prompts must stay in sight.

    Raises
    ------
    NotAllowedError
        When asked by somebody whose roles do not carry it; `RefusalsMiddleware` answers 403.
    """
    assert permission in PERMISSIONS, permission

    def made(view: Callable[..., HttpResponse]) -> View:
        @wraps(view)
        @login_required
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            known = cast("ClinicRequest", request)
            known.by = Actor.of(request)
            known.by.require(permission)
            answer = view(known, *args, **kwargs)
            # a shared tablet: nothing of it comes back by the browser's "back" after signing out
            answer.headers.setdefault("Cache-Control", "private, no-store")
            return answer

        found = cast("View", inner)
        found.permission = permission
        found.while_locked = while_locked
        return found

    return made


def public(view: Callable[..., HttpResponse]) -> View:
    """A view that anybody may ask for; it must not show patient data."""
    found = cast("View", view)
    found.permission = ""
    found.while_locked = True
    return found


def context(request: HttpRequest) -> dict[str, Any]:
    """What every template knows: the mode, the version, what this person may do."""
    user = getattr(request, "user", None)
    by = getattr(request, "by", None)
    if by is None and user is not None and user.is_authenticated:
        by = Actor.of(request)
    may = {p.replace(".", "_"): by.may(p) for p in PERMISSIONS} if by else {}
    return {
        "mode": settings.MODE,
        "reprieve_version": settings.VERSION,
        "by": by,
        "clinic": by.clinic if by else None,
        "may": may,
        "locked": getattr(request, "locked", False),
    }
