"""The contraindication and caution screen of a protocol, as it stands for a patient."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reprieve.clinic.patients.models import Override, Screening
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.patients.rules.words import whose
from reprieve.evidence.practice import Protocol, Screen

Verdict = Literal["missing", "stale", "unknown", "stop", "overridden", "caution", "clear"]
ANSWERS = ("yes", "no", "unknown")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, its last answer and what follows. `age` is None where it was never asked."""

    screen: Screen
    verdict: Verdict
    answer: str = ""
    note: str = ""
    screening: Screening | None = None
    age: timedelta | None = None
    override: Override | None = None

    @property
    def key(self) -> str:
        """What an override of this question is kept under."""
        return f"screen.{self.screen.key}"

    @property
    def whose(self) -> str:
        """Whose word the question is."""
        return whose(self.screen)


def questions(facts: Facts, protocol: Protocol, now: datetime) -> tuple[Screen, ...]:
    """What the protocol asks of this patient, by age and sex."""
    patient = facts.patient
    return protocol.screens_for(patient.age_on(facts.today(now)), patient.sex_word)


def asked(facts: Facts, protocol: Protocol, now: datetime) -> tuple[Asked, ...]:
    """Every question of the protocol with its last answer.

    An answer counts for every protocol that puts the question in the same words: moving from one
    route to another asks only what is new.
    """
    limit = stale_after(protocol)
    return tuple(_stands(facts, q, limit, now) for q in questions(facts, protocol, now))


def stale_after(protocol: Protocol) -> timedelta | None:
    """How long answers count, if the protocol says so."""
    found = protocol.thresholds("stale").get("eligibility_screen")
    return None if found is None else timedelta(days=found.value)


def _stands(facts: Facts, question: Screen, limit: timedelta | None, now: datetime) -> Asked:
    for screening in facts.screenings:
        found = screening.answers.get(question.key)
        if found is None or found["question"] != question.question:
            continue
        age = now - screening.at
        override = facts.override(f"screen.{question.key}", screening.pk)
        verdict = _verdict(question, found["answer"], limit is not None and age > limit, override)
        answer, note = found["answer"], found["note"]
        return Asked(question, verdict, answer, note, screening, age, override)
    return Asked(question, "missing")


def _verdict(question: Screen, answer: str, stale: bool, override: Override | None) -> Verdict:
    """A "yes" stands until it is asked again; only what set the mind at rest goes stale."""
    if answer == "yes":
        if question.kind == "caution":
            return "caution"
        return "stop" if override is None else "overridden"
    if stale:
        return "stale"
    return "unknown" if answer == "unknown" else "clear"
