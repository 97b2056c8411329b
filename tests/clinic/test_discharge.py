"""Leaving is an interlock: each criterion has a timed value from after the dose, or it is open."""

import pytest

from clinic.streams import Stream, clock, revised
from reprieve.clinic.treatments.discharge import criteria, ready, unmet
from reprieve.evidence.practice import protocol

IV = protocol("iv_racemic")


def asked(stream, minute, rules=IV):
    return {c.key: c for c in criteria(stream.state, rules, clock(minute))}


@pytest.fixture
def resting():
    """Begun at 10, ended at 50, nothing taken since."""
    stream = Stream().started(IV, minute=10)
    stream.vitals(40, sbp="150", moaas="4")
    stream.add(50, "stop")
    return stream


def recovered(stream, minute):
    stream.vitals(minute)
    stream.add(minute, "rating", instrument="cadss6", value="1")
    stream.add(minute, "rating", instrument="aldrete", value="10")
    for c in IV.criteria_at("discharge"):
        stream.add(minute, "criterion", key=c.key, met=True)
    return stream


def test_nothing_is_met_without_a_value_from_after_the_dose(resting):
    found = asked(resting, 131)
    assert found["moaas"].met is None
    assert found["moaas"].lacks == "no value since the dose ended"
    assert found["escort_present"].met is None
    assert found["after_start"].met is True


def test_a_statement_confirmed_before_the_dose_ended_does_not_count(resting):
    early = Stream().started(IV)
    early.add(20, "criterion", key="steady_gait", met=True)
    early.add(50, "stop")
    assert asked(early, 60)["steady_gait"].met is None


def test_all_met_after_two_hours(resting):
    recovered(resting, 129)
    assert not ready(tuple(asked(resting, 129).values()))
    assert unmet(tuple(asked(resting, 129).values()))[0].key == "after_start"
    assert ready(tuple(asked(resting, 130).values()))


def test_two_hours_are_not_reached_a_second_before(resting):
    recovered(resting, 129)
    assert asked(resting, 129.98)["after_start"].met is False


def test_a_shorter_stay_in_the_file_is_a_shorter_stay_at_the_chair(resting):
    recovered(resting, 112)
    assert not ready(tuple(asked(resting, 112).values()))
    short = revised("iv_racemic", discharge__after_start=1.5)
    assert ready(tuple(asked(resting, 112, short).values()))


@pytest.mark.parametrize(("reading", "value", "key"), [
    ("moaas", "4", "moaas"), ("sbp", "161", "sbp"), ("dbp", "101", "dbp"), ("hr", "110", "hr"),
    ("spo2", "93", "spo2"), ("sbp", "149", "bp_above_baseline"),
    ("dbp", "94", "dbp_above_baseline"),
])  # fmt: skip
def test_each_reading_can_keep_a_person_here(resting, reading, value, key):
    recovered(resting, 130)
    resting.vitals(131, **{reading: value})
    assert asked(resting, 132)[key].met is False


def test_a_rise_is_measured_from_before_the_dose(resting):
    recovered(resting, 130)
    assert asked(resting, 130)["bp_above_baseline"].value == "124 (before: 124)"


def test_old_vital_signs_are_taken_again(resting):
    recovered(resting, 130)
    assert asked(resting, 161)["sbp"].lacks == "too old: take it again"
    assert asked(resting, 161)["sbp"].met is None


def test_what_cannot_be_measured_is_settled_with_a_note_after_the_dose(resting):
    stream = Stream()
    stream.add(0, "check_in")
    stream.vitals(1)
    stream.add(2, "start")
    stream.vitals(130)
    stream.add(130, "rating", instrument="cadss6", value="0")
    assert asked(stream, 131)["cadss6_above_baseline"].lacks == "no value from before the dose"
    stream.add(131, "criterion", key="cadss6_above_baseline", met=True, note="clear, no scale")
    found = asked(stream, 132)["cadss6_above_baseline"]
    assert found.met is True
    assert "clear, no scale" in found.value


def test_a_measured_value_is_not_talked_away(resting):
    recovered(resting, 130)
    resting.vitals(131, sbp="170")
    resting.add(132, "criterion", key="sbp", met=True, note="looks fine")
    assert asked(resting, 133)["sbp"].met is False


def test_the_time_of_escalation_is_not_a_criterion(resting):
    assert "escalate" not in asked(resting, 60)
