"""What an owner does with people: add, change, take out of use, start over."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from reprieve.clinic.access import Role
from reprieve.clinic.accounts import factors, invitations
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import RefusedError

CHANGEABLE = ("printed_name", "credential", "roles")


def add(
    by: Actor, *, username: str, printed_name: str, credential: str, roles: Sequence[str]
) -> tuple[User, str]:
    """A new person without a password, and the token of the link that lets them set one."""
    with act(by, "accounts.manage", "add a person") as log:
        person = User(
            username=username,
            printed_name=printed_name,
            credential=credential,
            roles=_known(roles),
            clinic=by.clinic,
        )
        person.set_unusable_password()
        person.save()
        log.on = person
        log.detail = {"username": username, "roles": list(roles)}
        return person, invitations.make(by, person)


def change(
    by: Actor, person: User, *, printed_name: str, credential: str, roles: Sequence[str]
) -> None:
    """Other roles, another name or credential; what was before stands in the audit.

    Raises
    ------
    RefusedError
        The clinic would be left without an owner.
    """
    with act(by, "accounts.manage", "change a person", person) as log:
        person = _of(by, person)
        new = {"printed_name": printed_name, "credential": credential, "roles": _known(roles)}
        if Role.OWNER not in new["roles"]:
            _keep_an_owner(person)
        log.detail = {
            name: {"from": getattr(person, name), "to": value}
            for name, value in new.items()
            if getattr(person, name) != value
        }
        for name, value in new.items():
            setattr(person, name, value)
        person.save(update_fields=CHANGEABLE)


def deactivate(by: Actor, person: User, reason: str) -> None:
    """The person can no longer sign in; what they did stays under their name.

    Raises
    ------
    RefusedError
        No reason, or the clinic would be left without an owner.
    """
    with act(by, "accounts.manage", "take a person out of use", person) as log:
        person = _of(by, person)
        log.detail = {"reason": _reason(reason)}
        _keep_an_owner(person)
        person.is_active = False
        person.save(update_fields=["is_active"])


def reactivate(by: Actor, person: User, reason: str) -> str:
    """The person may come back, with a new password: the token of the link."""
    with act(by, "accounts.manage", "bring a person back", person) as log:
        person = _of(by, person)
        log.detail = {"reason": _reason(reason)}
        person.is_active = True
        return _start_over(by, person)


def reset(by: Actor, person: User, reason: str) -> str:
    """Forgotten password or lost phone: both start over, and open sessions of theirs end.

    Raises
    ------
    RefusedError
        No reason, or the person is out of use.
    """
    with act(by, "accounts.manage", "reset password and second factor", person) as log:
        person = _of(by, person)
        log.detail = {"reason": _reason(reason)}
        if person.pk == by.user.pk:
            raise RefusedError(
                "This would sign you out before the link is shown. Change your own password and "
                "factors under My account, or ask another owner."
            )
        if not person.is_active:
            raise RefusedError(f"{person} is out of use; bring them back first.")
        return _start_over(by, person)


def _start_over(by: Actor, person: User) -> str:
    """A password that nobody knows ends every session of the person as well."""
    factors.clear(person)
    person.set_unusable_password()
    person.save(update_fields=["password", "is_active"])
    return invitations.make(by, person)


def let_in(username: str) -> str:
    """A link for somebody whom no owner can help any more, made at the machine's own terminal.

    Whoever can start this program on the data folder can already change the database; the row in
    the audit says that it was done here, and not by whom.

    Raises
    ------
    RefusedError
        Nobody has this username.
    """
    person = User.objects.filter(username=username).select_related("clinic").first()
    if person is None:
        raise RefusedError(f"Nobody has the username '{username}'. Names are written as they are.")
    by = Actor.as_user(person)
    with transaction.atomic():
        person.is_active = True
        token = _start_over(by, person)
        AuditEvent.note(
            person.clinic,
            None,
            AuditEvent.Kind.WRITE,
            "reset password and second factor from the terminal",
            at=by.now,
            on=person,
            address="terminal",
        )
    return token


def change_clinic(by: Actor, values: dict[str, Any]) -> None:
    """The clinic's own settings; what was before stands in the audit."""
    with act(by, "clinic.manage", "change clinic settings", by.clinic) as log:
        clinic = Clinic.objects.select_for_update().get(pk=by.clinic.pk)
        log.detail = {
            name: {"from": getattr(clinic, name), "to": value}
            for name, value in values.items()
            if getattr(clinic, name) != value
        }
        for name, value in values.items():
            setattr(clinic, name, value)
        clinic.save(update_fields=list(values))


def _of(by: Actor, person: User) -> User:
    """The person as stored now, of the same clinic, while nobody else changes people."""
    Clinic.objects.select_for_update().get(pk=by.clinic.pk)
    found = User.objects.filter(pk=person.pk, clinic=by.clinic).first()
    if found is None:
        raise RefusedError("That person is not of this clinic.")
    return found


def _known(roles: Sequence[str]) -> list[str]:
    """Roles in the order of the table."""
    if not roles:
        raise RefusedError("A person needs at least one role.")
    return [r.value for r in Role if r.value in {Role(given).value for given in roles}]


def _reason(reason: str) -> str:
    if not reason.strip():
        raise RefusedError("Say why: the reason is kept in the audit.")
    return reason.strip()


def _keep_an_owner(person: User) -> None:
    """Refuse to take the last active owner away."""
    others = User.objects.filter(clinic=person.clinic_id, is_active=True).exclude(pk=person.pk)
    if not any(Role.OWNER in other.roles for other in others):
        raise RefusedError(
            f"{person} is the only owner. Make somebody else an owner first; without one, nobody "
            "could run accounts or read the audit."
        )
