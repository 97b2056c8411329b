"""Prompts: raised by rules of the protocol, answered by people, never silenced for good."""

import re

import pytest

from clinic.streams import INFUSION, Stream, clock, revised
from reprieve.clinic.treatments.prompts import prompts, worst
from reprieve.evidence.practice import parse_protocol, protocol, protocol_toml

IV = protocol("iv_racemic")


def found(stream, minute, rules=IV):
    return {p.key: p for p in prompts(stream.state, rules, clock(minute))}


def answer(stream, minute, key, action, **more):
    stream.add(minute, "prompt", by="nurse", key=key, action=action, **more)


@pytest.fixture
def running():
    stream = Stream().started(IV, minute=10)
    stream.vitals(20)
    return stream


def test_a_calm_session_asks_for_nothing(running):
    assert not [p for p in found(running, 21).values() if p.open]


def test_a_reading_is_announced_then_due_then_overdue(running):
    assert found(running, 27)["due:vitals"].tier == "info"
    late = found(running, 34)["overdue:vitals"]
    assert (late.tier, late.raised_at) == ("caution", clock(33))
    running.vitals(34)
    assert "overdue:vitals" not in found(running, 34)


def test_what_was_missed_stays_overdue_until_somebody_catches_up(running):
    assert found(running, 46)["overdue:vitals"].raised_at == clock(33)
    running.vitals(46)
    assert "overdue:vitals" not in found(running, 47)


def test_a_stop_rule_that_needs_two_readings_first_asks_for_the_second(running):
    running.vitals(30, sbp="182", dbp="95")
    first = found(running, 31)
    assert first["confirm.sbp:high"].tier == "caution"
    assert "stop.sbp:high" not in first
    running.vitals(33, sbp="184", dbp="95")
    second = found(running, 34)
    assert second["stop.sbp:high"].tier == "critical"
    assert second["stop.sbp:high"].raised_at == clock(33)
    assert worst(second.values()).tier == "critical"


def test_a_second_reading_that_is_well_clears_the_first(running):
    running.vitals(30, sbp="182", dbp="95")
    running.vitals(33, sbp="150", dbp="85")
    cleared = found(running, 34)["confirm.sbp:high"]
    assert (cleared.status, cleared.until) == ("resolved", clock(33))


def test_a_sustained_rule_waits_for_its_minutes_as_well(running):
    running.vitals(30, spo2="92")
    running.vitals(31, spo2="92")
    assert "stop.spo2_uncorrected:low" not in found(running, 31)
    running.vitals(32, spo2="92")
    assert "stop.spo2_uncorrected:low" in found(running, 32)


def test_an_instant_rule_does_not_wait(running):
    running.vitals(30, spo2="89")
    assert found(running, 30)["stop.spo2:low"].status == "raised"


def test_another_stop_rule_in_the_file_stops_elsewhere(running):
    running.vitals(30, hr="125")
    assert "stop.hr_high:high" not in found(running, 31)
    strict = revised("iv_racemic", stop__hr_high=120)
    assert "stop.hr_high:high" in found(running, 31, strict)


def test_a_rise_with_symptoms_needs_both(running):
    running.vitals(30, sbp="170")
    assert "stop.sbp_rise_with_symptoms:high" not in found(running, 31)
    running.add(30, "observation", symptom="chest_pain")
    both = found(running, 31)
    assert "stop.sbp_rise_with_symptoms:high" in both
    assert both["symptom.chest_pain"].tier == "critical"


def test_a_symptom_that_was_over_before_does_not_count(running):
    running.add(22, "observation", symptom="chest_pain")
    running.add(25, "observation", symptom="chest_pain", ended=True)
    running.vitals(30, sbp="170")
    found_ = found(running, 31)
    assert "stop.sbp_rise_with_symptoms:high" not in found_
    assert found_["symptom.chest_pain"].status == "resolved"


def test_a_first_reading_waits_for_the_second_as_long_as_the_file_says(running):
    running.vitals(30, sbp="182", dbp="95")
    patient = revised("iv_racemic", prompts__confirm_within=12)
    assert found(running, 36)["confirm.sbp:high"].status == "escalated"
    assert found(running, 36, patient)["confirm.sbp:high"].status == "raised"


def test_who_has_left_leaves_no_reading_open(running):
    running.vitals(40, hr="112")
    running.add(50, "stop", given="0.7")
    running.add(140, "discharge")
    assert found(running, 141)["abnormal.hr:high"].until == clock(140)


def test_abnormal_and_critical_are_told_apart(running):
    running.vitals(30, hr="112")
    assert found(running, 30)["abnormal.hr:high"].tier == "caution"
    running.vitals(32, hr="135")
    assert found(running, 32)["critical.hr:high"].tier == "critical"


def test_a_snooze_survives_the_next_reading_and_ends(running):
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "snooze", minutes="8")
    running.vitals(33, hr="114")
    quiet = found(running, 34)["abnormal.hr:high"]
    assert (quiet.status, quiet.until, quiet.open) == ("snoozed", clock(39), False)
    assert found(running, 39)["abnormal.hr:high"].status == "raised"


def test_a_snooze_survives_a_reading_that_was_well_in_between(running):
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "snooze", minutes="10")
    running.vitals(33, hr="90")
    running.vitals(36, hr="113")
    again = [
        p for p in prompts(running.state, IV, clock(37))
        if p.key == "abnormal.hr:high" and p.status != "resolved"
    ]  # fmt: skip
    assert [p.status for p in again] == ["snoozed"]


def test_a_snoozed_high_does_not_mute_a_low(running):
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "snooze", minutes="10")
    running.vitals(33, hr="48")
    assert found(running, 34)["abnormal.hr:low"].status == "raised"


def test_a_snoozed_abnormal_does_not_mute_the_stop_rule(running):
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "snooze", minutes="10")
    running.vitals(33, hr="140")
    assert found(running, 34)["stop.hr_high:high"].status == "raised"


def test_no_snooze_is_longer_than_the_protocol_lets_it_be(running):
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "snooze", minutes="500")
    assert found(running, 41)["abnormal.hr:high"].status != "snoozed"
    short = revised("iv_racemic", prompts__longest_snooze=2)
    assert found(running, 34, short)["abnormal.hr:high"].status != "snoozed"


def test_nobody_answers_and_it_goes_to_the_next_person(running):
    running.add(11, "assign", nurse="n", nurse_name="Nora Nurse")
    running.vitals(30, hr="112")
    assert found(running, 35)["abnormal.hr:high"].owner == "Nora Nurse"
    later = found(running, 36)["abnormal.hr:high"]
    assert (later.status, later.owner) == ("escalated", "the prescriber")
    patient = revised("iv_racemic", prompts__escalate_after=15)
    assert found(running, 36, patient)["abnormal.hr:high"].status == "raised"


def test_who_acknowledges_owns_it_and_a_new_episode_asks_anew(running):
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "acknowledge")
    mine = found(running, 40)["abnormal.hr:high"]
    assert (mine.status, mine.owner) == ("acknowledged", "Nurse")
    running.vitals(41, hr="90")
    running.vitals(46, hr="115")
    episodes = [p for p in prompts(running.state, IV, clock(47)) if p.key == "abnormal.hr:high"]
    assert [p.status for p in episodes] == ["raised", "resolved"]


def test_what_was_seen_and_still_stands_is_asked_again_as_the_file_says(running):
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "acknowledge")
    assert found(running, 46)["abnormal.hr:high"].status == "acknowledged"
    assert found(running, 47)["abnormal.hr:high"].status == "raised"
    assert found(running, 52)["abnormal.hr:high"].status == "escalated"
    answer(running, 53, "abnormal.hr:high", "take")
    assert found(running, 60)["abnormal.hr:high"].status == "acknowledged"
    patient = revised("iv_racemic", prompts__acknowledged=60)
    assert found(running, 52, patient)["abnormal.hr:high"].status == "acknowledged"


def test_a_critical_one_that_was_seen_goes_to_the_next_person_while_it_stands(running):
    running.vitals(30, sbp="182", dbp="95")
    running.vitals(33, sbp="232", dbp="121")
    answer(running, 34, "stop.sbp:high", "acknowledge")
    running.vitals(45, sbp="290", dbp="150")
    late = found(running, 50)["stop.sbp:high"]
    assert (late.status, late.owner) == ("escalated", "the prescriber")


def test_quiet_is_over_when_the_reading_grows_worse_by_a_grade(running):
    running.vitals(30, spo2="92")
    answer(running, 31, "abnormal.spo2:low", "snooze", minutes="10")
    assert found(running, 32)["abnormal.spo2:low"].status == "snoozed"
    running.vitals(33, spo2="88")
    assert found(running, 33)["abnormal.spo2:low"].status == "raised"


def test_quiet_about_one_thing_is_over_when_a_rule_for_stopping_is_met(running):
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "snooze", minutes="10")
    running.vitals(33, hr="112", moaas="2")
    assert found(running, 34)["abnormal.hr:high"].status == "raised"


def test_what_is_critical_is_not_quiet_before_it_is_there(running):
    answer(running, 21, "stop.sbp:high", "snooze", minutes="10")
    answer(running, 21, "critical.sbp:high", "snooze", minutes="10")
    running.vitals(23, sbp="230", dbp="120")
    running.vitals(24, sbp="232", dbp="121")
    open_now = found(running, 25)
    assert open_now["stop.sbp:high"].status == "raised"
    assert open_now["critical.sbp:high"].status == "raised"


def test_snoozes_one_after_the_other_end_where_the_file_says(running):
    running.vitals(30, hr="112")
    for minute in (31, 40, 49, 58):
        answer(running, minute, "abnormal.hr:high", "snooze", minutes="10")
    assert found(running, 50)["abnormal.hr:high"].status == "snoozed"
    assert found(running, 51)["abnormal.hr:high"].status == "raised"
    assert found(running, 59)["abnormal.hr:high"].status == "escalated"
    strict = revised("iv_racemic", prompts__most_quiet=12)
    assert found(running, 43, strict)["abnormal.hr:high"].status == "raised"


def test_a_file_without_the_newer_bounds_lets_quiet_last_as_long_as_one_snooze(running):
    text = protocol_toml(IV)
    for name in ("most_quiet", "acknowledged"):
        text = re.sub(rf"\[prompts\.{name}\]\n[^\[]*", "", text)
    older = parse_protocol(text, "iv_racemic", "an older copy")
    assert "most_quiet" not in older.thresholds("prompts")
    running.vitals(30, hr="112")
    answer(running, 31, "abnormal.hr:high", "snooze", minutes="10")
    answer(running, 40, "abnormal.hr:high", "snooze", minutes="10")
    assert found(running, 41, older)["abnormal.hr:high"].status == "raised"
    answer(running, 42, "abnormal.hr:high", "acknowledge")
    assert found(running, 90, older)["abnormal.hr:high"].status == "acknowledged"


def test_a_resolved_prompt_keeps_its_time_and_who(running):
    running.vitals(30, hr="112")
    answer(running, 32, "abnormal.hr:high", "resolve", note="cuff was loose")
    done = found(running, 60)["abnormal.hr:high"]
    assert (done.status, done.until) == ("resolved", clock(32))
    assert done.answers[0].data["note"] == "cuff was loose"


def test_what_was_called_resolved_and_is_found_again_is_raised_anew(running):
    running.vitals(30, sbp="182", dbp="95")
    running.vitals(33, sbp="184", dbp="95")
    answer(running, 34, "stop.sbp:high", "resolve", note="cuff too small")
    assert found(running, 35)["stop.sbp:high"].status == "resolved"
    running.vitals(38, sbp="186", dbp="95")
    again = found(running, 39)["stop.sbp:high"]
    assert (again.status, again.raised_at, again.owner) == ("raised", clock(38), "")


def test_one_missed_set_that_was_explained_does_not_silence_the_next(running):
    answer(running, 34, "overdue:vitals", "resolve", note="asleep, left alone")
    assert found(running, 35)["overdue:vitals"].status == "resolved"
    assert found(running, 44)["overdue:vitals"].raised_at == clock(43)


def test_a_pressure_that_is_not_taken_again_is_overdue_before_the_dose():
    stream = Stream().arrived(IV)
    assert found(stream, 3) == {}
    stream.vitals(3, sbp="148")
    assert found(stream, 6)["due:repeat"].tier == "info"
    assert found(stream, 12)["overdue:repeat"].raised_at == clock(11)
    stream.vitals(12, sbp="130")
    assert "overdue:repeat" not in found(stream, 13)


def test_a_symptom_told_twice_is_one_prompt(running):
    running.add(22, "observation", symptom="chest_pain")
    running.add(25, "observation", symptom="chest_pain")
    told = [p for p in prompts(running.state, IV, clock(26)) if p.key == "symptom.chest_pain"]
    assert [(p.status, p.raised_at) for p in told] == [("raised", clock(22))]


def test_silence_of_the_readings_is_a_prompt_of_its_own(running):
    assert "stale:vitals" not in found(running, 40)
    silent = found(running, 41)["stale:vitals"]
    assert silent.text == "No vital sign for 21 min"
    patient = revised("iv_racemic", prompts__data_stale=60)
    assert "stale:vitals" not in found(running, 41, patient)


def test_a_pause_that_nobody_ends_is_said_as_the_file_says(running):
    running.add(25, "pause")
    assert "paused" not in found(running, 35)
    said = found(running, 36)["paused"]
    assert (said.tier, said.text) == ("caution", "Infusion paused for 11 min: resume or stop")
    patient = revised("iv_racemic", prompts__paused=30)
    assert "paused" not in found(running, 36, patient)
    running.add(37, "resume", rate_ml_h="50")
    assert "paused" not in found(running, 60)


def test_a_person_not_ready_at_the_time_of_escalation_is_a_critical_prompt(running):
    running.add(50, "stop")
    assert "discharge.escalate" not in found(running, 249)
    assert found(running, 250)["discharge.escalate"].tier == "critical"


def test_a_record_without_a_prescribers_signature_is_said_after_a_day(running):
    running.add(50, "stop")
    running.add(140, "discharge")
    running.add(150, "sign", prescriber=False, meaning="gave the treatment")
    day = 140 + 1440
    assert "unsigned" not in found(running, day)
    assert found(running, day + 1)["unsigned"].tier == "caution"
    running.add(day, "countersign", prescriber=True, meaning="responsible prescriber")
    assert "unsigned" not in found(running, day + 1)


def test_a_second_check_that_does_not_come_is_said():
    stream = Stream().arrived(IV)
    stream.add(3, "decision", decision="go")
    stream.add(4, "prepare", **INFUSION)
    assert "witness:second_check" not in found(stream, 34)
    assert "witness:second_check" in found(stream, 35)


def test_the_rest_of_the_bag_waits_for_its_witness(running):
    running.add(30, "stop", given="0.35")
    assert "witness:waste" not in found(running, 60)
    assert "0.35 mL" in found(running, 61)["witness:waste"].text
    running.add(62, "waste", amount="0.35")
    assert "witness:waste" not in found(running, 63)
