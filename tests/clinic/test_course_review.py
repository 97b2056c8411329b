"""Reviews that the protocol asks for, and exposure: counted from what was given."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from clinic import cast
from clinic.chair import Chair
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import actions, exposure, progress
from reprieve.clinic.courses.models import Course
from reprieve.clinic.courses.review import Progress, Task, tasks
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.evidence.practice import parse_protocol, protocol, protocol_toml

By = Callable[[str], Actor]
NOW = cast.NOW


def by_key(found: tuple[Task, ...]) -> dict[str, Task]:
    return {t.key: t for t in found}


def after(sessions: int, phase: str = "induction", **reviewed: int) -> Progress:
    """So many sessions, the last today; reviews so many days ago."""
    starts = [NOW - timedelta(days=3 * k) for k in reversed(range(sessions))]
    done = {k: NOW - timedelta(days=d) for k, d in reviewed.items()}
    return Progress(starts, phase, NOW - timedelta(days=100), done)


def test_non_response_is_asked_for_at_the_file_s_count_and_not_before() -> None:
    iv = protocol("iv_racemic")
    assert by_key(tasks(iv, after(7), NOW))["stop_after"].state == "coming"
    assert by_key(tasks(iv, after(7), NOW))["stop_after"].when == "after 1 more sessions"
    assert by_key(tasks(iv, after(8), NOW))["stop_after"].state == "due"
    assert by_key(tasks(iv, after(9, stop_after=1), NOW))["stop_after"].state == "done"


def test_the_label_counts_days_where_the_file_says_days() -> None:
    spray = protocol("spravato")
    first = NOW - timedelta(days=28)
    at_28 = Progress([first], "induction", first, {})
    assert by_key(tasks(spray, at_28, NOW))["stop_after"].state == "due"
    assert by_key(tasks(spray, at_28, NOW - timedelta(hours=1)))["stop_after"].state == "coming"


def test_another_number_in_the_file_is_another_review() -> None:
    text = protocol_toml(protocol("iv_racemic")).replace(
        "[review.stop_after]\nvalue = 8", "[review.stop_after]\nvalue = 5"
    )
    changed = parse_protocol(text, "changed", "changed.toml")
    assert by_key(tasks(changed, after(5), NOW))["stop_after"].state == "due"


def test_bladder_questions_come_again_after_so_many_more_sessions() -> None:
    iv = protocol("iv_racemic")
    assert by_key(tasks(iv, after(4), NOW))["bladder_questions"].state == "due"
    asked = by_key(tasks(iv, after(4, bladder_questions=0), NOW))["bladder_questions"]
    assert (asked.state, asked.when) == ("coming", "after 4 more sessions")


def test_need_is_reviewed_in_maintenance_only() -> None:
    iv = protocol("iv_racemic")
    assert "need" not in by_key(tasks(iv, after(9), NOW))
    assert by_key(tasks(iv, after(9, "maintenance"), NOW))["need"].state == "due"
    assert by_key(tasks(iv, after(9, "maintenance", need=10), NOW))["need"].state == "coming"


def test_a_rule_names_its_standing_and_what_counts_as_too_little() -> None:
    said = by_key(tasks(protocol("iv_racemic"), after(8), NOW))["stop_after"].rule
    assert "8 sessions (clinic, recalled" in said
    assert "below 50 %" in said


def test_a_review_is_a_prescriber_s_and_leaves_its_words(by: By, course: Course) -> None:
    with pytest.raises(NotAllowedError):
        actions.record_review(by("nurse"), course, "stop_after", "stop", "no change")
    with pytest.raises(RefusedError, match="needs a reason"):
        actions.record_review(by("prescriber"), course, "stop_after", "stop", " ")
    with pytest.raises(RefusedError, match="not a review"):
        actions.record_review(by("prescriber"), course, "weather", "stop", "fine")
    actions.record_review(
        by("prescriber"), course, "stop_after", "continue", "MADRS 30 to 19 on 1 Nov"
    )
    found = progress.progress_of([course])[course.pk]
    assert found.reviewed == {"stop_after": NOW}


def test_a_session_counts_once_drug_was_given_and_its_milligrams_are_the_ledger_s(
    session: TreatmentSession, people: dict[str, User], vial: Vial
) -> None:
    chair = Chair(session, people, vial)
    chair.ready()
    assert exposure.of_patient(session.patient).sessions == 0
    chair.does("nurse", "start", 10)
    chair.recovered()
    had = exposure.of_patient(session.patient)
    assert (had.sessions, had.mg) == (1, Decimal(35))
    assert had.within(30, chair.now) == 1
    assert had.within(30, chair.now + timedelta(days=30)) == 0
    found = progress.progress_of([session.course])[session.course_id]
    assert found.starts == [NOW + timedelta(minutes=10)]


def test_an_aborted_session_that_was_signed_is_no_exposure(
    session: TreatmentSession, people: dict[str, User], vial: Vial
) -> None:
    chair = Chair(session, people, vial)
    chair.arrives()
    chair.does("nurse", "abort", 5, reason="fever")
    TreatmentSession.objects.filter(pk=session.pk).update(phase="signed")
    assert exposure.of_patient(session.patient).sessions == 0
    assert progress.progress_of([session.course])[session.course_id].starts == []
