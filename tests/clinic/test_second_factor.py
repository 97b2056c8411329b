"""A second factor for every role, signing by password, a second person, one lockout for all."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from clinic.cast import PASSWORD
from reprieve.clinic.access import Role
from reprieve.clinic.accounts import second_person, signing
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import RefusedError, WitnessError

As = Callable[[str], Client]
By = Callable[[str], Actor]


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def sign_in(username: str, password: str = PASSWORD) -> tuple[Client, Any]:
    client = Client()
    answer = client.post(reverse("account_login"), {"login": username, "password": password})
    return client, answer


@pytest.fixture
def required(settings: Any) -> None:
    settings.MFA_REQUIRED = True


def test_production_requires_a_second_factor_and_a_demo_does_not() -> None:
    """The mode alone decides; there is no other switch."""
    import os
    import subprocess
    import sys

    said, ask = {}, "from reprieve.clinic import settings as s; print(s.MFA_REQUIRED)"
    for mode in ("production", "demo"):
        env = {**os.environ, "REPRIEVE_MODE": mode, "REPRIEVE_SECRET_KEY": "k" * 40}
        told = subprocess.run(
            [sys.executable, "-c", ask],
            env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        said[mode] = told.stdout.strip()
    assert said == {"production": "True", "demo": "False"}


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("role", [r.value for r in Role])
def test_without_a_factor_nothing_but_setting_one_up_answers(as_role: As, role: str) -> None:
    client = as_role(role)
    for name in ("home", "accounts:profile", "accounts:people", "audit:list"):
        answer = client.get(reverse(name))
        assert (answer.status_code, answer.url) == (302, reverse("accounts:second_factor")), name
    asked = client.get(reverse("accounts:profile"), HTTP_ACCEPT="application/json")
    assert asked.status_code == 403
    assert client.get(reverse("accounts:second_factor")).status_code == 200
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302


@pytest.mark.usefixtures("required")
def test_an_app_alone_is_not_enough_without_recovery_codes(
    as_role: As, people: dict[str, User]
) -> None:
    client = as_role("nurse")
    TOTP.activate(people["nurse"], generate_totp_secret())
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert "recovery codes" in client.get(reverse("accounts:second_factor")).content.decode()
    RecoveryCodes.activate(people["nurse"])
    assert client.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.usefixtures("required")
def test_a_person_sets_up_an_app_and_signs_in_with_it(people: dict[str, User]) -> None:
    client, answer = sign_in("nurse")
    assert answer.url == reverse("home")
    assert client.get(reverse("home")).url == reverse("accounts:second_factor")
    activate = reverse("mfa_activate_totp")
    assert client.get(activate).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": activate})
    page = client.get(activate)
    assert page.status_code == 200
    secret = page.context["form"].secret
    answer = client.post(activate, {"code": code_of(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    codes = client.get(answer.url).context["unused_codes"]
    assert len(codes) == 10
    assert client.get(reverse("accounts:profile")).status_code == 200

    again, answer = sign_in("nurse")
    assert answer.url == reverse("mfa_authenticate")
    assert again.get(reverse("accounts:profile")).url.startswith(reverse("account_login"))
    again.post(answer.url, {"code": codes[0]})
    assert again.get(reverse("accounts:profile")).status_code == 200

    used, answer = sign_in("nurse")
    refused = used.post(answer.url, {"code": codes[0]})
    assert "Incorrect code" in refused.content.decode(), "a recovery code works once"


@pytest.mark.usefixtures("required")
def test_the_last_factor_cannot_be_switched_off(people: dict[str, User], as_role: As) -> None:
    from reprieve.clinic.accounts.adapter import FactorAdapter

    nurse = people["nurse"]
    TOTP.activate(nurse, generate_totp_secret())
    app = Authenticator.objects.get(user=nurse)
    assert not FactorAdapter().can_delete_authenticator(app)
    Authenticator.objects.create(user=nurse, type=Authenticator.Type.WEBAUTHN, data={})
    assert FactorAdapter().can_delete_authenticator(app)


def test_wrong_codes_lock_a_name_out_as_wrong_passwords_do(people: dict[str, User]) -> None:
    TOTP.activate(people["nurse"], generate_totp_secret())
    client, answer = sign_in("nurse")
    for _ in range(5):
        refused = client.post(answer.url, {"code": "000000"})
    assert refused.status_code == 429
    _, again = sign_in("nurse")
    assert again.status_code == 429


def test_five_failures_lock_out_with_a_page_and_an_audit_row(people: dict[str, User]) -> None:
    for _ in range(4):
        assert sign_in("nurse", "wrong")[1].status_code == 200
    answer = sign_in("nurse", "wrong")[1]
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()
    assert "15 minutes" in answer.content.decode()
    assert sign_in("nurse")[1].status_code == 429, "the right password waits too"
    assert sign_in("owner")[1].status_code == 302, "others are not locked out"
    said = list(AuditEvent.objects.filter(user=people["nurse"]).values_list("verb", flat=True))
    assert said.count("failed: sign in") >= 5
    assert "locked out after repeated failures" in said


def test_a_name_that_nobody_has_is_not_kept(people: dict[str, User]) -> None:
    sign_in("my-password-typed-in-the-wrong-field")
    row = AuditEvent.objects.get()
    assert (row.user, row.user_name) == (None, "nobody known")
    assert "my-password" not in str(row.facts())


def test_one_signs_with_ones_own_password(by: By) -> None:
    signing.prove_self(by("nurse"), HttpRequest(), PASSWORD)
    for wrong in ("", "wrong"):
        with pytest.raises(RefusedError, match="not your password"):
            signing.prove_self(by("nurse"), HttpRequest(), wrong)


def test_a_second_person_is_another_one_who_may(by: By, people: dict[str, User]) -> None:
    found = second_person.prove(by("nurse"), "nurse2", PASSWORD, "ledger.witness")
    assert found == people["nurse2"]
    row = AuditEvent.objects.get()
    assert (row.user, row.verb) == (people["nurse2"], "proved who they are: witness")


@pytest.mark.parametrize(
    ("username", "password", "said"),
    [
        ("", "", "own username"),
        ("nurse", PASSWORD, "somebody else"),
        ("NURSE", PASSWORD, "somebody else"),
        ("nurse2", "wrong", "active person"),
        ("therapist", PASSWORD, "may not do this"),
        ("nurse-elsewhere", PASSWORD, "active person"),
        ("nobody", PASSWORD, "active person"),
    ],
)
@pytest.mark.usefixtures("other_clinic")
def test_a_second_person_who_will_not_do(by: By, username: str, password: str, said: str) -> None:
    with pytest.raises(WitnessError, match=said):
        second_person.prove(by("nurse"), username, password, "ledger.witness")


def test_a_person_out_of_use_cannot_witness(by: By, people: dict[str, User]) -> None:
    people["nurse2"].is_active = False
    people["nurse2"].save()
    with pytest.raises(WitnessError, match="active person"):
        second_person.prove(by("nurse"), "nurse2", PASSWORD, "ledger.witness")


def test_failures_of_a_second_person_count_towards_their_lockout(by: By) -> None:
    for _ in range(4):
        with pytest.raises(WitnessError):
            second_person.prove(by("nurse"), "nurse2", "wrong", "ledger.witness")
    with pytest.raises(RefusedError, match="Too many"):
        second_person.prove(by("nurse"), "nurse2", "wrong", "ledger.witness")
    with pytest.raises(RefusedError, match="Too many"):
        second_person.prove(by("nurse"), "nurse2", PASSWORD, "ledger.witness")


def test_a_password_is_never_asked_inside_the_acts_transaction(by: By) -> None:
    """There a failure would be taken back with the act, and never counted."""
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        second_person.prove(by("nurse"), "nurse2", PASSWORD, "ledger.witness")


def test_signing_in_and_out_stand_in_the_audit(people: dict[str, User]) -> None:
    client, _ = sign_in("nurse")
    client.post(reverse("account_logout"))
    rows = AuditEvent.objects.order_by("seq").values_list("kind", "verb", "user_name", "address")
    assert list(rows) == [
        ("sign-in", "signed in", "nurse", "127.0.0.1"),
        ("sign-in", "signed out", "nurse", "127.0.0.1"),
    ]
