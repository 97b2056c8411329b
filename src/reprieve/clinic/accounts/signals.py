"""Sign-ins, failures, lockouts and changes of factors, written into the audit."""

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa import signals as mfa
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from reprieve.clinic.accounts import lock
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.audit.models import AuditEvent


def _note(request: HttpRequest | None, user: User | None, verb: str) -> None:
    """A row of kind sign-in. A name that nobody has goes to the only clinic, if there is one."""
    clinic = user.clinic if user else _only_clinic()
    if clinic is None:
        return
    address = str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
    with transaction.atomic():
        AuditEvent.note(
            clinic,
            user,
            AuditEvent.Kind.SIGN_IN,
            verb,
            at=timezone.now(),
            address=address,
        )


def _only_clinic() -> Clinic | None:
    found = list(Clinic.objects.all()[:2])
    return found[0] if len(found) == 1 else None


def _named(username: str | None) -> User | None:
    return User.objects.filter(username=username or "").select_related("clinic").first()


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    """A session begins, and its screen is in somebody's hands."""
    lock.begin(request)
    _note(request, user, "signed in")


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """A session ends."""
    if user is not None:
        _note(request, user, "signed out")


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong password or code. What was typed as a name is not stored: it may be a password."""
    purpose = getattr(request, "purpose", "sign in")
    _note(request, _named(credentials.get("username")), f"failed: {purpose}")


@receiver(user_locked_out)
def locked_out(request: HttpRequest, username: str | None = None, **_: Any) -> None:
    """Too many failures; no password is tried until the wait is over."""
    _note(request, _named(username), "locked out after repeated failures")


@receiver(mfa.authentication_failed)
def wrong_code(request: HttpRequest, user: User, **_: Any) -> None:
    """A wrong code counts as a wrong password does."""
    user_login_failed.send(
        sender=__name__, credentials={"username": user.username}, request=request
    )


@receiver(mfa.authenticator_added)
def factor_added(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """An app, a passkey or recovery codes."""
    _note(request, user, f"added factor: {authenticator.get_type_display()}")


@receiver(mfa.authenticator_removed)
def factor_removed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """By the person themselves; a reset by the owner is a write of the owner's."""
    _note(request, user, f"removed factor: {authenticator.get_type_display()}")


@receiver(mfa.authenticator_reset)
def factor_renewed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """New recovery codes; the old ones are void."""
    _note(request, user, f"renewed factor: {authenticator.get_type_display()}")


@receiver(password_changed)
def changed_password(request: HttpRequest, user: User, **_: Any) -> None:
    """By the person themselves."""
    _note(request, user, "changed password")
