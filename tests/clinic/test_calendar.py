"""The calendar's pages: the clinic's own clock, free places, and moving a session by form."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import actions, clock
from reprieve.clinic.courses.diary import Diary
from reprieve.clinic.courses.judging import Slot
from reprieve.clinic.courses.models import Chair, Course, Shift
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.treatments.models import TreatmentSession

By = Callable[[str], Actor]
As = Callable[[str], Client]
TOMORROW = cast.NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Pages think that it is the cast's morning."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: cast.NOW)
    return cast.NOW


@pytest.fixture
def planned(by: By, course: Course) -> TreatmentSession:
    chair = course.patient.clinic.chairs.get()
    (made,) = actions.plan_sessions(by("nurse"), course, [Slot(TOMORROW, 120, chair)])
    return made


def test_week_and_day_show_the_clinic_s_wall_clock(
    as_role: As, clinic: Clinic, planned: TreatmentSession
) -> None:
    clinic.time_zone = "America/New_York"
    clinic.save()
    for url in ("/calendar/?day=2026-11-03", "/calendar/day/?day=2026-11-03"):
        page = as_role("front_desk").get(url).content.decode()
        assert "04:00-06:00" in page
        assert str(planned.patient) in page


def test_a_day_row_spans_the_stay_and_the_rest_is_free(
    as_role: As, planned: TreatmentSession, by: By, people: dict[str, User]
) -> None:
    actions.add_shift(by("nurse"), people["nurse"], TOMORROW.date(), time(8), time(13))
    page = as_role("nurse").get("/calendar/day/?day=2026-11-03").content.decode()
    assert 'rowspan="4"' in page
    free = re.findall(r"book/\?at=2026-11-03T(\d\d:\d\d)", page)
    assert free == ["08:00", "08:30", "11:00", "11:30", "12:00", "12:30"]
    reader = as_role("therapist").get("/calendar/day/?day=2026-11-03").content.decode()
    assert "book/" not in reader
    assert str(planned.patient) in reader


def test_two_short_stays_in_one_half_hour_share_its_cell(
    as_role: As, course: Course, people: dict[str, User]
) -> None:
    other = cast.make_patient(course.patient.clinic, people["nurse"], "T-002")
    second = cast.make_course(other, course.protocol_version, people["prescriber"])
    at = TOMORROW.replace(hour=9)
    cast.make_session(course, planned_at=at, planned_min=50)
    cast.make_session(second, planned_at=at + timedelta(minutes=52), planned_min=60)
    page = as_role("nurse").get("/calendar/day/?day=2026-11-03").content.decode()
    assert page.count('rowspan="4"') == 1
    assert "09:00-09:50" in page
    assert "09:52-10:52" in page


def test_a_free_place_becomes_a_session_as_long_as_the_protocol_asks(
    as_role: As, course: Course
) -> None:
    desk = as_role("front_desk")
    chair = course.patient.clinic.chairs.get()
    form = desk.get(f"/calendar/book/?at=2026-11-03T14:30&chair={chair.pk}").content.decode()
    assert 'value="2026-11-03"' in form
    assert 'value="14:30"' in form
    data = {"course": course.pk, "day": "2026-11-03", "time": "14:30", "chair": chair.pk}
    answer = desk.post("/calendar/book/", data)
    assert answer["Location"] == "/calendar/day/?day=2026-11-03"
    made = course.sessions.get()
    assert (made.planned_at.hour, made.planned_at.minute, made.planned_min) == (14, 30, 120)


def test_a_series_is_shown_with_what_stands_against_it_before_it_is_planned(
    as_role: As, course: Course, planned: TreatmentSession
) -> None:
    data = {"count": "3", "day": "2026-11-03", "weekdays": ["1", "3"], "time": "09:00",
            "minutes": "120", "chair": "", "reason": ""}  # fmt: skip
    url = f"/courses/{course.pk}/plan/"
    seen = as_role("nurse").post(url, {**data, "look": "1"})
    page = seen.content.decode()
    assert "Tue 3 Nov 2026, 11:00" in page
    assert "later than asked" in page
    assert "needs a reason" in page  # two sessions of one patient on that day
    assert course.sessions.count() == 1
    later = {**data, "day": "2026-11-05"}
    assert as_role("nurse").post(url, {**later, "plan": "1"}).status_code == 302
    days = [s.planned_at.date() for s in course.sessions.exclude(pk=planned.pk)]
    assert days == [date(2026, 11, 5), date(2026, 11, 10), date(2026, 11, 12)]


def test_planning_what_is_refused_says_so_and_plans_nothing(
    as_role: As, course: Course, planned: TreatmentSession
) -> None:
    data = {"count": "2", "day": "2026-11-03", "weekdays": ["1", "2"], "time": "09:00",
            "minutes": "600", "chair": str(planned.chair_id), "plan": "1"}  # fmt: skip
    answer = as_role("nurse").post(f"/courses/{course.pk}/plan/", data)
    assert answer.status_code == 422
    assert course.sessions.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", "0"), ("count", "61"), ("day", "0001-01-01"), ("day", "9999-12-31"),
     ("weekdays", []), ("weekdays", ["7"]), ("time", "25:00"), ("minutes", "-1"),
     ("chair", "00000000-0000-0000-0000-000000000000")],
)  # fmt: skip
def test_a_series_that_cannot_be_is_answered_at_its_field(
    as_role: As, course: Course, field: str, value: object
) -> None:
    data: dict[str, object] = {
        "count": "2",
        "day": "2026-11-03",
        "weekdays": ["1"],
        "time": "09:00",
        "minutes": "120",
        "plan": "1",
        field: value,
    }
    answer = as_role("nurse").post(f"/courses/{course.pk}/plan/", data)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_a_session_moves_by_form_and_its_reason_is_kept(
    as_role: As, planned: TreatmentSession
) -> None:
    data = {"day": "2026-11-04", "time": "10:15", "minutes": "120", "chair": "", "reason": ""}
    url = f"/sessions/{planned.pk}/move/"
    assert as_role("front_desk").post(url, data).status_code == 422
    moved = as_role("front_desk").post(url, {**data, "reason": "escort cannot come"})
    assert moved.status_code == 302
    planned.refresh_from_db()
    assert planned.planned_at.isoformat() == "2026-11-04T10:15:00+00:00"
    assert as_role("therapist").get(url).status_code == 403


def test_reasons_are_asked_for_what_ends_a_session(as_role: As, planned: TreatmentSession) -> None:
    url = f"/sessions/{planned.pk}/cancel/"
    assert as_role("nurse").post(url, {"reason": " "}).status_code == 422
    assert as_role("nurse").post(url, {"reason": "fever"}).status_code == 302
    planned.refresh_from_db()
    assert (planned.plan, planned.plan_reason) == ("cancelled", "fever")


def test_pages_of_another_clinic_are_not_found(
    other_clinic: dict[str, User], planned: TreatmentSession
) -> None:
    stranger = Client()
    stranger.force_login(other_clinic["prescriber"], "django.contrib.auth.backends.ModelBackend")
    course = planned.course_id
    for url in (f"/courses/{course}/", f"/courses/{course}/plan/", f"/courses/{course}/dose/",
                f"/sessions/{planned.pk}/move/", f"/patients/{planned.patient_id}/courses/start/",
                f"/protocols/{planned.course.protocol_version_id}/"):  # fmt: skip
        assert stranger.get(url).status_code == 404
    assert str(planned.patient) not in stranger.get("/courses/").content.decode()
    week = stranger.get("/calendar/?day=2026-11-03").content.decode()
    assert str(planned.patient) not in week


def test_a_fuller_week_asks_no_more_of_the_database(
    as_role: As, course: Course, people: dict[str, User]
) -> None:
    nurse = as_role("nurse")

    def queries(url: str) -> int:
        nurse.get(url)  # the read is logged once
        with CaptureQueriesContext(connection) as seen:
            nurse.get(url)
        return len(seen)

    urls = ("/calendar/?day=2026-11-03", "/calendar/day/?day=2026-11-03", "/courses/")
    few = [queries(url) for url in urls]
    for k in range(8):
        other = cast.make_patient(course.patient.clinic, people["nurse"], f"T-1{k}")
        one = cast.make_course(other, course.protocol_version, people["prescriber"])
        cast.make_session(one, planned_at=TOMORROW + timedelta(minutes=k))
    assert [queries(url) for url in urls] == few


def test_a_clock_change_moves_no_appointment(clinic: Clinic) -> None:
    clinic.time_zone = "America/New_York"
    before = clock.instant(clinic, date(2026, 10, 31), time(9))
    after = clock.instant(clinic, date(2026, 11, 1), time(9))
    assert after - before == timedelta(hours=24)  # as wall clocks go
    assert after.timestamp() - before.timestamp() == 25 * 3600
    start, end = clock.bounds(clinic, date(2026, 11, 1))
    assert end.timestamp() - start.timestamp() == 25 * 3600


def test_a_shift_is_added_for_some_weeks_and_taken_off(
    as_role: As, people: dict[str, User], clinic: Clinic
) -> None:
    desk = as_role("front_desk")
    data = {"person": people["nurse"].pk, "day": "2026-11-03", "starts": "08:00", "ends": "16:00",
            "weeks": "3"}  # fmt: skip
    assert desk.post("/shifts/", data).status_code == 302
    assert [s.day.day for s in Shift.objects.filter(clinic=clinic)] == [3, 10, 17]
    again = desk.post("/shifts/", data)
    assert again.status_code == 422
    assert "on shift at that time" in again.content.decode()
    first = Shift.objects.get(day="2026-11-03")
    assert as_role("therapist").post(f"/shifts/{first.pk}/remove/").status_code == 403
    assert desk.post(f"/shifts/{first.pk}/remove/").status_code == 302
    assert Shift.objects.count() == 2


def test_the_owner_keeps_the_chairs(as_role: As, clinic: Clinic) -> None:
    owner = as_role("owner")
    assert owner.post("/chairs/", {"name": "Window", "order": "2"}).status_code == 302
    assert owner.post("/chairs/", {"name": "Window", "order": "2"}).status_code == 422
    chair = Chair.objects.get(clinic=clinic, name="Window")
    owner.post(f"/chairs/{chair.pk}/", {"name": "Door", "order": "3"})
    chair.refresh_from_db()
    assert (chair.name, chair.active) == ("Door", False)
    assert as_role("nurse").get("/chairs/").status_code == 403


def test_a_chair_out_of_use_still_shows_who_is_planned_there(
    as_role: As, by: By, planned: TreatmentSession
) -> None:
    chair = planned.chair
    assert chair is not None
    actions.change_chair(by("owner"), chair, name=chair.name, order=0, active=False)
    page = as_role("nurse").get("/calendar/?day=2026-11-03").content.decode()
    assert str(planned.patient) in page
    assert Diary.load(planned.clinic, date(2026, 11, 3)).chairs == ()


def test_the_course_page_tells_the_front_desk_when_and_not_what(
    as_role: As, patient: Patient, planned: TreatmentSession
) -> None:
    url = f"/courses/{planned.course_id}/"
    doctor = as_role("prescriber").get(url).content.decode()
    desk = as_role("front_desk").get(url).content.decode()
    for page in (doctor, desk):
        assert str(patient) in page
        assert "Tue 3 Nov 2026, 09:00" in page
    for told in ("0.5 mg/kg", "Reviews that the protocol asks for", "What happened"):
        assert told in doctor
        assert told not in desk
    assert f"/courses/{planned.course_id}/stop/" in doctor
    assert "style=" not in doctor
