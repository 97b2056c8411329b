"""No page asks the database more often because there is more to show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic import cast
from clinic.chair import CALM, Chair
from reprieve.clinic.courses.models import Chair as Place
from reprieve.clinic.therapy.actions import write_note

AsRole = Callable[[str], Client]


@dataclass
class Floor:
    """A clinic that grows by whole treatments: patient, course, history, chair, vial, session."""

    clinic: object
    people: dict
    protocol: object
    by: Callable
    chairs: list[Chair] = field(default_factory=list)

    def grow(self, count: int) -> None:
        """More of everything, in progress right now, each with a session behind it."""
        for _ in range(count):
            number = len(self.chairs) + 1
            place = Place.objects.create(clinic=self.clinic, name=f"Room {number}", order=number)
            patient = cast.make_patient(self.clinic, self.people["nurse"], f"Q-{number:03d}")
            course = cast.make_course(patient, self.protocol, self.people["prescriber"])
            with transaction.atomic():
                lot = cast.make_lot(self.clinic, number=f"LOT-{number}")
                vial = cast.make_vial(lot, self.people["custodian"], f"Q-{number:03d}")
            day = cast.NOW - timedelta(days=7)
            cast.make_session(course, 1, planned_at=day, plan="missed")
            session = cast.make_session(course, 2, chair=place)
            cast.make_session(course, 3, planned_at=cast.NOW + timedelta(hours=5), chair=place)
            chair = Chair(session, self.people, vial)
            chair.started()
            write_note(self.by("therapist"), patient, "Quiet.", session=session)
            self.chairs.append(chair)

    def chart(self, count: int) -> None:
        """More events in the first session."""
        for k in range(count):
            minute = 11 + k
            self.chairs[0].does("nurse", "vitals", minute, **CALM)
            self.chairs[0].does("nurse", "observation", minute, symptom="nausea", severity="mild")
            self.chairs[0].does("therapist", "note", minute, about="in_session", text="Quiet.")


@pytest.fixture
def floor(clinic, people, protocol, by) -> Iterator[Floor]:
    with time_machine.travel(cast.NOW + timedelta(minutes=15), tick=False):
        found = Floor(clinic, people, protocol, by)
        found.grow(2)
        yield found


def queries(client: Client, address: str) -> list[str]:
    """What a page asks when it is opened again: who read whose data is in the audit by then."""
    cache.clear()
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
    return [q["sql"] for q in asked]


# page, who opens it, the most queries that it may take
LISTS = [
    ("board", "nurse", 8),
    ("board_rows", "nurse", 8),
    ("today", "nurse", 22),
    ("patients:list", "nurse", 8),
    ("courses:list", "nurse", 9),
    ("courses:calendar", "nurse", 8),
    ("courses:day", "nurse", 8),
    ("courses:chairs", "owner", 8),
    ("ledger:home", "custodian", 15),
    ("ledger:register", "custodian", 10),
    ("ledger:counts", "custodian", 9),
    ("ledger:count_closing", "custodian", 7),
    ("ledger:signals", "custodian", 12),
    ("therapy:list", "therapist", 8),
    ("audit:list", "owner", 9),
    ("accounts:people", "owner", 8),
    ("summary", "owner", 12),
    ("today:close", "nurse", 15),
]


@pytest.mark.parametrize(("name", "role", "most"), LISTS)
def test_a_list_takes_as_many_queries_for_five_patients_as_for_two(
    name: str, role: str, most: int, floor: Floor, as_role: AsRole
) -> None:
    client, address = as_role(role), reverse(name)
    few = queries(client, address)
    floor.grow(3)
    many = queries(client, address)
    assert len(many) == len(few), _more(few, many)
    assert len(many) <= most, "\n".join(many)


SESSIONS = [
    ("treatments:cockpit", "nurse", 20),
    ("treatments:live", "nurse", 15),
    ("treatments:paper", "nurse", 20),
]


@pytest.mark.parametrize(("name", "role", "most"), SESSIONS)
def test_a_session_takes_as_many_queries_for_forty_events_as_for_eight(
    name: str, role: str, most: int, floor: Floor, as_role: AsRole
) -> None:
    client = as_role(role)
    address = reverse(name, args=[floor.chairs[0].session.pk])
    few = queries(client, address)
    floor.chart(10)
    many = queries(client, address)
    assert len(many) == len(few), _more(few, many)
    assert len(many) <= most, "\n".join(many)


def test_an_event_is_written_in_as_many_queries_late_in_a_session_as_early(floor, as_role):
    client, session = as_role("nurse"), floor.chairs[0].session
    address = reverse("treatments:record", args=[session.pk, "vitals"])

    def write() -> int:
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(address, CALM, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.content
        return len(asked)

    write()
    early = write()
    floor.chart(4)
    assert write() == early
    assert early <= 30


PATIENT = [
    ("patients:page", 60),
    ("patients:medicines", 30),
    ("patients:eligibility", 60),
    ("consents:list", 30),
]


@pytest.mark.parametrize(("name", "most"), PATIENT)
def test_a_patients_page_takes_no_more_queries_with_more_sessions_behind(
    name: str, most: int, floor: Floor, as_role: AsRole
) -> None:
    client, session = as_role("prescriber"), floor.chairs[0].session
    address = reverse(name, args=[session.patient_id])
    few = queries(client, address)
    for number in range(4, 9):
        cast.make_session(session.course, number, planned_at=cast.NOW - timedelta(days=number))
    floor.chart(5)
    many = queries(client, address)
    assert len(many) == len(few), _more(few, many)
    assert len(many) <= most, "\n".join(many)


def test_a_course_takes_no_more_queries_with_more_sessions(floor, as_role):
    client, course = as_role("prescriber"), floor.chairs[0].session.course
    address = reverse("courses:course", args=[course.pk])
    few = queries(client, address)
    for number in range(4, 9):
        cast.make_session(course, number, planned_at=cast.NOW + timedelta(days=number))
    many = queries(client, address)
    assert len(many) == len(few), _more(few, many)
    assert len(many) <= 30, "\n".join(many)


def _more(few: list[str], many: list[str]) -> str:
    """The queries that came more often."""
    shapes = [_shape(q) for q in few]
    left = list(shapes)
    found = []
    for query in many:
        shape = _shape(query)
        if shape in left:
            left.remove(shape)
        else:
            found.append(query[:400])
    return f"{len(many) - len(few)} more:\n" + "\n".join(found)


def _shape(query: str) -> str:
    return query.split(" WHERE ")[0]
