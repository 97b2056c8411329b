"""The record by address: what a form and the cockpit's queue send, and what they are told."""

from uuid import uuid4

import pytest
from django.urls import reverse

from clinic import cast
from clinic.chair import CALM, Chair
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession

JSON = {"accept": "application/json"}


@pytest.fixture(autouse=True)
def morning(monkeypatch):
    """The server's clock stands at the cast's morning, a quarter past."""
    from datetime import timedelta

    now = cast.NOW + timedelta(minutes=15)
    monkeypatch.setattr("reprieve.clinic.actor.timezone.now", lambda: now)
    return now


@pytest.fixture
def chair(session, people, vial):
    found = Chair(session, people, vial)
    found.arrives()
    return found


@pytest.fixture
def send(as_role, chair):
    def sent(role, kind, data, headers=JSON, session=None):
        address = reverse("treatments:record", args=[session or chair.session.pk, kind])
        return as_role(role).post(address, data, headers=headers)

    return sent


def test_a_stored_event_is_answered_with_its_number_and_the_phase(send):
    id = uuid4()
    answer = send(
        "nurse", "vitals", {**CALM, "id": id, "at": cast.NOW.replace(minute=10).isoformat()}
    )
    assert answer.status_code == 200
    assert answer.json()["id"] == str(id)
    assert answer.json()["phase"] == "checked_in"
    assert answer.json()["late_min"] == 5
    again = send("nurse", "vitals", {**CALM, "id": id})
    assert (again.status_code, again.json()["seq"]) == (200, answer.json()["seq"])


def test_a_refusal_names_the_field(send):
    answer = send("nurse", "vitals", {**CALM, "sbp": "1400"})
    assert answer.status_code == 422
    assert "expected 40 to 300" in answer.json()["fields"]["sbp"][0]


def test_a_refusal_of_the_whole_is_a_400(send):
    answer = send("nurse", "start", {})
    assert answer.status_code == 400
    assert "The session is checked in" in answer.json()["error"]


@pytest.mark.parametrize("wrong", [{"id": "7"}, {"at": "noon"}, {"client_at": "x"},
                                   {"entered_by": str(uuid4())}])  # fmt: skip
def test_what_cannot_be_read_is_refused(send, wrong):
    assert send("nurse", "vitals", {**CALM, **wrong}).status_code == 422


def test_a_form_is_sent_on_to_where_it_came_from_and_nowhere_else(send, chair):
    here = f"/sessions/{chair.session.pk}/"
    assert send("nurse", "vitals", CALM, {}).url == here
    assert send("nurse", "vitals", {**CALM, "next": "/board/"}, {}).url == "/board/"
    assert send("nurse", "vitals", {**CALM, "next": "https://evil.example/"}, {}).url == here


def test_who_may_not_is_told_403_and_another_clinic_404(send, other_clinic, client, chair):
    assert send("front_desk", "vitals", CALM).status_code == 403
    client.force_login(other_clinic["nurse"], "django.contrib.auth.backends.ModelBackend")
    address = reverse("treatments:record", args=[chair.session.pk, "vitals"])
    assert client.post(address, CALM, headers=JSON).status_code == 404
    client.logout()
    assert client.post(address, CALM, headers=JSON).status_code in (302, 401, 403)


def test_reading_the_address_is_no_way_to_write(as_role, chair):
    address = reverse("treatments:record", args=[chair.session.pk, "vitals"])
    assert as_role("nurse").get(address).status_code == 405


def test_a_signature_needs_the_password_again(send, chair):
    chair.does("nurse", "abort", 5, reason="unwell")
    assert send("prescriber", "sign", {"meaning": "reviewed"}).status_code == 400
    wrong = send("prescriber", "sign", {"meaning": "reviewed", "password": "guess"})
    assert wrong.status_code == 400
    assert not SessionEvent.objects.filter(kind="sign").exists()
    right = send("prescriber", "sign", {"meaning": "reviewed", "password": cast.PASSWORD})
    assert right.json()["phase"] == "signed"
    assert TreatmentSession.objects.get(pk=chair.session.pk).phase == "signed"
