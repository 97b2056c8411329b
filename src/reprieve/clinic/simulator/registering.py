"""An invented patient, from the first call to a started course, by the verbs of each role."""

import tomllib
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from reprieve.clinic.consents.actions import sign
from reprieve.clinic.consents.models import Consent
from reprieve.clinic.consents.signature import signature
from reprieve.clinic.consents.wording import digest, wording
from reprieve.clinic.courses.actions.start import start_course
from reprieve.clinic.courses.models import Course
from reprieve.clinic.patients.actions import assessing, history, medicines, people, rems
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.rules import screen
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.clinic.simulator.body import Body
from reprieve.clinic.simulator.setting_up import Cast
from reprieve.evidence.practice import ACTIVE, Protocol

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Person:
    """One entry of `people.toml`."""

    given: str
    family: str
    sex: Literal["F", "M"]
    age: int
    kg: float
    cm: int
    stage: str
    trials: list[list[Any]]
    medicines: list[list[Any]]
    protocol: str = ""
    dose: str = ""  # where the protocol has no usual one
    done: int = 0
    today: str = ""
    hypertension: bool = False

    @property
    def body(self) -> Body:
        """The body behind the readings; the same in every demo."""
        seed = zlib.crc32(f"{self.given} {self.family}".encode())
        return Body(self.age, self.sex, Decimal(str(self.kg)), seed, self.hypertension)


@dataclass
class Story:
    """A person with what became of them in the clinic."""

    person: Person
    patient: Patient
    body: Body = field(init=False)
    course: Course | None = None

    def __post_init__(self) -> None:
        self.body = self.person.body


def invented() -> list[Person]:
    """Everybody of `people.toml`."""
    found = tomllib.loads((HERE / "people.toml").read_text())
    return [Person(**entry) for entry in found["person"]]


def register(cast: Cast, person: Person, number: int, at: datetime) -> Story:
    """Register a patient and enter what is known before any treatment."""
    desk, nurse = cast.by("front_desk", at), cast.by("nurse", at)
    today = at.astimezone(cast.zone).date()
    patient = people.register(
        desk,
        number=f"D-{number:03d}",
        given_name=person.given,
        family_name=person.family,
        birth_date=_born(today, person.age, number),
        sex=person.sex,
        height_cm=Decimal(person.cm),
        time_zone=cast.clinic.time_zone,
        phone=f"555 01{number:02d}",
        email=f"{person.given.lower()}@demo.invalid",
    )
    people.weigh(nurse, patient, Decimal(str(person.kg)))
    escort = {"kind": "escort", "name": f"Escort of {person.given}", "phone": f"555 02{number:02d}"}
    crisis = {
        "kind": "crisis",
        "name": f"Sibling of {person.given}",
        "phone": f"555 03{number:02d}",
    }
    for contact in (escort, crisis):
        history.add_contact(desk, patient, relation="demo", may_be_told=True, **contact)
    history.add_diagnosis(
        nurse, patient, text="Major depressive disorder, recurrent, severe", code="F33.2",
        indication=True,
    )  # fmt: skip
    if person.hypertension:
        history.add_diagnosis(nurse, patient, text="Essential hypertension", code="I10")
    for drug, dose, weeks, outcome in person.trials:
        history.add_trial(
            nurse, patient, drug=drug, dose_mg_d=Decimal(dose), weeks=Decimal(weeks),
            adherence_pct=90, outcome=outcome, source="patient and pharmacy",
        )  # fmt: skip
    for drug, dose in person.medicines:
        medicines.start_medicine(
            nurse, patient, drug, today - timedelta(days=120), dose_mg=Decimal(str(dose)),
            times_a_day=Decimal(1),
        )  # fmt: skip
    return Story(person, patient)


def admit(cast: Cast, story: Story, at: datetime) -> Course:
    """Everything between registration and a course: screen, workup, consent, decision, start."""
    version = cast.protocols[story.person.protocol]
    assess(cast, story, version, at)
    prescriber = cast.by("prescriber", at)
    assessing.decide(
        prescriber, story.patient, version, True, "Resistant depression; nothing stands against it."
    )
    protocol = version.protocol
    amount, unit = _dose(story.person, protocol)
    story.course = start_course(
        prescriber,
        story.patient,
        version,
        drug=next(d for d in protocol.drugs if d in ACTIVE),
        amount=amount,
        unit=unit,
        started_on=at.astimezone(cast.zone).date(),
        reason="Cautions were weighed with the patient.",
    )
    return story.course


def _dose(person: Person, protocol: Protocol) -> tuple[Decimal, str]:
    if person.dose:
        amount, unit = person.dose.split()
        return Decimal(amount), unit
    usual = next(d for d in protocol.doses if d.default is not None)
    return Decimal(str(usual.default)), usual.unit


def assess(cast: Cast, story: Story, version: ProtocolVersion, at: datetime) -> None:
    """Screen, workup, REMS and consent, each by whoever does it."""
    nurse, patient = cast.by("nurse", at), story.patient
    protocol = version.protocol
    today = at.astimezone(cast.zone).date()
    asked = screen.questions(Facts.of(patient), protocol, at)
    assessing.answer_screen(nurse, patient, version, {q.key: ("no", "") for q in asked})
    for workup in protocol.workups:
        finding, value = "normal", "within the usual range"
        if story.person.sex == "M" and "pregnan" in workup.key:
            finding, value = "not_indicated", "cannot become pregnant"
        assessing.enter_result(nurse, patient, workup.key, workup.title, today, finding, value)
    if protocol.rems:
        rems.set_rems(
            cast.by("front_desk", at), patient, "enrolled", today, f"DEMO-{patient.number}"
        )
    _consent(cast, story, version, at)


def _consent(cast: Cast, story: Story, version: ProtocolVersion, at: datetime) -> None:
    text = wording(version.protocol)
    assert text is not None
    name, witness = f"{story.person.given} {story.person.family}", str(cast.users["nurse"])
    sign(
        cast.by("prescriber", at),
        story.patient,
        version,
        text_digest=digest(text),
        patient_signature=signature("", name, name, "The patient"),
        witness_name=witness,
        witness_capacity=Consent.Capacity.values[0],
        witness_signature=signature("", witness, witness, "The witness"),
    )


def _born(today: date, age: int, number: int) -> date:
    return date(today.year - age - 1, 1 + number % 12, 1 + number % 28)
