"""A screen that nobody touches hides names and waits for the person's own password."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.cast import PASSWORD
from reprieve.clinic.accounts import lock
from reprieve.clinic.accounts.models import User
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.treatments.models import TreatmentSession

As = Callable[[str], Client]
POLL = {"HTTP_HX_REQUEST": "true"}
SCRIPT = {"HTTP_ACCEPT": "application/json"}


class Clock:
    """The server's time, moved by hand."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(lock, "_now", lambda: made.now.timestamp())
    return made


@pytest.fixture
def nurse(as_role: As, clock: Clock) -> Client:
    """A nurse at an unlocked screen."""
    client = as_role("nurse")
    assert client.get(reverse("accounts:profile")).status_code == 200
    return client


def is_locked(client: Client) -> bool:
    return bool(client.get(reverse("accounts:awake"), **SCRIPT).json()["locked"])


def test_a_screen_left_alone_sends_every_page_to_unlock(nurse: Client, clock: Clock) -> None:
    clock.wait(5.1)
    answer = nurse.get(reverse("accounts:profile") + "?a=1")
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("accounts:unlock"))
    assert "next=%2Fme%2F%3Fa%3D1" in answer.url


def test_the_clinic_decides_after_how_long(
    nurse: Client, clock: Clock, people: dict[str, User]
) -> None:
    clinic = people["nurse"].clinic
    clinic.lock_after_min = 2
    clinic.save()
    clock.wait(2.1)
    assert is_locked(nurse)


def test_going_to_a_page_is_a_touch(nurse: Client, clock: Clock) -> None:
    for _ in range(3):
        clock.wait(4)
        assert nurse.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [POLL, SCRIPT, {"HTTP_X_REPRIEVE_POLL": "1"}, {"HTTP_SEC_FETCH_MODE": "cors"}],
    ids=["htmx", "json", "named", "fetch"],
)
def test_a_poll_is_no_touch(nurse: Client, clock: Clock, headers: dict[str, str]) -> None:
    for _ in range(3):
        clock.wait(2)
        nurse.get(reverse("accounts:profile"), **headers)
    assert is_locked(nurse)


def test_typing_is_told_to_the_server_and_counts(nurse: Client, clock: Clock) -> None:
    for _ in range(3):
        clock.wait(4)
        assert nurse.post(reverse("accounts:awake"), **SCRIPT).json()["locked"] is False
    assert nurse.get(reverse("accounts:profile")).status_code == 200


def test_a_locked_screen_is_not_opened_by_touching_it(nurse: Client, clock: Clock) -> None:
    clock.wait(6)
    assert nurse.post(reverse("accounts:awake"), **SCRIPT).json()["locked"] is True
    assert is_locked(nurse)
    nurse.get(reverse("accounts:profile"))
    assert is_locked(nurse)


def test_an_event_that_a_script_sends_is_kept_by_it_until_unlocked(
    nurse: Client, clock: Clock
) -> None:
    clock.wait(6)
    answer = nurse.post(reverse("accounts:lock_now"), **SCRIPT)
    assert answer.status_code == 423
    assert "sent again" in answer.json()["error"]


def test_a_part_of_a_page_takes_the_whole_page_to_unlock(nurse: Client, clock: Clock) -> None:
    clock.wait(6)
    answer = nurse.get(
        reverse("accounts:profile"), **POLL, HTTP_HX_CURRENT_URL="http://testserver/me/"
    )
    assert answer.headers["HX-Redirect"].startswith(reverse("accounts:unlock"))


def test_a_page_marked_while_locked_is_shown_without_names(
    rf: Any, people: dict[str, User], patient: Patient
) -> None:
    from reprieve.clinic.accounts.middleware import IdleLockMiddleware
    from reprieve.clinic.pages import context, page

    def view(request: HttpRequest) -> HttpResponse:
        text = Template("{% load clinic %}{% person patient %}|{{ elapsed }}")
        known = {**context(request), "patient": patient, "elapsed": "12 min"}
        return HttpResponse(text.render(Context(known)))

    request = rf.get("/")
    request.user = people["nurse"]
    request.session = {lock.LOCKED: True}
    shown = page("board.read", while_locked=True)(view)
    middleware = IdleLockMiddleware(lambda r: shown(r))
    request.resolver_match = None
    answer = middleware(request)
    assert middleware.process_view(request, shown, (), {}) is None
    assert answer.content.decode() == "●●●|12 min"
    request.method = "POST"
    refused = middleware.process_view(request, shown, (), {})
    assert refused is not None, "a locked screen shows, and takes nothing"
    request.method = "GET"
    hidden = page("board.read")(view)
    refused = middleware.process_view(request, hidden, (), {})
    assert refused is not None
    assert refused.status_code == 302


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_same_persons_password_unlocks_and_goes_back(
    nurse: Client, clock: Clock, by_hand: bool
) -> None:
    if by_hand:
        nurse.post(reverse("accounts:lock_now"))
    else:
        clock.wait(6)
    assert is_locked(nurse)
    page = nurse.get(reverse("accounts:unlock"), {"next": "/me/"})
    assert 'value="/me/"' in page.content.decode()
    answer = nurse.post(reverse("accounts:unlock"), {"secret": PASSWORD, "next": "/me/"})
    assert answer.url == "/me/"
    assert nurse.get("/me/").status_code == 200


def test_the_code_of_ones_app_unlocks(nurse: Client, people: dict[str, User]) -> None:
    import time

    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        generate_totp_secret,
        hotp_value,
    )

    secret = generate_totp_secret()
    TOTP.activate(people["nurse"], secret)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    nurse.post(reverse("accounts:lock_now"))
    wrong = nurse.post(reverse("accounts:unlock"), {"secret": "000000"})
    assert wrong.status_code == 422
    assert is_locked(nurse)
    nurse.post(reverse("accounts:unlock"), {"secret": f"{code[:3]} {code[3:]}"})
    assert not is_locked(nurse)


def test_somebody_elses_password_does_not_unlock(nurse: Client, people: dict[str, User]) -> None:
    people["owner"].set_password("another phrase of the owner")
    people["owner"].save()
    nurse.post(reverse("accounts:lock_now"))
    answer = nurse.post(reverse("accounts:unlock"), {"secret": "another phrase of the owner"})
    assert answer.status_code == 422
    assert is_locked(nurse)


def test_after_unlocking_nobody_is_led_away(nurse: Client) -> None:
    nurse.post(reverse("accounts:lock_now"))
    answer = nurse.post(
        reverse("accounts:unlock"), {"secret": PASSWORD, "next": "https://elsewhere.example/"}
    )
    assert answer.url == reverse("home")


def test_somebody_else_signs_the_first_person_out(nurse: Client, clock: Clock) -> None:
    clock.wait(6)
    assert nurse.post(reverse("account_logout")).status_code == 302
    assert nurse.get(reverse("accounts:profile")).url.startswith(reverse("account_login"))


def test_five_wrong_passwords_at_a_locked_screen_lock_the_name_out(nurse: Client) -> None:
    nurse.post(reverse("accounts:lock_now"))
    for _ in range(5):
        answer = nurse.post(reverse("accounts:unlock"), {"secret": "wrong"})
    assert "Too many" in answer.content.decode()
    answer = nurse.post(reverse("accounts:unlock"), {"secret": PASSWORD})
    assert "Too many" in answer.content.decode()
    assert is_locked(nurse)


def test_locking_and_unlocking_stand_in_the_audit(nurse: Client, clock: Clock) -> None:
    clock.wait(6)
    nurse.get(reverse("accounts:profile"))
    nurse.get(reverse("accounts:profile"))
    nurse.post(reverse("accounts:unlock"), {"secret": "wrong"})
    nurse.post(reverse("accounts:unlock"), {"secret": PASSWORD})
    nurse.post(reverse("accounts:lock_now"))
    said = [e.verb for e in AuditEvent.objects.order_by("seq") if e.verb != "signed in"]
    assert said == [
        "screen locked: idle",
        "failed: unlock",
        "proved who they are: unlock",
        "screen locked: by hand",
    ]


def test_a_touch_is_stored_rarely(nurse: Client, clock: Clock) -> None:
    def stores() -> float:
        return float(nurse.session[lock.SEEN])

    before = stores()
    clock.wait(0.2)
    nurse.get(reverse("accounts:profile"))
    assert stores() == before
    clock.wait(0.5)
    nurse.get(reverse("accounts:profile"))
    assert stores() > before


@pytest.mark.parametrize("name", ["board", "board_rows", "treatments:cockpit", "treatments:live"])
def test_the_floor_stays_in_sight_without_names(
    nurse: Client, session: TreatmentSession, name: str
) -> None:
    """Board and cockpit are all that a locked screen shows of patients."""
    TreatmentSession.objects.filter(pk=session.pk).update(planned_at=timezone.now())
    path = reverse(name, args=[session.pk] if name.startswith("treatments:") else [])
    patient = session.patient
    before = nurse.get(path).content.decode()
    assert patient.family_name in before or f">{patient.initials}<" in before
    nurse.post(reverse("accounts:lock_now"))
    answer = nurse.get(path)
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert "●●●" in shown
    for hidden in (patient.family_name, patient.number, f">{patient.initials}<", "1 Mar 1981"):
        assert hidden not in shown


@pytest.mark.parametrize("word", ["null", "home", "undefined", "a b"])
def test_a_bare_word_to_go_back_to_leads_home(nurse: Client, word: str) -> None:
    """It is no address of the clinic, and is not read as the name of one."""
    assert nurse.get(reverse("accounts:unlock"), {"next": word}).url == reverse("home")
    nurse.post(reverse("accounts:lock_now"))
    answer = nurse.post(reverse("accounts:unlock"), {"secret": PASSWORD, "next": word})
    assert answer.url == reverse("home")
