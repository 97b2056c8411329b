"""What this machine could do: arithmetic, memory and the handing out of fresh memory.

Both cores at once, by kernels as simple as they come; the workloads are set against these.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.timing import best

Array = NDArray[np.float64]
THREADS = 2
TRIAD = 16_000_000  # float64 in each of three arrays: 128 MB, far beyond any private cache
ROUNDS = 20_000
LANES = 64  # independent chains: enough to hide the latency of a multiply-add


@dataclass(frozen=True, slots=True)
class Limits:
    """GFLOP/s of multiply-adds in registers, GB/s of the triad, GB/s of writing fresh memory."""

    multiply_add: float
    triad: float
    fresh: float


@njit(nogil=True, fastmath={"contract"})
def _multiply_add(x: Array, rounds: int) -> None:
    a, b = 0.999999, 1e-7
    for _ in range(rounds):
        for lane in range(x.size):
            v = x[lane]
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            x[lane] = v


@njit(nogil=True)
def _triad(a: Array, b: Array, c: Array) -> None:
    for i in range(a.size):
        a[i] = b[i] + 3.0 * c[i]


@njit(nogil=True)
def _fill(a: Array) -> None:
    for i in range(a.size):
        a[i] = 1.0


def _on_both(work: Any, *arguments: Any) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda args: work(*args), zip(*arguments, strict=True)))


def measure() -> Limits:
    """Measure all three, best of several."""
    lanes = [np.ones(LANES) for _ in range(THREADS)]
    seconds = best(lambda: _on_both(_multiply_add, lanes, [ROUNDS] * THREADS))
    arithmetic = THREADS * ROUNDS * LANES * 8 / seconds / 1e9
    arrays = [np.ones(TRIAD) for _ in range(3)]
    halves = [np.array_split(a, THREADS) for a in arrays]
    seconds = best(lambda: _on_both(_triad, *halves), repeats=5)
    triad = 3 * 8 * TRIAD / seconds / 1e9
    fresh = best(lambda: _on_both(_fill, np.array_split(np.empty(TRIAD), THREADS)), repeats=5)
    return Limits(arithmetic, triad, 8 * TRIAD / fresh / 1e9)
