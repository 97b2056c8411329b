"""One-time links: how a person comes to a password of their own without e-mail."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone

from reprieve.clinic.accounts import factors
from reprieve.clinic.accounts.models import Invitation, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import RefusedError

VALID = timedelta(days=3)


def digest(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode()).hexdigest()


def make(by: Actor, person: User) -> str:
    """A new link's token for a person; earlier ones stop working. Call inside an act."""
    Invitation.objects.filter(person=person, used_at=None).update(used_at=by.now)
    token = secrets.token_urlsafe(24)
    Invitation.objects.create(
        person=person,
        digest=digest(token),
        made_by=by.user,
        made_at=by.now,
        expires_at=by.now + VALID,
    )
    return token


def find(token: str) -> Invitation | None:
    """The open invitation of a token, or None when unknown, used or too old."""
    return (
        Invitation.objects.filter(
            digest=digest(token),
            used_at=None,
            expires_at__gt=timezone.now(),
            person__is_active=True,
        )
        .select_related("person__clinic")
        .first()
    )


def accept(token: str, password: str, address: str) -> User:
    """Set the password that the person chose; the link is used up.

    Raises
    ------
    RefusedError
        The link is unknown, used or too old.
    ValidationError
        The password breaks the rules.
    """
    with transaction.atomic():
        invitation = find(token)
        if invitation is None:
            raise RefusedError("This link has been used or is too old. Ask the owner for another.")
        person = invitation.person
        validate_password(password, person)
        used = Invitation.objects.filter(pk=invitation.pk, used_at=None)
        if not used.update(used_at=timezone.now()):
            raise RefusedError("This link has just been used. Ask the owner for another.")
        person.set_password(password)
        person.save(update_fields=["password"])
        factors.clear(person)
        AuditEvent.note(
            person.clinic,
            person,
            AuditEvent.Kind.SIGN_IN,
            "accepted an invitation and set a password",
            at=timezone.now(),
            on=person,
            address=address,
        )
    return person
