"""Receptor occupancy and its integral over a session."""

import tomllib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from numpy.testing import assert_allclose

from reprieve.engine.dosing.doses import Dose, Regimen
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.kinetics.occupancy import constants, occupancy, stimulus
from reprieve.engine.patient import Patient, People, draw_people
from reprieve.evidence import observations

FORTY = 2 / 3


def people(n: int) -> People:
    return draw_people(n, np.random.default_rng(1), Patient(weight_kg=70.0, age_y=40.0))


@pytest.mark.parametrize(
    ("dose", "median", "cv"),
    [
        (Dose("ketamine", "iv", 0.2, "mg/kg", 0.0, FORTY), 0.23, 0.15),
        (Dose("ketamine", "iv", 0.5, "mg/kg", 0.0, FORTY), 0.53, 0.15),
        (Dose("ketamine", "iv", 1.0, "mg/kg", 0.0, FORTY), 0.97, 0.15),
        (Dose("esketamine", "iv", 0.25, "mg/kg", 0.0, FORTY), 0.44, 0.15),
        (Dose("esketamine", "nasal", 28.0), 0.34, 0.25),
        (Dose("esketamine", "nasal", 56.0), 0.56, 0.25),
        (Dose("esketamine", "nasal", 84.0), 0.76, 0.25),
    ],
    ids=lambda v: f"{v.drug} {v.amount}" if isinstance(v, Dose) else None,
)
def test_stimulus_of_each_dose_form(dose: Dose, median: float, cv: float) -> None:
    """The medians and spreads of an independent prototype with the same formula."""
    trial = draw_people(4000, np.random.default_rng(1))  # weights of the depression trials
    found = stimulus([dose], trial, np.random.default_rng(2))[:, 0]
    assert_allclose(np.median(found), median, rtol=0.05)
    assert_allclose(found.std() / found.mean(), cv, atol=0.03)


def test_stimulus_is_the_integral_of_occupancy() -> None:
    """Against a fine trapezium rule."""
    dose = Dose("ketamine", "iv", 0.5, "mg/kg", 0.0, FORTY)
    who, t = people(3), np.linspace(0.0, 12.0, 60_001)
    fine = np.trapezoid(occupancy(concentrations([dose], who, t)), t, axis=1)
    assert_allclose(stimulus([dose], who)[:, 0], fine, rtol=1e-4)


def test_occupancy_rises_with_dose_between_nothing_and_one() -> None:
    who, t = people(1), np.linspace(0.0, 2.0, 201)
    peaks = []
    for amount in (0.0, 0.1, 0.5, 1.0):
        dose = Dose("ketamine", "iv", amount, "mg/kg", 0.0, FORTY)
        found = occupancy(concentrations([dose], who, t))
        assert found.min() >= 0.0
        assert found.max() < 1.0
        peaks.append(found.max())
    assert peaks[0] == 0.0
    assert peaks == sorted(peaks)
    assert peaks[2] < 5 * peaks[1]


def test_half_of_the_channels_at_the_unbound_ic50() -> None:
    """804 nM unbound S-ketamine is 804 / 0.53 / 4207 mg/L in plasma."""
    t = np.array([0.0])
    conc = concentrations([], people(1), t)
    level = np.full((1, 1), 804.0 / 0.53 / 4207.0)
    assert_allclose(occupancy(replace(conc, s_ketamine=level)), 0.5)
    weaker = occupancy(replace(conc, r_ketamine=level))
    assert_allclose(weaker / (1 - weaker), 804.0 / 3751.0)


def test_a_person_keeps_their_traits_from_session_to_session() -> None:
    doses = Regimen.parse("ketamine 0.5 mg/kg IV over 40 min, twice weekly for 2 weeks").doses
    found = stimulus(doses, people(200), np.random.default_rng(3))
    assert found.shape == (200, 4)
    assert_allclose(found, np.repeat(found[:, :1], 4, axis=1))


def test_sessions_of_different_doses_are_one_person_each() -> None:
    small = Dose("ketamine", "iv", 0.2, "mg/kg", 0.0, FORTY, session=0)
    large = Dose("ketamine", "iv", 0.5, "mg/kg", 72.0, FORTY, session=1)
    found = stimulus([small, large], people(500), np.random.default_rng(3))
    assert (found[:, 1] > found[:, 0]).all()
    assert np.corrcoef(found.T)[0, 1] > 0.99


def test_a_continuation_of_the_infusion_counts() -> None:
    first = Dose("ketamine", "iv", 0.5, "mg/kg", 0.0, FORTY)
    more = Dose("ketamine", "iv", 1.2, "mg/kg", FORTY, 6.0)
    alone, both = stimulus([first], people(1)), stimulus([first, more], people(1))
    assert both > 2 * alone


def test_a_long_infusion_is_integrated_to_its_end() -> None:
    four_days = Dose("ketamine", "iv", 0.2 * 96, "mg/kg", 0.0, 96.0)
    one_day = Dose("ketamine", "iv", 0.2 * 24, "mg/kg", 0.0, 24.0)
    long, short = stimulus([four_days], people(1)), stimulus([one_day], people(1))
    assert 3.5 < float(long[0, 0] / short[0, 0]) < 5.0


def test_no_drug_no_stimulus() -> None:
    saline = Dose("saline", "iv", 0.0, "mg", 0.0, FORTY)
    assert not stimulus([saline], people(5), np.random.default_rng(1)).any()
    assert stimulus([], people(5)).shape == (5, 0)


def test_every_number_of_the_receptor_has_rows_and_a_status() -> None:
    """The ratio of the enantiomers' IC50 is that of the Ki; the racemate's lies between them."""
    path = files("reprieve.evidence") / "models" / "reprieve_occupancy.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = {row.id: row.outcome.value for row in observations("effects")}
    for table in (t for t in tables.values() if isinstance(t, dict)):
        assert table["unit"]
        assert table["status"] in {"verified", "derived", "recalled", "assumed"}
        assert set(table["rows"]) <= set(rows)
    found = constants()
    assert found["ic50_racemic"] == rows["S209"]
    assert found["unbound_fraction"] == pytest.approx(1 - rows["S211"] / 100)
    for name, row in (("ic50_s", "S221"), ("ic50_r", "S222")):
        assert found[name] == pytest.approx(rows["S209"] * rows[row] / rows["S223"], abs=1)
