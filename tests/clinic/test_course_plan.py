"""Planning, moving and ending sessions: chairs, nurses, and the protocol's spacing."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import actions, planning, spacing
from reprieve.clinic.courses.judging import Slot
from reprieve.clinic.courses.models import Chair, Course, CourseEvent
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.evidence.practice import protocol as shipped

By = Callable[[str], Actor]
MONDAY = cast.NOW + timedelta(days=7)


@pytest.fixture
def chair(course: Course) -> Chair:
    found = course.patient.clinic.chairs.first()
    assert found is not None
    return found


@pytest.fixture
def another(course: Course, people: dict[str, User]) -> Course:
    """A second patient's course at the same clinic."""
    patient = cast.make_patient(course.patient.clinic, people["nurse"], "T-002")
    return cast.make_course(patient, course.protocol_version, people["prescriber"])


def slot(chair: Chair, days: float = 0, minutes: int = 120) -> Slot:
    return Slot(MONDAY + timedelta(days=days), minutes, chair)


def on_shift(by: By, people: dict[str, User], nurse: str = "nurse", until: int = 17) -> None:
    actions.add_shift(by("front_desk"), people[nurse], MONDAY.date(), time(8), time(until))


def test_the_front_desk_plans_a_phase_and_its_numbers_go_on(
    by: By, course: Course, chair: Chair
) -> None:
    made = actions.plan_sessions(by("front_desk"), course, [slot(chair, d) for d in (0, 3, 7, 10)])
    more = actions.plan_sessions(by("nurse"), course, [slot(chair, 14)])
    assert [s.number for s in (*made, *more)] == [1, 2, 3, 4, 5]
    assert {s.dose_amount for s in made} == {course.dose_amount}
    assert {s.course_phase for s in made} == {"induction"}
    assert [len(e.data["sessions"]) for e in course.events.order_by("at", "pk")] in ([4, 1], [1, 4])


def test_who_may_not_plan(by: By, course: Course, chair: Chair) -> None:
    for role in ("therapist", "owner", "custodian", "researcher"):
        with pytest.raises(NotAllowedError):
            actions.plan_sessions(by(role), course, [slot(chair)])


def test_another_clinic_cannot_plan_here(
    other_clinic: dict[str, User], course: Course, chair: Chair
) -> None:
    stranger = Actor.as_user(other_clinic["nurse"], cast.NOW)
    with pytest.raises(RefusedError, match="not one of this clinic"):
        actions.plan_sessions(stranger, course, [slot(chair)])
    assert not TreatmentSession.objects.exists()


def test_a_chair_holds_one_patient_at_a_time(
    by: By, course: Course, another: Course, chair: Chair
) -> None:
    actions.plan_sessions(by("nurse"), course, [slot(chair)])
    with pytest.raises(RefusedError, match=r"Chair 1 is taken from 09:00 to 11:00"):
        actions.plan_sessions(by("nurse"), another, [slot(chair, 1.5 / 24)])
    actions.plan_sessions(by("nurse"), another, [slot(chair, 2 / 24)])


def test_a_stay_of_days_keeps_its_chair_on_every_one_of_them(
    by: By, course: Course, another: Course, chair: Chair
) -> None:
    actions.plan_sessions(by("nurse"), course, [slot(chair, 0, 3 * 24 * 60)])
    with pytest.raises(RefusedError, match="Chair 1 is taken"):
        actions.plan_sessions(by("nurse"), another, [slot(chair, 2.9)])
    with pytest.raises(RefusedError, match="Chair 1 is taken"):
        actions.plan_sessions(by("nurse"), another, [slot(chair, -2, 3 * 24 * 60)])
    actions.plan_sessions(by("nurse"), another, [slot(chair, 3)])


def test_all_sessions_of_a_series_are_planned_or_none(
    by: By, course: Course, another: Course, chair: Chair
) -> None:
    actions.plan_sessions(by("nurse"), course, [slot(chair, 3)])
    with pytest.raises(RefusedError):
        actions.plan_sessions(by("nurse"), another, [slot(chair, d) for d in (0, 3, 7)])
    assert not another.sessions.exists()
    assert not another.events.exists()


def test_nurses_on_shift_limit_the_patients_on_the_floor(
    by: By, people: dict[str, User], course: Course, another: Course, chair: Chair
) -> None:
    clinic = by("owner").clinic
    clinic.patients_per_nurse = 1
    second = actions.add_chair(by("owner"), "Chair 2")
    on_shift(by, people)
    actions.plan_sessions(by("nurse"), course, [slot(chair)])
    here = Actor(people["nurse"], clinic, cast.NOW)
    with pytest.raises(RefusedError, match=r"At 09:00 there would be 2 patients for 1 nurse"):
        actions.plan_sessions(here, another, [slot(second)])
    on_shift(by, people, "nurse2")
    actions.plan_sessions(here, another, [slot(second)])


def test_a_shift_that_ends_during_the_stay_is_too_short(
    by: By, people: dict[str, User], course: Course, chair: Chair
) -> None:
    on_shift(by, people, until=10)
    with pytest.raises(RefusedError, match=r"At 10:00 there would be 1 patient for 0 nurses"):
        actions.plan_sessions(by("nurse"), course, [slot(chair)])


def test_doses_too_close_need_a_prescriber_s_reason(by: By, course: Course, chair: Chair) -> None:
    close = [slot(chair), slot(chair, 0.5)]
    with pytest.raises(RefusedError, match=r"It is 12 h from the session of .* at least 24 h"):
        actions.plan_sessions(by("prescriber"), course, close)
    with pytest.raises(RefusedError, match="A prescriber can go ahead"):
        actions.plan_sessions(by("nurse"), course, close, reason="he asked for it")
    actions.plan_sessions(by("prescriber"), course, close, reason="relapse overnight")
    assert "12 h" in course.events.get().data["overridden"][0]


def test_the_protocol_s_most_per_week_counts_every_course_of_the_patient(
    by: By, course: Course, chair: Chair, people: dict[str, User]
) -> None:
    earlier = cast.make_course(
        course.patient, course.protocol_version, people["prescriber"], status="finished"
    )
    for k, days in enumerate((-6, -4, -2)):
        cast.make_session(earlier, k + 1, planned_at=MONDAY + timedelta(days=days))
    with pytest.raises(RefusedError, match="4 sessions within seven days"):
        actions.plan_sessions(by("prescriber"), course, [slot(chair)])


def test_a_rule_of_the_file_decides_and_not_the_code(by: By, course: Course, chair: Chair) -> None:
    from reprieve.clinic.protocols import actions as protocols
    from reprieve.evidence.practice import protocol_toml

    old = course.protocol_version
    text = protocol_toml(old.protocol)
    rule = "[spacing.hours_between_doses]\nvalue = 24"
    assert rule in text
    text = text.replace(rule, "[spacing.hours_between_doses]\nvalue = 72")
    newer = protocols.revise(by("prescriber"), old, text, "three days")
    two_days = [slot(chair), slot(chair, 2)]
    actions.plan_sessions(by("nurse"), course, two_days)
    for session in course.sessions.all():
        actions.cancel(by("nurse"), session, "to test the other version")
    actions.move_to_version(by("prescriber"), course, newer, "three days from now on")
    with pytest.raises(RefusedError, match=r"48 h .* at least 72 h"):
        actions.plan_sessions(by("nurse"), course, two_days)


def test_yesterday_cannot_be_planned_nor_a_paused_course(
    by: By, course: Course, chair: Chair
) -> None:
    with pytest.raises(RefusedError, match="That day is past"):
        actions.plan_sessions(by("nurse"), course, [slot(chair, -8)])
    actions.pause(by("prescriber"), course, "travels")
    with pytest.raises(RefusedError, match="this needs one that is active"):
        actions.plan_sessions(by("nurse"), course, [slot(chair)])


def test_a_session_moves_with_a_reason_and_may_overlap_itself(
    by: By, course: Course, chair: Chair
) -> None:
    (session,) = actions.plan_sessions(by("nurse"), course, [slot(chair)])
    with pytest.raises(RefusedError, match="needs a reason"):
        actions.reschedule(by("nurse"), session, slot(chair, 1 / 24), "")
    actions.reschedule(by("nurse"), session, slot(chair, 1 / 24), "escort works till ten")
    assert session.planned_at == MONDAY + timedelta(hours=1)
    moved = course.events.get(kind="move")
    assert moved.data["from"]["at"] != moved.data["to"]["at"]


def test_what_has_begun_is_not_moved_missed_or_cancelled(by: By, course: Course) -> None:
    session = cast.make_session(course, phase="checked_in")
    later = by("nurse").at(cast.NOW + timedelta(hours=2))
    with pytest.raises(RefusedError, match="has begun"):
        actions.miss(later, session, "not seen")
    with pytest.raises(RefusedError, match="has begun"):
        actions.cancel(later, session, "not needed")


def test_a_session_is_missed_only_once_its_time_is_past(by: By, session: TreatmentSession) -> None:
    with pytest.raises(RefusedError, match="still ahead"):
        actions.miss(by("front_desk"), session, "ill")
    late = by("front_desk").at(session.planned_at + timedelta(minutes=30))
    actions.miss(late, session, "did not answer the phone")
    assert (session.plan, session.plan_reason) == ("missed", "did not answer the phone")
    chair = session.chair
    assert chair is not None
    actions.reschedule(late, session, slot(chair), "came at noon after all")
    assert session.plan == "planned"


def test_pausing_and_stopping_cancel_what_is_ahead_and_keep_what_was(
    by: By, course: Course, chair: Chair
) -> None:
    held = cast.make_session(course, phase="signed", planned_at=cast.NOW - timedelta(days=3))
    actions.plan_sessions(by("nurse"), course, [slot(chair), slot(chair, 3)])
    actions.pause(by("prescriber"), course, "surgery")
    assert course.status == "paused"
    assert {s.plan for s in course.sessions.exclude(pk=held.pk)} == {"cancelled"}
    actions.resume(by("prescriber"), course)
    actions.plan_sessions(by("nurse"), course, [slot(chair, 7)])
    actions.stop_course(by("prescriber"), course, "no benefit")
    held.refresh_from_db()
    assert (course.status, held.plan) == ("stopped", "planned")
    assert course.sessions.filter(plan="cancelled").count() == 3
    with pytest.raises(RefusedError, match="The course is stopped"):
        actions.resume(by("prescriber"), course)


def test_a_course_does_not_end_with_a_patient_on_the_floor(by: By, course: Course) -> None:
    cast.make_session(course, phase="recovery")
    with pytest.raises(RefusedError, match="on the floor"):
        actions.stop_course(by("prescriber"), course, "no benefit")


def test_a_phase_change_is_recorded_and_a_made_up_phase_refused(by: By, course: Course) -> None:
    actions.change_phase(by("prescriber"), course, "maintenance", "remission at week 3")
    event = course.events.get()
    assert (event.data["from"], event.data["to"]) == ("induction", "maintenance")
    with pytest.raises(RefusedError, match="no phase 'forever'"):
        actions.change_phase(by("prescriber"), course, "forever", "why")
    with pytest.raises(NotAllowedError):
        actions.change_phase(by("nurse"), course, "induction", "why")


def test_what_happened_to_a_course_cannot_be_changed_in_the_database(
    by: By, course: Course
) -> None:
    actions.pause(by("prescriber"), course, "travels")
    for change in (lambda rows: rows.update(reason="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(CourseEvent.objects.filter(course=course))


def test_shifts_are_for_nurses_end_after_they_start_and_do_not_overlap(
    by: By, people: dict[str, User], other_clinic: dict[str, User]
) -> None:
    desk, day = by("front_desk"), MONDAY.date()
    actions.add_shift(desk, people["nurse"], day, time(8), time(12))
    for person, starts, ends, said in (
        (people["custodian"], 8, 12, "not an active nurse"),
        (people["nurse"], 12, 8, "not after"),
        (people["nurse"], 11, 15, "on shift at that time"),
        (other_clinic["nurse"], 8, 12, "not of this clinic"),
    ):
        with pytest.raises(RefusedError, match=said):
            actions.add_shift(desk, person, day, time(starts), time(ends))
    with pytest.raises(NotAllowedError):
        actions.add_shift(by("therapist"), people["nurse"], day, time(13), time(14))


def test_chairs_are_the_owner_s(by: By, chair: Chair) -> None:
    with pytest.raises(NotAllowedError):
        actions.add_chair(by("nurse"), "Chair 2")
    with pytest.raises(RefusedError, match="called Chair 1 already"):
        actions.add_chair(by("owner"), " Chair 1 ")
    actions.change_chair(by("owner"), chair, name="Window", order=2, active=False)
    chair.refresh_from_db()
    assert (chair.name, chair.active) == ("Window", False)


# days of a phase, and spacing, as pure rules


def test_two_a_week_for_three_weeks_are_six_days_on_two_weekdays() -> None:
    phase = shipped("iv_racemic").phases[0]
    days = planning.days(phase, date(2026, 11, 3), (0, 3), 6)
    assert [f"{d:%a %d}" for d in days] == [
        "Thu 05", "Mon 09", "Thu 12", "Mon 16", "Thu 19", "Mon 23",
    ]  # fmt: skip


def test_every_two_weeks_keeps_its_interval_and_its_weekday() -> None:
    phase = next(p for p in shipped("spravato").phases if p.name == "maintenance")
    days = planning.days(phase, date(2026, 11, 4), (2,), 3)
    assert days == (date(2026, 11, 4), date(2026, 11, 18), date(2026, 12, 2))


def test_the_stay_is_as_long_as_the_file_asks() -> None:
    assert planning.stay_min(shipped("iv_racemic")) == 120
    # 40 min, continued for 360 min at the most, and 120 min after the end
    assert planning.stay_min(shipped("iv_racemic_extended")) == 525


_DAYS = st.integers(0, 40)


@given(st.lists(_DAYS, max_size=20), _DAYS)
def test_the_fullest_week_is_the_one_a_count_of_every_window_finds(
    others: list[int], at: int
) -> None:
    start = date(2026, 1, 1)
    found = spacing.fullest([start + timedelta(d) for d in others], start + timedelta(at), 7)
    brute = max(sum(w <= d < w + 7 for d in [*others, at]) for w in range(at - 6, at + 1))
    assert found == brute


@pytest.mark.parametrize(("earlier_h", "phase"), [(1, "maintenance"), (-1, "maintenance")])
def test_an_hour_earlier_or_later_next_week_is_still_a_week(earlier_h: int, phase: str) -> None:
    spray = shipped("spravato")
    last = MONDAY - timedelta(days=7)
    fortnight = MONDAY - timedelta(days=14)
    moved = MONDAY - timedelta(hours=earlier_h)
    assert spacing.findings(spray, phase, [last], 1, moved) == ()
    assert spacing.findings(spray, phase, [fortnight], 1, moved) == ()
    six_days = spacing.findings(spray, phase, [last], 1, MONDAY - timedelta(days=1))
    assert [f.weight for f in six_days] == ["reason"]
    fifteen = spacing.findings(spray, phase, [fortnight], 1, MONDAY + timedelta(days=1))
    assert [f.weight for f in fifteen] == ["warn"]


def test_a_series_goes_on_to_the_next_free_time_of_its_day(
    by: By, people: dict[str, User], course: Course, another: Course, chair: Chair
) -> None:
    from reprieve.clinic.courses.diary import Diary

    on_shift(by, people)
    actions.plan_sessions(by("nurse"), course, [slot(chair)])
    diary = Diary.load(chair.clinic, MONDAY.date())
    found = diary.first_place(MONDAY, 120, (chair,))
    assert found == (MONDAY + timedelta(hours=2), chair)
    assert diary.first_place(MONDAY, 8 * 60, (chair,)) is None
    assert another.sessions.count() == 0
