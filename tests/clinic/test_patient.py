"""Registering, changing, weighing and finding patients."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.patients import actions, limits, search, weights
from reprieve.clinic.patients.models import Contact, Patient
from reprieve.clinic.protocols.models import ProtocolVersion

As = Callable[[str], Client]
By = Callable[[str], Actor]
FORM = {
    "number": "T-100",
    "given_name": "Ana",
    "family_name": "Exemplo",
    "birth_date": "1990-05-06",
    "sex": "F",
    "height_cm": "168",
    "time_zone": "Europe/Lisbon",
    "active": "on",
}


def url(name: str, patient: Patient, *more: object) -> str:
    return reverse(f"patients:{name}", args=[patient.pk, *more])


def test_the_front_desk_registers_a_patient(as_role: As, clinic: object) -> None:
    answer = as_role("front_desk").post(reverse("patients:add"), FORM)
    patient = Patient.objects.get(number="T-100")
    assert answer.status_code == 302
    assert answer["Location"] == url("page", patient)
    row = AuditEvent.objects.get(verb="register patient")
    assert row.patient_id == patient.pk
    assert row.detail["family_name"] == "Exemplo"


@pytest.mark.parametrize("role", ["therapist", "custodian", "researcher", "owner"])
def test_others_do_not(as_role: As, clinic: object, role: str) -> None:
    assert as_role(role).post(reverse("patients:add"), FORM).status_code == 403
    assert not Patient.objects.exists()


def test_another_clinic_finds_no_patient(patient: Patient, other_clinic: dict[str, User]) -> None:
    client = Client()
    client.force_login(other_clinic["prescriber"], "django.contrib.auth.backends.ModelBackend")
    for name in ("page", "edit", "contacts", "medicines", "eligibility", "rems", "weigh"):
        assert client.get(url(name, patient)).status_code == 404, name
    assert patient.number not in client.get(reverse("patients:list")).content.decode()
    with pytest.raises(Http404):
        actions.weigh(Actor.as_user(other_clinic["nurse"]), patient, Decimal(70))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("birth_date", "2090-01-01", "in the future"),
        ("birth_date", "1850-01-01", "check the year"),
        ("height_cm", "1.75", "In metres it would be 175 cm"),
        ("height_cm", "66", "In inches it would be 168 cm"),
        ("time_zone", "Mars/Base", "not one of the available choices"),
        ("number", "T-001", "another patient&#x27;s number"),
    ],
)
def test_nonsense_is_refused_with_what_was_expected(
    as_role: As, patient: Patient, field: str, value: str, said: str
) -> None:
    answer = as_role("nurse").post(reverse("patients:add"), FORM | {field: value})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Patient.objects.count() == 1


def test_a_likely_duplicate_is_asked_about_and_then_taken(as_role: As, clinic: object) -> None:
    desk = as_role("front_desk")
    desk.post(reverse("patients:add"), FORM)
    same = FORM | {"number": "T-101", "given_name": "ANA"}
    answer = desk.post(reverse("patients:add"), same)
    assert answer.status_code == 422
    assert "is here already (T-100)" in answer.content.decode()
    assert desk.post(reverse("patients:add"), same | {"confirm": "on"}).status_code == 302
    assert Patient.objects.count() == 2


def test_a_change_leaves_what_it_was_in_the_audit(as_role: As, patient: Patient) -> None:
    posted = FORM | {"number": patient.number, "birth_date": "1981-03-01", "phone": "555 0100"}
    assert as_role("nurse").post(url("edit", patient), posted).status_code == 302
    row = AuditEvent.objects.get(verb="change patient")
    assert row.detail["phone"] == ["", "555 0100"]
    assert row.detail["given_name"] == ["Test", "Ana"]
    assert "birth_date" not in row.detail


def test_pounds_after_kilograms_are_asked_about(as_role: As, patient: Patient) -> None:
    nurse = as_role("nurse")
    at = "2026-11-02T08:00"
    answer = nurse.post(url("weigh", patient), {"kg": "165", "at": at})
    assert answer.status_code == 422
    assert "is it in lb? Then it is 74.8 kg" in answer.content.decode()
    assert patient.weights.count() == 1
    confirmed = {"kg": "165", "at": at, "confirm": "on"}
    assert nurse.post(url("weigh", patient), confirmed).status_code == 302
    assert patient.weights.count() == 2


def test_an_impossible_weight_is_refused_whoever_asks(by: By, patient: Patient) -> None:
    with pytest.raises(RefusedError, match="In lb it would be 158"):
        actions.weigh(by("nurse"), patient, Decimal(350))
    with pytest.raises(RefusedError, match="future"):
        actions.weigh(by("nurse"), patient, Decimal(70), cast.NOW + timedelta(hours=1))
    with pytest.raises(NotAllowedError):
        actions.weigh(by("front_desk"), patient, Decimal(70))
    assert patient.weights.count() == 1


def test_a_wrong_weight_is_replaced_and_stays(by: By, patient: Patient) -> None:
    wrong = patient.weights.get()
    right = actions.replace_weight(by("nurse"), wrong, Decimal("77.0"))
    assert [w.pk for w in weights.counted(patient)] == [right.pk]
    assert right.at == wrong.at
    assert patient.weights.count() == 2
    with pytest.raises(RefusedError, match="replaced already"):
        actions.replace_weight(by("nurse"), wrong, Decimal("78.0"))


def test_weights_are_drawn_and_listed(as_role: As, by: By, patient: Patient) -> None:
    actions.weigh(by("nurse"), patient, Decimal("68.5"))
    shown = as_role("nurse").get(url("page", patient)).content.decode()
    assert "Weight from 70.0 kg on 26 Oct 2026 to 68.5 kg on 2 Nov 2026." in shown
    assert "style=" not in shown


def test_doubt_needs_a_weight_to_compare_with() -> None:
    assert limits.weight_doubt(Decimal(165), None) == ""
    assert limits.weight_doubt(Decimal(74), Decimal(70)) == ""
    assert "confirm" in limits.weight_doubt(Decimal(50), Decimal(70))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("evora", ["T-2"]),
        ("ÉVORA zo", ["T-2"]),
        ("t-3", ["T-3"]),
        ("1975-02-03", ["T-2"]),
        ("3.2.1975", ["T-2"]),
        ("2026-02-31", []),
        ("zo nobody", []),
    ],
)
def test_patients_are_found_by_name_number_and_birth_date(
    clinic: object, words: str, found: list[str]
) -> None:
    for number, given, family, born in (
        ("T-2", "Zoë", "Évora", date(1975, 2, 3)),
        ("T-3", "Test", "Other", date(1980, 2, 3)),
    ):
        Patient.objects.create(
            clinic=clinic, number=number, given_name=given, family_name=family, birth_date=born,
            sex="X", time_zone="UTC",
        )  # fmt: skip
    assert [p.number for p in search.found(clinic, words)] == found


def test_the_next_number_follows_the_highest(patient: Patient) -> None:
    assert search.next_number(patient.clinic) == "T-002"
    patient.number = "T-0999"
    patient.save()
    assert search.next_number(patient.clinic) == "T-1000"


def test_the_front_desk_sees_no_medical_data(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    actions.add_allergy(by("nurse"), patient, substance="Penicillin")
    actions.add_diagnosis(by("nurse"), patient, text="Recurrent depression", indication=True)
    desk = as_role("front_desk")
    shown = desk.get(url("page", patient)).content.decode()
    assert patient.family_name in shown
    for hidden in ("Penicillin", "Recurrent depression", "70.0", "Eligibility", "Height"):
        assert hidden not in shown, hidden
    for name in ("eligibility", "medicines", "weigh", "add_trial"):
        assert desk.get(url(name, patient)).status_code == 403, name
    assert desk.get(reverse("consents:list", args=[patient.pk])).status_code == 403
    assert desk.get(url("contacts", patient)).status_code == 200


def test_the_front_desk_neither_sees_nor_changes_the_height(as_role: As, patient: Patient) -> None:
    desk = as_role("front_desk")
    assert "height_cm" not in desk.get(url("edit", patient)).content.decode()
    posted = FORM | {"number": patient.number, "height_cm": "150"}
    assert desk.post(url("edit", patient), posted).status_code == 302
    patient.refresh_from_db()
    assert (patient.given_name, patient.height_cm) == ("Ana", Decimal("170"))


def test_the_therapist_reads_and_changes_nothing(as_role: As, patient: Patient) -> None:
    therapist = as_role("therapist")
    assert "Weight" in therapist.get(url("page", patient)).content.decode()
    for name in ("edit", "weigh", "add_allergy", "add_contact"):
        assert therapist.get(url(name, patient)).status_code == 403, name


def test_every_read_is_on_record(as_role: As, patient: Patient, people: dict[str, User]) -> None:
    nurse = as_role("nurse")
    for name in ("page", "page", "weigh", "medicines", "eligibility", "edit"):
        nurse.get(url(name, patient))
    rows = AuditEvent.objects.filter(kind="read", patient_id=patient.pk)
    assert [r.verb for r in rows.order_by("seq")] == [
        "patients:page", "patients:weigh", "patients:medicines", "patients:eligibility",
        "patients:edit",
    ]  # fmt: skip
    assert {r.user for r in rows} == {people["nurse"]}


def test_a_proxy_is_revoked_with_a_reason(as_role: As, by: By, patient: Patient) -> None:
    proxy = actions.add_contact(
        by("front_desk"), patient, kind="proxy", name="Test Proxy", phone="555", may_be_told=True
    )
    desk, page = as_role("front_desk"), url("end_contact", patient, proxy.pk)
    assert desk.post(page, {"reason": " "}).status_code == 422
    assert desk.post(page, {"reason": "The patient said so"}).status_code == 302
    shown = desk.get(url("contacts", patient)).content.decode()
    assert "Revoked (1)" in shown
    assert "The patient said so" in shown
    assert Contact.objects.count() == 1
    assert desk.get(page).status_code == 404
    with pytest.raises(RefusedError, match="ended already"):
        actions.end_row(by("nurse"), proxy, "again")


def test_an_icd_code_is_checked_and_kept_in_capitals(as_role: As, patient: Patient) -> None:
    nurse, page = as_role("nurse"), url("add_diagnosis", patient)
    bad = nurse.post(page, {"text": "Depression", "code": "33.2"})
    assert bad.status_code == 422
    assert "ICD-10-CM" in bad.content.decode()
    assert nurse.post(page, {"text": "Depression", "code": "f33.2"}).status_code == 302
    assert patient.diagnoses.get().code == "F33.2"


def test_a_struck_out_row_is_not_changed_any_more(by: By, patient: Patient) -> None:
    row = actions.add_allergy(by("nurse"), patient, substance="Latex")
    actions.end_row(by("nurse"), row, "another patient")
    with pytest.raises(RefusedError, match="does not stand"):
        actions.change_row(by("nurse"), row, substance="Nickel")
    row.refresh_from_db()
    assert row.substance == "Latex"


def test_the_list_shows_running_courses_in_few_queries(
    as_role: As, course: object, patient: Patient, people: dict[str, User],
    django_assert_max_num_queries: Callable[[int], object],
) -> None:  # fmt: skip
    for n in range(30):
        cast.make_patient(patient.clinic, people["nurse"], f"T-1{n:02d}")
    client = as_role("nurse")
    client.get(reverse("patients:list"))
    with django_assert_max_num_queries(12):
        shown = client.get(reverse("patients:list")).content.decode()
    assert "active" in shown
    assert "31 patients" in shown


def test_a_number_is_given_once_whoever_asks(by: By, patient: Patient) -> None:
    fields = {
        "number": patient.number, "given_name": "A", "family_name": "B",
        "birth_date": date(1990, 1, 1), "sex": "X", "time_zone": "UTC",
    }  # fmt: skip
    with pytest.raises(RefusedError, match="another patient's number"):
        actions.register(by("nurse"), **fields)
    other = actions.register(by("nurse"), **fields | {"number": "T-002"})
    with pytest.raises(RefusedError, match="another patient's number"):
        actions.change_patient(by("nurse"), other, number=patient.number)
    assert actions.change_patient(by("nurse"), other, number="T-002", phone="1").phone == "1"


def test_what_was_struck_out_stays_in_sight(as_role: As, by: By, patient: Patient) -> None:
    row = actions.add_diagnosis(by("nurse"), patient, text="Bipolar disorder")
    actions.end_row(by("prescriber"), row, "not confirmed")
    shown = as_role("nurse").get(url("page", patient)).content.decode()
    assert "Struck out (1)" in shown
    assert "not confirmed" in shown
