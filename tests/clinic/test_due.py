"""What is due when: the protocol's minutes, taken from its text, against what was taken."""

import pytest

from clinic.streams import INFUSION, SPRAY, Stream, clock, revised
from reprieve.clinic.treatments.due import due, next_due
from reprieve.clinic.treatments.prompts import prompts
from reprieve.evidence.practice import protocol

IV = protocol("iv_racemic")
NASAL = protocol("spravato")


def at(stream, minute, rules=IV):
    return {d.key: d for d in due(stream.state, rules, clock(minute))}


@pytest.fixture
def running():
    return Stream().started(IV, minute=10)


def test_nothing_is_due_before_the_door():
    assert due(Stream().state, IV, clock(0)) == ()


def test_the_first_set_is_due_before_the_dose():
    stream = Stream()
    stream.add(0, "check_in")
    found = at(stream, 1)["vitals@0"]
    assert found.status == "due"
    stream.vitals(2)
    assert at(stream, 3)["vitals@0"].status == "done"


@pytest.mark.parametrize(("minute", "status"), [
    (16.9, "coming"), (17, "soon"), (20, "due"), (23, "due"), (23.1, "overdue"), (25.1, "missed"),
])  # fmt: skip
def test_a_due_time_passes_from_coming_to_missed(running, minute, status):
    assert at(running, minute)["vitals@10"].status == status


def test_notice_and_grace_come_from_the_file(running):
    calm = revised("iv_racemic", prompts__due_soon=8, prompts__overdue=1)
    assert at(running, 13, calm)["vitals@10"].status == "soon"
    assert at(running, 21.5, calm)["vitals@10"].status == "overdue"


def test_a_set_counts_for_the_nearest_due_time(running):
    running.vitals(22)
    found = at(running, 23)
    assert found["vitals@10"].status == "done"
    assert found["vitals@20"].status == "coming"
    running.vitals(26)
    assert at(running, 27)["vitals@20"].status == "done"


def test_an_incomplete_set_leaves_the_rest_due(running):
    running.add(20, "vitals", sbp="130", dbp="80", hr="80", spo2="98")
    found = at(running, 21)["vitals@10"]
    assert found.status == "due"
    assert found.readings == ("rr", "moaas")


def test_a_set_entered_late_is_still_taken_in_time(running):
    running.vitals(20, moaas="4")
    assert at(running, 60)["vitals@10"].status == "done"


def test_readings_before_the_dose_never_stand_for_readings_under_it(running):
    assert at(running, 12)["vitals@0"].status == "done"
    assert at(running, 12)["vitals@10"].event is None


def test_observations_run_on_their_own_clock(running):
    found = at(running, 51)
    assert found["dissociation@40"].status == "due"
    running.add(51, "rating", instrument="cadss6", value="9")
    assert at(running, 52)["dissociation@40"].status == "done"


def test_after_the_listed_minutes_recovery_goes_on_until_discharge(running):
    running.add(50, "stop")
    found = at(running, 150)
    assert found["vitals@135"].at == clock(145)
    assert "vitals@150" in found
    running.add(152, "discharge")
    assert max(float(k.split("@")[1]) for k in at(running, 400) if k.startswith("vitals")) <= 142


def test_the_pump_is_due_when_its_volume_has_flowed(running):
    assert at(running, 20)["pump@1"].at == clock(50)
    running.add(20, "pause")
    assert not [k for k in at(running, 21) if k.startswith("pump")]
    running.add(25, "resume", rate_ml_h="50")
    # 12.5 mL have flowed; 37.5 mL at 50 mL/h are 45 minutes more
    assert at(running, 26)["pump@1"].at == clock(70)
    assert at(running, 74)["pump@1"].status == "overdue"


@pytest.fixture
def continued():
    """50 mL at 75 mL/h from minute 10, then 20 mL/h for an hour."""
    steps = [
        {"mg": "35", "ml": "50", "minutes": "40", "rate_ml_h": "75"},
        {"mg": "14", "ml": "20", "minutes": "60", "rate_ml_h": "20"},
    ]
    return Stream().started(IV, minute=10, prepared=INFUSION | {"steps": steps})


def test_a_change_of_the_pump_stays_due_until_it_is_entered(continued):
    for minute, status in ((40, "coming"), (49, "soon"), (51, "due"), (54, "overdue")):
        (found,) = (d for d in due(continued.state, IV, clock(minute)) if d.key.startswith("pump"))
        assert (found.key, found.title, found.at) == ("pump@1", "Pump to 20 mL/h", clock(50))
        assert found.status == status
    continued.add(60, "rate", rate_ml_h="20")
    # 62.5 mL have flowed; 7.5 mL at 20 mL/h are 22.5 minutes more
    left = at(continued, 61)["pump@2"]
    assert (left.title, left.at) == ("Infusion ends", clock(82.5))


def test_a_forgotten_change_of_the_pump_is_a_prompt_even_when_the_bag_is_empty(continued):
    continued.vitals(50)
    for minute in (54, 80):
        raised = {p.key: p for p in prompts(continued.state, IV, clock(minute))}
        assert raised["overdue:pump"].text == "Pump to 20 mL/h overdue"


def test_slowing_down_on_the_way_is_not_the_change_of_the_pump(continued):
    continued.add(20, "rate", rate_ml_h="30", reason="anxious")
    # 12.5 mL have flowed; 37.5 mL at 30 mL/h are 75 minutes more
    assert at(continued, 40)["pump@1"].at == clock(95)
    continued.add(94, "rate", rate_ml_h="20", reason="continuation")
    assert at(continued, 96)["pump@2"].title == "Infusion ends"


def test_the_change_of_the_pump_may_come_out_of_a_pause(continued):
    continued.add(49, "pause")
    continued.add(52, "resume", rate_ml_h="20")
    assert "pump@1" not in at(continued, 53)


def test_the_next_device_is_due_after_its_rest():
    stream = Stream().started(NASAL, minute=10, prepared=SPRAY)
    assert at(stream, 12, NASAL)["device@2"].at == clock(15)
    stream.add(15, "device")
    assert "device@3" not in at(stream, 16, NASAL)


def test_the_next_due_is_the_first_open_one(running):
    found = next_due(due(running.state, IV, clock(18)))
    assert found is not None
    assert found.key == "vitals@10"
    assert next_due([]) is None


def test_a_high_pressure_before_the_dose_is_due_again_after_the_wait():
    stream = Stream().arrived(IV)
    assert not [k for k in at(stream, 3) if k.startswith("repeat")]
    stream.vitals(3, sbp="148")
    again = at(stream, 4)["repeat@1"]
    assert (again.at, again.readings, again.title) == (
        clock(8),
        ("sbp",),
        "Again: systolic pressure",
    )
    stream.vitals(8, sbp="146")
    assert at(stream, 9)["repeat@2"].at == clock(13)
    stream.vitals(13, sbp="145")
    assert not [k for k in at(stream, 14) if k.startswith("repeat")]
    slow = revised("iv_racemic", prompts__repeat_after=10, prompts__repeat_readings=3)
    assert at(stream, 14, slow)["repeat@3"].at == clock(23)
    stream.vitals(15, sbp="130")
    assert not [k for k in at(stream, 16, slow) if k.startswith("repeat")]


def test_other_minutes_in_the_file_are_other_minutes_at_the_chair():
    dense = revised("iv_racemic", prompts__recovery_vitals=5)
    stream = Stream().started(IV, minute=10)
    stream.add(50, "stop")
    assert "vitals@125" in at(stream, 136, dense)
    assert "vitals@125" not in at(stream, 136)
