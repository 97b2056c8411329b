"""Planning and moving sessions."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Max

from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.courses import judging
from reprieve.clinic.courses.actions.changing import RUNNING, answer, changing, needed
from reprieve.clinic.courses.judging import Proposal, Slot
from reprieve.clinic.courses.models import Course
from reprieve.clinic.courses.planning import MOST_PLANNED
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.state import Phase

Plan = TreatmentSession.Plan


def plan_sessions(
    by: Actor, course: Course, slots: Sequence[Slot], *, reason: str = ""
) -> list[TreatmentSession]:
    """Plan sessions of a course's phase, all or none.

    Raises
    ------
    RefusedError
        A chair is taken, staffing is short, or a rule of the protocol is broken without a
        prescriber's reason.
    """
    with changing(by, "schedule.write", "plan", course, reason, when=(Course.Status.ACTIVE,)) as c:
        lock(f"calendar:{by.clinic.pk}")
        overridden = _answered(by, judging.propose(by, c.course, slots), slots, reason)
        last = c.course.sessions.aggregate(last=Max("number"))["last"] or 0
        made = [
            TreatmentSession.objects.create(
                course=c.course, patient=c.course.patient, clinic=by.clinic, number=number,
                course_phase=c.course.phase, chair=slot.chair, planned_at=slot.at,
                planned_min=slot.minutes, dose_amount=c.course.dose_amount,
                dose_unit=c.course.dose_unit,
            )
            for number, slot in enumerate(slots, last + 1)
        ]  # fmt: skip
        c.data = {"sessions": [_said(s) for s in made], "overridden": overridden}
    return made


def reschedule(by: Actor, session: TreatmentSession, slot: Slot, reason: str) -> TreatmentSession:
    """Move a session that has not begun; one that was missed or cancelled is planned again."""
    with changing(
        by, "schedule.write", "move", session.course, needed(reason, "Moving a session"),
        when=(Course.Status.ACTIVE,),
    ) as c:  # fmt: skip
        lock(f"calendar:{by.clinic.pk}")
        row = _waiting(c.course, session, tuple(Plan))
        found = judging.propose(by, c.course, [slot], phase=row.course_phase, moving=row)
        overridden = _answered(by, found, [slot], reason)
        was = _said(row)
        row.planned_at, row.planned_min, row.chair = slot.at, slot.minutes, slot.chair
        row.plan, row.plan_reason = Plan.PLANNED, ""
        row.save(update_fields=["planned_at", "planned_min", "chair", "plan", "plan_reason"])
        c.data = {"from": was, "to": _said(row), "overridden": overridden}
    session.refresh_from_db()
    return session


def miss(by: Actor, session: TreatmentSession, reason: str) -> None:
    """The patient did not come."""
    if session.planned_at > by.now:
        raise RefusedError("The session is still ahead; cancel or move it.")
    _end(by, session, "miss", Plan.MISSED, needed(reason, "A missed session"))


def cancel(by: Actor, session: TreatmentSession, reason: str) -> None:
    """The session does not take place."""
    _end(by, session, "cancel", Plan.CANCELLED, needed(reason, "Cancelling a session"))


def _end(by: Actor, session: TreatmentSession, kind: str, plan: Plan, reason: str) -> None:
    with changing(by, "schedule.write", kind, session.course, reason, when=RUNNING) as c:
        row = _waiting(c.course, session, (Plan.PLANNED,))
        row.plan, row.plan_reason = plan, reason
        row.save(update_fields=["plan", "plan_reason"])
        c.data = {"session": _said(row)}
    session.refresh_from_db()


def _waiting(course: Course, session: TreatmentSession, plans: Sequence[Plan]) -> TreatmentSession:
    """The session as it is now, if it has not begun."""
    row = course.sessions.select_for_update().get(pk=session.pk)
    if row.phase != Phase.PLANNED:
        raise RefusedError(
            f"Session {row.number} has begun ({row.get_phase_display()}); its plan cannot change."
        )
    if row.plan not in plans:
        raise RefusedError(f"Session {row.number} is {row.get_plan_display()} already.")
    return row


def _answered(
    by: Actor, found: Sequence[Proposal], slots: Sequence[Slot], reason: str
) -> list[str]:
    if len(found) != len(slots) or not slots:
        raise RefusedError(
            f"{len(slots)} sessions cannot be planned at once; plan 1 to {MOST_PLANNED}."
        )
    return answer(by, [f for p in found for f in p.findings], reason)


def _said(session: TreatmentSession) -> dict[str, Any]:
    chair = session.chair.name if session.chair else ""
    return {"number": session.number, "at": session.planned_at, "chair": chair}
