"""The invented clinic of the test: people, stock, and as many treatment sessions as are asked for.

Each session is one of an invented patient's, entered after the fact: its acts have times of the
past hours, as when a clinic writes up a day from paper. So every act can be sent at once and still
passes every rule of the protocol.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from reprieve.clinic.courses.actions import schedule
from reprieve.clinic.courses.judging import Slot
from reprieve.clinic.courses.planning import stay_min
from reprieve.clinic.simulator.cupboard import stock
from reprieve.clinic.simulator.day import LEAD_MIN
from reprieve.clinic.simulator.histories import vials_for
from reprieve.clinic.simulator.registering import admit, invented, register
from reprieve.clinic.simulator.script import Act, script
from reprieve.clinic.simulator.setting_up import PASSWORD, Cast, set_up
from reprieve.clinic.treatments.models import TreatmentSession

__all__ = ["PASSWORD", "Day", "day_of", "days", "open_clinic"]
APART = timedelta(hours=3)  # sessions in one room
PROTOCOLS = ("iv_racemic", "spravato")


@dataclass(frozen=True)
class Day:
    """One session, when its drug begins, and everything that is entered in it, in order."""

    session: UUID
    begin: datetime
    acts: tuple[Act, ...]

    def at(self, act: Act) -> datetime:
        """When an act happened."""
        return self.begin + timedelta(minutes=act.minute)


def open_clinic() -> Cast:
    """People and a full cupboard in an empty database."""
    with transaction.atomic():
        cast = set_up(timezone.now())
        stock(cast, timezone.now())
    return cast


def days(cast: Cast) -> Iterator[Day]:
    """Sessions without end, each of a new patient; made when asked for."""
    for number in count():
        yield day_of(cast, number, _free(number, len(cast.chairs)))


def _free(number: int, rooms: int) -> datetime:
    """When a session's drug began, so that no two share a room."""
    return timezone.now() - timedelta(hours=4) - number // rooms * APART


def day_of(cast: Cast, number: int, begin: datetime) -> Day:
    """One session of a new patient, its drug begun at a time that has passed."""
    people = [p for p in invented() if p.protocol in PROTOCOLS]
    person, room = people[number % len(people)], number % len(cast.chairs)
    known = replace(person, family=f"{person.family} {number}")
    with transaction.atomic():
        story = register(cast, known, number + 1, begin - timedelta(days=12))
        course = admit(cast, story, begin - timedelta(days=3))
        protocol = course.protocol_version.protocol
        planned = begin - timedelta(minutes=LEAD_MIN)
        [session] = schedule.plan_sessions(
            cast.by("prescriber", begin - timedelta(hours=20)),
            course,
            [Slot(planned, stay_min(protocol), cast.chairs[room])],
            reason="Agreed with the patient.",
        )
    return Day(session.pk, begin, tuple(_acts(session, story.body, begin)))


def _acts(session: TreatmentSession, body: object, begin: datetime) -> Iterator[Act]:
    """The script, and a note after each entry while the patient is there: more to be lost."""
    protocol = session.course.protocol_version.protocol
    for act in script(session, protocol, body, vials_for(session, begin)):  # type: ignore[arg-type]
        yield act
        if act.kind in ("vitals", "prepare", "start"):
            text = f"After {act.kind} at minute {act.minute:g}."
            yield Act(
                act.minute, "note", "nurse", lambda _s, _a, t=text: {"about": "nursing", "text": t}
            )
