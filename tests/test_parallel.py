"""Blocks of people: on one core, several, or a cluster, in order and with bounded memory."""

import builtins
import socket
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.engine.population import parallel
from reprieve.engine.population.parallel import Block, blocks, each_block, map_blocks
from reprieve.engine.population.simulate import simulate
from reprieve.engine.population.summaries import Bins, Spread
from reprieve.errors import InputError, ModelError


def draw(block: Block) -> list[float]:
    return block.rng().random(len(block)).tolist()


@given(st.integers(1, 300), st.integers(1, 100), st.integers(0, 2**40))
def test_blocks_cover_everybody_once(n: int, size: int, seed: int) -> None:
    found = list(blocks(n, size, seed))
    assert [k for b in found for k in range(b.start, b.stop)] == list(range(n))
    assert [b.index for b in found] == list(range(len(found)))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_workers_draws_the_same(workers: int) -> None:
    assert map_blocks(draw, 103, 10, 7, workers) == map_blocks(draw, 103, 10, 7, 1)


def test_blocks_and_streams_are_independent() -> None:
    first, second = list(blocks(20, 10, 1))
    draws = [first.rng().random(), second.rng().random(), *(first.rng(k).random() for k in (0, 1))]
    assert len(set(draws)) == 4
    assert first.rng(1).random() == draws[3]


def test_only_a_few_blocks_are_under_way() -> None:
    started: list[int] = []
    lock = threading.Lock()

    def work(block: Block) -> int:
        with lock:
            started.append(block.index)
        return block.index

    stream = each_block(work, 1000, 10, 0, workers=2)
    assert next(stream) == 0
    assert len(started) <= 5
    assert list(stream) == list(range(1, 100))


def test_an_error_in_a_block_comes_out() -> None:
    def work(block: Block) -> int:
        if block.index == 3:
            raise InputError("block three")
        return 0

    with pytest.raises(InputError, match="block three"):
        map_blocks(work, 100, 10, 0, workers=2)


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name == "distributed":
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModelError, match=r"pip install 'reprieve\[scale\]'"):
        map_blocks(draw, 10, cluster="tcp://127.0.0.1:1")


def test_a_cluster_of_two_processes_gives_the_same_numbers() -> None:
    distributed = pytest.importorskip("distributed")
    course = "ketamine 0.5 mg/kg IV over 40 min, twice weekly x2"
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        protocol="tcp://",
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address
        assert map_blocks(draw, 103, 10, 7, cluster=address) == map_blocks(draw, 103, 10, 7, 1)
        there = simulate(course, n=600, seed=4, for_d=10, block=150, cluster=address)
    here = simulate(course, n=600, seed=4, for_d=10, block=150, workers=1)
    assert there.to_dict() == here.to_dict()


@pytest.mark.parametrize(
    "address", ["", "garbage", "127.0.0.1:8786", "tcp://", "tcp://x", "tcp://x:0", "tcp://x:99999",
                "nonsense://x:1", "tcp://a b:1"],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(InputError, match=f"'{address}' is no address"):
        map_blocks(draw, 10, cluster=address)


def test_a_cluster_that_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(parallel, "CONNECT_S", 0.5)
    with socket.socket() as taken:  # a port that hears and never speaks
        taken.bind(("127.0.0.1", 0))
        closed = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ModelError, match=f"No Dask scheduler answered at '{closed}'"):
            map_blocks(draw, 10, cluster=closed)
        taken.listen()
        begin = time.monotonic()
        with pytest.raises(ModelError, match=f"No Dask scheduler answered at '{closed}'"):
            map_blocks(draw, 10, cluster=closed)
        assert time.monotonic() - begin < 10
    assert capfd.readouterr().err == ""


def test_a_cluster_without_workers_is_refused() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=0, processes=False, protocol="tcp://", dashboard_address=None
        ) as cluster,
        pytest.raises(ModelError, match="has no workers"),
    ):
        map_blocks(draw, 10, cluster=cluster.scheduler_address)


@pytest.mark.parametrize("workers", [0, 100_000])
def test_an_impossible_number_of_workers_is_refused(workers: int) -> None:
    with pytest.raises(InputError, match="expected 1 to 1,024"):
        map_blocks(draw, 10, workers=workers)


# -- summaries ------------------------------------------------------------------------------------

_BINS = (Bins(-5.0, 5.0, 400), Bins(1e-3, 1e3, 900, log=True), Bins.of_whole(-3, 8))


@pytest.mark.parametrize("bins", _BINS)
def test_summaries_of_parts_add_up_to_the_summary_of_all(bins: Bins) -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((900, 3)) + 2
    if bins.log:
        values = np.exp(values)
    if bins.whole:
        values = np.round(values)
    whole = Spread.of(values, bins)
    parts = Spread.of(values[:100], bins)
    parts.add(Spread.of(values[100:130], bins))
    parts.add(Spread.of(values[130:], bins))
    np.testing.assert_array_equal(parts.counts, whole.counts)
    np.testing.assert_allclose(parts.mean, values.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(parts.sd, values.std(axis=0, ddof=1), rtol=1e-12)
    width = np.diff(bins.edges()).max() if not bins.log else 0.1
    for q in (0.05, 0.5, 0.95):
        exact = np.quantile(values, q, axis=0, method="inverted_cdf")
        np.testing.assert_allclose(parts.quantile(q), exact, atol=width, rtol=0.02)
        if bins.whole:
            np.testing.assert_array_equal(parts.quantile(q), exact)


def test_squares_survive_large_means() -> None:
    values = 1e8 + np.arange(10.0)
    spread = Spread.of(values[:4], Bins(0, 1, 2))
    spread.add(Spread.of(values[4:], Bins(0, 1, 2)))
    assert spread.sd[0] == pytest.approx(values.std(ddof=1), rel=1e-9)
