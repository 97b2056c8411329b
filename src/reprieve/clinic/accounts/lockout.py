"""Proving who one is outside the sign-in page, counted by the same lockout.

Signing, witnessing and unlocking ask for a password again. A wrong one counts towards the lockout
of that name at that address, and leaves an audit row, even though the act it was for is refused:
so the question is asked before the act's transaction, never inside it.
"""

from ipaddress import ip_address

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from reprieve.clinic.accounts.models import User
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import RefusedError

LOCKED = (
    "Too many wrong passwords for this name from this place. Wait {minutes} min, or sign in with a "
    "passkey. The clinic's owner sees this in the audit."
)


def by_password(username: str, password: str, address: str, purpose: str) -> User | None:
    """The active person with this name and password, or None; both leave an audit row.

    Parameters
    ----------
    username, password : as typed
    address : where it was typed
    purpose : what for, as the audit shows it ("sign", "witness", "unlock")

    Raises
    ------
    RefusedError
        The name is locked out at this address.
    RuntimeError
        Asked inside a transaction, which would take a failure back again.
    """
    request = _request(address, purpose)
    with transaction.atomic(durable=True):
        pass  # refuses to run inside another transaction
    found = authenticate(request, username=username, password=password)
    return _answer(request, found, username)


def by_code(user: User, code: str, address: str, purpose: str) -> User | None:
    """The person, if the code is of their authenticator app; counted as a password is.

    Raises
    ------
    RefusedError
        The name is locked out at this address.
    """
    from allauth.mfa.models import Authenticator

    request = _request(address, purpose)
    named = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, named):
        raise RefusedError(LOCKED.format(minutes=_minutes()))
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if found is not None and found.wrap().validate_code(code.replace(" ", "")):
        return _answer(request, user, user.username)
    user_login_failed.send(sender=__name__, credentials=named, request=request)
    return _answer(request, None, user.username)


def _request(address: str, purpose: str) -> HttpRequest:
    """What django-axes counts by: a request from the address."""
    request = HttpRequest()
    request.method = "POST"
    request.path = f"/{purpose}"
    request.META["REMOTE_ADDR"] = _as_ip(address)
    request.purpose = purpose  # type: ignore[attr-defined]
    return request


def _as_ip(address: str) -> str:
    """An address as PostgreSQL stores it: whoever acts outside any request sits at this machine."""
    try:
        return str(ip_address(address))
    except ValueError:
        return "127.0.0.1"


def _answer(request: HttpRequest, found: object, username: str) -> User | None:
    if getattr(request, "axes_locked_out", False):
        raise RefusedError(LOCKED.format(minutes=_minutes()))
    if not isinstance(found, User):
        return None
    address = str(request.META["REMOTE_ADDR"])
    AxesProxyHandler.reset_attempts(username=username, ip_address=address)
    purpose = request.purpose  # type: ignore[attr-defined]
    with transaction.atomic():
        AuditEvent.note(
            found.clinic,
            found,
            AuditEvent.Kind.SIGN_IN,
            f"proved who they are: {purpose}",
            at=timezone.now(),
            address=address,
        )
    return found


def _minutes() -> int:
    return round(settings.AXES_COOLOFF_TIME * 60)
