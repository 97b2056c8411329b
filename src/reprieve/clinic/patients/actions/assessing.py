"""Screen, workup, going past a stop, and the decision. Every one is a row that stays."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypedDict

from django.db import models

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients import readiness
from reprieve.clinic.patients.actions.own import alone, own, reasoned
from reprieve.clinic.patients.models import (
    EligibilityDecision,
    Override,
    Patient,
    Screening,
    WorkupResult,
)
from reprieve.clinic.patients.rules import screen
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.protocols.models import ProtocolVersion

Finding = WorkupResult.Finding


class Signed(TypedDict):
    """Who added a row, and when."""

    at: object
    by: object
    by_name: str


def _signed(by: Actor) -> Signed:
    return Signed(at=by.now, by=by.user, by_name=by.user.signature_name)


def _next(patient: Patient, rows: models.QuerySet[models.Model]) -> int:
    alone(patient)
    last = rows.aggregate(last=models.Max("version"))["last"]
    return (last or 0) + 1


def answer_screen(
    by: Actor,
    patient: Patient,
    version: ProtocolVersion,
    answers: Mapping[str, tuple[str, str]],
) -> Screening:
    """Keep the answers (`yes`, `no`, `unknown`) and notes to every question of the screen.

    Raises
    ------
    RefusedError
        A question that the protocol puts to this patient has no answer.
    """
    own(by, patient)
    asked = screen.questions(Facts.of(patient), version.protocol, by.now)
    left = [q.question for q in asked if answers.get(q.key, ("",))[0] not in screen.ANSWERS]
    if left:
        raise RefusedError(f"Answer yes, no or not known to: {'; '.join(left)}")
    kept = {
        q.key: {
            "question": q.question,
            "kind": q.kind,
            "answer": answers[q.key][0],
            "note": answers[q.key][1].strip(),
        }
        for q in asked
    }
    with act(by, "chart.write", "answer contraindication screen") as log:
        log.on = row = Screening.objects.create(
            patient=patient, protocol_version=version, answers=kept,
            version=_next(patient, Screening.objects.filter(patient=patient)), **_signed(by),
        )  # fmt: skip
        log.detail = {
            "protocol": str(version),
            "yes": [k for k, a in kept.items() if a["answer"] == "yes"],
            "unknown": [k for k, a in kept.items() if a["answer"] == "unknown"],
        }
    return row


def go_past(
    by: Actor, patient: Patient, version: ProtocolVersion, key: str, reason: str
) -> Override:
    """Go past a hard stop with a reason. Needs `eligibility.decide`.

    Raises
    ------
    RefusedError
        No such stop stands, or the reason is empty.
    """
    by.require("eligibility.decide")
    own(by, patient)
    why = reasoned(reason, "Going past a hard stop")
    with act(by, "eligibility.decide", "go past a hard stop") as log:
        alone(patient)
        found = readiness.gaps(patient, version.protocol, by.now)
        stop = next((g for g in found if g.kind == "stop" and g.basis and g.key == key), None)
        if stop is None:
            raise RefusedError("This stop does not stand; look at the eligibility page again.")
        log.on = row = Override.objects.create(
            patient=patient, key=key, basis=stop.basis, title=stop.title, reason=why,
            **_signed(by),
        )  # fmt: skip
        log.detail = {"stop": stop.title, "reason": why}
    return row


def enter_result(
    by: Actor, patient: Patient, key: str, title: str, done_on: date, finding: str, value: str
) -> WorkupResult:
    """Enter a finding of the baseline workup. Needs `chart.write`.

    Raises
    ------
    RefusedError
        The day is in the future, or what was abnormal (or why not indicated) is not said.
    """
    own(by, patient)
    if finding in (Finding.ABNORMAL, Finding.NOT_INDICATED) and not value.strip():
        asked = "what was abnormal" if finding == Finding.ABNORMAL else "why it is not indicated"
        raise RefusedError(f"Say {asked}.")
    if done_on > Facts.of(patient).today(by.now):
        raise RefusedError(f"{done_on} is in the future; give the day of the examination.")
    with act(by, "chart.write", "enter workup result") as log:
        log.on = row = WorkupResult.objects.create(
            patient=patient, key=key, title=title, done_on=done_on, finding=finding,
            value=value.strip(), **_signed(by),
        )  # fmt: skip
        log.detail = {"key": key, "done_on": done_on, "finding": finding, "value": value}
    return row


def strike_result(by: Actor, wrong: WorkupResult, reason: str) -> WorkupResult:
    """Strike out a finding that was entered wrongly; both rows stay."""
    own(by, wrong.patient)
    why = reasoned(reason, "Striking out a result")
    with act(by, "chart.write", "strike out workup result") as log:
        alone(wrong.patient)
        struck = WorkupResult.objects.filter(strikes=wrong).exists()
        if struck or wrong.finding == Finding.WRONG:
            raise RefusedError("This result was struck out already.")
        log.on = row = WorkupResult.objects.create(
            patient=wrong.patient, key=wrong.key, title=wrong.title, done_on=wrong.done_on,
            finding=Finding.WRONG, value=why, strikes=wrong, **_signed(by),
        )  # fmt: skip
        log.detail = {"struck": str(wrong.pk), "reason": why}
    return row


def decide(
    by: Actor, patient: Patient, version: ProtocolVersion, eligible: bool, reason: str
) -> EligibilityDecision:
    """Decide on eligibility for a protocol, with a reason. Needs `eligibility.decide`.

    Raises
    ------
    RefusedError
        Eligible while a hard stop stands that nobody went past, or no reason.
    """
    by.require("eligibility.decide")
    own(by, patient)
    why = reasoned(reason, "A decision on eligibility")
    with act(by, "eligibility.decide", "decide on eligibility") as log:
        number = _next(patient, EligibilityDecision.objects.filter(patient=patient))
        found = readiness.gaps(patient, version.protocol, by.now)
        stops = [g.title for g in found if g.kind == "stop" and g.basis]
        if eligible and stops:
            raise RefusedError(
                f"Hard stops stand: {'; '.join(stops)} Go past each with a reason first."
            )
        log.on = row = EligibilityDecision.objects.create(
            patient=patient, protocol_version=version, eligible=eligible, reason=why,
            seen=_seen(found), version=number, **_signed(by),
        )  # fmt: skip
        log.detail = {"protocol": str(version), "eligible": eligible, "reason": why}
    return row


def _seen(found: Iterable[readiness.Gap]) -> list[dict[str, str]]:
    """What the page showed, beside the decision that is now made."""
    return [
        {"key": g.key, "kind": g.kind, "title": g.title, "detail": g.detail}
        for g in found
        if g.key != "decision"
    ]
