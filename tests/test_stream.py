"""Streamed kinetics against two independent ways, and what must always be true."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from reprieve.engine.core.stream_modes import modes
from reprieve.engine.dosing.doses import Dose
from reprieve.engine.population.schedule import schedule, windows
from reprieve.engine.population.streaming import ParentMetabolite, store_kinetics, stream_kinetics
from reprieve.errors import InputError, ModelError

NAMES = [f.name for f in dataclasses.fields(ParentMetabolite)]
TYPICAL = (95.2, 133.0, 23.2, 187.0, 157.0, 98.8, 57.72, 98.638, 42.778, 160.04)
COURSE = [Dose("ketamine", "iv", 0.5, "mg/kg", 24.0 * d, 2 / 3) for d in (0, 2, 4, 7, 9, 11)]


def people(rows):
    rows = np.atleast_2d(np.asarray(rows, dtype=float))
    return ParentMetabolite(*(np.ascontiguousarray(rows[:, j]) for j in range(10)))


def varied(n, seed=1):
    spread = np.random.default_rng(seed).standard_normal((n, 10))
    return people(np.array(TYPICAL) * np.exp(0.3 * spread))


def rates(row):
    """x' = K x + input, written from the model's equations."""
    cl, vc, q1, vp1, q2, vp2, cl_m, vc_m, q_m, vp_m = row
    return np.array(
        [
            [-(cl + q1 + q2) / vc, q1 / vp1, q2 / vp2, 0, 0],
            [q1 / vc, -q1 / vp1, 0, 0, 0],
            [q2 / vc, 0, -q2 / vp2, 0, 0],
            [cl / vc, 0, 0, -(cl_m + q_m) / vc_m, q_m / vp_m],
            [0, 0, 0, q_m / vc_m, -q_m / vp_m],
        ]
    )


def by_expm(row, doses, times):
    """Parent and metabolite by one matrix exponential per dose and time: superposition."""
    k = np.zeros((6, 6))
    k[:5, :5], k[0, 5] = rates(row), 1.0
    x = np.zeros((len(times), 5))
    for d in doses:
        for i, t in enumerate(times):
            since = t - d.time_h
            if since < 0:
                continue
            if d.duration_h == 0:
                x[i] += expm(k * since)[:5, 0] * d.amount
                continue
            running = min(since, d.duration_h)
            filled = expm(k * running)[:5, 5] * (d.amount / d.duration_h)
            x[i] += expm(k[:5, :5] * (since - running)) @ filled
    return x[:, 0] / row[1], x[:, 3] / row[7]


def apart(found, expected):
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def test_streamed_profiles_match_an_ode_solver():
    group, plan = varied(3), schedule(COURSE, 672.0, 1001)
    weight = np.array([55.0, 70.0, 110.0])
    parent, metabolite = store_kinetics(group, plan, weight)
    for i, row in enumerate(group.table()):
        k = rates(row)
        x, found = np.zeros(5), np.zeros((5, 1001))
        for start, length, rate, _ in plan.cut.segments:
            inside = (plan.times_h >= start) & (plan.times_h < start + length - 1e-9)
            solved = solve_ivp(
                lambda _, y, k=k, r=rate * weight[i]: k @ y + np.array([r, 0, 0, 0, 0]),
                (start, start + length),
                x,
                method="DOP853",
                t_eval=np.append(plan.times_h[inside], start + length),
                rtol=1e-11,
                atol=1e-13,
            )
            found[:, inside], x = solved.y[:, :-1], solved.y[:, -1]
        found[:, -1] = x  # the last grid time is the end of the last segment
        assert apart(parent[i], found[0] / row[1]) < 1e-7
        assert apart(metabolite[i], found[3] / row[7]) < 1e-7


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-9, 1e-7, 2e-5, 1e-3])
def test_nearly_equal_rates_of_parent_and_metabolite(gap):
    row = np.array(TYPICAL)
    slowest = np.sort(-np.linalg.eigvals(rates(row)[:3, :3]).real)[0]
    row[8] = 1e-3 * row[6]  # a metabolite that hardly distributes: its fast rate is cl_m / vc_m
    for _ in range(40):  # move cl_m until one of its rates meets the parent's slowest
        fastest = np.sort(-np.linalg.eigvals(rates(row)[3:, 3:]).real)[1]
        row[6] *= slowest * (1 + gap) / fastest
        row[8] = 1e-3 * row[6]
    assert modes(row, np.empty(5), np.empty(8)) is (gap > 1e-5)
    doses = [Dose("ketamine", "iv", 35.0, "mg", 1.0, 0.7)]
    plan = schedule(doses, 24.0, 25)
    parent, metabolite = store_kinetics(people(row), plan)
    expected = by_expm(row, doses, plan.times_h)
    assert apart(parent[0], expected[0]) < 1e-9
    assert apart(metabolite[0], expected[1]) < 1e-9


@pytest.mark.parametrize(
    ("q1", "close"), [(1e-30, True), (1e-16, True), (1e-7, False), (1e-4, False)]
)
def test_nearly_equal_rates_within_the_parent(q1, close):
    """A peripheral compartment with the parent's own slow rate: rates part by sqrt(k12 k21)."""
    row, rate, amplitude = np.array(TYPICAL), np.empty(5), np.empty(8)
    row[2] = 1e-300
    slow = np.sort(-np.linalg.eigvals(rates(row)[np.ix_([0, 2], [0, 2])]).real)[0]
    row[2], row[3] = q1, q1 / slow
    assert modes(row, rate, amplitude) is not close
    doses = [Dose("ketamine", "iv", 35.0, "mg", 0.5, 0.7), Dose("ketamine", "iv", 20.0, "mg", 9.3)]
    plan = schedule(doses, 24.0, 41)
    parent, metabolite = store_kinetics(people(row), plan)
    expected = by_expm(row, doses, plan.times_h)
    assert apart(parent[0], expected[0]) < 1e-9
    assert apart(metabolite[0], expected[1]) < 1e-9


def test_rates_are_the_eigenvalues():
    rate, amplitude = np.empty(5), np.empty(8)
    for row in varied(50).table():
        assert modes(row, rate, amplitude)
        exact = np.sort(-np.linalg.eigvals(rates(row)).real)
        assert np.allclose(np.sort(rate), exact, rtol=1e-12)
        assert np.sum(amplitude[:3]) == pytest.approx(1 / row[1], rel=1e-12)  # a bolus in vc
        assert np.abs(np.sum(amplitude[3:])) < 1e-11 * np.abs(amplitude[3:]).max()  # none yet


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.05, 20.0), min_size=10, max_size=10),
    st.integers(0, 1000).map(lambda k: k / 100),
    st.integers(0, 500).map(lambda k: k / 100),
    st.integers(2, 40),
)
def test_random_models_match_the_matrix_exponential(factors, start, length, n_times):
    row = np.array(TYPICAL) * factors
    doses = [
        Dose("ketamine", "iv", 40.0, "mg", start, length),
        Dose("ketamine", "iv", 10.0, "mg", start + 1.5, 3.0),  # may overlap the first
    ]
    plan = schedule(doses, 24.0, n_times)
    parent, metabolite = store_kinetics(people(row), plan)
    expected = by_expm(row, doses, plan.times_h)
    assert np.abs(parent[0] - expected[0]).max() < 1e-9
    assert np.abs(metabolite[0] - expected[1]).max() < 1e-9


def test_summaries_are_those_of_the_stored_profiles():
    group, plan, weight = varied(1500), schedule(COURSE, 672.0, 1001), np.full(1500, 70.0)
    summary = stream_kinetics(group, plan, weight)
    stored = store_kinetics(group, plan, weight)
    for analyte, profile in zip((summary.parent, summary.metabolite), stored, strict=True):
        assert np.allclose(analyte.mean, profile.mean(axis=0), rtol=1e-12)
        assert np.allclose(analyte.sd, profile.std(axis=0, ddof=1), rtol=1e-9)
        top = profile.max(axis=1)
        assert (analyte.peak >= top).all()
        on_grid = analyte.peak == top
        where = plan.times_h[profile.argmax(axis=1)]
        assert (analyte.peak_time_h[on_grid] == where[on_grid]).all()


def test_parent_peaks_at_the_end_of_an_infusion():
    summary = stream_kinetics(varied(200), schedule(COURSE, 672.0, 1001), np.full(200, 70.0))
    ends = np.array([d.time_h + d.duration_h for d in COURSE])
    assert np.abs(summary.parent.peak_time_h[:, None] - ends).min(axis=1).max() < 1e-9
    assert (summary.metabolite.peak_time_h > 2 / 3).all()


def test_areas_are_dose_over_clearance_once_all_is_gone():
    group, weight = varied(50), np.linspace(45, 120, 50)
    summary = stream_kinetics(group, schedule(COURSE, 24.0 * 90, 200), weight)
    given_mg = 6 * 0.5 * weight
    assert np.allclose(summary.parent.area, given_mg / group.cl, rtol=1e-6)
    assert np.allclose(summary.metabolite.area, given_mg / group.cl_m, rtol=1e-6)


def test_areas_integrate_the_profile():
    group, doses = varied(5), [Dose("ketamine", "iv", 35.0, "mg", 0.5, 0.7)]
    fine = schedule(doses, 6.0, 60001)
    parent, metabolite = store_kinetics(group, fine)
    summary = stream_kinetics(group, fine)
    assert np.allclose(summary.parent.area, np.trapezoid(parent, fine.times_h), rtol=1e-7)
    assert np.allclose(summary.metabolite.area, np.trapezoid(metabolite, fine.times_h), rtol=1e-7)


def test_one_core_and_two_give_the_same_bits():
    group, plan, weight = varied(2000), schedule(COURSE, 672.0, 301), np.full(2000, 70.0)
    one, two = (stream_kinetics(group, plan, weight, workers=w) for w in (1, 2))
    for a, b in ((one.parent, two.parent), (one.metabolite, two.metabolite)):
        for f in dataclasses.fields(a):
            assert (getattr(a, f.name) == getattr(b, f.name)).all()


def test_concentrations_are_proportional_to_the_dose_and_superpose():
    group = varied(20)
    first = [Dose("ketamine", "iv", 20.0, "mg", 0.0, 0.5)]
    second = [Dose("ketamine", "iv", 30.0, "mg", 5.0, 1.0), Dose("ketamine", "iv", 4.0, "mg", 7.0)]
    both, a, b = (
        store_kinetics(group, schedule(d, 24.0, 97)) for d in (first + second, first, second)
    )
    assert np.allclose(both[0], a[0] + b[0], atol=1e-12)
    assert np.allclose(both[1], a[1] + b[1], atol=1e-12)
    double = [dataclasses.replace(d, amount=2 * d.amount) for d in first]
    assert np.allclose(store_kinetics(group, schedule(double, 24.0, 97))[1], 2 * a[1], atol=1e-14)


def test_a_bolus_counts_from_its_own_moment():
    doses = [Dose("ketamine", "iv", 10.0, "mg", 6.0)]
    plan = schedule(doses, 24.0, 25)
    parent, _ = store_kinetics(people(TYPICAL), plan)
    assert parent[0, 5] == 0.0
    assert parent[0, 6] == pytest.approx(10.0 / TYPICAL[1], rel=1e-12)
    summary = stream_kinetics(people(TYPICAL), plan)
    assert summary.parent.peak_time_h[0] == 6.0


def test_windows_are_pieces_of_the_whole():
    group, weight = varied(7), np.full(7, 70.0)
    starts = [d.time_h for d in COURSE]
    pieces = windows(COURSE, starts, 4.0, 121)
    assert len(pieces.times_h) == 6 * 121
    parent, metabolite = store_kinetics(group, pieces, weight)
    for i, row in enumerate(group.table()[:2]):
        doses = [Dose("ketamine", "iv", 35.0, "mg", d.time_h, d.duration_h) for d in COURSE]
        some = [*range(0, 60, 7), *range(300, 726, 50), 725]
        expected = by_expm(row, doses, pieces.times_h[some])
        assert apart(parent[i, some], expected[0]) < 1e-10
        assert apart(metabolite[i, some], expected[1]) < 1e-10


def test_fast_models_end_in_zeros_not_in_slow_tiny_numbers():
    row = np.array(TYPICAL) * [5, 0.2, 1, 0.5, 1, 0.5, 5, 0.2, 1, 0.5]
    parent, metabolite = store_kinetics(
        people(row), schedule(COURSE[:1], 20000.0, 1001), np.ones(1)
    )
    for profile in (parent, metabolite):
        tiny = np.abs(profile[profile != 0.0])
        assert tiny.min() > 1e-300
        assert profile[0, -1] == 0.0


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_impossible_parameters_are_refused_by_name(value):
    with pytest.raises(InputError, match="vp_m must be positive"):
        people([*TYPICAL[:9], value])


def test_what_streaming_cannot_do_is_said():
    with pytest.raises(ModelError, match="IV doses in one unit"):
        schedule([Dose("esketamine", "nasal", 56.0)], 24.0, 25)
    with pytest.raises(ModelError, match="between 0 and 24 h"):
        schedule([Dose("ketamine", "iv", 35.0, "mg", 23.9, 0.7)], 24.0, 25)
    with pytest.raises(ModelError, match="overlap"):
        windows(COURSE, [0.0, 48.0], 60.0, 25)
    with pytest.raises(InputError, match="at least two times"):
        schedule(COURSE, 672.0, 1)
    with pytest.raises(InputError, match="needs a dose"):
        schedule([], 24.0, 25)
    with pytest.raises(InputError, match="weight of every patient"):
        stream_kinetics(varied(3), schedule(COURSE, 672.0, 10))
