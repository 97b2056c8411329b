"""The cast of the clinic's tests: one person for each role, a patient, a course, a session.

Dates are around `NOW`, a Monday morning. Nothing here is a real person.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from reprieve.clinic.access import Role
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.courses.models import Chair, Course
from reprieve.clinic.ledger.models import Lot, Vial
from reprieve.clinic.patients.models import Patient, WeightReading
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.evidence.library import HOME

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


def make_clinic(name: str = "Test clinic") -> Clinic:
    """A clinic with one chair."""
    clinic = Clinic.objects.create(name=name, time_zone="UTC")
    Chair.objects.create(clinic=clinic, name="Chair 1")
    return clinic


def make_people(clinic: Clinic, mark: str = "") -> dict[str, User]:
    """One person a role, and a second nurse to check and to witness."""
    people = {}
    for role in (*(r.value for r in Role), "nurse2"):
        people[role] = User.objects.create_user(
            username=f"{role}{mark}",
            password=PASSWORD,
            clinic=clinic,
            roles=[role.rstrip("2")],
            printed_name=f"Test {role.replace('_', ' ').title()}",
            credential="",
        )
    return people


def make_patient(clinic: Clinic, by: User, number: str = "T-001") -> Patient:
    """A patient of 45 with a weight of this morning."""
    patient = Patient.objects.create(
        clinic=clinic,
        number=number,
        given_name="Test",
        family_name=f"Patient {number}",
        birth_date=date(1981, 3, 1),
        sex="F",
        height_cm=Decimal("170"),
        time_zone="UTC",
    )
    WeightReading.objects.create(
        patient=patient, kg=Decimal("70.0"), at=NOW - timedelta(days=7), entered_at=NOW, by=by
    )
    return patient


def shipped_text(name: str) -> str:
    """A shipped protocol file as it stands; what it leaves out comes from `general`."""
    return (HOME / "protocols" / f"{name}.toml").read_text()


def make_protocol(
    clinic: Clinic, name: str = "iv_racemic", text: str | None = None, version: int = 1
) -> ProtocolVersion:
    """A site's version of a protocol; `text` in place of the shipped one."""
    text = text or shipped_text(name)
    found = ProtocolVersion(
        clinic=clinic,
        name=name,
        version=version,
        text=text,
        digest=sha256(text.encode()).hexdigest(),
        created_at=NOW - timedelta(days=30),
    )
    found.title = found.protocol.title
    found.save()
    return found


def make_course(
    patient: Patient, protocol: ProtocolVersion, prescriber: User, **fields: object
) -> Course:
    """An induction at the protocol's usual dose."""
    dose = next(d for d in protocol.protocol.doses if d.default is not None)
    given = {
        "drug": protocol.protocol.drugs[0],
        "dose_amount": Decimal(str(dose.default)),
        "dose_unit": dose.unit,
        "phase": protocol.protocol.phases[0].name,
        "started_on": NOW.date(),
        **fields,
    }
    return Course.objects.create(
        patient=patient, protocol_version=protocol, prescriber=prescriber, **given
    )


def make_session(course: Course, number: int = 1, **fields: object) -> TreatmentSession:
    """A session planned for half an hour from now."""
    patient = course.patient
    given = {
        "course_phase": course.phase,
        "chair": patient.clinic.chairs.first(),
        "planned_at": NOW + timedelta(minutes=30),
        "dose_amount": course.dose_amount,
        "dose_unit": course.dose_unit,
        **fields,
    }
    return TreatmentSession.objects.create(
        course=course, patient=patient, clinic=patient.clinic, number=number, **given
    )


def make_lot(clinic: Clinic, **fields: object) -> Lot:
    """A lot of racemic ketamine, 50 mg/mL in vials of 10 mL."""
    given = {
        "drug": "ketamine",
        "product": "Ketamine 50 mg/mL, 10 mL",
        "number": "TEST-LOT-1",
        "unit": "mL",
        "mg_per_unit": Decimal("50"),
        "units_per_vial": Decimal("10"),
        "expires_on": date(2027, 12, 31),
        **fields,
    }
    return Lot.objects.create(clinic=clinic, **given)


def make_vial(lot: Lot, by: User, label: str = "K-001", balance: Decimal | None = None) -> Vial:
    """A full vial, received in the ledger."""
    from reprieve.clinic.ledger.models import LedgerEntry

    amount = lot.units_per_vial if balance is None else balance
    vial = Vial.objects.create(lot=lot, label=label, balance=amount)
    LedgerEntry(
        stream=f"vial:{vial.pk}",
        clinic=lot.clinic,
        vial=vial,
        kind=LedgerEntry.Kind.RECEIVE,
        amount=amount,
        balance_before=Decimal(0),
        balance_after=amount,
        at=NOW - timedelta(days=1),
        entered_at=NOW - timedelta(days=1),
        by=by,
    ).append()
    return vial
