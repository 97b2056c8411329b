"""What one core of this machine could do: arithmetic, caches, memory, fresh memory.

Kernels as simple as they come; the workloads are set against them, core by core.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.timing import best

Array = NDArray[np.float64]
LANES = 128  # independent chains: enough to hide the latency of a multiply-add
NEAR = 1000  # float64 in each of three arrays: 24 kB, inside the first cache
ROUNDS = 20_000
FAR = 16_000_000  # float64 an array: 128 MB


@dataclass(frozen=True, slots=True)
class Limits:
    """GFLOP/s of multiply-adds in registers; GB/s of a triad in the first cache, of writing
    memory in use, and of writing memory that the system has only just handed out."""

    multiply_add: float
    near: float
    fill: float
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
def _near(a: Array, b: Array, c: Array, rounds: int) -> None:
    for _ in range(rounds):
        for i in range(a.size):
            a[i] = b[i] + 3.0 * c[i]
        b[0] += 1e-9  # so that no round can be left out


@njit(nogil=True)
def _fill(a: Array) -> None:
    for i in range(a.size):
        a[i] = 1.0


def measure() -> Limits:
    """Measure all four, best of several."""
    lanes, near = np.ones(LANES), [np.ones(NEAR) for _ in range(3)]
    used = np.ones(FAR)
    return Limits(
        ROUNDS * LANES * 8 / best(lambda: _multiply_add(lanes, ROUNDS)) / 1e9,
        ROUNDS * NEAR * 24 / best(lambda: _near(*near, ROUNDS)) / 1e9,
        8 * FAR / best(lambda: _fill(used)) / 1e9,
        8 * FAR / best(lambda: _fill(np.empty(FAR)), repeats=5) / 1e9,
    )
