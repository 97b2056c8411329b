"""The floor board: who sits where, what is due, what asks for somebody."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.chair import Chair
from reprieve.clinic.treatments.models import TreatmentSession


class Clock:
    """The server's time, in minutes after the cast's morning."""

    minute = 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    now = lambda: cast.NOW + timedelta(minutes=found.minute)  # noqa: E731
    monkeypatch.setattr("django.utils.timezone.now", now)
    return found


@pytest.fixture
def nurse(as_role: Callable[[str], Client], clinic, clock: Clock) -> Client:
    clinic.lock_after_min = 600  # the clock of these tests leaps
    clinic.save()
    return as_role("nurse")


@pytest.fixture
def chair(session, people, vial) -> Chair:
    return Chair(session, people, vial)


def rows(client: Client) -> str:
    return client.get(reverse("board_rows")).content.decode()


def row_of(html: str, chair: str) -> str:
    return html.split(f'aria-label="{chair}"')[1].split("</section>")[0]


def test_a_free_chair_says_so_and_lists_who_is_planned(nurse, session) -> None:
    row = row_of(rows(nurse), "Chair 1")
    assert "free" in row
    assert "09:30" in row
    assert reverse("treatments:step", args=[session.pk, "check_in"]) in row


def test_a_row_has_phase_elapsed_and_the_next_thing_due(nurse, chair, clock) -> None:
    chair.started()
    clock.minute = 15
    row = row_of(rows(nurse), "Chair 1")
    assert re.search(r'aria-current="step">dose<', row)
    start = chair.state.started_at.isoformat()
    assert f'data-tick="since" datetime="{start}"' in row
    due = (cast.NOW + timedelta(minutes=20)).isoformat()
    assert f'data-tick="until" datetime="{due}"' in row
    assert "free" not in row


def test_the_worst_open_prompt_stands_in_the_row_with_its_owner(nurse, chair, clock) -> None:
    chair.started()
    chair.does("nurse", "vitals", 20, sbp="205", dbp="120", hr="95", spo2="96", rr="14", moaas="5")
    clock.minute = 21
    row = row_of(rows(nurse), "Chair 1")
    assert 'class="tier critical"' in row
    assert "seat critical" in row


def test_a_session_ended_and_unsigned_waits_under_to_sign(nurse, chair, clock) -> None:
    chair.started()
    chair.recovered()
    chair.does("nurse", "discharge", 140)
    clock.minute = 141
    html = rows(nurse)
    assert "free" in row_of(html, "Chair 1")
    assert "discharged" in row_of(html, "To sign")
    chair.does("nurse", "sign", 142, meaning="gave the treatment")
    assert "signed" in row_of(rows(nurse), "To sign")  # the prescriber still owes theirs
    chair.does("prescriber", "countersign", 143, meaning="responsible prescriber")
    assert "To sign" not in rows(nurse)


def test_a_locked_board_keeps_clocks_and_prompts_and_hides_every_name(nurse, chair, clock) -> None:
    chair.started()
    clock.minute = 15
    state = nurse.session
    state["lock.locked"] = True
    state.save()
    answer = nurse.get(reverse("board"))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "data-tick" in html
    for name in (chair.session.patient.family_name, chair.session.patient.initials + "<"):
        assert name not in html


def test_the_refresh_says_the_servers_time_for_the_tablets_clock(nurse, session) -> None:
    answer = nurse.get(reverse("board_rows"))
    assert answer["X-Now"] == cast.NOW.isoformat()


def test_nobody_of_another_clinic_sees_a_chair_of_ours(other_clinic, chair, clock) -> None:
    chair.started()
    away = Client()
    away.force_login(other_clinic["nurse"], "django.contrib.auth.backends.ModelBackend")
    assert str(chair.session.pk) not in rows(away)


def test_a_role_without_the_board_is_refused(as_role, clock) -> None:
    assert as_role("researcher").get(reverse("board")).status_code == 403


def test_a_custodian_sees_the_floor_without_links_into_charts(as_role, chair, clock) -> None:
    chair.started()
    html = rows(as_role("custodian"))
    assert "Chair 1" in html
    assert reverse("treatments:cockpit", args=[chair.session.pk]) not in html


def test_the_board_asks_the_database_no_more_for_more_sessions(
    nurse, chair, course, clock, django_assert_max_num_queries
) -> None:
    chair.started()
    with django_assert_max_num_queries(60) as few:
        rows(nurse)
    for number in range(2, 8):
        cast.make_session(course, number)
    TreatmentSession.objects.filter(number__gt=1).update(phase="checked_in")
    with django_assert_max_num_queries(len(few) + 1):
        rows(nurse)


@pytest.mark.parametrize("role", ["front_desk", "custodian", "owner"])
def test_who_has_no_chart_sees_initials_and_times_and_nothing_medical(
    role: str, as_role, chair, course, clinic, clock
) -> None:
    clinic.lock_after_min = 600
    clinic.save()
    chair.started()
    cast.make_session(course, 2, chair=None, planned_at=cast.NOW + timedelta(hours=5))
    chair.does("nurse", "vitals", 20, sbp="205", dbp="120", hr="95", spo2="96", rr="14", moaas="5")
    clock.minute = 21
    patient, told = chair.session.patient, rows(as_role("nurse"))
    shown = rows(as_role(role))
    for medical in (patient.family_name, "mmHg", "0.5 mg/kg"):
        assert medical in told, medical
        assert medical not in shown, medical
    assert patient.initials in row_of(shown, "Chair 1")
    assert patient.initials in row_of(shown, "No chair")
    assert 'data-tick="until"' in shown
    assert "a prompt is open" in shown
