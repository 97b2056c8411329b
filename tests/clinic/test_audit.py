"""The audit as its owner reads it, and what it writes down by itself."""

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.patients.models import Patient

As = Callable[[str], Client]
By = Callable[[str], Actor]


@pytest.fixture
def rows(by: By, patient: Patient, other_clinic: dict[str, User]) -> None:
    """Three rows here, one of another clinic."""
    day = timedelta(days=1)
    nurse, prescriber = by("nurse"), by("prescriber")
    AuditEvent.record(nurse, "read", "chart", patient, None, {})
    AuditEvent.record(nurse.at(cast.NOW + day), "write", "record vital signs", None, None, {})
    AuditEvent.record(
        prescriber.at(cast.NOW + 2 * day), "write", "=HYPERLINK(1)", patient, None, {"sbp": "120"}
    )
    AuditEvent.record(Actor.as_user(other_clinic["nurse"]), "write", "secret", None, None, {})


def shown(client: Client, **asked: str) -> list[str]:
    page = client.get(reverse("audit:list"), asked)
    assert page.status_code == 200
    return [row.verb for row in page.context["rows"] if row.kind != "sign-in"]


@pytest.mark.usefixtures("rows")
def test_the_owner_filters_by_person_patient_kind_words_and_dates(
    as_role: As, people: dict[str, User]
) -> None:
    owner = as_role("owner")
    assert shown(owner) == ["=HYPERLINK(1)", "record vital signs", "chart"]
    assert shown(owner, person=str(people["nurse"].pk)) == ["record vital signs", "chart"]
    assert shown(owner, patient="t-001") == ["=HYPERLINK(1)", "chart"]
    assert shown(owner, kind="read") == ["chart"]
    assert shown(owner, verb="VITAL") == ["record vital signs"]
    assert shown(owner, since="2026-11-03", until="2026-11-03") == ["record vital signs"]
    assert shown(owner, patient="none such") == []


@pytest.mark.usefixtures("rows")
def test_a_day_is_the_clinics_own_day(as_role: As, people: dict[str, User], by: By) -> None:
    clinic = people["owner"].clinic
    clinic.time_zone = "Pacific/Auckland"
    clinic.save()
    assert shown(as_role("owner"), until="2026-11-02") == ["chart"], "22:00 there"
    AuditEvent.record(by("nurse").at(cast.NOW + timedelta(hours=4)), "read", "late", None, None, {})
    assert "late" not in shown(as_role("owner"), until="2026-11-02")


@pytest.mark.usefixtures("rows")
def test_names_of_patients_are_not_on_the_owners_page(as_role: As, patient: Patient) -> None:
    page = as_role("owner").get(reverse("audit:list")).content.decode()
    assert patient.number in page
    assert patient.family_name not in page.replace(patient.number, "")


@pytest.mark.parametrize(
    "asked", [{"since": "yesterday"}, {"person": "nobody"}, {"kind": "stolen"}, {"page": "-7"}]
)
@pytest.mark.usefixtures("rows")
def test_a_question_that_cannot_be_read_is_answered(as_role: As, asked: dict[str, str]) -> None:
    answer = as_role("owner").get(reverse("audit:list"), asked)
    assert answer.status_code == (200 if "page" in asked else 422)


@pytest.mark.usefixtures("rows")
def test_the_file_holds_the_same_rows_runs_nothing_and_is_noted(as_role: As) -> None:
    owner = as_role("owner")
    answer = owner.get(reverse("audit:export"), {"kind": "write"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    table = list(csv.DictReader(StringIO(text)))
    assert [row["verb"] for row in table] == ["'=HYPERLINK(1)", "record vital signs"]
    assert table[0]["patient"] == "T-001"
    assert "secret" not in text
    assert AuditEvent.objects.filter(kind="read", verb="export the audit").count() == 1


def test_many_rows_are_shown_a_hundred_at_a_time(as_role: As, by: By) -> None:
    for n in range(120):
        AuditEvent.record(by("nurse"), "write", f"act {n}", None, None, {})
    owner = as_role("owner")
    assert len(owner.get(reverse("audit:list")).context["rows"]) == 100
    second = owner.get(reverse("audit:list"), {"page": "2", "kind": "write"})
    assert len(second.context["rows"]) == 20
    assert "kind=write" in second.content.decode()


def test_a_page_of_the_audit_costs_the_same_for_many_rows(
    as_role: As, by: By, patient: Patient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(50):
        AuditEvent.record(by("nurse"), "read", "chart", patient, None, {})
    owner = as_role("owner")
    with django_assert_max_num_queries(12):
        owner.get(reverse("audit:list"))


def test_a_refused_attempt_is_written_down(as_role: As, people: dict[str, User]) -> None:
    nurse = as_role("nurse")
    assert nurse.get(reverse("accounts:person", args=[people["owner"].pk])).status_code == 403
    row = AuditEvent.objects.get(kind="refused")
    assert (row.user, row.verb) == (people["nurse"], "GET accounts:person")
    assert row.detail == {"person_id": str(people["owner"].pk)}


def test_the_owner_checks_the_chain_on_a_page(as_role: As, by: By) -> None:
    AuditEvent.record(by("nurse"), "write", "act", None, None, {})
    owner = as_role("owner")
    assert "Every row follows" in owner.get(reverse("audit:check")).content.decode()
