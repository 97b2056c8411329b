"""Before the dose: value, rule, age and verdict, all from the protocol's text."""

from dataclasses import dataclass

import pytest

from clinic.streams import Stream, clock, revised
from reprieve.clinic.treatments.holds import judge, must_weigh_again, standing
from reprieve.evidence.practice import protocol

IV = protocol("iv_racemic")


def hold(stream, key, minute=5, rules=IV):
    return next(h for h in judge(stream.state, rules, clock(minute)) if h.key == key)


@pytest.fixture
def stream():
    return Stream().arrived(IV)


def test_a_calm_patient_has_nothing_standing(stream):
    assert standing(judge(stream.state, IV, clock(5))) == ()


def test_a_hold_shows_its_value_its_rule_and_its_age(stream):
    stream.vitals(3, sbp="172")
    found = hold(stream, "sbp_hold", minute=8)
    assert (found.value, found.unit, found.age_min) == ("172", "mmHg", 5)
    assert found.rule == "hold: Systolic pressure above 160 mmHg"
    assert found.verdict == "hold"
    assert found.needs_override
    assert (found.standing, found.status) == ("clinic", "assumed")


def test_another_number_in_the_file_is_another_verdict_at_the_chair(stream):
    stream.vitals(3, sbp="155", dbp="85")
    assert hold(stream, "sbp_hold").verdict == "ok"
    strict = revised("iv_racemic", before__sbp_hold=150)
    assert hold(stream, "sbp_hold", rules=strict).verdict == "hold"


def test_a_high_pressure_is_repeated_and_then_the_prescriber_decides(stream):
    stream.vitals(3, sbp="148")
    assert "taken again 0 of 2 times; wait 5 min between" in hold(stream, "sbp_repeat").rule
    stream.vitals(8, sbp="146")
    stream.vitals(13, sbp="145")
    found = hold(stream, "sbp_repeat", minute=14)
    assert "taken again 2 of 2 times: the prescriber decides" in found.rule
    assert found.verdict == "hold"
    stream.vitals(18, sbp="138")
    assert hold(stream, "sbp_repeat", minute=19).verdict == "ok"


def test_old_vital_signs_are_stale_and_the_age_comes_from_the_file(stream):
    assert hold(stream, "sbp_hold", minute=32).verdict == "ok"
    assert hold(stream, "sbp_hold", minute=33).verdict == "stale"
    longer = revised("iv_racemic", stale__vitals=60)
    assert hold(stream, "sbp_hold", minute=33, rules=longer).verdict == "ok"


def test_what_was_not_taken_is_missing():
    stream = Stream()
    stream.add(0, "check_in")
    found = {h.key: h for h in judge(stream.state, IV, clock(1))}
    assert {found[k].verdict for k in ("sbp_hold", "no_solids", "weight", "identity")} == {
        "missing"
    }
    assert all(found[k].needs_override for k in ("sbp_hold", "no_solids", "weight", "identity"))


@pytest.mark.parametrize(("hours", "verdict"), [(1.9, "hold"), (2.0, "ok"), (9, "ok")])
def test_food_is_held_against_the_clock(hours, verdict):
    stream = Stream()
    stream.add(0, "check_in", last_solids_at=clock(-60 * hours).isoformat())
    assert hold(stream, "no_solids", minute=0).verdict == verdict


def test_a_statement_that_is_not_so_stands_as_a_hold(stream):
    stream.add(4, "criterion", key="not_intoxicated", met=False, note="smells of alcohol")
    assert hold(stream, "not_intoxicated").verdict == "hold"


def test_last_weeks_weight_will_do_and_an_older_one_is_stale():
    fresh = Stream()
    fresh.add(0, "check_in", last_kg="70", last_kg_at=clock(-3 * 1440).isoformat())
    assert hold(fresh, "weight").verdict == "ok"
    old = Stream()
    old.add(0, "check_in", last_kg="70", last_kg_at=clock(-8 * 1440).isoformat())
    assert hold(old, "weight").verdict == "stale"


def test_a_large_change_of_weight_asks_for_a_second_weighing(stream):
    stream.add(2, "weight", kg="76", last_kg="70")
    assert hold(stream, "weight_change").verdict == "caution"
    assert must_weigh_again(stream.state, IV)
    stream.add(3, "weight", kg="76.2", last_kg="70")
    assert not must_weigh_again(stream.state, IV)
    lax = revised("iv_racemic", preparation__weight_change=15)
    assert not any(h.key == "weight_change" for h in judge(stream.state, lax, clock(5)))


@dataclass
class Gap:
    key: str
    title: str
    detail: str
    kind: str
    source: str = ""


def test_a_stop_of_the_chart_stands_and_a_gap_is_only_said(stream):
    gaps = [Gap("consent", "Consent", "expired", "stop"), Gap("ecg", "ECG", "missing", "gap")]
    found = {h.key: h for h in judge(stream.state, IV, clock(5), gaps)}
    assert found["consent"].needs_override
    assert found["ecg"].verdict == "caution"


def test_a_protocol_without_a_rule_asks_nothing():
    spray = protocol("spravato")
    stream = Stream().arrived(spray)
    keys = {h.key for h in judge(stream.state, spray, clock(5))}
    assert "nasal_steroid" in keys
    assert "nasal_steroid" not in {h.key for h in judge(stream.state, IV, clock(5))}
    assert "weight" not in keys
