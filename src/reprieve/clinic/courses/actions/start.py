"""Starting a course."""

from datetime import date
from decimal import Decimal

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.courses import clock, doses
from reprieve.clinic.courses.actions.changing import RUNNING, answer, note
from reprieve.clinic.courses.findings import Finding, Weight
from reprieve.clinic.courses.models import Course
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients import readiness
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.evidence.practice import ACTIVE, Protocol


def start_course(
    by: Actor,
    patient: Patient,
    version: ProtocolVersion,
    *,
    drug: str,
    amount: Decimal,
    unit: str,
    prescriber: User | None = None,
    started_on: date | None = None,
    reason: str = "",
) -> Course:
    """Start a course in the first phase of a protocol's version.

    Parameters
    ----------
    amount, unit : the dose, in `mg/kg` or `mg`
    prescriber : whose course it is; the one who acts if left out
    reason : a prescriber's, where the dose is unusual or readiness says stop

    Raises
    ------
    RefusedError
        Something stands against it: dose, readiness, level of care, another course.
    """
    prescriber = prescriber or by.user
    with act(by, "courses.write", "start a course", patient=patient.pk) as log:
        _same_clinic(by, patient, version, prescriber)
        found = findings(by, patient, version.protocol, drug, amount, unit)
        overridden = answer(by, found, reason)
        course = Course.objects.create(
            patient=patient,
            protocol_version=version,
            drug=drug,
            dose_amount=amount,
            dose_unit=unit,
            phase=version.protocol.phases[0].name,
            prescriber=prescriber,
            started_on=started_on or clock.day_of(by.clinic, by.now),
        )
        data = {"protocol": str(version), "dose": course.dose, "phase": course.phase,
                "overridden": overridden}  # fmt: skip
        note(by, course, "start", reason, data)
        log.on, log.detail = course, data
        return course


def drugs(protocol: Protocol) -> tuple[str, ...]:
    """Drugs of a protocol that treat; controls are left out."""
    return tuple(d for d in protocol.drugs if d in ACTIVE)


def findings(
    by: Actor, patient: Patient, protocol: Protocol, drug: str, amount: Decimal, unit: str
) -> tuple[Finding, ...]:
    """What stands against starting a course."""
    age = patient.age_on(clock.day_of(by.clinic, by.now))
    return (
        *_possible(by, patient, protocol, drug),
        *doses.findings(protocol, amount, unit, age),
        *ready(by, patient, protocol),
    )


def ready(by: Actor, patient: Patient, protocol: Protocol) -> tuple[Finding, ...]:
    """What readiness says: a stop asks for a prescriber's reason, the rest is to be known."""
    return tuple(
        Finding(
            Weight.REASON if gap.kind == "stop" else Weight.WARN,
            f"{gap.title}: {gap.detail}" if gap.detail else f"{gap.title}.",
        )
        for gap in readiness.gaps(patient, protocol, by.now)
    )


def _possible(by: Actor, patient: Patient, protocol: Protocol, drug: str) -> tuple[Finding, ...]:
    found = []
    if drug not in drugs(protocol):
        known = ", ".join(drugs(protocol)) or "none"
        found.append(f"The protocol does not treat with {drug or 'no drug'}; its drugs: {known}.")
    if protocol.level == "inpatient" and not by.clinic.inpatient:
        found.append(
            "The protocol is of inpatient level, and this clinic is not set up as one. "
            "The owner says so in the clinic's settings."
        )
    running = Course.objects.filter(patient=patient, status__in=RUNNING).first()
    if running is not None:
        found.append(f"The patient is in a course already ({running}). Finish or stop that first.")
    return tuple(Finding(Weight.REFUSE, text) for text in found)


def _same_clinic(by: Actor, patient: Patient, version: ProtocolVersion, prescriber: User) -> None:
    if {patient.clinic_id, version.clinic_id, prescriber.clinic_id} != {by.clinic.pk}:
        raise RefusedError("Patient, protocol and prescriber must be of this clinic.")
    if "prescriber" not in prescriber.roles or not prescriber.is_active:
        raise RefusedError(f"{prescriber} is not an active prescriber of this clinic.")
