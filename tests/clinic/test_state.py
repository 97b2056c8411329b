"""The state of a session follows from its events, and from nothing else."""

from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.streams import INFUSION, SPRAY, Stream, clock
from reprieve.clinic.treatments.state import Phase, replay
from reprieve.evidence.practice import protocol

IV = protocol("iv_racemic")
D = Decimal


def test_phases_follow_one_another():
    stream = Stream()
    assert stream.state.phase is Phase.PLANNED
    stream.arrived(IV)
    assert stream.state.phase is Phase.CHECKED_IN
    stream.add(3, "decision", decision="go")
    stream.add(4, "prepare", **INFUSION)
    assert stream.state.phase is Phase.CHECKED_IN
    stream.add(5, "second_check", matched=True)
    assert stream.state.phase is Phase.READY
    for minute, kind, data, phase in (
        (10, "start", {}, Phase.IN_SESSION),
        (50, "stop", {"given": "0.7"}, Phase.RECOVERY),
        (140, "discharge", {}, Phase.DISCHARGED),
        (150, "sign", {"meaning": "reviewed"}, Phase.SIGNED),
    ):
        stream.add(minute, kind, **data)
        assert stream.state.phase is phase


def test_a_check_that_did_not_match_makes_nobody_ready():
    stream = Stream().arrived(IV)
    stream.add(3, "decision", decision="go")
    stream.add(4, "prepare", **INFUSION)
    stream.add(5, "second_check", matched=False)
    assert stream.state.phase is Phase.CHECKED_IN


def test_a_new_preparation_voids_the_check():
    stream = Stream().started(IV)
    stream.events = stream.events[:-1]
    assert stream.state.phase is Phase.READY
    stream.add(7, "prepare", **INFUSION)
    assert stream.state.phase is Phase.CHECKED_IN
    assert not stream.state.checked


def test_a_decision_against_it_takes_readiness_away():
    stream = Stream().started(IV)
    stream.events = stream.events[:-1]
    stream.add(8, "decision", decision="no_go", reason="changed her mind")
    assert stream.state.phase is Phase.CHECKED_IN


def test_what_has_flowed_follows_the_pump():
    stream = Stream().started(IV, minute=10)
    assert stream.state.given_ml(clock(20)) == D("12.5")
    stream.add(20, "pause")
    assert stream.state.paused
    assert stream.state.given_ml(clock(30)) == D("12.5")
    stream.add(30, "resume", rate_ml_h="50")
    assert stream.state.given_ml(clock(36)) == D("17.5")
    stream.add(36, "stop")
    assert stream.state.given_ml(clock(90)) == D("17.5")


def test_the_pumps_own_reading_wins():
    stream = Stream().started(IV)
    stream.add(30, "stop", volume_ml="24")
    assert stream.state.given_ml(clock(31)) == 24


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["pause", "resume", "rate"]), st.integers(1, 60)),
                max_size=12))  # fmt: skip
def test_never_more_flows_than_was_made_up_and_never_backwards(changes):
    stream, minute = Stream().started(IV, minute=10), 10
    for kind, wait in changes:
        minute += wait
        stream.add(minute, kind, **({} if kind == "pause" else {"rate_ml_h": "90"}))
    given_at = [stream.state.given_ml(clock(m)) for m in range(10, minute + 60, 7)]
    assert given_at == sorted(given_at)
    assert all(0 <= ml <= 50 for ml in given_at)


def test_the_last_device_ends_the_dose():
    spray = protocol("spravato")
    stream = Stream().started(spray, minute=10, prepared=SPRAY)
    assert stream.state.phase is Phase.IN_SESSION
    stream.add(15, "device")
    assert stream.state.phase is Phase.RECOVERY
    assert stream.state.ended_at == clock(15)


def test_a_correction_counts_and_the_original_stays():
    stream = Stream().started(IV)
    wrong = stream.vitals(20, sbp="214")
    stream.add(22, "correction", of=str(wrong), data={"sbp": "124"}, reason="slip")
    state = stream.state
    assert state.readings("sbp")[-1].value == 124
    assert state.corrected[wrong][0].data["reason"] == "slip"
    assert next(e for e in state.record if e.id == wrong).data["sbp"] == "214"


def test_what_is_taken_out_does_not_count():
    stream = Stream().started(IV)
    wrong = stream.vitals(20, sbp="214")
    stream.add(22, "correction", of=str(wrong), void=True, reason="other patient")
    assert [r.value for r in stream.state.readings("sbp")] == [124]


def test_a_corrected_start_moves_every_clock():
    stream = Stream().started(IV, minute=10)
    start = stream.events[-1].id
    stream.add(15, "correction", of=str(start), at=clock(8).isoformat(), reason="tapped late")
    assert stream.state.started_at == clock(8)
    assert stream.state.given_ml(clock(20)) == 15


def test_an_older_weight_entered_late_does_not_replace_a_newer_one():
    stream = Stream().arrived(IV)
    stream.add(-30, "weight", kg="75")
    assert stream.state.weight_kg == 70


def test_the_order_of_arrival_does_not_matter():
    stream = Stream().started(IV)
    stream.vitals(20)
    assert replay(reversed(stream.events)) == replay(stream.events)


@pytest.mark.parametrize(("late", "minutes"), [(0, 0), (42, 42)])
def test_a_late_entry_knows_how_late_it_is(late, minutes):
    stream = Stream()
    stream.add(0, "check_in", late=late)
    assert stream.state.record[0].late_min == minutes


def test_what_is_left_over_is_drawn_less_given_wasted_and_put_back():
    stream = Stream().started(IV)
    assert stream.state.left_over == D("0.7")
    stream.add(30, "stop", given="0.35")
    assert stream.state.left_over == D("0.35")
    stream.add(31, "waste", amount="0.35")
    assert stream.state.left_over == 0


def test_eighty_events_are_replayed_in_two_milliseconds():
    stream = Stream().started(IV)
    for minute in range(11, 91):
        stream.vitals(minute)
    assert len(stream.events) > 80
    best = min(_timed(stream.events) for _ in range(20))
    assert best < 0.002


def _timed(events):
    begun = perf_counter()
    replay(events)
    return perf_counter() - begun
