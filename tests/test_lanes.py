"""Eight people at a time: their functions, and that nobody's numbers hang on a neighbour."""

import numpy as np
import pytest
from numba import njit
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special

from reprieve.engine.calibration.ensemble import ensemble
from reprieve.engine.cases.case import Case
from reprieve.engine.core import filter as scores_core
from reprieve.engine.core import lane_maths
from reprieve.engine.core.lanes import WIDTH, anywhere, choose, floor, pick, put, row, sqrt
from reprieve.engine.forecast import traits
from reprieve.engine.forecast.future import follow
from reprieve.engine.forecast.members import members
from reprieve.engine.forecast.posterior import draws, posterior
from reprieve.engine.mood.model import Array
from reprieve.evidence import case


@njit
def each(x: Array, out: Array) -> None:
    """Every function of lanes, a block of `out` (6, k, 8) for each."""
    for k in range(x.shape[0]):
        value = row(x, k)
        put(out[0], k, lane_maths.exp(value))
        put(out[1], k, lane_maths.log(sqrt(value * value) + 1e-30))
        put(out[2], k, lane_maths.erfc(value))
        put(out[3], k, floor(value))
        put(out[4], k, lane_maths.lesser(value, -value))
        put(out[5], k, choose((value > 1.0) | (value < -2.0), 3.0 - value / 2.0, value))


@njit
def entries(table: Array, x: Array, out: Array) -> bool:
    put(out, 0, pick(table, row(x, 0)))
    return bool(anywhere(row(x, 0) > 6.5))


def test_functions_of_eight_are_those_of_one() -> None:
    x = np.concatenate([np.linspace(-26, 26, 4001), [0.0, 700.0, -700.0, 1e-9, 1e9]])
    x = np.resize(x, (len(x) // WIDTH + 1, WIDTH)).copy()
    out = np.empty((6, *x.shape))
    each(x, out)
    small = np.clip(x, -708, 708)
    assert_allclose(out[0], np.exp(small), rtol=2e-15)
    assert_allclose(out[1], np.log(np.abs(x) + 1e-30), rtol=2e-15, atol=2e-15)
    assert_allclose(out[2], special.erfc(x), rtol=1e-10, atol=1e-300)
    assert_array_equal(out[3], np.floor(x))
    assert_array_equal(out[4], np.minimum(x, -x))
    assert_array_equal(out[5], np.where((x > 1) | (x < -2), 3 - x / 2, x))


def test_entries_are_picked_one_by_one() -> None:
    table, at, out = np.arange(10.0) ** 2, np.array([[7.0, 0, 9, 1, 5, 5, 3, 2]]), np.empty((1, 8))
    assert entries(table, at, out)
    assert_array_equal(out, at**2)
    assert not entries(table, np.zeros((1, 8)), out)


@pytest.mark.parametrize("count", [1, 3, 8, 13])
def test_the_filter_gives_a_person_the_same_numbers_in_any_company(count: int) -> None:
    """The first people of many, and each of them alone."""
    rng = np.random.default_rng(4)
    latent = rng.normal(-0.3, 1.0, (40, 4))
    member = np.sort(rng.integers(0, 5, 40))
    sets = members(ensemble())
    score = np.array([[-2.0, 41, 0], [1.0, 0.0, 0], [3.0, 14.0, 1], [8.0, 0.0, 1]])
    scale = np.array([[-1.0, 0.0, 0.0, 60.0, -1.0], [1.8, 4.0, 0.0, 27.0, 3.0]])
    table = np.vstack([np.linspace(0, 60, 241), np.linspace(0, 27, 241)])

    def believed(rows: slice) -> list[Array]:
        n = len(latent[rows])
        out = [np.empty((n, 4)), np.empty((n, 4, 4)), np.empty((n, 4)), np.empty((n, 4))]
        scores_core.believe(
            latent[rows].copy(), member[rows].copy(), traits.entry_constants(sets),
            np.array([0.5, 0.6]), score, scale, table, 9.0, *out,
        )  # fmt: skip
        return out

    all_of_them = believed(slice(None))
    for a, b in zip(believed(slice(count)), all_of_them, strict=True):
        assert_array_equal(a, b[:count])
    for a, b in zip(believed(slice(17, 18)), all_of_them, strict=True):
        assert_array_equal(a, b[17:18])


def test_a_course_is_a_persons_own() -> None:
    """Followed among all, or among some in other blocks of eight."""
    post = posterior(Case.from_dict(case("nimh_moa104")), 1, particles=512)
    few = np.flatnonzero(np.arange(post.n) % 3 == 1)
    all_of_them, some = (follow(p, (), 84.0) for p in (post, post.only(few)))
    assert_array_equal(some.latent, all_of_them.latent[few])
    assert_array_equal(some.score, all_of_them.score[few])
    assert (post.tried.state[:, 8] > 0).any()  # somebody has relapsed: those are apart


def test_traits_are_what_their_normals_say() -> None:
    """Against the same laws in NumPy."""
    sets = members(ensemble())
    prior = traits.Prior(
        sets, traits.Place(), (0.1, 0.2), (-0.1, 0.3), np.full((len(sets), 1), 0.4)
    )
    z, uniform = draws(256, 5)
    member = sets.pick(uniform)
    patient, amplitude = prior.patients(z, member)
    low, mean, part, own = traits.factors(sets, traits.Place(), (0.1, 0.2), (-0.1, 0.3))
    effects = mean[member] + (low[member] @ z[:, :3, None])[:, :, 0]
    v = {name: sets[name][member] for name in sets.value}
    moved = special.ndtr(z[:, 9]) >= v["pnr"]
    assert 0.1 < moved.mean() < 0.9
    assert_allclose(patient[:, 1], v["emax"] * np.exp(effects[:, 0]) * moved, rtol=1e-12)
    assert_allclose(patient[:, 4], v["x0"] * np.exp(effects[:, 1] - v["wx"] ** 2 / 2), rtol=1e-12)
    assert_allclose(patient[:, 5], v["h"] + effects[:, 2], rtol=1e-12, atol=1e-12)
    assert_allclose(patient[:, 3], v["tauc"] * np.exp(v["wtauc"] * z[:, 4]), rtol=1e-12)
    from_em = (part[member] * z[:, :3]).sum(axis=1)
    rho, wide = v["rho_frailty"], v["wfrail"]
    frail = -rho * from_em + np.sqrt(1 - rho**2 * (1 - own[member])) * z[:, 5]
    assert_allclose(patient[:, 6], np.exp(wide * frail - wide**2 / 2), rtol=1e-12)
    assert_allclose(patient[:, 7], -special.log_ndtr(z[:, 6]), rtol=1e-8)
    assert_allclose(
        amplitude[:, 0], 0.4 * np.exp(v["wa"] * z[:, 10] - v["wa"] ** 2 / 2), rtol=1e-12
    )
