"""A course of infusions cut into segments of constant input, for the streaming kernels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.core.stream import Cut
from reprieve.engine.dosing.doses import Dose
from reprieve.errors import InputError, ModelError

Array = NDArray[np.float64]
SAME_TIME_H = 1e-9  # times closer than this (4 µs) are one time, a shorter infusion is a bolus


@dataclass(frozen=True, slots=True)
class Schedule:
    """Infusions and boluses, and the times at which concentrations are wanted.

    `times_h` are one or more windows of equally spaced points; `cut` is the schedule by segments
    of constant input, per unit of dose: mg, or mg/kg when `per_kg`.
    """

    times_h: Array
    cut: Cut
    per_kg: bool


def schedule(doses: Sequence[Dose], end_h: float, n_times: int) -> Schedule:
    """One window: `n_times` points from 0 to `end_h`.

    Raises
    ------
    InputError
        No dose, fewer than two times, or no time at all.
    ModelError
        A dose is not intravenous, the doses mix mg and mg/kg, or an infusion leaves the window.
    """
    if n_times < 2 or not end_h > 0:
        raise InputError("A schedule needs an end after 0 h and at least two times.")
    return windows(doses, [0.0], end_h, n_times)


def windows(doses: Sequence[Dose], starts_h: Sequence[float], span_h: float, n: int) -> Schedule:
    """Several windows of the same length, such as the hours after each dose.

    Parameters
    ----------
    starts_h : rising, more than `span_h` apart
    span_h, n : length of each window, and its points

    Raises
    ------
    InputError, ModelError
        As `schedule`, or windows that overlap.
    """
    starts = np.asarray(starts_h, dtype=float)
    if not doses or len(starts) == 0:
        raise InputError("A schedule needs a dose and a window of times.")
    if any(d.route != "iv" for d in doses) or len({d.unit for d in doses}) > 1:
        raise ModelError("Streaming kinetics take IV doses in one unit; use concentrations().")
    if np.any(np.diff(starts) <= span_h):
        raise ModelError(f"Windows of {span_h:g} h overlap; give later starts or a shorter span.")
    end = float(starts[-1] + span_h)
    if any(d.time_h < 0 or d.time_h + d.duration_h > end for d in doses):
        raise ModelError(f"Every dose must be given between 0 and {end:g} h.")
    times = (starts[:, None] + np.linspace(0.0, span_h, n)).ravel()
    given = [t for d in doses for t in (d.time_h, d.time_h + d.duration_h)]
    edges = _distinct([0.0, end, *starts, *given])
    begins, lengths = edges[:-1], np.diff(edges)
    first = np.searchsorted(times, np.append(begins - SAME_TIME_H, np.inf))
    offsets = np.maximum(times[np.minimum(first[:-1], len(times) - 1)] - begins, 0.0)
    distinct = _distinct([*offsets, *lengths])
    lookup = np.abs(np.stack([offsets, lengths], axis=1)[..., None] - distinct).argmin(axis=2)
    segments = [
        (s, long, _rate(doses, s, long), _bolus(doses, s))
        for s, long in zip(begins, lengths, strict=True)
    ]
    cut = Cut(np.array(segments), first, lookup, distinct, span_h / (n - 1))
    return Schedule(times, cut, doses[0].unit == "mg/kg")


def _distinct(values: Sequence[float]) -> Array:
    ordered = np.sort(np.asarray(values, dtype=float))
    kept: Array = ordered[np.append(True, np.diff(ordered) > SAME_TIME_H)]
    return kept


def _rate(doses: Sequence[Dose], start: float, length: float) -> float:
    middle = start + length / 2
    slow = (d for d in doses if d.duration_h > SAME_TIME_H)
    running = (d for d in slow if d.time_h < middle < d.time_h + d.duration_h)
    return sum(d.amount / d.duration_h for d in running)


def _bolus(doses: Sequence[Dose], start: float) -> float:
    quick = (d for d in doses if d.duration_h <= SAME_TIME_H)
    return sum(d.amount for d in quick if abs(d.time_h - start) <= SAME_TIME_H)
