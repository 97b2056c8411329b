"""What a concentration curve is summarised by: peak, area, half-life, clearance, volume.

Curves are arrays (n, n_times) in mg/L over `times` in h; results are arrays (n,).
"""

import numpy as np
from numpy.typing import NDArray

from reprieve.errors import ModelError

Array = NDArray[np.float64]


def peak(curve: Array) -> Array:
    """Highest concentration, mg/L."""
    return np.asarray(curve.max(axis=1))


def time_of_peak(times: Array, curve: Array) -> Array:
    """When it is highest, h."""
    return np.asarray(times[curve.argmax(axis=1)])


def area(times: Array, curve: Array, until_h: float | None = None) -> Array:
    """Area under the curve by trapezia, mg*h/L, to `until_h` or to the last time.

    Raises
    ------
    ModelError
        The curve ends before `until_h`.
    """
    if until_h is None:
        return np.asarray(np.trapezoid(curve, times, axis=1))
    if until_h > times[-1]:
        raise ModelError(f"the curve ends at {times[-1]:g} h; an area to {until_h:g} h needs more.")
    k = int(np.searchsorted(times, until_h, side="right"))
    last = np.array([np.interp(until_h, times, c) for c in curve])
    t = np.append(times[:k], until_h)
    return np.asarray(np.trapezoid(np.column_stack([curve[:, :k], last]), t, axis=1))


def half_life(times: Array, curve: Array, window_h: tuple[float, float]) -> Array:
    """Half-life from the log-linear slope over `window_h`, h.

    The slope of a fall in several phases depends on the window: use the one that was sampled.

    Raises
    ------
    ModelError
        Fewer than two positive values in the window.
    """
    inside = (times >= window_h[0]) & (times <= window_h[1])
    values = curve[:, inside]
    if inside.sum() < 2 or np.any(values <= 0):
        raise ModelError(
            f"a half-life over {window_h[0]:g}-{window_h[1]:g} h needs two positive values there."
        )
    t = times[inside] - times[inside].mean()
    slope = (np.log(values) @ t) / (t @ t)
    return np.asarray(-np.log(2.0) / slope)


def area_to_infinity(times: Array, curve: Array) -> Array:
    """Area with its tail, from the slope over the last tenth of the times, mg*h/L."""
    tail = _tail_rate(times, curve)
    return np.asarray(area(times, curve) + np.where(tail > 0, curve[:, -1] / tail, 0.0))


def mean_residence(times: Array, curve: Array) -> Array:
    """First moment of the curve over its area, to infinity, h."""
    rate, end, last = _tail_rate(times, curve), times[-1], curve[:, -1]
    moment = np.trapezoid(curve * times, times, axis=1)
    moment += np.where(rate > 0, last * end / rate + last / rate**2, 0.0)
    return np.asarray(moment / area_to_infinity(times, curve))


def _tail_rate(times: Array, curve: Array) -> Array:
    start = times[-1] - 0.1 * (times[-1] - times[0])
    if np.any(curve[:, -1] <= 0):
        return np.ones(len(curve))
    return np.asarray(np.log(2.0) / half_life(times, curve, (float(start), float(times[-1]))))


def fold(predicted: float, observed: float) -> float:
    """How many-fold they differ, at least 1; infinite when one is not positive."""
    if predicted <= 0 or observed <= 0:
        return float("inf")
    return max(predicted / observed, observed / predicted)
