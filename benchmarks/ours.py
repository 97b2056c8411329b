"""Reprieve on its own workloads: patients a second on one core and two."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.timing import best
from benchmarks.workload import Chain, Kinetics
from reprieve.engine.population.chain import stream_chain
from reprieve.engine.population.streaming import store_kinetics, stream_kinetics

# Of workload (a), by patient and time point. Profile: 3 + 5 products and as many additions.
# Summaries: two sums, two sums of squares. Comparisons for the peaks are not counted.
FLOP_PROFILE = 16
FLOP_SUMMARY = 6
# Bytes that one point moves between registers and the first cache: 5 powers read and 2 values
# written by the profile; 2 values and 4 sums read, 4 sums written by the summaries; 2 values read
# for the peaks.
BYTES_NEAR = 8 * (7 + 10 + 2)


@dataclass(frozen=True, slots=True)
class Rates:
    """Patients a second by number of cores."""

    streaming: dict[int, float]
    stored: dict[int, float]
    stored_again: dict[int, float]
    chain: dict[int, float]


def measure(kinetics: Kinetics, chain: Chain) -> Rates:
    """Best of several runs; compilation is not in them (see `startup`)."""
    people, weight, plan = kinetics.people, kinetics.weight_kg, kinetics.plan
    n, shape = len(people), (len(people), len(plan.times_h))
    kept = (np.empty(shape), np.empty(shape))
    return Rates(
        _by_cores(n, partial(stream_kinetics, people, plan, weight)),
        _by_cores(n, partial(store_kinetics, people, plan, weight)),
        _by_cores(n, partial(store_kinetics, people, plan, weight, out=kept)),
        _by_cores(len(chain.people), partial(stream_chain, chain.people, chain.course, 1)),
    )


def _by_cores(n: int, work: Callable[..., object]) -> dict[int, float]:
    return {cores: n / best(partial(work, workers=cores), repeats=15) for cores in (1, 2)}


def gflops(rate: float, n_times: int, flop: int) -> float:
    """Arithmetic that a rate of workload (a) amounts to."""
    return rate * n_times * flop / 1e9


def gigabytes_near(rate: float, n_times: int) -> float:
    """Traffic of a streaming rate with the first cache, GB/s."""
    return rate * n_times * BYTES_NEAR / 1e9


def gigabytes(rate: float, n_times: int) -> float:
    """Bytes of results that a stored rate amounts to, GB/s."""
    return rate * n_times * 16 / 1e9
