"""The day: who comes, what is missing, and how it is closed."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic import cast
from clinic.chair import Chair
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.audit.verify import faults
from reprieve.clinic.courses.models import Course
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.today.arrivals import arrivals
from reprieve.clinic.today.closing import close_day, open_items
from reprieve.clinic.today.models import DayClosed
from reprieve.clinic.treatments.models import TreatmentSession

By = Callable[[str], Actor]
DAY = cast.NOW.date()


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Pages think that it is the cast's morning."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: cast.NOW)
    return cast.NOW


def texts(by: Actor) -> str:
    return "\n".join(item.text for item in open_items(by, DAY))


def test_the_day_lists_its_sessions_by_time_and_leaves_out_cancelled_ones(
    by: By, course: Course
) -> None:
    late = cast.make_session(course, 1, planned_at=cast.NOW + timedelta(hours=4))
    early = cast.make_session(course, 2, planned_at=cast.NOW - timedelta(minutes=20))
    cast.make_session(course, 3, plan="cancelled")
    cast.make_session(course, 4, planned_at=cast.NOW + timedelta(days=1))
    found = arrivals(by("front_desk"), DAY)
    assert [a.session for a in found] == [early, late]
    assert [a.late for a in found] == [timedelta(minutes=20), None]


@pytest.mark.usefixtures("session")
def test_what_is_missing_is_named_with_the_page_that_mends_it(by: By) -> None:
    (nurse,) = arrivals(by("nurse"), DAY)
    titles = {s.gap.title for s in nurse.gaps}
    assert {"No escort named", "Screen not asked"} <= titles
    assert nurse.medical == 0
    assert all(s.url.startswith("/patients/") for s in nurse.gaps)
    (desk,) = arrivals(by("front_desk"), DAY)
    seen = {s.gap.title for s in desk.gaps}
    assert "No escort named" in seen
    assert "Screen not asked" not in seen
    assert desk.medical == len(nurse.gaps) - len(desk.gaps)


def test_an_old_weight_is_named_by_the_file_s_rule_to_who_reads_charts(
    by: By, session: TreatmentSession, people: dict[str, User]
) -> None:
    (fresh,) = arrivals(by("nurse"), DAY)
    assert fresh.weigh == ""
    session.patient.weights.create(kg="71", at=cast.NOW, entered_at=cast.NOW, by=people["nurse"])
    later = cast.NOW + timedelta(days=8, hours=1)
    TreatmentSession.objects.filter(pk=session.pk).update(planned_at=later)
    (old,) = arrivals(by("nurse").at(later), later.date())
    assert old.weigh == "weight is 8.04 days old (at most 7 d)"
    (desk,) = arrivals(by("front_desk").at(later), later.date())
    assert desk.weigh == ""


def test_another_clinic_s_day_is_empty(
    other_clinic: dict[str, User], session: TreatmentSession
) -> None:
    del session
    assert arrivals(Actor.as_user(other_clinic["nurse"], cast.NOW), DAY) == ()


def test_ten_more_patients_ask_no_more_of_the_database(
    by: By, course: Course, people: Mapping[str, User]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            arrivals(by("nurse"), DAY)
        return len(seen)

    cast.make_session(course)
    few = queries()
    for k in range(10):
        other = cast.make_patient(course.patient.clinic, people["nurse"], f"T-1{k}")
        one = cast.make_course(other, course.protocol_version, people["prescriber"])
        cast.make_session(one)
    assert queries() == few


@pytest.mark.usefixtures("today")
def test_the_front_desk_sees_who_is_late_and_checks_in_without_a_medical_word(
    as_role: Callable[[str], Client], course: Course
) -> None:
    session = cast.make_session(course, planned_at=cast.NOW - timedelta(minutes=25))
    page = as_role("front_desk").get("/today/").content.decode()
    assert "late by 25 min" in page
    assert f"/sessions/{session.pk}/do/check_in/" in page
    assert "Did not come" in page
    assert "Screen not asked" not in page
    assert "Screen not asked" in as_role("nurse").get("/today/").content.decode()


@pytest.mark.usefixtures("session")
def test_whose_page_it_is(as_role: Callable[[str], Client]) -> None:
    for role, status in {"front_desk": 200, "nurse": 200, "therapist": 200, "prescriber": 200,
                         "custodian": 403, "owner": 403, "researcher": 403}.items():  # fmt: skip
        assert as_role(role).get("/today/").status_code == status
    assert Client().get("/today/").status_code == 302


@pytest.mark.parametrize("asked", ["", "x", "9999-12-31", "0001-01-01", "2026-02-30"])
def test_a_day_that_is_none_is_today(as_role: Callable[[str], Client], asked: str) -> None:
    assert as_role("nurse").get("/today/", {"day": asked}).status_code == 200


# closing


@pytest.fixture
def chair(session: TreatmentSession, people: dict[str, User], vial: Vial) -> Chair:
    return Chair(session, people, vial)


def test_a_day_with_nothing_in_it_still_lacks_its_counts(by: By) -> None:
    assert texts(by("nurse")).count("count: not done") == 2


def test_every_stage_of_a_session_is_open_until_it_is_signed(by: By, chair: Chair) -> None:
    evening = by("nurse").at(cast.NOW + timedelta(hours=9))
    assert "09:30: still to come" in texts(by("nurse"))
    assert "nobody came" in texts(evening)
    chair.started()
    assert "the patient is still here (in session)" in texts(evening)
    chair.recovered()
    chair.does("nurse", "discharge", 136)
    assert "not signed." in texts(evening)
    chair.does("nurse", "sign", 140, meaning="gave the treatment")
    assert "not signed by a prescriber." in texts(evening)
    chair.does("prescriber", "countersign", 141, meaning="responsible prescriber")
    assert "session of" not in texts(evening)


def test_drug_that_was_drawn_and_not_settled_is_named_in_its_unit(by: By, chair: Chair) -> None:
    chair.arrives()
    chair.decided()
    chair.prepared()
    assert "0.7 mL drawn and neither given" in texts(by("nurse").at(chair.now))


def test_patients_go_by_number_so_that_the_paper_carries_no_name(by: By, chair: Chair) -> None:
    patient = chair.session.patient
    patient.family_name = "Winterbottom"
    patient.save()
    found = texts(by("custodian").at(cast.NOW + timedelta(hours=9)))
    assert "Patient T-001, session of 2 Nov, 09:30" in found
    assert "Winterbottom" not in found


def test_a_day_with_open_things_closes_only_with_a_word_about_them(by: By, chair: Chair) -> None:
    del chair
    nurse = by("nurse").at(cast.NOW + timedelta(hours=9))
    with pytest.raises(RefusedError, match="3 things are still open"):
        close_day(nurse, DAY, " ")
    row = close_day(nurse, DAY, "counted tomorrow at seven; T-001 called in ill")
    assert len(row.open_items) == 3
    assert row.printed_name == "Test Nurse"


def test_the_record_carries_the_head_of_the_audit_as_it_was(by: By) -> None:
    first = close_day(by("nurse"), DAY, "no counts: nothing in stock")
    again = close_day(by("prescriber"), DAY, "and once more")
    for row in (first, again):
        head = AuditEvent.objects.get(seq=row.audit_seq)
        assert (head.verb, head.digest) == ("what the day leaves open", row.audit_digest)
    assert again.audit_seq > first.audit_seq
    assert (again.seq, again.previous) == (2, first.digest)
    assert list(faults()) == []


def test_who_may_close_and_who_may_not(by: By) -> None:
    for role in ("front_desk", "therapist", "researcher", "owner"):
        with pytest.raises(NotAllowedError):
            close_day(by(role), DAY, "why")
    close_day(by("custodian"), DAY, "nothing in stock")
    with pytest.raises(RefusedError, match="still ahead"):
        close_day(by("nurse"), DAY + timedelta(days=1), "why")


def test_a_closed_day_cannot_be_changed_in_the_database(by: By) -> None:
    row = close_day(by("nurse"), DAY, "why")
    changes: list[Callable[[Any], Any]] = [lambda r: r.update(note=""), lambda r: r.delete()]
    for change in changes:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(DayClosed.objects.filter(pk=row.pk))


@pytest.mark.usefixtures("today")
def test_closing_is_signed_with_the_person_s_own_password(
    as_role: Callable[[str], Client],
) -> None:
    nurse = as_role("nurse")
    wrong = nurse.post("/today/close/", {"note": "why", "password": "not mine"})
    assert wrong.status_code == 422
    assert not DayClosed.objects.exists()
    right = nurse.post("/today/close/", {"note": "why", "password": cast.PASSWORD})
    row = DayClosed.objects.get()
    assert right["Location"] == f"/today/closed/{row.pk}/"
    page = nurse.get(right["Location"]).content.decode()
    assert row.audit_digest in page
    assert "Test Nurse" in page


def test_another_clinic_s_closed_day_is_not_found(by: By, other_clinic: dict[str, User]) -> None:
    row = close_day(by("nurse"), DAY, "why")
    stranger = Client()
    stranger.force_login(other_clinic["nurse"], "django.contrib.auth.backends.ModelBackend")
    assert stranger.get(f"/today/closed/{row.pk}/").status_code == 404
