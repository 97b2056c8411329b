"""The owner runs people; nobody else does, and nobody of another clinic."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.cast import PASSWORD
from reprieve.clinic.accounts import invitations
from reprieve.clinic.accounts.models import Clinic, Invitation, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import NotAllowedError, RefusedError

As = Callable[[str], Client]
By = Callable[[str], Actor]
NEW = {
    "username": "new.nurse",
    "printed_name": "New Nurse",
    "credential": "RN",
    "roles": ["nurse", "custodian"],
}


def link_of(page: str) -> str:
    found = re.search(r"<code>https?://[^/]+(/invitation/[^<]+)</code>", page)
    assert found is not None, page
    return found.group(1)


def test_an_owner_adds_a_person_who_chooses_a_password_with_a_link_shown_once(as_role: As) -> None:
    owner = as_role("owner")
    answer = owner.post(reverse("accounts:add"), NEW, follow=True)
    address = link_of(answer.content.decode())
    again = owner.get(answer.redirect_chain[-1][0])
    assert "shown before" in again.content.decode()

    newcomer = Client()
    chosen = {"password": "a long enough phrase", "again": "a long enough phrase"}
    assert newcomer.get(address).status_code == 200
    answer = newcomer.post(address, chosen)
    assert answer.url == reverse("accounts:second_factor")
    person = User.objects.get(username="new.nurse")
    assert person.check_password("a long enough phrase")
    assert person.roles == ["nurse", "custodian"]
    assert Client().get(address).status_code == 404, "the link works once"


def test_a_link_grows_old(by: By, people: dict[str, User]) -> None:
    from reprieve.clinic.accounts.people import reset

    token = reset(by("owner"), people["nurse"], "phone lost")
    assert invitations.find(token) is None, "made at the cast's time, weeks ago"
    answer = Client().get(reverse("accounts:invitation", args=[token]))
    assert answer.status_code == 404
    assert "ask your clinic's owner" in answer.content.decode().lower()


@pytest.mark.parametrize("password", ["short", "password1234"])
def test_a_weak_password_is_refused_with_the_rule(as_role: As, password: str) -> None:
    page = as_role("owner").post(reverse("accounts:add"), NEW, follow=True)
    address = link_of(page.content.decode())
    answer = Client().post(address, {"password": password, "again": password})
    assert answer.status_code == 422
    assert "This password is too" in answer.content.decode()
    assert not User.objects.get(username="new.nurse").has_usable_password()


def test_a_username_is_taken_whatever_its_case(as_role: As) -> None:
    answer = as_role("owner").post(reverse("accounts:add"), {**NEW, "username": "NURSE"})
    assert answer.status_code == 422
    assert "already" in answer.content.decode()


def test_the_last_owner_cannot_be_taken_away(as_role: As, people: dict[str, User]) -> None:
    owner = people["owner"]
    client = as_role("owner")
    answer = client.post(
        reverse("accounts:person", args=[owner.pk]),
        {"printed_name": "Test Owner", "credential": "", "roles": ["nurse"]},
    )
    assert answer.status_code == 422
    assert "only owner" in answer.content.decode()
    answer = client.post(reverse("accounts:deactivate", args=[owner.pk]), {"reason": "leaving"})
    assert answer.status_code == 422
    owner.refresh_from_db()
    assert owner.is_active
    assert owner.roles == ["owner"]


def test_with_a_second_owner_the_first_may_go(by: By, people: dict[str, User]) -> None:
    from reprieve.clinic.accounts.people import change, deactivate

    change(
        by("owner"), people["nurse"], printed_name="N", credential="RN", roles=["nurse", "owner"]
    )
    deactivate(by("owner"), people["owner"], "leaves the clinic")
    people["owner"].refresh_from_db()
    assert not people["owner"].is_active


def test_what_changed_and_why_stands_in_the_audit(by: By, people: dict[str, User]) -> None:
    from reprieve.clinic.accounts.people import change, deactivate

    nurse = people["nurse"]
    change(by("owner"), nurse, printed_name=str(nurse), credential="RN", roles=["nurse"])
    deactivate(by("owner"), nurse, "left")
    changed, left = AuditEvent.objects.order_by("seq")[:2]
    assert changed.detail == {"credential": {"from": "", "to": "RN"}}
    assert left.detail == {"reason": "left"}
    assert {changed.object_id, left.object_id} == {str(nurse.pk)}


def test_a_person_out_of_use_is_signed_out_at_once(as_role: As, by: By) -> None:
    from reprieve.clinic.accounts.people import deactivate

    nurse = as_role("nurse")
    assert nurse.get(reverse("accounts:profile")).status_code == 200
    deactivate(by("owner"), User.objects.get(username="nurse"), "left")
    assert nurse.get(reverse("accounts:profile")).status_code == 302
    again = Client()
    again.post(reverse("account_login"), {"login": "nurse", "password": PASSWORD})
    assert "_auth_user_id" not in again.session


def test_a_reset_ends_sessions_and_removes_factors(
    as_role: As, by: By, people: dict[str, User]
) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from reprieve.clinic.accounts.factors import kinds
    from reprieve.clinic.accounts.people import reset

    nurse = people["nurse"]
    client = as_role("nurse")
    TOTP.activate(nurse, generate_totp_secret())
    RecoveryCodes.activate(nurse)
    with pytest.raises(RefusedError, match="Say why"):
        reset(by("owner"), nurse, "  ")
    assert kinds(nurse) == {"totp", "recovery_codes"}
    reset(by("owner"), nurse, "phone lost; asked in person")
    assert kinds(nurse) == frozenset()
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert Invitation.objects.filter(person=nurse, used_at=None).count() == 1


def test_only_an_owner_runs_people(by: By, people: dict[str, User], clinic: Clinic) -> None:
    from reprieve.clinic.accounts.people import add, change_clinic, deactivate, reset

    before = AuditEvent.objects.count()
    for role in people:
        if role == "owner":
            continue
        with pytest.raises(NotAllowedError):
            add(by(role), **NEW)
        with pytest.raises(NotAllowedError):
            deactivate(by(role), people["owner"], "because")
        with pytest.raises(NotAllowedError):
            reset(by(role), people["owner"], "because")
        with pytest.raises(NotAllowedError):
            change_clinic(by(role), {"name": "Taken over"})
    clinic.refresh_from_db()
    assert clinic.name == "Test clinic"
    assert AuditEvent.objects.count() == before


def test_an_owner_of_another_clinic_touches_nobody_here(
    other_clinic: dict[str, User], people: dict[str, User]
) -> None:
    from reprieve.clinic.accounts.people import deactivate

    stranger = other_clinic["owner"]
    with pytest.raises(RefusedError, match="not of this clinic"):
        deactivate(Actor.as_user(stranger), people["nurse"], "because")
    client = Client()
    client.force_login(stranger, "django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("accounts:person", args=[people["nurse"].pk])).status_code == 404
    listed = client.get(reverse("accounts:people")).content.decode()
    assert str(people["nurse"].pk) not in listed
    assert str(other_clinic["nurse"].pk) in listed


def test_settings_of_the_clinic_change_with_what_was_before_in_the_audit(
    as_role: As, clinic: Clinic
) -> None:
    asked = {
        "name": "Test clinic",
        "time_zone": "Europe/Berlin",
        "lock_after_min": "3",
        "patients_per_nurse": "2",
        "crisis_line": "call 112",
        "address": "",
        "phone": "",
    }
    owner = as_role("owner")
    assert owner.post(reverse("accounts:clinic"), asked).status_code == 302
    clinic.refresh_from_db()
    assert (clinic.time_zone, clinic.lock_after_min) == ("Europe/Berlin", 3)
    row = AuditEvent.objects.filter(verb="change clinic settings").get()
    assert row.detail["lock_after_min"] == {"from": 5, "to": 3}
    bad = owner.post(reverse("accounts:clinic"), {**asked, "time_zone": "Mars/Olympus"})
    assert bad.status_code == 422


@pytest.mark.parametrize(
    "name", ["account_signup", "account_reset_password", "account_email", "account_set_password"]
)
def test_signing_up_and_mail_have_no_address(name: str) -> None:
    from django.urls import NoReverseMatch

    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_an_owner_does_not_lock_themselves_out_by_a_reset(
    as_role: As, people: dict[str, User]
) -> None:
    owner = people["owner"]
    answer = as_role("owner").post(reverse("accounts:reset", args=[owner.pk]), {"reason": "lost"})
    assert answer.status_code == 422
    assert "ask another owner" in answer.content.decode()
    owner.refresh_from_db()
    assert owner.has_usable_password()


def test_from_the_terminal_somebody_is_let_in_again(people: dict[str, User]) -> None:
    from reprieve.clinic.accounts.people import let_in

    people["owner"].is_active = False
    people["owner"].save()
    token = let_in("owner")
    chosen = {"password": "a long enough phrase", "again": "a long enough phrase"}
    answer = Client().post(reverse("accounts:invitation", args=[token]), chosen)
    assert answer.url == reverse("accounts:second_factor")
    row = AuditEvent.objects.order_by("seq")[0]
    assert (row.user, row.address) == (None, "terminal")
    with pytest.raises(RefusedError, match="Nobody has the username"):
        let_in("nobody")


@pytest.mark.parametrize(
    ("behind", "sent", "kept"),
    [
        (True, "10.0.0.9", "10.0.0.9"),
        (True, "6.6.6.6, 10.0.0.9", "10.0.0.9"),
        (True, "not an address", "127.0.0.1"),
        (True, "", "127.0.0.1"),
        (False, "10.0.0.9", "127.0.0.1"),
    ],
)
def test_the_audit_keeps_the_address_that_the_proxy_saw(
    people: dict[str, User], settings: Any, behind: bool, sent: str, kept: str
) -> None:
    settings.BEHIND_TLS = behind
    known = {"login": "nurse", "password": PASSWORD}
    Client().post(reverse("account_login"), known, headers={"X-Forwarded-For": sent})
    assert AuditEvent.objects.get().address == kept
