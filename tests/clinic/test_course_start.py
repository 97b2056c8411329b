"""Starting a course: dose, readiness, level of care, and whose clinic it is."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.test import Client

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.courses import actions
from reprieve.clinic.courses.models import Course
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.patients import readiness
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.protocols.models import ProtocolVersion

By = Callable[[str], Actor]
HALF = {"drug": "ketamine", "amount": Decimal("0.5"), "unit": "mg/kg"}


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> list[readiness.Gap]:
    """What readiness says; nothing, unless a test adds to it."""
    found: list[readiness.Gap] = []
    monkeypatch.setattr(readiness, "gaps", lambda *_: tuple(found))
    return found


def stop() -> readiness.Gap:
    return readiness.Gap("screen", "Aneurysm", "answered yes", "stop")


@pytest.mark.usefixtures("ready")
def test_a_prescriber_starts_a_course_in_its_first_phase(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    course = actions.start_course(by("prescriber"), patient, protocol, **HALF)
    assert (course.phase, course.status, course.dose) == ("induction", "active", "0.5 mg/kg")
    event = course.events.get()
    assert (event.kind, event.data["dose"]) == ("start", "0.5 mg/kg")
    audited = AuditEvent.objects.get(verb="start a course")
    assert (audited.patient_id, audited.object_id) == (patient.pk, str(course.pk))


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("role", ["nurse", "front_desk", "owner", "custodian"])
def test_nobody_else_does(by: By, patient: Patient, protocol: ProtocolVersion, role: str) -> None:
    with pytest.raises(NotAllowedError):
        actions.start_course(by(role), patient, protocol, **HALF)
    assert not Course.objects.exists()


@pytest.mark.usefixtures("ready")
def test_a_prescriber_of_another_clinic_does_not(
    other_clinic: dict[str, User], patient: Patient, protocol: ProtocolVersion
) -> None:
    stranger = Actor.as_user(other_clinic["prescriber"], cast.NOW)
    with pytest.raises(RefusedError, match="of this clinic"):
        actions.start_course(stranger, patient, protocol, **HALF)


@pytest.mark.usefixtures("ready")
def test_an_unusual_dose_needs_a_reason_and_an_impossible_one_is_refused(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    doctor = by("prescriber")
    unusual = {**HALF, "amount": Decimal("1.2")}
    with pytest.raises(RefusedError, match=r"1\.2 mg/kg is not usual: the protocol has 0\.1 to 1"):
        actions.start_course(doctor, patient, protocol, **unusual)
    too_much = {**HALF, "amount": Decimal("4.6")}
    with pytest.raises(RefusedError, match=r"4\.6 mg/kg is refused: the protocol ends at 4\.5"):
        actions.start_course(doctor, patient, protocol, **too_much, reason="because")
    course = actions.start_course(doctor, patient, protocol, **unusual, reason="0.75 did little")
    event = course.events.get()
    assert "not usual" in event.data["overridden"][0]
    assert event.reason == "0.75 did little"


@pytest.mark.usefixtures("ready")
def test_a_rate_or_an_unknown_drug_is_no_order(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    with pytest.raises(RefusedError, match="no dose in mg/kg/h"):
        actions.start_course(by("prescriber"), patient, protocol, **{**HALF, "unit": "mg/kg/h"})
    with pytest.raises(RefusedError, match="does not treat with saline"):
        actions.start_course(by("prescriber"), patient, protocol, **{**HALF, "drug": "saline"})


def test_a_stop_of_readiness_blocks_unless_a_prescriber_says_why(
    by: By, patient: Patient, protocol: ProtocolVersion, ready: list[readiness.Gap]
) -> None:
    ready.append(stop())
    with pytest.raises(RefusedError, match="Aneurysm: answered yes"):
        actions.start_course(by("prescriber"), patient, protocol, **HALF)
    course = actions.start_course(
        by("prescriber"), patient, protocol, **HALF, reason="coiled in 2019, neurology agrees"
    )
    assert course.events.get().data["overridden"] == ["Aneurysm: answered yes"]


@pytest.mark.usefixtures("ready")
def test_a_second_course_beside_a_running_one_is_refused(
    by: By, course: Course, protocol: ProtocolVersion
) -> None:
    with pytest.raises(RefusedError, match="in a course already"):
        actions.start_course(by("prescriber"), course.patient, protocol, **HALF)


@pytest.mark.usefixtures("ready")
def test_inpatient_protocols_start_only_where_the_clinic_is_set_up_for_them(
    by: By, patient: Patient
) -> None:
    extended = cast.make_protocol(patient.clinic, "iv_racemic_extended")
    doctor = by("prescriber")
    with pytest.raises(RefusedError, match="inpatient level"):
        actions.start_course(doctor, patient, extended, **HALF, reason="because")
    doctor.clinic.inpatient = True
    assert actions.start_course(doctor, patient, extended, **HALF).phase == "once"


@pytest.mark.usefixtures("ready")
def test_the_label_s_first_dose_for_older_people_is_shown_not_enforced(
    by: By, patient: Patient
) -> None:
    from reprieve.clinic.courses import doses

    spray = cast.make_protocol(patient.clinic, "spravato").protocol
    at_64 = doses.findings(spray, Decimal(56), "mg", 64)
    at_65 = doses.findings(spray, Decimal(56), "mg", 65)
    assert at_64 == ()
    assert [f.weight for f in at_65] == ["warn"]
    assert doses.findings(spray, Decimal(28), "mg", 65) == ()


@dataclass
class Door:
    role: str
    status: int


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    "door", [Door("prescriber", 200), Door("nurse", 403), Door("front_desk", 403)]
)
def test_the_page_asks_the_same(
    as_role: Callable[[str], Client], patient: Patient, protocol: ProtocolVersion, door: Door
) -> None:
    url = f"/patients/{patient.pk}/courses/start/"
    assert as_role(door.role).get(url).status_code == door.status
    assert as_role(door.role).get(f"{url}?protocol={protocol.pk}").status_code == door.status


@pytest.mark.usefixtures("ready")
def test_the_page_starts_a_course_and_says_what_is_wrong_with_a_dose(
    as_role: Callable[[str], Client],
    patient: Patient,
    protocol: ProtocolVersion,
    people: dict[str, User],
) -> None:
    url = f"/patients/{patient.pk}/courses/start/?protocol={protocol.pk}"
    data = {"drug": "ketamine", "amount": "50", "unit": "mg/kg", "started_on": "2026-11-02",
            "prescriber": str(people["prescriber"].pk), "reason": ""}  # fmt: skip
    answer = as_role("prescriber").post(url, data)
    assert answer.status_code == 422
    assert "50 mg/kg is refused" in answer.content.decode()
    for field, value in (("started_on", "0001-01-01"), ("amount", "NaN"), ("unit", "mg/kg/h"),
                         ("prescriber", str(people["nurse"].pk)), ("drug", "saline")):  # fmt: skip
        answer = as_role("prescriber").post(url, {**data, "amount": "0.5", field: value})
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in answer.content.decode()
    answer = as_role("prescriber").post(url, {**data, "amount": "0.5"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/courses/{Course.objects.get().pk}/plan/"
