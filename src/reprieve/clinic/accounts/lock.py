"""The lock of an idle screen: kept on the server, with the session.

A screen that nobody has touched for `clinic.lock_after_min` is locked at the next request,
whatever that request is. Polls are not touches. A locked screen still shows the clocks and
prompts of pages marked `while_locked`, without names; everything else waits for the person's own
password or code.
"""

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone

SEEN, LOCKED = "lock.seen", "lock.locked"
POLL_HEADER = "X-Reprieve-Poll"  # sent by scripts whose requests are no touch of the screen
EVERY_S = 20  # how exact the time of the last touch is kept: a session is not stored at every click


def touched(request: HttpRequest) -> bool:
    """Whether a person has done something: gone to a page or sent a form, not a script's poll."""
    if POLL_HEADER in request.headers:
        return False
    if request.method not in ("GET", "HEAD"):
        return True
    if "HX-Request" in request.headers:
        return False
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return False
    return "application/json" not in request.headers.get("Accept", "")


def begin(request: HttpRequest) -> None:
    """The screen is in somebody's hands: after signing in and unlocking."""
    request.session[SEEN] = _now()
    request.session.pop(LOCKED, None)


def close(session: SessionBase) -> None:
    """Lock the screen now."""
    session[LOCKED] = True


def left_s(session: SessionBase, after_min: int) -> int:
    """Seconds until the screen locks."""
    if session.get(LOCKED):
        return 0
    seen = float(session.get(SEEN, _now()))
    return max(0, round(after_min * 60 - (_now() - seen)))


def look(request: HttpRequest, after_min: int) -> tuple[bool, bool]:
    """Whether the screen is locked, and whether it became so with this request."""
    session = request.session
    if session.get(LOCKED):
        return True, False
    seen = session.get(SEEN)
    if seen is not None and _now() - seen >= after_min * 60:
        close(session)
        return True, True
    if seen is None or (touched(request) and _now() - seen >= EVERY_S):
        session[SEEN] = _now()
    return False, False


def _now() -> float:
    return timezone.now().timestamp()
