"""The medication list: a history of doses, and what each medicine changes."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.assessed import TODAY
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.models import Medication, Patient
from reprieve.clinic.patients.readiness import gaps
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.patients.rules.medicines import review
from reprieve.clinic.protocols.models import ProtocolVersion

By = Callable[[str], Actor]
As = Callable[[str], Client]
BEFORE = TODAY - timedelta(days=60)


def started(by: Actor, patient: Patient, drug: str, mg: str, times: int = 1) -> Medication:
    return actions.start_medicine(
        by, patient, drug, BEFORE, dose_mg=Decimal(mg), times_a_day=Decimal(times)
    )


def test_a_new_dose_and_a_stop_leave_the_history(by: By, patient: Patient) -> None:
    row = started(by("nurse"), patient, "sertraline", "50")
    actions.change_dose(
        by("nurse"), row, BEFORE + timedelta(days=14), dose_mg=Decimal(100), times_a_day=Decimal(1)
    )
    assert Facts.of(patient).taken[0].mg_d == 100
    actions.stop_medicine(by("nurse"), row, TODAY, "the psychiatrist's decision")
    facts = Facts.of(patient)
    assert facts.taken == ()
    assert [c.kind for c in facts.medications[0].changes.all()] == ["start", "dose", "stop"]
    with pytest.raises(RefusedError, match="was stopped on"):
        actions.stop_medicine(by("nurse"), row, TODAY)


def test_a_dose_is_not_put_before_the_last_one(by: By, patient: Patient) -> None:
    row = started(by("nurse"), patient, "sertraline", "50")
    with pytest.raises(RefusedError, match="later day"):
        actions.change_dose(
            by("nurse"), row, BEFORE - timedelta(days=1), dose_mg=Decimal(9), times_a_day=None
        )


def test_who_may_not_write_the_chart_changes_no_medicine(by: By, patient: Patient) -> None:
    for role in ("therapist", "front_desk", "owner"):
        with pytest.raises(NotAllowedError):
            started(by(role), patient, "sertraline", "50")
    assert not Medication.objects.exists()


def test_benzodiazepines_add_up_in_diazepam(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    started(by("nurse"), patient, "Ativan", "0.5", times=2)
    started(by("nurse"), patient, "diazepam", "5")
    total = review(Facts.of(patient), "iv").benzodiazepines
    assert total is not None
    assert total.mg_per_day == pytest.approx(10 + 5)
    shown = as_role("nurse").get(reverse("patients:medicines", args=[patient.pk]))
    assert "15 mg" in shown.content.decode()


def test_a_stopped_medicine_flags_nothing(by: By, patient: Patient) -> None:
    row = started(by("nurse"), patient, "theophylline", "200")
    flagged = [f.interaction for f in review(Facts.of(patient), "iv").flags]
    assert flagged == ["theophylline"]
    actions.stop_medicine(by("nurse"), row, TODAY)
    assert review(Facts.of(patient), "iv").flags == ()


def test_an_unknown_name_is_said_to_be_unknown(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    started(by("nurse"), patient, "Zzyzxol", "5")
    shown = as_role("therapist").get(reverse("patients:medicines", args=[patient.pk]))
    assert "Zzyzxol is not known here" in shown.content.decode()
    found = gaps(patient, protocol.protocol, cast.NOW)
    assert any(g.kind == "caution" and "Zzyzxol" in g.title for g in found)


def test_the_route_decides_about_grapefruit(by: By, patient: Patient) -> None:
    started(by("nurse"), patient, "clarithromycin", "500", times=2)
    colour = {r: review(Facts.of(patient), r).flags[0].colour for r in ("oral", "nasal")}
    assert colour == {"oral": "red", "nasal": "information"}


def test_the_page_never_advises_to_stop(as_role: As, by: By, patient: Patient) -> None:
    row = started(by("nurse"), patient, "lorazepam", "2")
    nurse = as_role("nurse")
    shown = nurse.get(reverse("patients:medicines", args=[patient.pk])).content.decode()
    assert "Nothing here asks to stop a medicine" in shown
    page = reverse("patients:stop_medicine", args=[patient.pk, row.pk])
    assert "This records what has happened" in nurse.get(page).content.decode()


def test_a_medicine_is_added_on_the_page(as_role: As, patient: Patient) -> None:
    nurse, page = as_role("nurse"), reverse("patients:add_medicine", args=[patient.pk])
    assert '<option value="klonopin">' in nurse.get(page).content.decode(), "brands are offered"
    form = {"drug": "lamotrigine", "dose_mg": "100", "route": "oral", "on": str(TODAY)}
    refused = nurse.post(page, form)
    assert refused.status_code == 422
    assert "Say how often" in refused.content.decode()
    assert nurse.post(page, form | {"times_a_day": "2"}).status_code == 302
    shown = nurse.get(reverse("patients:medicines", args=[patient.pk])).content.decode()
    assert "200" in shown
    assert "Lamotrigine" in shown


def test_a_long_list_is_shown_in_few_queries(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:  # fmt: skip
    for n in range(12):
        row = started(by("nurse"), patient, f"medicine {n}", "5")
        actions.change_dose(by("nurse"), row, TODAY, dose_mg=Decimal(10), times_a_day=Decimal(1))
    client, page = as_role("nurse"), reverse("patients:medicines", args=[patient.pk])
    client.get(page)
    with django_assert_max_num_queries(26):
        client.get(page)
