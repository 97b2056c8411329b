"""Acute effects: invariants, two ways, and what the effects are known to do."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from reprieve.engine.core import effects as core
from reprieve.engine.dosing.regimen import parse
from reprieve.engine.effects.acute import acute_effects
from reprieve.engine.effects.haemodynamics import change_readings, draw_vitals, typical_vitals
from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.effects.sensitivity import draw_sensitivity, session_traits
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.patient import Patient, draw_people
from reprieve.errors import ModelError, UnknownNameError

TIMES_H = np.linspace(0.0, 4.0, 241)
TYPICAL = Patient(age_y=45, sex="F", weight_kg=70, hypertension=False)


@dataclass
class Plasma:
    times_h: np.ndarray
    s_ketamine: np.ndarray
    r_ketamine: np.ndarray


def plasma_of(s, r=None, times_h=TIMES_H):
    s = np.atleast_2d(s)
    return Plasma(times_h, s, np.zeros_like(s) if r is None else np.atleast_2d(r))


def humps(n, height=0.1, times_h=TIMES_H):
    course = height * (np.exp(-0.5 * times_h) - np.exp(-6.0 * times_h))
    return plasma_of(np.tile(course, (n, 1)), times_h=times_h)


def of_dose(text, people, rng=None):
    return concentrations(parse(f"{text}, once").doses, people, TIMES_H, rng)


def typical(text, session=0):
    people = draw_people(1, np.random.default_rng(0), TYPICAL)
    conc = of_dose(text, people)
    return conc, acute_effects(conc, people, None, session)


def crowd(n=2000, seed=1, **kwargs):
    rng = np.random.default_rng(seed)
    people = draw_people(n, rng, **kwargs)
    return people, draw_sensitivity(n, rng), draw_vitals(people, rng), rng


def test_no_drug_leaves_only_the_calming_down_and_the_background():
    people, sensitivity, vitals, rng = crowd(50)
    found = acute_effects(humps(50, 0.0), people, rng, 0, vitals, sensitivity)
    model = acute_model()
    assert np.all(found.cadss == 0.0)
    assert np.all(found.moaas == 5.0)
    assert np.all(found.spo2 == found.baseline.spo2[:, None])
    assert np.all(np.diff(found.sbp, axis=1) < 0)
    assert np.allclose(found.sbp[:, -1], vitals.sbp - model["sbp_settling"], atol=0.01)
    assert np.all(found.events["hallucination"] == 0.0)
    assert np.all(found.events["headache"] > 0.0)


def test_the_clock_can_be_shifted():
    people, sensitivity, vitals, _ = crowd(20)
    early = humps(20)
    late = replace(early, times_h=early.times_h + 7.0)
    a = acute_effects(early, people, None, 0, vitals, sensitivity)
    b = acute_effects(late, people, None, 0, vitals, sensitivity)
    for name in ("site", "cadss", "sbp", "dbp", "hr", "spo2"):
        assert np.allclose(getattr(a, name), getattr(b, name), atol=1e-9)


def test_the_filters_agree_with_an_ode_solver():
    model = acute_model()
    c = model.constants(0)

    def plasma(t):
        return 1000.0 * 0.1 * (np.exp(-0.5 * t) - np.exp(-6.0 * t))

    def slope(t, y):
        site = c.site_rate * (plasma(t) - y[0])
        return [site, c.adaptation_rate * (y[0] - y[1])]

    fine = np.linspace(0.0, 4.0, 4001)
    solved = solve_ivp(slope, (0.0, 4.0), [0.0, 0.0], t_eval=fine, rtol=1e-10, atol=1e-10)
    people = draw_people(1, np.random.default_rng(0), TYPICAL)
    found = acute_effects(humps(1, times_h=fine), people, None)
    assert np.allclose(found.site[0], solved.y[0], atol=1e-3)  # plasma is linear between times
    active = np.maximum(0.0, solved.y[0] - c.dissociation_gain * solved.y[1])
    expected = c.cadss_max * active**2 / (c.cadss_ec50**2 + active**2)
    assert np.allclose(found.cadss[0], expected, atol=1e-3)


def test_extremes_are_those_of_the_courses():
    people, sensitivity, vitals, rng = crowd(100)
    conc = of_dose("esketamine 84 mg nasal", people, rng)
    model = acute_model()
    found = acute_effects(conc, people, None, 2, vitals, sensitivity)
    traits = session_traits(people, sensitivity, None, model)
    out = np.empty((100, core.EXTREMES))
    args = (conc.times_h, conc.s_ketamine, conc.r_ketamine, model.constants(2), traits)
    core.acute_extremes(*args, vitals.columns(), out)
    peaks = found.peaks
    assert np.allclose(out[:, core.PEAK_SITE], found.site.max(axis=1))
    for column, expected in (
        (core.PEAK_CADSS, peaks.cadss),
        (core.LOWEST_MOAAS, peaks.moaas),
        (core.PEAK_SBP, peaks.sbp),
        (core.PEAK_DBP, peaks.dbp),
        (core.PEAK_HR, peaks.hr),
        (core.LOWEST_SPO2, peaks.spo2),
    ):
        assert np.allclose(out[:, column], expected)


@given(st.floats(0.005, 0.4), st.floats(1.05, 3.0))
@settings(max_examples=30, deadline=None)
def test_more_drug_never_does_less(height, factor):
    people, sensitivity, vitals, _ = crowd(5)
    small = acute_effects(humps(5, height), people, None, 0, vitals, sensitivity)
    large = acute_effects(humps(5, height * factor), people, None, 0, vitals, sensitivity)
    assert np.all(large.cadss >= small.cadss)
    assert np.all(large.sbp >= small.sbp)
    assert np.all(large.moaas <= small.moaas)
    assert np.all(large.spo2 <= small.spo2)
    assert all(np.all(large.events[e] >= small.events[e]) for e in large.events)
    assert np.all((large.cadss >= 0) & (large.cadss <= 92))


def test_dissociation_is_over_at_90_minutes_while_plasma_is_not():
    conc, found = typical("esketamine 84 mg nasal")
    plasma = conc.s_ketamine[0]
    assert plasma[90] > 0.7 * plasma.max()
    assert found.cadss[0, 90] < 0.1 * found.cadss.max()
    assert 25 <= 60 * found.peaks.cadss_time_h[0] <= 50
    assert found.occupancy[0, 90] > 0.7 * found.occupancy.max()
    assert 0.1 < found.occupancy.max() < 0.3


def test_later_sessions_lose_the_late_limb_first():
    _, first = typical("esketamine 0.5 mg/kg SC")
    _, later = typical("esketamine 0.5 mg/kg SC", session=6)
    kept_30 = later.at("cadss", 0.5)[0] / first.at("cadss", 0.5)[0]
    kept_60 = later.at("cadss", 1.0)[0] / first.at("cadss", 1.0)[0]
    assert kept_60 < 0.5 * kept_30


def test_blood_pressure_shows_no_tolerance_over_sessions():
    people, sensitivity, vitals, _ = crowd(200)
    conc = of_dose("ketamine 0.5 mg/kg IV over 40 min", people)
    by_session = [
        acute_effects(conc, people, np.random.default_rng(9), k, vitals, sensitivity).peaks
        for k in (0, 5)
    ]
    assert np.array_equal(by_session[0].sbp_rise, by_session[1].sbp_rise)
    assert by_session[1].cadss.mean() < by_session[0].cadss.mean()


def test_peaks_exceed_fixed_minute_means_and_placebo_has_peaks():
    people, sensitivity, vitals, rng = crowd(4000)
    minutes = (40.0, 60.0, 90.0, 120.0)
    for text in ("placebo nasal", "esketamine 84 mg nasal"):
        conc = of_dose(text, people, rng)
        found = acute_effects(conc, people, rng, 0, vitals, sensitivity)
        _, change = change_readings(found, "sbp", minutes, rng)
        assert change.max(axis=1).mean() > 3.0 + change.mean(axis=0).max()
        if text.startswith("placebo"):
            assert change.mean() < 0.0
            assert change.max(axis=1).mean() > 3.0


def test_people_differ_and_the_same_people_react_again():
    people, sensitivity, vitals, rng = crowd(3000)
    conc = of_dose("ketamine 0.5 mg/kg IV over 40 min", people, rng)
    a, b = (acute_effects(conc, people, rng, k, vitals, sensitivity).peaks for k in (0, 1))
    assert a.cadss.std() > 0.8 * a.cadss.mean()  # van_schalkwyk_2018: SD 9.2 about a mean of 7.7
    assert np.corrcoef(a.cadss, b.cadss)[0, 1] > 0.6
    assert 0.2 < np.corrcoef(a.sbp_rise, b.sbp_rise)[0, 1] < 0.7
    assert np.corrcoef(a.sbp_rise, a.dbp_rise)[0, 1] > 0.2


def test_hypertension_and_age_raise_the_systolic_response():
    n = 4000
    rises = {}
    for name, who in (
        ("younger", Patient(age_y=30, hypertension=False)),
        ("older", Patient(age_y=75, hypertension=False)),
        ("hypertensive", Patient(age_y=30, hypertension=True)),
    ):
        people, sensitivity, vitals, rng = crowd(n, patient=who)
        found = acute_effects(humps(n), people, rng, 0, vitals, sensitivity)
        rises[name] = found.peaks.sbp_rise.mean()
    assert rises["older"] > rises["younger"]
    assert 1.25 < rises["hypertensive"] / rises["younger"] < 1.75


def test_nobody_starts_above_the_label_limit():
    people, _, vitals, _ = crowd(5000, patient=Patient(age_y=80, hypertension=True))
    assert vitals.sbp.max() <= 140.0
    assert vitals.dbp.max() <= 90.0
    assert np.all(vitals.spo2 <= 100.0)
    assert typical_vitals(people).sbp.mean() > 120


def test_events_gather_over_time_up_to_their_session_total():
    people, sensitivity, vitals, rng = crowd(500)
    found = acute_effects(humps(500), people, rng, 0, vitals, sensitivity)
    course = found.event_by_time("nausea")
    assert course[0] == 0.0
    assert np.all(np.diff(course) >= 0.0)
    assert course[-1] == pytest.approx(found.events["nausea"].mean())


def test_same_seed_same_numbers():
    runs = []
    for _ in range(2):
        people, sensitivity, vitals, rng = crowd(100, seed=5)
        runs.append(acute_effects(humps(100), people, rng, 0, vitals, sensitivity))
    assert np.array_equal(runs[0].cadss, runs[1].cadss)
    assert np.array_equal(runs[0].sbp, runs[1].sbp)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"times_h": TIMES_H[::-1]}, "increasing"),
        ({"s_ketamine": np.zeros((3, 241))}, "one row a person"),
    ],
)
def test_it_refuses_levels_that_do_not_fit(change, words):
    people = draw_people(2, np.random.default_rng(0))
    with pytest.raises(ModelError, match=words):
        acute_effects(replace(humps(2), **change), people, None)


def test_it_refuses_a_session_before_the_first():
    people = draw_people(2, np.random.default_rng(0))
    with pytest.raises(ModelError, match="first is 0"):
        acute_effects(humps(2), people, None, session=-1)


def test_it_names_the_parameters_it_has():
    with pytest.raises(UnknownNameError, match="cadss_ec50"):
        acute_model()["cadss_ec5"]
