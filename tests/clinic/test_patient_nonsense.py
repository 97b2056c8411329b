"""Whatever is sent to a patient's pages, the answer is a page: nothing stored, no traceback."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from clinic import cast
from clinic.assessed import signed
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.protocols.models import ProtocolVersion

As = Callable[[str], Client]
NONSENSE = (
    "", "x" * 5000, "\0", "NaN", "-1", "1e400", "0001-01-01", "0001-01-01T00:00", "9999-12-31",
    "yes",
)  # fmt: skip
FIELDS = (
    "number", "given_name", "family_name", "birth_date", "sex", "height_cm", "time_zone", "phone",
    "email", "active", "kg", "at", "confirm", "kind", "name", "text", "code", "since", "substance",
    "severity", "drug", "dose_mg", "dose_mg_d", "weeks", "adherence_pct", "outcome", "started_on",
    "stopped_on", "times_a_day", "as_needed", "route", "on", "note", "done_on", "finding", "value",
    "reason", "eligible", "status", "identifier", "text_digest", "understood", "patient_drawn",
    "patient_typed", "witness_name", "witness_capacity", "witness_drawn", "aneurysm", "delirium",
    "aneurysm-note",
)  # fmt: skip


@pytest.fixture
def pages(people: dict[str, User], patient: Patient, protocol: ProtocolVersion) -> list[str]:
    """Every address of patients and of consents, with something to change behind each."""
    nurse = Actor.as_user(people["nurse"], cast.NOW)
    medicine = actions.start_medicine(nurse, patient, "lithium", cast.NOW.date())
    rows = {
        "contact": actions.add_contact(nurse, patient, kind="escort", name="A", phone="1"),
        "diagnosis": actions.add_diagnosis(nurse, patient, text="Depression"),
        "allergy": actions.add_allergy(nurse, patient, substance="Latex"),
        "trial": actions.add_trial(nurse, patient, drug="sertraline", outcome="none"),
    }
    result = actions.enter_result(nurse, patient, "ecg", "ECG", cast.NOW.date(), "normal", "")
    known = {
        "patient_id": patient.pk,
        "protocol_id": protocol.pk,
        "medication_id": medicine.pk,
        "weight_id": patient.weights.get().pk,
        "result_id": result.pk,
        "consent_id": signed(nurse, patient, protocol).pk,
    }
    found = []
    for space in ("patients", "consents"):
        _, resolver = get_resolver().namespace_dict[space]
        for name in (n for n in resolver.reverse_dict if isinstance(n, str)):
            if name == "pdf":
                continue  # printing takes a second and reads nothing that was sent
            wanted = resolver.reverse_dict.getlist(name)[0][0][0][1]
            row = rows[name.partition("_")[2]].pk if "row_id" in wanted else None
            found.append(reverse(f"{space}:{name}", kwargs={k: known.get(k, row) for k in wanted}))
    assert len(found) > 30
    return found


@pytest.mark.parametrize("value", NONSENSE)
def test_no_field_takes_nonsense_for_a_crash(as_role: As, pages: list[str], value: str) -> None:
    doctor = as_role("prescriber")
    for page in pages:
        answer = doctor.post(page, dict.fromkeys(FIELDS, value))
        assert answer.status_code in (200, 302, 404, 409, 422), (page, value)


@pytest.mark.parametrize("value", ["\0", "-1", "💊" * 300])
def test_no_address_takes_nonsense_for_a_crash(as_role: As, pages: list[str], value: str) -> None:
    doctor = as_role("prescriber")
    for page in pages:
        query = {"q": value, "page": value, "key": value, "protocol": value, "all": value}
        assert doctor.get(page, query).status_code in (200, 302), (page, value)
