"""Everything that stands against a session at a time in a chair."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import clock, exposure, spacing
from reprieve.clinic.courses.diary import Diary, Stay
from reprieve.clinic.courses.findings import Finding, Weight
from reprieve.clinic.courses.models import Chair, Course
from reprieve.clinic.courses.planning import LONGEST_MIN, MOST_PLANNED
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.state import Phase


@dataclass(frozen=True, slots=True)
class Slot:
    """A time in a chair."""

    at: datetime
    minutes: int
    chair: Chair


@dataclass(frozen=True, slots=True)
class Proposal:
    """A slot with what stands against it."""

    slot: Slot
    findings: tuple[Finding, ...]


def propose(
    by: Actor,
    course: Course,
    slots: Sequence[Slot],
    *,
    phase: str = "",
    moving: TreatmentSession | None = None,
) -> tuple[Proposal, ...]:
    """Judge slots one after another, each beside those before it."""
    if not slots or len(slots) > MOST_PLANNED:
        return ()
    local = [clock.local(by.clinic, s.at) for s in slots]
    first = min(local).date()
    longest = max(s.minutes for s in slots)
    diary = Diary.load(by.clinic, first, (max(local).date() - first).days + 1, longest)
    history = _History.of(course, moving)
    found: list[Proposal] = []
    made: list[Stay] = []
    for slot, at in zip(slots, local, strict=True):
        span = (at, at + timedelta(minutes=slot.minutes))
        against = (
            *_possible(by, course, slot),
            *diary.findings(slot.chair, span, moving.pk if moving else None, made),
            *spacing.findings(
                course.protocol_version.protocol, phase or course.phase,
                [clock.local(by.clinic, t) for t in history.starts], history.in_course, at,
            ),
        )  # fmt: skip
        found.append(Proposal(slot, against))
        made.append(Stay(unsaved(slot), *span))
        history.add(at)
    return tuple(found)


def _possible(by: Actor, course: Course, slot: Slot) -> tuple[Finding, ...]:
    found = []
    if course.status != Course.Status.ACTIVE:
        found.append(f"The course is {course.get_status_display()}; resume it first.")
    if clock.day_of(by.clinic, slot.at) < clock.day_of(by.clinic, by.now):
        found.append("That day is past; a session is planned for today or later.")
    if not 1 <= slot.minutes <= LONGEST_MIN:
        found.append(f"{slot.minutes} minutes is no stay; give 1 to {LONGEST_MIN}.")
    if not slot.chair.active:
        found.append(f"{slot.chair} is out of use; choose another chair.")
    if course.protocol_version.protocol.level == "inpatient" and not by.clinic.inpatient:
        found.append("The protocol is of inpatient level and this clinic is none.")
    return tuple(Finding(Weight.REFUSE, text) for text in found)


@dataclass
class _History:
    """The patient's other sessions: starts of all courses, the number in this one."""

    starts: list[datetime]
    in_course: int

    @classmethod
    def of(cls, course: Course, moving: TreatmentSession | None) -> "_History":
        rows = TreatmentSession.objects.filter(
            patient_id=course.patient_id, plan=TreatmentSession.Plan.PLANNED
        ).exclude(phase=Phase.ABORTED)
        if moving is not None:
            rows = rows.exclude(pk=moving.pk)
        sessions = list(rows)
        begun = exposure.starts_of(sessions)
        return cls(
            [begun.get(s.pk, s.planned_at) for s in sessions],
            sum(s.course_id == course.pk for s in sessions),
        )

    def add(self, at: datetime) -> None:
        self.starts.append(at)
        self.in_course += 1


def unsaved(slot: Slot) -> TreatmentSession:
    """A session as it would stand in the calendar."""
    return TreatmentSession(chair=slot.chair, planned_at=slot.at, planned_min=slot.minutes)
