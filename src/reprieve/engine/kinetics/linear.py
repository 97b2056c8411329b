"""Systems of compartments: who flows where, what is given, what is measured."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.core.linear import propagate
from reprieve.engine.population.parallel import usable_cores
from reprieve.errors import ModelError

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_STEPS = 16  # recurring distances worth a matrix exponential of their own
BLOCK = 1024  # subjects a kernel call: bounds the work space, changes no number
MANY = 4096  # subjects from which threads pay; smaller calls usually come from a thread already

INSTANT_H = 1e-6  # input shorter than 4 ms is at once: clocks could not tell its end from its start


@dataclass(frozen=True, slots=True)
class Input:
    """An amount entering one compartment, at once or at a constant rate.

    `amount` mg, `time` h, `duration` h, each of shape (n,); duration 0 enters at once.
    """

    compartment: str
    amount: Array
    time: Array
    duration: Array


@dataclass(slots=True)
class System:
    """Compartments of n subjects and the rates between them.

    `rates` is (n, m, m) in 1/h: column = from, row = to. Build it with `flow` and `lose`.
    """

    compartments: tuple[str, ...]
    n: int
    rates: Array = field(init=False)

    def __post_init__(self) -> None:
        m = len(self.compartments)
        self.rates = np.zeros((self.n, m, m))

    def index(self, name: str) -> int:
        return self.compartments.index(name)

    def flow(self, origin: str, target: str, rate: Array | float) -> None:
        """Amount leaves `origin` for `target` at `rate` (1/h) times the amount in `origin`."""
        i, j = self.index(origin), self.index(target)
        self.rates[:, i, i] -= rate
        self.rates[:, j, i] += rate

    def lose(self, origin: str, rate: Array | float) -> None:
        """Amount leaves `origin` for good."""
        i = self.index(origin)
        self.rates[:, i, i] -= rate

    def exchange(self, a: str, b: str, q: Array, v_a: Array, v_b: Array) -> None:
        """Distribution clearance `q` (L/h) both ways between volumes (L)."""
        self.flow(a, b, q / v_a)
        self.flow(b, a, q / v_b)

    def accumulate(self, origin: str, total: str) -> None:
        """`total` grows by the amount in `origin` per hour: its integral, taking nothing."""
        self.rates[:, self.index(total), self.index(origin)] += 1.0


@dataclass(frozen=True, slots=True)
class Output:
    """A compartment to report, divided by a volume (n,) in L."""

    compartment: str
    volume: Array


def solve(
    system: System, inputs: Sequence[Input], outputs: Sequence[Output], times: Array
) -> Array:
    """Concentrations at `times`, exact between events.

    Parameters
    ----------
    system : n subjects
    inputs : what enters and when; none gives zero
    outputs : what is measured
    times : array (n_times,), h, not decreasing; values before the first input are 0

    Returns
    -------
    array (n_outputs, n, n_times), mg/L

    Raises
    ------
    ModelError
        `times` decrease or are not finite, or a rate is negative or not finite.
    """
    times = np.ascontiguousarray(times, dtype=float)
    if times.ndim != 1 or len(times) == 0 or not np.all(np.isfinite(times)):
        raise ModelError("times must be a row of finite hours, at least one.")
    if np.any(np.diff(times) < 0):
        raise ModelError("times decrease; give them in order.")
    rates, events = _with_input_states(system, inputs)
    _check(rates)
    steps, step_of = _recurring_steps(times)
    index = np.array([system.index(o.compartment) for o in outputs], dtype=np.int64)
    inverse = np.array([1.0 / np.broadcast_to(o.volume, system.n) for o in outputs])
    rates = np.ascontiguousarray(rates.transpose(0, 2, 1))  # as the kernel wants them
    rows, columns = (i.astype(np.int64) for i in np.nonzero(np.any(rates != 0.0, axis=0)))
    result = np.empty((len(outputs), system.n, len(times)))

    def run(low: int) -> None:
        block = slice(low, min(low + BLOCK, system.n))
        part = np.empty((len(outputs), block.stop - low, len(times)))
        propagate(
            rates[block],
            rows,
            columns,
            np.ascontiguousarray(events.times[block]),
            events.state,
            np.ascontiguousarray(events.amounts[block]),
            np.ascontiguousarray(events.order[block]),
            times,
            step_of,
            steps,
            index,
            np.ascontiguousarray(inverse[:, block]),
            part,
        )
        result[:, block] = part

    starts = range(0, system.n, BLOCK)
    if system.n <= MANY:
        for low in starts:
            run(low)
    else:  # the kernel releases the interpreter lock; subjects are independent
        with ThreadPoolExecutor(usable_cores()) as pool:
            list(pool.map(run, starts))
    return result


@dataclass(frozen=True, slots=True)
class _Events:
    times: Array
    state: Ints
    amounts: Array
    order: Ints


def _with_input_states(system: System, inputs: Sequence[Input]) -> tuple[Array, _Events]:
    """Rates with one constant state per compartment fed at a constant rate, and the jumps."""
    n, m = system.n, len(system.compartments)
    fed = sorted({system.index(i.compartment) for i in inputs if np.any(i.duration > INSTANT_H)})
    rates = np.zeros((n, m + len(fed), m + len(fed)))
    rates[:, :m, :m] = system.rates
    for k, target in enumerate(fed):
        rates[:, target, m + k] = 1.0
    columns: list[tuple[Array, int, Array]] = []
    for entry in inputs:
        target = system.index(entry.compartment)
        time, amount = np.broadcast_to(entry.time, n), np.broadcast_to(entry.amount, n)
        duration = np.broadcast_to(entry.duration, n)
        slow = duration > INSTANT_H
        if not slow.all():
            columns.append((time, target, np.where(slow, 0.0, amount)))
        if slow.any():
            rate = np.divide(amount, duration, out=np.zeros(n), where=slow)
            state = m + fed.index(target)
            columns.append((time, state, rate))
            columns.append((time + duration, state, -rate))
    if not columns:
        empty = np.zeros((n, 0))
        return rates, _Events(empty, np.zeros(0, np.int64), empty, np.zeros((n, 0), np.int64))
    at = np.stack([c[0] for c in columns], axis=1).astype(float)
    return rates, _Events(
        times=at,
        state=np.array([c[1] for c in columns], dtype=np.int64),
        amounts=np.stack([c[2] for c in columns], axis=1).astype(float),
        order=np.argsort(at, axis=1, kind="stable").astype(np.int64),
    )


def _check(rates: Array) -> None:
    if not np.all(np.isfinite(rates)):
        raise ModelError(
            "a rate of the kinetic model is not a finite number; check its covariates."
        )
    m = rates.shape[1]
    off = rates[:, ~np.eye(m, dtype=bool)]
    if off.size and off.min() < 0:
        raise ModelError("a rate between compartments is negative; check the model's parameters.")


def _recurring_steps(times: Array) -> tuple[Array, Ints]:
    """Distances between neighbouring times that occur at least three times, most frequent first."""
    gaps = np.diff(times)
    keys = np.round(gaps / max(float(times[-1] - times[0]), 1e-300), 13)
    values, first, inverse, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    often = [k for k in np.argsort(-counts, kind="stable") if counts[k] >= 3 and values[k] > 0]
    chosen = np.array(often[:MOST_STEPS], dtype=np.int64)
    rank = np.full(len(values) + 1, -1, dtype=np.int64)
    rank[chosen] = np.arange(len(chosen))
    step_of = np.full(len(times), -1, dtype=np.int64)
    step_of[1:] = rank[inverse]
    return gaps[first[chosen]], step_of
