"""A patient assessed by the people of the cast: everything that a course asks for."""

from datetime import timedelta
from decimal import Decimal

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.consents import actions as consenting
from reprieve.clinic.consents.models import Consent
from reprieve.clinic.consents.wording import digest, wording
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.models import Patient, Screening
from reprieve.clinic.patients.rules import screen
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.protocols.models import ProtocolVersion

DRAWN = {"kind": "drawn", "path": "M10 90 L60 40 L110 120 L160 60 L210 100 L260 80 L330 90"}
TODAY = cast.NOW.date()


def answers(
    patient: Patient, version: ProtocolVersion, **other: tuple[str, str]
) -> dict[str, tuple[str, str]]:
    """A no to every question of the screen, but for what is given."""
    asked = screen.questions(Facts.of(patient), version.protocol, cast.NOW)
    return {q.key: ("no", "") for q in asked} | other


def screened(
    by: Actor, patient: Patient, version: ProtocolVersion, **other: tuple[str, str]
) -> Screening:
    """The screen answered by somebody."""
    return actions.answer_screen(by, patient, version, answers(patient, version, **other))


def signed(by: Actor, patient: Patient, version: ProtocolVersion) -> Consent:
    """The protocol's consent, drawn by both."""
    text = wording(version.protocol)
    assert text is not None
    return consenting.sign(
        by, patient, version,
        text_digest=digest(text), patient_signature=DRAWN,
        witness_name="Test Witness", witness_capacity="relative", witness_signature=DRAWN,
    )  # fmt: skip


def failed_trial(by: Actor, patient: Patient, drug: str, mg: str) -> None:
    """An adequate trial that brought nothing."""
    actions.add_trial(
        by, patient, drug=drug, dose_mg_d=Decimal(mg), weeks=Decimal(10), adherence_pct=90,
        outcome="none",
    )  # fmt: skip


def assess(people: dict[str, User], patient: Patient, version: ProtocolVersion) -> None:
    """Everything done: nothing stands in the way afterwards."""
    nurse = Actor.as_user(people["nurse"], cast.NOW)
    doctor = Actor.as_user(people["prescriber"], cast.NOW)
    actions.add_diagnosis(nurse, patient, text="Recurrent depression", indication=True)
    failed_trial(nurse, patient, "sertraline", "150")
    failed_trial(nurse, patient, "venlafaxine", "225")
    for kind in ("escort", "crisis"):
        actions.add_contact(nurse, patient, kind=kind, name="Test Friend", phone="1")
    screened(nurse, patient, version)
    for w in version.protocol.workups:
        finding, value = ("normal", "") if w.required else ("not_indicated", "No reason for it")
        actions.enter_result(
            nurse, patient, w.key, w.title, TODAY - timedelta(days=1), finding, value
        )
    signed(nurse, patient, version)
    if version.protocol.rems:
        actions.set_rems(nurse, patient, "enrolled", TODAY, "TEST-1")
    actions.decide(doctor, patient, version, True, "Two trials failed, nothing stands against it.")
