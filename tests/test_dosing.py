"""Doses and regimens as values: what they add up to, and what cannot be given."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.engine.dosing.doses import (
    DRUGS,
    KETAMINES,
    ROUTES,
    Daily,
    Dose,
    Regimen,
    largest_amount,
)
from reprieve.errors import DoseError


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": -1.0}, "amount of a dose was -1.0"),
        ({"amount": math.nan}, "amount of a dose was nan"),
        ({"amount": math.inf}, "amount of a dose was inf"),
        ({"amount": 500.0, "unit": "mg/kg"}, "beyond any published use"),
        ({"time_h": -1.0}, "time of a dose was -1.0 h"),
        ({"time_h": math.nan}, "time of a dose was nan"),
        ({"time_h": 1e9}, "time of a dose"),
        ({"duration_h": -0.5}, "duration of a dose was -0.5"),
        ({"duration_h": 1000.0}, "duration of a dose was 1000.0"),
        ({"drug": "lsd"}, "Unknown drug 'lsd'"),
        ({"route": "rectal"}, "Unknown route 'rectal'"),
        ({"unit": "g"}, "Unknown unit 'g'"),
        ({"form": "cigar"}, "Unknown form 'cigar'"),
        ({"drug": "saline", "amount": 5.0}, "holds no drug"),
    ],
)
def test_a_dose_that_cannot_be_given_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(DoseError, match=reason):
        Dose(**{"drug": "ketamine", "route": "iv", "amount": 35.0, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("route", "amount", "unit", "duration_h"),
    [
        ("iv", 2.0, "mg/kg", 0.0),  # induction of anaesthesia
        ("iv", 180.0, "mg", 0.67),  # the largest arketamine infusion published
        ("iv", 0.6 * 96, "mg/kg", 96.0),  # 96-h infusion at its highest rate
        ("iv", 1.3 * 72, "mg/kg", 72.0),  # three days in intensive care
        ("oral", 7.0, "mg/kg", 0.0),
        ("sublingual", 450.0, "mg", 0.0),
        ("nasal", 84.0, "mg", 0.0),
        ("nasal", 150.0, "mg", 0.0),
        ("im", 10.0, "mg/kg", 0.0),
    ],
)
def test_every_published_dose_is_possible(
    route: str, amount: float, unit: str, duration_h: float
) -> None:
    dose = Dose("ketamine", route, amount, unit, 0.0, duration_h)  # type: ignore[arg-type]
    assert dose.mg(70) > 0


@given(
    st.sampled_from(KETAMINES),
    st.sampled_from(ROUTES),
    st.floats(0, 168),
    st.floats(0.01, 100),
)
def test_the_limit_is_where_refusal_begins(
    drug: str, route: str, hours: float, beyond: float
) -> None:
    most = largest_amount(drug, route, "mg/kg", hours)
    assert Dose(drug, route, most, "mg/kg", 0.0, hours).amount == most  # type: ignore[arg-type]
    with pytest.raises(DoseError):
        Dose(drug, route, most * 1.001 + beyond, "mg/kg", 0.0, hours)  # type: ignore[arg-type]


@pytest.mark.parametrize("drug", DRUGS)
def test_no_drug_may_be_given_at_500_mg_per_kg(drug: str) -> None:
    for route in ROUTES:
        with pytest.raises(DoseError):
            Dose(drug, route, 500.0, "mg/kg")  # type: ignore[arg-type]


def test_per_kg_doses_follow_the_weight_and_fixed_ones_do_not() -> None:
    assert Dose("ketamine", "iv", 0.5, "mg/kg").mg(80) == 40
    assert Dose("esketamine", "nasal", 56).mg(80) == Dose("esketamine", "nasal", 56).mg(60) == 56


def test_a_regimen_knows_its_sessions() -> None:
    regimen = Regimen.parse("ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for 6 h, weekly x2")
    assert regimen.sessions == (0, 1)
    assert regimen.session_days == (0, 7)
    assert [len(regimen.doses_of(k)) for k in regimen.sessions] == [2, 2]
    assert regimen.end_d == pytest.approx(7 + (40 / 60 + 6) / 24)
    assert regimen.total_mg(100) == pytest.approx(2 * (50 + 120))
    assert regimen.total_mg(100, "esketamine") == 0


def test_single_is_one_dose_at_time_zero() -> None:
    (dose,) = Regimen.single("ketamine", 0.5, duration_h=2 / 3).doses
    assert (dose.time_h, dose.session, dose.unit, dose.route) == (0, 0, "mg/kg", "iv")


def test_doses_come_in_order() -> None:
    late, early = Dose("ketamine", "iv", 35, time_h=24), Dose("ketamine", "iv", 35)
    with pytest.raises(DoseError, match="out of order"):
        Regimen((late, early))


def test_a_home_medicine_ends_after_it_begins() -> None:
    with pytest.raises(DoseError, match="first day before the last"):
        Daily("sertraline", 50, 10, 3)
    with pytest.raises(DoseError, match="amount"):
        Daily("sertraline", math.nan)
