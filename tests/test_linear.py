"""Linear compartments: the same answer as a matrix exponential and as an ODE solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from reprieve.engine.core.linear import exponential
from reprieve.engine.kinetics.linear import Input, Output, System, solve
from reprieve.errors import ModelError

TOLERANCE = 1e-8  # of the peak
NAMES = ("depot", "central", "peripheral1", "peripheral2", "nk", "nk_peripheral")
seeds = st.integers(0, 2**32 - 1)


def random_system(rng: np.random.Generator, near: float | None = None) -> System:
    """Depot, three compartments, two of a metabolite; `near` makes rates equal to that fraction."""
    k = np.exp(rng.uniform(np.log(0.01), np.log(60.0), 10))
    if near is not None:
        k[[1, 2, 5, 6]] = k[0] * (1.0 + near * rng.uniform(-1.0, 1.0, 4))
    s = System(NAMES, 1)
    s.flow("depot", "central", k[0])
    s.flow("central", "peripheral1", k[1])
    s.flow("peripheral1", "central", k[2])
    s.flow("central", "peripheral2", k[3])
    s.flow("peripheral2", "central", k[4])
    s.flow("central", "nk", k[5])
    s.lose("nk", k[6])
    s.flow("nk", "nk_peripheral", k[7])
    s.flow("nk_peripheral", "nk", k[8])
    s.lose("central", k[9])
    return s


def random_inputs(rng: np.random.Generator, n: int = 4) -> list[Input]:
    found = []
    for _ in range(n):
        amount, time = rng.uniform(1.0, 100.0), rng.uniform(0.0, 6.0)
        duration = rng.choice([0.0, rng.uniform(0.05, 4.0)])
        name = str(rng.choice(["depot", "central"]))
        found.append(Input(name, np.array([amount]), np.array([time]), np.array([duration])))
    return found


def outputs(*names: str) -> list[Output]:
    return [Output(name, np.array([7.0])) for name in names]


def by_matrix_exponential(system: System, inputs: list[Input], times: np.ndarray) -> np.ndarray:
    """Amounts of all compartments by scipy's expm of the augmented matrix, interval by interval."""
    m, a = len(system.compartments), system.rates[0]
    edges = {float(i.time[0]) for i in inputs}
    edges |= {float(i.time[0] + i.duration[0]) for i in inputs}
    grid = sorted(edges | set(times.tolist()))
    x, at, found = np.zeros(m), grid[0], {}
    for t in grid:
        middle = (at + t) / 2.0
        rate = np.zeros(m)
        for i in inputs:
            if i.duration[0] > 0 and i.time[0] <= middle < i.time[0] + i.duration[0]:
                rate[system.index(i.compartment)] += i.amount[0] / i.duration[0]
        augmented = np.zeros((m + 1, m + 1))
        augmented[:m, :m], augmented[:m, m] = a, rate
        x = (expm(augmented * (t - at)) @ np.append(x, 1.0))[:m]
        for i in inputs:
            if i.duration[0] == 0 and i.time[0] == t:
                x[system.index(i.compartment)] += i.amount[0]
        found[t], at = x.copy(), t
    return np.array([found[t] for t in times]).T


@settings(max_examples=60, deadline=None)
@given(seed=seeds, near=st.sampled_from([None, 0.0, 1e-12, 1e-9, 1e-6, 1e-3]))
def test_it_agrees_with_the_matrix_exponential(seed: int, near: float | None) -> None:
    rng = np.random.default_rng(seed)
    system, inputs = random_system(rng, near), random_inputs(rng)
    times = np.sort(rng.uniform(0.0, 24.0, 40))
    found = solve(system, inputs, outputs(*NAMES), times)[:, 0] * 7.0
    expected = by_matrix_exponential(system, inputs, times)
    assert_allclose(found, expected, atol=TOLERANCE * expected.max(), rtol=0)


@pytest.mark.parametrize("near", [None, 0.0, 1e-10, 1e-5])
@pytest.mark.parametrize("seed", [1, 2])
def test_it_agrees_with_an_ode_solver(seed: int, near: float | None) -> None:
    rng = np.random.default_rng(seed)
    system, inputs = random_system(rng, near), random_inputs(rng)
    times = np.linspace(0.0, 12.0, 61)
    a, x, at = system.rates[0], np.zeros(len(NAMES)), 0.0
    edges = sorted({float(v) for i in inputs for v in (i.time[0], i.time[0] + i.duration[0])})
    expected = np.zeros((len(NAMES), len(times)))
    for low, high in zip([0.0, *edges], [*edges, 12.0], strict=True):
        rate = np.zeros(len(NAMES))
        for i in inputs:
            if i.duration[0] > 0 and i.time[0] <= low < i.time[0] + i.duration[0]:
                rate[system.index(i.compartment)] += i.amount[0] / i.duration[0]
            if i.duration[0] == 0 and i.time[0] == low:
                x[system.index(i.compartment)] += i.amount[0]
        here = times[(times >= low) & (times < high) | (times == high) & (high == 12.0)]
        if high > low:
            run = solve_ivp(
                lambda _, y, r=rate: a @ y + r,
                (low, high),
                x,
                method="Radau",
                jac=a,
                t_eval=np.union1d(here, [high]),
                rtol=1e-11,
                atol=1e-12,
            )
            where = np.searchsorted(run.t, here)
            expected[:, np.searchsorted(times, here)] = run.y[:, where]
            x, at = run.y[:, -1].copy(), high
    assert at == 12.0
    found = solve(system, inputs, outputs(*NAMES), times)[:, 0] * 7.0
    assert_allclose(found, expected, atol=TOLERANCE * expected.max(), rtol=0)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, h=st.floats(0.0, 200.0), equal=st.booleans())
def test_exponential_of_a_transit_chain(seed: int, h: float, equal: bool) -> None:
    rng = np.random.default_rng(seed)
    m, k = 8, np.exp(rng.uniform(-3.0, 5.0, 8))
    if equal:
        k[:] = k[0]
    chain = np.diag(-k) + np.diag(k[:-1], -1)
    assert_allclose(exponential(chain, h), expm(chain * h), atol=1e-11)
    if equal:  # a defective matrix: the gamma distribution is its closed form
        terms = np.exp(-k[0] * h + np.arange(m) * np.log(max(k[0] * h, 1e-300)))
        factorial = np.cumprod([1.0, *range(1, m)])
        assert_allclose(exponential(chain, h)[:, 0], terms / factorial, atol=1e-11)


def test_one_compartment_has_its_closed_forms() -> None:
    s = System(("depot", "central"), 1)
    s.flow("depot", "central", 2.0)
    s.lose("central", 0.5)
    t = np.linspace(0.0, 20.0, 101)
    one, zero = np.ones(1), np.zeros(1)
    bolus = solve(s, [Input("central", one, zero, zero)], outputs("central"), t)[0, 0] * 7
    assert_allclose(bolus, np.exp(-0.5 * t), rtol=1e-12)
    oral = solve(s, [Input("depot", one, zero, zero)], outputs("central"), t)[0, 0] * 7
    assert_allclose(oral, 2.0 / 1.5 * (np.exp(-0.5 * t) - np.exp(-2.0 * t)), atol=1e-13)
    drip = solve(s, [Input("central", one, zero, one * 3)], outputs("central"), t)[0, 0] * 7
    during = (1.0 - np.exp(-0.5 * np.minimum(t, 3.0))) / 1.5
    assert_allclose(drip, during * np.exp(-0.5 * np.maximum(t - 3.0, 0.0)), atol=1e-13)


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_doses_superpose(seed: int) -> None:
    rng = np.random.default_rng(seed)
    system, inputs = random_system(rng), random_inputs(rng, 5)
    t = np.sort(rng.uniform(0.0, 30.0, 25))
    together = solve(system, inputs, outputs(*NAMES), t)
    apart = sum(solve(system, [i], outputs(*NAMES), t) for i in inputs)
    assert_allclose(together, apart, atol=1e-12 * together.max())


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_mass_balances(seed: int) -> None:
    """Amounts in all compartments and what was lost are what was given, at every time."""
    rng = np.random.default_rng(seed)
    open_system, inputs = random_system(rng), random_inputs(rng)
    closed = System((*NAMES, "lost"), 1)
    closed.rates[:, :-1, :-1] = open_system.rates
    closed.rates[:, -1, :-1] = -open_system.rates.sum(axis=1)
    t = np.linspace(0.0, 40.0, 81)
    amounts = solve(closed, inputs, outputs(*closed.compartments), t).sum(axis=0)[0] * 7.0
    given_by = np.zeros_like(t)
    for i in inputs:
        share = (t - i.time[0]) / i.duration[0] if i.duration[0] else (t >= i.time[0]) * 1.0
        given_by += i.amount[0] * np.clip(share, 0.0, 1.0)
    assert_allclose(amounts, given_by, atol=1e-10 * given_by.max())


@settings(max_examples=30, deadline=None)
@given(seed=seeds, shift=st.floats(-50.0, 500.0))
def test_the_clock_can_be_shifted(seed: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    system, inputs = random_system(rng), random_inputs(rng)
    t = np.linspace(0.0, 20.0, 41)
    later = [Input(i.compartment, i.amount, i.time + shift, i.duration) for i in inputs]
    here = solve(system, inputs, outputs(*NAMES), t)
    there = solve(system, later, outputs(*NAMES), t + shift)
    assert_allclose(there, here, atol=1e-9 * here.max())


@settings(max_examples=30, deadline=None)
@given(seed=seeds, factor=st.just(0.0) | st.floats(1e-9, 1e6))
def test_concentrations_are_proportional_to_dose(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    system, inputs = random_system(rng), random_inputs(rng)
    t = np.linspace(0.0, 20.0, 41)
    more = [Input(i.compartment, i.amount * factor, i.time, i.duration) for i in inputs]
    one, many = (solve(system, given_, outputs(*NAMES), t) for given_ in (inputs, more))
    assert_allclose(many, one * factor, rtol=1e-9, atol=1e-12 * factor * one.max())


def test_nothing_in_nothing_out() -> None:
    system = random_system(np.random.default_rng(3))
    assert not solve(system, [], outputs(*NAMES), np.linspace(0, 9, 10)).any()
    nought = [Input("central", np.zeros(1), np.zeros(1), np.ones(1))]
    assert not solve(system, nought, outputs(*NAMES), np.linspace(0, 9, 10)).any()


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_the_grid_of_times_changes_nothing(seed: int) -> None:
    """Recurring steps take one exponential each, odd steps a series: same values."""
    rng = np.random.default_rng(seed)
    system, inputs = random_system(rng), random_inputs(rng)
    even = np.linspace(0.0, 20.0, 101)
    odd = np.union1d(even, rng.uniform(0.0, 20.0, 57))
    one = solve(system, inputs, outputs(*NAMES), even)
    other = solve(system, inputs, outputs(*NAMES), odd)[:, :, np.searchsorted(odd, even)]
    assert_allclose(other, one, atol=1e-11 * one.max())


def test_people_do_not_mix_and_blocks_change_nothing() -> None:
    rng = np.random.default_rng(5)
    n = 5000  # more than one block and more than one thread
    s = System(("central", "peripheral"), n)
    s.flow("central", "peripheral", rng.uniform(0.1, 3.0, n))
    s.flow("peripheral", "central", rng.uniform(0.1, 3.0, n))
    s.lose("central", rng.uniform(0.1, 3.0, n))
    amount, duration = rng.uniform(1, 9, n), rng.uniform(0.0, 2.0, n)
    given_ = [Input("central", amount, np.zeros(n), duration)]
    t = np.linspace(0.0, 6.0, 13)
    everybody = solve(s, given_, [Output("central", np.ones(n))], t)[0]
    for i in (0, 1023, 1024, 4999):
        alone = System(("central", "peripheral"), 1)
        alone.rates[0] = s.rates[i]
        mine = [Input("central", amount[i : i + 1], np.zeros(1), duration[i : i + 1])]
        assert_allclose(solve(alone, mine, [Output("central", np.ones(1))], t)[0, 0], everybody[i])


def test_impossible_times_and_rates_are_refused() -> None:
    system = random_system(np.random.default_rng(3))
    for times in (np.array([1.0, 0.5]), np.array([np.nan]), np.array([])):
        with pytest.raises(ModelError, match="times"):
            solve(system, [], outputs("central"), times)
    system.rates[0, 0, 1] = -1.0
    with pytest.raises(ModelError, match="negative"):
        solve(system, [], outputs("central"), np.arange(3.0))
    system.rates[0, 0, 1] = np.nan
    with pytest.raises(ModelError, match="finite"):
        solve(system, [], outputs("central"), np.arange(3.0))
