"""Linear compartments between events, solved by the matrix exponential.

A system is x' = M x with M a Metzler matrix (nothing flows backwards: every entry off the
diagonal is at least 0). Zero-order inputs are states of their own that do not change between
events, so one homogeneous system covers boluses, depots and infusions. With q = max(-M_jj) the
matrix M + qI has no negative entry, and exp(Mh) = exp(-qh) exp((M + qI)h) is a sum of
non-negative terms: no cancellation, whatever the roots, equal ones included. (Eigenvalues would be
faster for distinct roots and useless for the equal ones of a transit chain.)
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _matmul(a: Array, b: Array, out: Array) -> None:
    m = a.shape[0]
    for i in range(m):
        for j in range(m):
            out[i, j] = 0.0
        for k in range(m):
            aik = a[i, k]
            if aik != 0.0:
                for j in range(m):
                    out[i, j] += aik * b[k, j]


@njit(cache=True, nogil=True)
def _matvec(transposed: Array, x: Array, out: Array) -> None:
    # the transposed matrix, so that the inner loop runs over neighbours and vectorises
    m = transposed.shape[0]
    for i in range(m):
        out[i] = 0.0
    for j in range(m):
        xj = x[j]
        for i in range(m):
            out[i] += transposed[j, i] * xj


@njit(cache=True, nogil=True)
def _copy(a: Array, out: Array) -> None:
    # loops, because `out[:, :] = a` compiles two seconds of error messages
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j]


@njit(cache=True, nogil=True)
def _copy1(a: Array, out: Array) -> None:
    for i in range(a.shape[0]):
        out[i] = a[i]


@njit(cache=True, nogil=True)
def _shifted(matrix: Array) -> tuple[float, float]:
    """Shift q that makes M + qI non-negative, and a norm of M + qI."""
    m = matrix.shape[0]
    q = 0.0
    for j in range(m):
        q = max(q, -matrix[j, j])
    by_row, by_column = 0.0, 0.0
    for j in range(m):
        row, column = q, q
        for i in range(m):
            row += matrix[j, i]
            column += matrix[i, j]
        by_row, by_column = max(by_row, row), max(by_column, column)
    return q, min(by_row, by_column)


@njit(cache=True, nogil=True)
def _small_exponential(matrix: Array, q: float, h: float, work: Array, out: Array) -> None:
    """exp(M h) for (M + qI) h of norm at most 1/2: Taylor of degree 15 in four blocks.

    `work` holds six m x m matrices. The first omitted term is below 0.5**16/16! = 7e-19.
    """
    m = matrix.shape[0]
    p1, p2, p3, p4, block, swap = work[0], work[1], work[2], work[3], work[4], work[5]
    for i in range(m):
        for j in range(m):
            p1[i, j] = matrix[i, j] * h
        p1[i, i] += q * h
    _matmul(p1, p1, p2)
    _matmul(p2, p1, p3)
    _matmul(p2, p2, p4)
    for b in range(3, -1, -1):
        c0 = 1.0 / math.gamma(4.0 * b + 1.0)
        c1 = c0 / (4.0 * b + 1.0)
        c2 = c1 / (4.0 * b + 2.0)
        c3 = c2 / (4.0 * b + 3.0)
        if b < 3:
            _matmul(p4, out, swap)
        for i in range(m):
            for j in range(m):
                block[i, j] = c1 * p1[i, j] + c2 * p2[i, j] + c3 * p3[i, j]
            block[i, i] += c0
            for j in range(m):
                out[i, j] = block[i, j] if b == 3 else block[i, j] + swap[i, j]
    decay = math.exp(-q * h)
    for i in range(m):
        for j in range(m):
            out[i, j] *= decay


@njit(cache=True, nogil=True)
def exponential(matrix: Array, h: float) -> Array:
    """exp(M h) of a Metzler matrix by scaling and squaring.

    Parameters
    ----------
    matrix : array (m, m), 1/h, off-diagonal entries at least 0
    h : step, h, at least 0

    Returns
    -------
    array (m, m)
    """
    m = matrix.shape[0]
    work = np.empty((6, m, m))
    out, swap = np.empty((m, m)), np.empty((m, m))
    q, norm = _shifted(matrix)
    halvings = _halvings(norm, h)
    _small_exponential(matrix, q, h / 2.0**halvings, work, out)
    for _ in range(halvings):
        _matmul(out, out, swap)
        _copy(swap, out)
    return out


@njit(cache=True, nogil=True)
def _halvings(norm: float, h: float) -> int:
    n = 0
    while norm * h / 2.0**n > 0.5:
        n += 1
    return n


@njit(cache=True, nogil=True)
def _act(
    matrix: Array,
    rows: Ints,
    columns: Ints,
    q: float,
    ladder: Array,
    h0: float,
    h: float,
    x: Array,
    term: Array,
    swap: Array,
) -> None:
    """x <- exp(M h) x, M transposed: rungs `ladder[j]` = exp(M h0 2**j), then a series."""
    m = matrix.shape[0]
    rest = h
    for j in range(ladder.shape[0] - 1, -1, -1):
        rung = h0 * 2.0**j
        while rest >= rung:
            _matvec(ladder[j], x, swap)
            _copy1(swap, x)
            rest -= rung
    if rest <= 0.0:
        return
    for i in range(m):
        term[i] = x[i]
    for k in range(1, 24):
        scale = rest / k
        for i in range(m):
            swap[i] = q * term[i]
        for e in range(rows.shape[0]):
            swap[columns[e]] += matrix[rows[e], columns[e]] * term[rows[e]]
        negligible = True
        for i in range(m):
            term[i] = swap[i] * scale
            x[i] += term[i]
            if term[i] > 1e-17 * x[i]:
                negligible = False
        if negligible:
            break
    decay = math.exp(-q * rest)
    for i in range(m):
        x[i] *= decay


@njit(cache=True, nogil=True)
def propagate(
    matrices: Array,
    rows: Ints,
    columns: Ints,
    event_times: Array,
    event_state: Ints,
    event_amounts: Array,
    event_order: Ints,
    times: Array,
    step_of: Ints,
    steps: Array,
    outputs: Ints,
    inverse_volume: Array,
    result: Array,
) -> None:
    """Amounts of every subject at every time, as concentrations of the chosen compartments.

    At an event the named state jumps by the amount; a value at the very time of an event is the
    one after it.

    Parameters
    ----------
    matrices : array (n, m, m), 1/h, transposed: row = from, column = to
    rows, columns : where any of `matrices` is not 0, diagonal included
    event_times, event_amounts : arrays (n, n_events), h and mg (or mg/h for an input state)
    event_state : array (n_events,), which state jumps
    event_order : array (n, n_events), the events of each subject in order of time
    times : array (n_times,), h, not decreasing
    step_of : array (n_times,), which of `steps` leads from the time before to this one; -1 none
    steps : array (n_steps,), h, distances that recur
    outputs : array (n_outputs,), compartments to report
    inverse_volume : array (n_outputs, n), 1/L
    result : array (n_outputs, n, n_times), filled with mg/L
    """
    n, m, _ = matrices.shape
    n_events, n_times = event_state.shape[0], times.shape[0]
    work = np.empty((6, m, m))
    held = np.empty((steps.shape[0], m, m))
    x, term, swap = np.empty(m), np.empty(m), np.empty(m)
    for i in range(n):
        matrix = matrices[i]
        q, norm = _shifted(matrix)
        longest = _longest_gap(event_times[i], event_order[i], times)
        rungs = _halvings(norm, longest) + 3  # short last rungs shorten the series
        h0 = longest / 2.0**rungs
        ladder = np.empty((rungs + 1, m, m))
        _small_exponential(matrix, q, h0, work, ladder[0])
        for j in range(rungs):
            _matmul(ladder[j], ladder[j], ladder[j + 1])
        for s in range(steps.shape[0]):
            _whole_step(matrix, q, norm, steps[s], work, held[s])
        x[:] = 0.0
        at, event, awake = times[0], 0, False
        if n_events > 0:
            at = min(at, event_times[i, event_order[i, 0]])
        for k in range(n_times):
            unbroken = k > 0
            while event < n_events and event_times[i, event_order[i, event]] <= times[k]:
                e = event_order[i, event]
                gap = event_times[i, e] - at
                if awake and gap > 0.0:
                    _act(matrix, rows, columns, q, ladder, h0, gap, x, term, swap)
                x[event_state[e]] += event_amounts[i, e]
                if event_amounts[i, e] < 0.0 and x[event_state[e]] < 1e-12 * -event_amounts[i, e]:
                    x[event_state[e]] = 0.0  # an infusion that ends leaves no rounding behind
                at, awake, unbroken = event_times[i, e], True, False
                event += 1
            gap = times[k] - at
            if awake and gap > 0.0:
                if unbroken and step_of[k] >= 0:
                    _matvec(held[step_of[k]], x, swap)
                    _copy1(swap, x)
                else:
                    _act(matrix, rows, columns, q, ladder, h0, gap, x, term, swap)
            at = times[k]
            for o in range(outputs.shape[0]):
                result[o, i, k] = x[outputs[o]] * inverse_volume[o, i]


@njit(cache=True, nogil=True)
def _longest_gap(event_times: Array, order: Ints, times: Array) -> float:
    """An upper bound of any step taken: the span from the first event to the last time."""
    if order.shape[0] == 0:
        return 1.0
    longest, at = 1e-9, event_times[order[0]]
    event = 0
    for k in range(times.shape[0]):
        while event < order.shape[0] and event_times[order[event]] <= times[k]:
            longest = max(longest, event_times[order[event]] - at)
            at = event_times[order[event]]
            event += 1
        longest = max(longest, times[k] - at)
        at = max(at, times[k])
    return longest


@njit(cache=True, nogil=True)
def _whole_step(matrix: Array, q: float, norm: float, h: float, work: Array, out: Array) -> None:
    halvings = _halvings(norm, h)
    _small_exponential(matrix, q, h / 2.0**halvings, work, out)
    swap = work[0]
    for _ in range(halvings):
        _matmul(out, out, swap)
        _copy(swap, out)
