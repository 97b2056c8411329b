"""The cockpit: what is due, a keypad within what is possible, chart and table of the same."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.chair import CALM, Chair

HIGH = {"sbp": "205", "dbp": "120", "hr": "95", "spo2": "96", "rr": "14", "moaas": "5"}


class Clock:
    """The server's time, in minutes after the cast's morning."""

    minute = 0.0


@pytest.fixture(autouse=True)
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


def cockpit(client: Client, chair: Chair) -> str:
    answer = client.get(reverse("treatments:cockpit", args=[chair.session.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def live(client: Client, chair: Chair, seen: str = ""):
    return client.get(reverse("treatments:live", args=[chair.session.pk]), {"seen": seen})


def seen_in(html: str) -> str:
    found = re.search(r"\?seen=(\w+)", html)
    assert found
    return found[1]


def test_a_planned_session_offers_the_check_in(nurse, chair) -> None:
    html = cockpit(nurse, chair)
    assert reverse("treatments:step", args=[chair.session.pk, "check_in"]) in html


def test_the_steps_before_the_dose_say_what_is_done_and_what_is_next(nurse, chair, clock) -> None:
    chair.arrives()
    clock.minute = 4
    html = cockpit(nurse, chair)
    assert len(re.findall(r'<li class="done">', html)) == 2  # weight and vital signs
    assert re.search(r'<li class="next">.*?Go/no-go', html, re.S)
    assert "70 kg" in html


def test_the_keypad_knows_what_the_protocol_holds_possible_and_fills_nothing_in(
    nurse, chair, clock
) -> None:
    chair.arrives()
    clock.minute = 4
    field = re.search(r'<input [^>]*name="sbp"[^>]*>', cockpit(nurse, chair))
    assert field
    bounds = chair.protocol.bounds("sbp")
    assert f'data-high="{bounds.possible_high:g}"' in field[0]
    assert f'data-low="{bounds.possible_low:g}"' in field[0]
    assert "value=" not in field[0]
    assert "last 124" in cockpit(nurse, chair)


def test_chart_and_table_show_the_same_reading(nurse, chair, clock) -> None:
    chair.started()
    chair.does("nurse", "vitals", 20, **{**CALM, "spo2": "97"})
    clock.minute = 21
    html = cockpit(nurse, chair)
    svg = html[html.index("<svg") : html.index("</svg>")]
    assert ">97</text>" in svg
    assert re.search(r"<table.*>97</span>.*</table>", html, re.S)


def test_a_critical_reading_raises_a_prompt_that_can_be_answered(nurse, chair, clock) -> None:
    chair.started()
    chair.does("nurse", "vitals", 20, **HIGH)
    clock.minute = 21
    html = cockpit(nurse, chair)
    assert 'data-tier="critical"' in html
    key = re.search(r'name="key" value="([^"]+)"', html)
    assert key
    answer = nurse.post(
        reverse("treatments:step", args=[chair.session.pk, "prompt"]),
        {"key": key[1], "action": "acknowledge"},
    )
    assert answer.status_code == 302
    assert chair.state.of("prompt")[0].data["key"] == key[1]


def test_a_snooze_is_offered_only_as_long_as_the_protocol_lets_it_last(nurse, chair, clock) -> None:
    chair.started()
    chair.does("nurse", "vitals", 20, **HIGH)
    clock.minute = 21
    offered = {float(m) for m in re.findall(r'name="minutes" value="(\d+)"', cockpit(nurse, chair))}
    longest = chair.protocol.thresholds("prompts")["longest_snooze"].value
    assert offered
    assert max(offered) <= longest


def test_nothing_is_sent_again_while_nothing_has_changed(nurse, chair, clock) -> None:
    chair.started()
    clock.minute = 12
    first = live(nurse, chair)
    assert first.status_code == 200
    seen = seen_in(first.content.decode())
    assert live(nurse, chair, seen).status_code == 204
    chair.does("nurse", "vitals", 12, **CALM)
    assert live(nurse, chair, seen).status_code == 200


def test_the_parts_name_their_places_so_that_what_is_typed_stays(nurse, chair, clock) -> None:
    chair.started()
    clock.minute = 12
    html = live(nurse, chair).content.decode()
    page = cockpit(nurse, chair)
    places = re.findall(r'id="(ck-[a-z]+)"[^>]*hx-swap-oob="true"', html)
    assert {
        "ck-rate",
        "ck-poll",
        "ck-head",
        "ck-prompts",
        "ck-next",
        "ck-steps",
        "ck-chart",
        "ck-lists",
    } == {*places}
    assert all(page.count(f'id="{p}"') == 1 for p in places)
    assert 'name="sbp"' not in html


def test_every_entry_form_can_be_queued_or_says_that_it_cannot(nurse, chair, clock) -> None:
    chair.started()
    clock.minute = 12
    html = cockpit(nurse, chair)
    forms = re.findall(r'<form[^>]*method="post"[^>]*>', html)
    entries = [f for f in forms if "/do/" in f]
    assert len(entries) > 10
    assert all("data-record=" in f for f in entries)
    assert "password" not in html


def test_pages_with_passwords_are_never_kept_on_a_tablet(nurse, as_role, chair, clock) -> None:
    chair.started()
    chair.recovered()
    clock.minute = 136
    for kind in ("waste", "sign", "second_check"):
        page = nurse.get(reverse("treatments:step", args=[chair.session.pk, kind])).content.decode()
        form = re.search(r"<form[^>]*/do/[^>]*>", page)
        assert form
        assert "data-online-only" in form[0]
        assert "data-record" not in form[0]


def test_a_locked_cockpit_keeps_the_chart_and_hides_name_and_forms(nurse, chair, clock) -> None:
    chair.started()
    clock.minute = 12
    state = nurse.session
    state["lock.locked"] = True
    state.save()
    html = cockpit(nurse, chair)
    assert "<svg" in html
    assert "data-tick" in html
    assert chair.session.patient.family_name not in html
    assert chair.session.patient.number not in html
    assert 'data-locked="yes"' in html
    assert "ck-actions" not in html


def test_a_therapist_reads_and_notes_and_has_no_keypad(as_role, chair, clock) -> None:
    chair.started()
    clock.minute = 12
    html = cockpit(as_role("therapist"), chair)
    assert 'name="about"' in html
    assert "data-keypad" not in html


@pytest.mark.parametrize("role", ["front_desk", "custodian", "researcher", "owner"])
def test_who_may_not_read_sessions_is_refused(as_role, session, role) -> None:
    assert as_role(role).get(f"/sessions/{session.pk}/").status_code == 403


def test_another_clinics_session_is_not_found(other_clinic, session) -> None:
    away = Client()
    away.force_login(other_clinic["nurse"], "django.contrib.auth.backends.ModelBackend")
    assert away.get(f"/sessions/{session.pk}/").status_code == 404


def test_no_page_has_inline_script_or_style(nurse, chair, clock) -> None:
    chair.started()
    clock.minute = 12
    html = cockpit(nurse, chair)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script>", html)


@pytest.mark.parametrize("name", ["live", "outbox", "cockpit"])
def test_scripts_use_nothing_that_the_policy_forbids(name: str) -> None:
    path = finders.find(f"treatments/{name}.js")
    assert path
    forbidden = r"\beval\(|new Function|innerHTML|document\.write|\.style\.|https?://"
    assert not re.search(forbidden, Path(str(path)).read_text())


def test_the_page_says_that_the_monitor_is_the_alarm(nurse, chair) -> None:
    assert "bedside monitor is the alarm" in cockpit(nurse, chair)


def test_the_page_keeper_is_served_from_the_root_and_caches_the_floor_alone() -> None:
    answer = Client().get("/cockpit-worker.js")
    assert answer["Content-Type"] == "text/javascript"
    text = answer.content.decode()
    kept = re.search(r'path === "(/board/)" \|\| (/\^.*\$/)\.test', text)
    assert kept
    pattern = re.compile(kept[2].strip("/").replace("\\/", "/"))
    id = "0ab8108b-411f-49a6-86af-7a1fc5c81889"
    assert pattern.search(f"/sessions/{id}/")
    for other in (f"/sessions/{id}/record/", f"/sessions/{id}/do/sign/", "/patients/", "/"):
        assert not pattern.search(other)


def test_after_the_signature_no_clock_runs_on(nurse, chair, clock) -> None:
    chair.started()
    chair.recovered()
    chair.does("nurse", "discharge", 140)
    chair.does("prescriber", "sign", 145, meaning="responsible prescriber")
    clock.minute = 150
    html = cockpit(nurse, chair)
    assert 'data-tick="since"' not in html
    assert "2 h 10 min" in html


def test_a_note_offers_its_correction_to_its_author_alone(nurse, as_role, chair, clock) -> None:
    chair.started()
    note = chair.does("therapist", "note", 12, about="in_session", text="The lake.")
    vitals = chair.state.vitals[-1].event
    clock.minute = 13
    link = {
        e: reverse("treatments:correct", args=[chair.session.pk, e]) for e in (note.pk, vitals.id)
    }
    offered = {role: cockpit(who, chair) for role, who in
               (("nurse", nurse), ("therapist", as_role("therapist")))}  # fmt: skip
    assert [url in offered["nurse"] for url in link.values()] == [False, True]
    assert [url in offered["therapist"] for url in link.values()] == [True, False]
