"""REMS enrolment is a gap of the spray, for outpatients."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.assessed import TODAY
from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.readiness import gaps
from reprieve.evidence.practice import protocol

By = Callable[[str], Actor]


def stops(patient: Patient, name: str) -> list[str]:
    return [g.key for g in gaps(patient, protocol(name), cast.NOW) if g.kind == "stop"]


def test_the_spray_waits_for_the_enrolment(by: By, patient: Patient) -> None:
    assert "rems" in stops(patient, "spravato")
    actions.set_rems(by("front_desk"), patient, "submitted", TODAY)
    assert "rems" in stops(patient, "spravato")
    actions.set_rems(by("front_desk"), patient, "enrolled", TODAY, "R-1")
    assert "rems" not in stops(patient, "spravato")
    assert patient.rems.count() == 2


def test_an_infusion_asks_for_none(patient: Patient) -> None:
    assert "rems" not in stops(patient, "iv_racemic")


def test_an_inpatient_setting_enrols_nobody(clinic: Clinic, patient: Patient) -> None:
    clinic.inpatient = True
    clinic.save()
    assert "rems" not in stops(patient, "spravato")


def test_an_enrolment_needs_its_identifier(by: By, patient: Patient) -> None:
    with pytest.raises(RefusedError, match="identifier"):
        actions.set_rems(by("nurse"), patient, "enrolled", TODAY, " ")
    with pytest.raises(NotAllowedError):
        actions.set_rems(by("therapist"), patient, "enrolled", TODAY, "R-1")
    assert not patient.rems.exists()


def test_the_page_keeps_the_history(as_role: Callable[[str], Client], patient: Patient) -> None:
    desk, page = as_role("front_desk"), reverse("patients:rems", args=[patient.pk])
    day = str(TODAY)
    assert desk.post(page, {"status": "enrolled", "on": day}).status_code == 422
    assert desk.post(page, {"status": "submitted", "on": day}).status_code == 302
    done = desk.post(page, {"status": "enrolled", "on": day, "identifier": "R-77"})
    assert done.status_code == 302
    shown = desk.get(page).content.decode()
    assert "R-77" in shown
    assert "form submitted" in shown
    assert as_role("therapist").get(page).status_code == 403
