"""Step pages and the session record: one day through forms, as a browser without scripts has it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.chair import CALM, Chair
from reprieve.clinic.treatments.kinds import KINDS


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
def chair(session, people, vial) -> Chair:
    return Chair(session, people, vial)


@pytest.fixture
def page(as_role: Callable[[str], Client], chair: Chair) -> Callable[..., str]:
    """The page of a step, as a role sees it."""

    def shown(role: str, kind: str) -> str:
        answer = as_role(role).get(reverse("treatments:step", args=[chair.session.pk, kind]))
        assert answer.status_code == 200
        return answer.content.decode()

    return shown


@pytest.fixture
def post(as_role: Callable[[str], Client], chair: Chair, clock: Clock):
    """A form sent at a minute; 302 where it was recorded."""

    def sent(role: str, kind: str, minute: float, **data: object):
        clock.minute = minute
        address = reverse("treatments:step", args=[chair.session.pk, kind])
        return as_role(role).post(address, data)

    return sent


def test_a_whole_day_goes_through_forms_without_a_script(post, page, chair, clock) -> None:
    local = "2026-11-02T01:00"
    ids = {"identifiers": ["name", "date of birth"], "escort_name": "Sam Example"}
    confirmed = [c.key for c in chair.protocol.criteria_at("before")]
    arrival = {"last_solids_at": local, "last_fluids_at": local, "confirmed": confirmed}
    answers = [
        post("nurse", "check_in", 1, **ids, **arrival),
        post("nurse", "weight", 2, kg="70.0"),
        post("nurse", "vitals", 3, **CALM, temp="36.6"),
        post("nurse", "rating", 3, instrument="cadss6", value="0"),
    ]
    clock.minute = 4
    asked = re.findall(r'name="(override\.[^"]+)"', page("prescriber", "decision"))
    answers.append(
        post("prescriber", "decision", 4, decision="go", **dict.fromkeys(asked, "seen on paper"))
    )
    answers.append(post("nurse", "prepare", 5, vials=[str(chair.vial.pk)]))
    answers.append(
        post("nurse2", "second_check", 6, mg="35", amount="0.7", rate_ml_h="75", weight_kg="70")
    )
    answers.append(post("nurse", "start", 10))
    answers.append(post("nurse", "stop", 50))
    answers.append(post("nurse", "vitals", 135, **CALM))
    answers += [
        post("nurse", "rating", 135, instrument=name, value=value)
        for name, value in (("cadss6", "1"), ("aldrete", "10"))
    ]
    answers += [
        post("nurse", "criterion", 135, key=c.key, met="true")
        for c in chair.protocol.criteria_at("discharge")
    ]
    answers.append(post("nurse", "discharge", 136))
    signature = {"meaning": "responsible prescriber", "password": cast.PASSWORD}
    answers.append(post("prescriber", "sign", 140, **signature))
    assert {a.status_code for a in answers} == {302}
    assert chair.state.phase == "signed"


def test_a_time_typed_without_a_zone_is_the_clinics(post, chair, clinic) -> None:
    clinic.time_zone = "Europe/Berlin"
    clinic.save()
    post("nurse", "check_in", 1, identifiers=["name", "number"], last_solids_at="2026-11-02T02:00")
    said = datetime.fromisoformat(chair.state.check_in.data["last_solids_at"])
    assert said == datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def test_what_is_refused_comes_back_with_what_was_typed_and_expected(post, chair) -> None:
    chair.arrives()
    answer = post("nurse", "vitals", 5, **{**CALM, "sbp": "1400"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="1400"' in html
    assert "expected 40 to 300" in html
    assert len(chair.state.vitals) == 1


def test_an_entry_can_have_happened_earlier_and_then_is_marked_late(post, chair, as_role) -> None:
    chair.started()
    post("nurse", "vitals", 40, **CALM, earlier="15")
    assert chair.state.vitals[-1].at == cast.NOW + timedelta(minutes=25)
    html = as_role("nurse").get(f"/sessions/{chair.session.pk}/").content.decode()
    assert "late" in html


def test_go_no_go_shows_each_rule_with_value_age_and_standing(page, chair, clock) -> None:
    chair.arrives()
    clock.minute = 8
    html = page("prescriber", "decision")
    rule = chair.protocol.thresholds("before")["sbp_hold"]
    row = next(r for r in html.split("<tr") if rule.words() in r and "hold:" in r)
    assert "124 mmHg" in row
    assert "5 min" in row
    assert rule.standing in row
    assert "✓ ok" in row


def test_going_ahead_beside_a_hold_without_a_reason_is_refused(post, chair) -> None:
    chair.arrives()
    chair.does("nurse", "vitals", 4, **{**CALM, "sbp": "170"})
    answer = post("prescriber", "decision", 5, decision="go")
    assert answer.status_code == 422
    assert "Not recorded" in answer.content.decode()
    assert chair.state.decision is None


def test_preparation_shows_every_step_of_the_sum_before_anything_is_drawn(page, chair) -> None:
    chair.arrives()
    chair.decided()
    html = page("nurse", "prepare")
    assert "0.5 mg/kg × 70 kg = 35 mg" in html
    assert "35 mg = 0.7 mL" in html
    assert "75 mL/h" in html


def test_the_second_check_shows_nothing_that_was_computed(page, chair) -> None:
    chair.arrives()
    chair.decided()
    chair.prepared()
    main = page("nurse2", "second_check").split("<main", 1)[1]
    text = re.sub(r"<[^>]+>", " ", main)
    assert "0.5 mg/kg" in text
    for hidden in (r"\b35\b", r"\b0\.7\b", r"\b75\b", r"\b70\b"):
        assert not re.search(hidden, text)


def test_a_wrong_second_check_blocks_and_says_so_in_the_cockpit(post, chair, as_role) -> None:
    chair.arrives()
    chair.decided()
    chair.prepared()
    post("nurse2", "second_check", 6, mg="350", amount="7", rate_ml_h="75", weight_kg="70")
    html = as_role("nurse").get(f"/sessions/{chair.session.pk}/").content.decode()
    assert "did not agree" in html
    assert chair.state.phase == "checked_in"


def test_discharge_lists_what_is_still_open_and_refuses_until_it_is_not(page, post, chair) -> None:
    chair.started()
    chair.does("nurse", "stop", 50)
    answer = post("nurse", "discharge", 60)
    assert answer.status_code == 422
    html = page("nurse", "discharge")
    for c in chair.protocol.criteria_at("discharge"):
        assert c.text in html
    assert "○ open" in html
    assert chair.state.phase == "recovery"


def test_waste_needs_another_person_who_proves_it(post, chair) -> None:
    chair.started()
    chair.does("nurse", "stop", 30, reason="asked to stop")
    left = str(chair.state.left_over)
    entry = {"amount": left, "reason": "rest of the bag"}
    own = post("nurse", "waste", 31, **entry, username="nurse", password=cast.PASSWORD)
    assert own.status_code == 422
    wrong = post("nurse", "waste", 31, **entry, username="nurse2", password="wrong")
    assert wrong.status_code == 422
    good = post("nurse", "waste", 31, **entry, username="nurse2", password=cast.PASSWORD)
    assert good.status_code == 302
    assert chair.state.left_over == 0


def test_a_signature_asks_for_ones_own_password_again(post, chair) -> None:
    chair.started()
    chair.recovered()
    chair.does("nurse", "discharge", 140)
    refused = post("prescriber", "sign", 141, meaning="reviewed", password="wrong")
    assert refused.status_code == 422
    assert chair.state.signatures == ()


def correct(client: Client, chair: Chair, event, **data: object):
    address = reverse("treatments:correct", args=[chair.session.pk, event.pk])
    return client.post(address, data)


def test_a_correction_changes_what_counts_and_keeps_what_was(as_role, chair, clock) -> None:
    chair.started()
    wrong = chair.does("nurse", "vitals", 20, **{**CALM, "hr": "172"})
    clock.minute = 21
    nurse = as_role("nurse")
    local = (cast.NOW + timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M")
    sent = {**CALM, "hr": "72", "new_at": local, "reason_of_correction": "typed twice"}
    assert correct(nurse, chair, wrong, **sent).status_code == 302
    assert str(chair.state.vitals[-1].get("hr")) == "72"
    (change,) = chair.state.of("correction") or chair.state.corrected[wrong.pk]
    assert change.data["data"] == {"hr": "72"}
    record = nurse.get(reverse("treatments:paper", args=[chair.session.pk])).content.decode()
    assert "172" in record
    assert "typed twice" in record


def test_a_set_taken_out_is_struck_and_still_to_be_read(as_role, chair, clock) -> None:
    chair.started()
    wrong = chair.does("nurse", "vitals", 20, **{**CALM, "hr": "172"})
    clock.minute = 21
    nurse = as_role("nurse")
    sent = {"void": "on", "reason_of_correction": "another patient's"}
    assert correct(nurse, chair, wrong, **sent).status_code == 302
    record = nurse.get(reverse("treatments:paper", args=[chair.session.pk])).content.decode()
    assert re.search(r'<tr class="struck">.*?172', record, re.S)


def test_a_correction_without_a_reason_is_refused(as_role, chair, clock) -> None:
    chair.started()
    wrong = chair.does("nurse", "vitals", 20, **CALM)
    clock.minute = 21
    assert correct(as_role("nurse"), chair, wrong, void="on").status_code == 422
    assert len(chair.state.vitals) == 2


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"correction"}))
def test_each_page_is_there_for_whoever_may_enter_it_and_for_nobody_else(
    as_role, chair, kind
) -> None:
    chair.started()
    address = reverse("treatments:step", args=[chair.session.pk, kind])
    for role in ("prescriber", "nurse", "therapist", "front_desk", "custodian", "researcher"):
        expected = 200 if chair.people[role].roles and _may(role, kind) else 403
        assert as_role(role).get(address).status_code == expected, role


def _may(role: str, kind: str) -> bool:
    from reprieve.clinic.access import allowed

    return allowed([role], KINDS[kind].permission)


def test_another_clinics_pages_are_not_found(other_clinic, chair) -> None:
    event = chair.does("nurse", "assign", 0, nurse=str(chair.people["nurse"].pk))
    away = Client()
    away.force_login(other_clinic["nurse"], "django.contrib.auth.backends.ModelBackend")
    of = chair.session.pk
    for name, args in (
        ("step", [of, "vitals"]),
        ("correct", [of, event.pk]),
        ("paper", [of]),
        ("pdf", [of]),
        ("live", [of]),
    ):
        assert away.get(reverse(f"treatments:{name}", args=args)).status_code == 404


def signed(chair: Chair) -> None:
    chair.started()
    chair.recovered()
    chair.does("nurse", "discharge", 140)
    chair.does("prescriber", "sign", 145, meaning="responsible prescriber")


def test_the_record_carries_chart_numbers_sums_ledger_and_signature(as_role, chair, clock) -> None:
    signed(chair)
    clock.minute = 150
    html = as_role("prescriber").get(reverse("treatments:paper", args=[chair.session.pk]))
    text = html.content.decode()
    for said in (
        "<svg",
        "124/78",
        "0.5 mg/kg × 70 kg = 35 mg",
        chair.vial.label,
        "responsible prescriber",
        chair.people["prescriber"].printed_name,
        "version 1",
    ):
        assert said in text
    assert "Not signed" not in text


def test_the_record_prints_to_pdf_without_fetching_anything(as_role, chair, clock) -> None:
    signed(chair)
    clock.minute = 150
    answer = as_role("prescriber").get(reverse("treatments:pdf", args=[chair.session.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert len(answer.content) > 20_000


def test_a_wrongly_confirmed_criterion_is_corrected_without_changing_which(
    as_role, chair, clock
) -> None:
    chair.started()
    chair.does("nurse", "stop", 50)
    key = chair.protocol.criteria_at("discharge")[0].key
    wrong = chair.does("nurse", "criterion", 60, key=key, met="true")
    clock.minute = 61
    nurse = as_role("nurse")
    address = reverse("treatments:correct", args=[chair.session.pk, wrong.pk])
    assert 'name="key"' not in nurse.get(address).content.decode()
    sent = {"met": "false", "reason_of_correction": "it was another patient"}
    assert correct(nurse, chair, wrong, **sent).status_code == 302
    assert chair.state.criteria[key].data["met"] is False


def test_a_reading_can_be_taken_out_of_its_set(as_role, chair, clock) -> None:
    chair.started()
    wrong = chair.does("nurse", "vitals", 20, **{**CALM, "spo2": "70"})
    clock.minute = 21
    sent = {**CALM, "spo2": "", "reason_of_correction": "the probe was off"}
    assert correct(as_role("nurse"), chair, wrong, **sent).status_code == 302
    assert chair.state.vitals[-1].get("spo2") is None
    assert str(chair.state.vitals[-1].get("hr")) == CALM["hr"]
