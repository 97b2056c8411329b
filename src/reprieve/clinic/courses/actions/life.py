"""What happens to a course that has started."""

from decimal import Decimal

from django.db import models

from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import clock, doses
from reprieve.clinic.courses.actions.changing import answer, changing, needed
from reprieve.clinic.courses.models import Course
from reprieve.clinic.courses.planning import phase_of
from reprieve.clinic.courses.review import TITLES
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.protocols.changes import changes
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.state import Phase

LIVE = tuple(p for p in Phase if p.live)
DECISIONS = {
    "continue": "go on as it is",
    "change": "change dose, spacing or phase",
    "stop": "end the course",
}


def change_phase(by: Actor, course: Course, phase: str, reason: str) -> None:
    """Enter another phase of the protocol; sessions planned so far keep theirs."""
    with changing(by, "courses.write", "phase", course, needed(reason, "A phase change")) as c:
        if phase_of(c.course.protocol_version.protocol, phase) is None:
            raise RefusedError(f"The protocol has no phase '{phase}'.")
        if phase == c.course.phase:
            raise RefusedError(f"The course is in {phase} already.")
        c.data = {"from": c.course.phase, "to": phase}
        c.course.phase = phase
        c.course.save(update_fields=["phase"])


def change_dose(by: Actor, course: Course, amount: Decimal, unit: str, reason: str) -> None:
    """Change the dose of the sessions to come."""
    with changing(by, "courses.write", "dose", course, needed(reason, "A change of dose")) as c:
        age = c.course.patient.age_on(clock.day_of(by.clinic, by.now))
        found = doses.findings(c.course.protocol_version.protocol, amount, unit, age)
        overridden = answer(by, found, reason)
        was = c.course.dose
        c.course.dose_amount, c.course.dose_unit = amount, unit
        c.course.save(update_fields=["dose_amount", "dose_unit"])
        ahead(c.course).update(dose_amount=amount, dose_unit=unit)
        c.data = {"from": was, "to": c.course.dose, "overridden": overridden}


def move_to_version(by: Actor, course: Course, version: ProtocolVersion, reason: str) -> None:
    """Move a running course to a newer version of its protocol."""
    with changing(
        by, "courses.write", "protocol", course, needed(reason, "Moving to another version")
    ) as c:
        old = c.course.protocol_version
        if version.clinic_id != by.clinic.pk or version.name != old.name:
            raise RefusedError("That is not a version of the course's protocol.")
        if version.version <= old.version:
            raise RefusedError(f"Version {version.version} is not newer than {old.version}.")
        if c.course.sessions.filter(phase__in=LIVE).exists():
            raise RefusedError(
                "A session of this course is on the floor; its rules do not change under it. "
                "Move the course once the patient is discharged."
            )
        if phase_of(version.protocol, c.course.phase) is None:
            raise RefusedError(f"The newer version has no phase '{c.course.phase}'.")
        found = doses.findings(version.protocol, c.course.dose_amount, c.course.dose_unit)
        overridden = answer(by, found, reason)
        c.course.protocol_version = version
        c.course.save(update_fields=["protocol_version"])
        c.data = {
            "from": old.version,
            "to": version.version,
            "changes": list(changes(old, version.protocol)),
            "overridden": overridden,
        }


def pause(by: Actor, course: Course, reason: str) -> None:
    """Pause a course; its sessions to come are cancelled and planned anew when it resumes."""
    with changing(
        by, "courses.write", "pause", course, needed(reason, "A pause"),
        when=(Course.Status.ACTIVE,),
    ) as c:  # fmt: skip
        c.data = {"cancelled": _clear(c.course, f"course paused: {reason.strip()}")}
        _status(c.course, Course.Status.PAUSED)


def resume(by: Actor, course: Course, reason: str = "") -> None:
    """Go on with a paused course."""
    with changing(by, "courses.write", "resume", course, reason, when=(Course.Status.PAUSED,)) as c:
        _status(c.course, Course.Status.ACTIVE)


def stop_course(by: Actor, course: Course, reason: str) -> None:
    """End a course before its plan is done."""
    _end(by, course, "stop", Course.Status.STOPPED, needed(reason, "Stopping a course"))


def finish_course(by: Actor, course: Course, reason: str = "") -> None:
    """Close a course whose plan is done."""
    _end(by, course, "finish", Course.Status.FINISHED, reason)


def record_review(by: Actor, course: Course, key: str, decision: str, note: str) -> None:
    """Record a review that the protocol asks for, and what was decided.

    Parameters
    ----------
    key : the rule that asked for it, of `review.TITLES`
    decision : one of `DECISIONS`
    note : what was seen, in words
    """
    if key not in TITLES or decision not in DECISIONS:
        raise RefusedError("That is not a review that the protocol asks for.")
    with changing(by, "courses.write", "review", course, needed(note, "A review")) as c:
        c.data = {"key": key, "decision": decision}


def ahead(course: Course) -> "models.QuerySet[TreatmentSession]":
    """The sessions of a course that are planned and have not begun."""
    return TreatmentSession.objects.filter(
        course=course, plan=TreatmentSession.Plan.PLANNED, phase=Phase.PLANNED
    )


def _end(by: Actor, course: Course, kind: str, status: Course.Status, reason: str) -> None:
    with changing(by, "courses.write", kind, course, reason) as c:
        if c.course.sessions.filter(phase__in=LIVE).exists():
            raise RefusedError(
                "A session of this course is on the floor. Discharge the patient first."
            )
        c.data = {"cancelled": _clear(c.course, f"course {status.label}: {reason}".strip(": "))}
        _status(c.course, status)


def _clear(course: Course, reason: str) -> int:
    return ahead(course).update(plan=TreatmentSession.Plan.CANCELLED, plan_reason=reason)


def _status(course: Course, status: Course.Status) -> None:
    course.status = status
    course.save(update_fields=["status"])
