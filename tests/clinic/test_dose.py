"""From mg/kg to the pump's rate, exact, capped, and in words that show each step."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.streams import revised
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.treatments.caps import older_warning, round_to
from reprieve.clinic.treatments.dose import arithmetic
from reprieve.evidence.practice import protocol

D = Decimal
IV = protocol("iv_racemic")
EXTENDED = revised("iv_racemic_extended", preparation__most_mg=2000)
unhurried = settings(deadline=None)  # other work on the machine is not what is asked about
weights = st.decimals("35", "180", places=1)
per_kg = st.decimals("0.1", "0.55", places=2)
strengths = st.sampled_from([D(10), D(50), D(100)])


KG, STRENGTH = D("76.3"), D(50)


def iv(amount, unit="mg/kg", kg=KG, strength=STRENGTH, **more):
    return arithmetic(amount, unit, kg, IV, strength, "mL", **more)


def test_half_a_milligram_a_kilogram_over_forty_minutes():
    made = iv(D("0.5"))
    assert (made.mg, made.amount) == (38, D("0.76"))
    (step,) = made.steps
    assert (step.ml, step.minutes, step.rate_ml_h) == (50, 40, 75)
    assert made.lines[0] == "0.5 mg/kg × 76.3 kg = 38.15 mg"
    assert "38 mg ÷ 50 mg/mL = 0.76 mL from the vial" in made.lines
    assert made.warnings == ()


@unhurried
@given(per_kg, weights, strengths)
def test_mg_is_the_dose_a_kilogram_rounded_as_the_protocol_rounds(amount, kg, strength):
    made = iv(amount, kg=kg, strength=strength)
    assert made.mg == round_to(amount * kg, D(1))
    assert made.amount * strength == made.mg


@unhurried
@given(per_kg, weights, strengths)
def test_rate_times_time_is_the_volume_and_steps_add_up(amount, kg, strength):
    made = iv(amount, kg=kg, strength=strength)
    assert sum(s.mg for s in made.steps) == made.mg
    for step in made.steps:
        assert step.rate_ml_h * step.minutes / 60 == step.ml


@unhurried
@given(per_kg, weights, strengths, st.integers(1, 360))
def test_a_continuation_adds_up_and_keeps_its_mg_a_kilogram_and_hour(amount, kg, strength, minutes):
    made = arithmetic(amount, "mg/kg", kg, EXTENDED, strength, "mL", continuation_min=D(minutes))
    first, second = made.steps
    assert first.mg + second.mg == made.mg == made.amount * strength
    assert second.ml == second.rate_ml_h * minutes / 60
    hourly = second.rate_ml_h * first.mg / first.ml
    # the pump is set to a hundredth of a mL/h, and no finer
    assert abs(hourly - D("0.2") * kg) <= D("0.005") * first.mg / first.ml


@unhurried
@given(st.decimals("0.1", "6", places=2), weights, strengths)
def test_nothing_above_a_cap_comes_out(amount, kg, strength):
    try:
        made = iv(amount, kg=kg, strength=strength)
    except RefusedError:
        return
    assert made.mg <= 100
    assert amount <= D("4.5")


@pytest.mark.parametrize(("amount", "unit", "what"), [
    (D("4.6"), "mg/kg", "refuses more than 4.5 mg/kg"),
    (D("1.4"), "mg/kg", "at most 100 mg"),
    (D("0"), "mg", "more than 0"),
    (D("38"), "mL", "doses in mg/kg, mg"),
])  # fmt: skip
def test_a_dose_beyond_the_protocol_is_refused(amount, unit, what):
    with pytest.raises(RefusedError, match=what):
        iv(amount, unit)


def test_another_cap_in_the_file_is_another_cap_at_the_chair():
    tight = revised("iv_racemic", preparation__most_mg=30)
    with pytest.raises(RefusedError, match="at most 30 mg"):
        arithmetic(D("0.5"), "mg/kg", D(70), tight, D(50), "mL")


def test_a_pump_is_never_set_faster_than_the_protocol_lets_it():
    slow = revised("iv_racemic", preparation__max_rate=70)
    with pytest.raises(RefusedError, match="at most 70 mL/h"):
        arithmetic(D("0.5"), "mg/kg", D(70), slow, D(50), "mL")


def test_an_unusual_dose_is_said_and_not_refused():
    assert "outside the usual 0.1 to 1 mg/kg" in iv(D("1.2"), kg=D(60)).warnings[0]


def test_a_dose_in_mg_is_held_to_the_kg_as_well():
    assert "1.25 mg/kg is outside the usual 0.1 to 1" in iv(D(50), "mg", kg=D(40)).warnings[0]
    strict = revised("iv_racemic", preparation__most_mg=400)
    with pytest.raises(RefusedError, match=r"more than the 4\.5 mg/kg"):
        arithmetic(D(190), "mg", D(40), strict, D(50), "mL")
    assert iv(D(35), "mg", kg=None).warnings == ()


def test_a_dose_per_kg_needs_a_weight():
    with pytest.raises(RefusedError, match="Weigh the patient"):
        iv(D("0.5"), kg=None)


def test_a_strength_that_no_vial_has_is_refused():
    with pytest.raises(RefusedError, match="expects 1 to 100 mg/mL"):
        iv(D("0.5"), strength=D(500))


def test_an_injection_is_given_at_once():
    made = arithmetic(D("0.5"), "mg/kg", D(70), protocol("im"), D(50), "mL")
    (step,) = made.steps
    assert (made.mg, step.ml, step.minutes, step.rate_ml_h) == (35, D("0.7"), 0, 0)


@pytest.mark.parametrize(("mg", "devices"), [(D(28), 1), (D(56), 2), (D(84), 3)])
def test_a_spray_is_given_in_whole_devices(mg, devices):
    made = arithmetic(mg, "mg", None, protocol("spravato"), D(28), "device")
    assert (made.amount, made.mg) == (devices, mg)


def test_no_device_is_halved():
    with pytest.raises(RefusedError, match=r"Order 56 mg \(2\) or 84 mg \(3\)"):
        arithmetic(D(70), "mg", None, protocol("spravato"), D(28), "device")


def test_a_device_of_another_strength_is_refused():
    with pytest.raises(RefusedError, match="devices of 28 mg"):
        arithmetic(D(56), "mg", None, protocol("spravato"), D(14), "device")


def test_four_devices_are_more_than_the_label_has():
    with pytest.raises(RefusedError, match="at most 84 mg"):
        arithmetic(D(112), "mg", None, protocol("spravato"), D(28), "device")


def test_tablets_are_counted_whole():
    er = revised("oral_er", preparation__most_mg=240)
    assert arithmetic(D(120), "mg", None, er, D(60), "tablet").amount == 2
    with pytest.raises(RefusedError, match="cannot be made of tablets"):
        arithmetic(D(100), "mg", None, er, D(60), "tablet")


def test_an_older_person_is_warned_of_a_full_first_dose():
    spray = protocol("spravato")
    assert "starts at 28 mg from 65" in older_warning(spray, 70, 1, D(56))[0]
    assert older_warning(spray, 64, 1, D(56)) == ()
    assert older_warning(spray, 70, 2, D(56)) == ()
    assert older_warning(spray, 70, 1, D(28)) == ()


def test_a_continuation_stays_within_its_protocol():
    extended = protocol("iv_racemic_extended")
    with pytest.raises(RefusedError, match="up to 360 min"):
        arithmetic(D("0.5"), "mg/kg", D(70), extended, D(50), "mL", continuation_min=D(361))
    with pytest.raises(RefusedError, match="no continuation"):
        iv(D("0.5"), continuation_min=D(60))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("iv_racemic", "tablet"),
        ("im", "tablet"),
        ("sc", "device"),
        ("spravato", "mL"),
        ("sublingual", "device"),
    ],
)
def test_a_form_that_the_route_cannot_take_is_refused(name: str, form: str) -> None:
    with pytest.raises(RefusedError, match=f"counted in {form}"):
        arithmetic(D(25), "mg", D(70), protocol(name), D(25), form)
