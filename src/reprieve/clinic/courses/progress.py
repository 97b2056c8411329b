"""Where courses stand: read in bulk, a few queries for any number of them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F

from reprieve.clinic.courses import clock
from reprieve.clinic.courses.exposure import GIVEN
from reprieve.clinic.courses.models import Course, CourseEvent
from reprieve.clinic.courses.review import Progress, Task, tasks
from reprieve.clinic.treatments.models import SessionEvent


def progress_of(courses: Iterable[Course]) -> dict[UUID, Progress]:
    """What reviews of each course are counted from."""
    found = {c.pk: c for c in courses}
    starts: dict[UUID, list[datetime]] = defaultdict(list)
    rows = SessionEvent.objects.filter(
        kind="start", session__course__in=list(found), session__phase__in=GIVEN
    ).values_list(F("session__course_id"), "at")
    for course_id, at in rows.order_by("at"):
        starts[course_id].append(at)
    since: dict[UUID, datetime] = {}
    reviewed: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    events = CourseEvent.objects.filter(course__in=list(found), kind__in=("phase", "review"))
    for event in events.order_by("at"):
        if event.kind == "phase":
            since[event.course_id] = event.at
        else:
            reviewed[event.course_id][str(event.data["key"])] = event.at
    return {
        pk: Progress(
            starts[pk],
            c.phase,
            since.get(pk) or clock.bounds(c.patient.clinic, c.started_on)[0],
            reviewed[pk],
        )
        for pk, c in found.items()
    }


def due_of(courses: Iterable[Course], now: datetime) -> dict[UUID, tuple[Task, ...]]:
    """Reviews that are due now, for each course that runs."""
    running = [c for c in courses if c.runs]
    progress = progress_of(running)
    return {
        c.pk: tuple(
            t for t in tasks(c.protocol_version.protocol, progress[c.pk], now) if t.state == "due"
        )
        for c in running
    }
