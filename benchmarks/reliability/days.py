"""The invented clinic of the test: people, stock, and as many treatment sessions as are asked for.

Of every two sessions one is sent from the door to the second check as it happens, and is called
off then: its drug is drawn, and wasted before a witness. The other was begun hours ago and is sent
from the running drug to the countersignature with the times of those hours, as when a clinic
writes up a day from paper. So every act can be sent at once and still passes every rule.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from reprieve.clinic.courses.actions import schedule
from reprieve.clinic.courses.judging import Slot
from reprieve.clinic.courses.planning import stay_min
from reprieve.clinic.simulator import PASSWORD
from reprieve.clinic.simulator.cupboard import stock
from reprieve.clinic.simulator.day import LEAD_MIN
from reprieve.clinic.simulator.histories import play, vials_for
from reprieve.clinic.simulator.registering import admit, invented, register
from reprieve.clinic.simulator.script import Act, said, script
from reprieve.clinic.simulator.setting_up import Cast, set_up
from reprieve.clinic.treatments.kinds import KINDS
from reprieve.clinic.treatments.state import SessionState

__all__ = ["PASSWORD", "Day", "day_of", "days", "open_clinic"]
APART = timedelta(hours=3)  # sessions in one room
PROTOCOLS = ("iv_racemic", "spravato")


@dataclass(frozen=True)
class Day:
    """One session, when its drug begins, and everything that is entered in it, in order."""

    session: UUID
    begin: datetime
    acts: tuple[Act, ...]
    as_it_happens: bool

    def at(self, act: Act) -> datetime | None:
        """When an act happened; None for what happens as it is entered."""
        if self.as_it_happens or KINDS[act.kind].now:
            return None
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
        acts = script(session, protocol, story.body, vials_for(session, begin))
        if number % 2:
            return Day(session.pk, begin, tuple(_called_off(acts)), True)
        before = [a for a in acts if a.minute <= 0]
        play(cast, session, before, begin, begin)
    return Day(session.pk, begin, tuple(_noted(a for a in acts if a.minute > 0)), False)


def _noted(acts: Iterable[Act]) -> Iterator[Act]:
    """A note after some entries: more to be lost."""
    for act in acts:
        yield act
        if act.kind in ("vitals", "start"):
            text = f"After {act.kind} at minute {act.minute:g}."
            yield Act(act.minute, "note", "nurse", said(about="nursing", text=text))


def _called_off(acts: Iterable[Act]) -> Iterator[Act]:
    """Up to the second check, and then no treatment after all."""
    yield from _noted(a for a in acts if a.minute < 0)

    def whole(state: SessionState, _: datetime) -> dict[str, str]:
        assert state.preparation is not None
        return {
            "amount": str(state.preparation.amount),
            "reason": "called off",
            "username": "nurse2",
            "password": PASSWORD,
        }

    yield Act(0.0, "abort", "nurse", said(reason="no escort after all"))
    yield Act(0.0, "waste", "nurse", whole)
    yield Act(0.0, "sign", "nurse", said(meaning="reviewed"))
