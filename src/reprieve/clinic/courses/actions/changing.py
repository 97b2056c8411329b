"""What every change of a course shares: who, the course as it stands now, a row of its events."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.audit.chain import canonical
from reprieve.clinic.courses.findings import Finding, Weight, of_weight
from reprieve.clinic.courses.models import Course, CourseEvent
from reprieve.clinic.errors import RefusedError

RUNNING = (Course.Status.ACTIVE, Course.Status.PAUSED)


@dataclass
class Change:
    """A course under change, and what its event will say."""

    course: Course
    data: dict[str, Any] = field(default_factory=dict)


@contextmanager
def changing(
    by: Actor,
    permission: str,
    kind: str,
    course: Course,
    reason: str,
    *,
    when: Collection[str] = RUNNING,
) -> Iterator[Change]:
    """Change a course: permission, the row as it is now, its event, the audit; all or nothing.

    Raises
    ------
    RefusedError
        The course belongs to another clinic, or its status is not one of `when`.
    """
    title = CourseEvent.KINDS[kind]
    with act(by, permission, f"course: {title}", course) as log:
        row = (
            Course.objects.select_for_update(of=("self",))
            .select_related("protocol_version", "patient")
            .filter(pk=course.pk, patient__clinic=by.clinic)
            .first()
        )
        if row is None:
            raise RefusedError("The course is not one of this clinic.")
        if row.status not in when:
            allowed = " or ".join(Course.Status(s).label for s in when)
            raise RefusedError(
                f"The course is {row.get_status_display()}; this needs one that is {allowed}."
            )
        change = Change(row)
        yield change
        note(by, row, kind, reason, change.data)
        log.detail = {"kind": kind, **change.data}
    course.refresh_from_db()


def note(by: Actor, course: Course, kind: str, reason: str, data: dict[str, Any]) -> CourseEvent:
    """Add a row to a course's events."""
    return CourseEvent.objects.create(
        course=course, kind=kind, at=by.now, by=by.user, reason=reason.strip(),
        data=canonical(data),
    )  # fmt: skip


def needed(reason: str, what: str) -> str:
    """A reason, or the refusal that asks for it."""
    if not reason.strip():
        raise RefusedError(f"{what} needs a reason.")
    return reason.strip()


def answer(by: Actor, found: Iterable[Finding], reason: str) -> list[str]:
    """Refuse what stands against an act unless a prescriber gives a reason.

    Returns
    -------
    The findings that the reason overrides, in words.

    Raises
    ------
    RefusedError
        Something is refused outright, or asks for a prescriber's reason that is not there.
    """
    found = tuple(found)
    refused = of_weight(found, Weight.REFUSE)
    if refused:
        raise RefusedError(" ".join(f.text for f in refused))
    asked = of_weight(found, Weight.REASON)
    if asked and not (reason.strip() and by.may("courses.write")):
        said = " ".join(f.text for f in asked)
        raise RefusedError(f"{said} A prescriber can go ahead with a reason.")
    return [f.text for f in asked]
