"""Axes, scales and ticks: from a value to a place on the paper."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprieve.errors import InputError

Array = NDArray[np.float64]

# Steps that a person counts time in; a unit not listed here gets decimal steps.
_CLOCK = {
    "s": (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600),
    "min": (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440),
    "h": (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 168, 336, 672),
    "d": (0.25, 0.5, 1, 2, 7, 14, 28, 56, 84, 182, 364),
    "days": (0.25, 0.5, 1, 2, 7, 14, 28, 56, 84, 182, 364),
    "weeks": (1, 2, 4, 8, 12, 26, 52),
    "months": (1, 2, 3, 6, 12, 24),
}
_DECIMAL = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """What one direction of a picture measures.

    Parameters
    ----------
    label : the quantity in words, "Ketamine in plasma"
    unit : its unit, "ng/mL"; times in s, min, h, d, weeks or months get ticks of the clock
    low, high : limits in that unit; left out, they follow the data
    log : logarithmic; values at or below zero are left out of the drawing
    ticks : where to put ticks, instead of nice places
    words : what to write at those ticks, instead of their numbers: dates
    categories : names instead of numbers; marks then sit at positions 0, 1, 2 ...
    """

    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    log: bool = False
    ticks: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise InputError(f"Axis '{self.label}' runs from {self.low} to {self.high}; low first.")
        if self.log and self.low is not None and self.low <= 0:
            raise InputError(f"Log axis '{self.label}' starts at {self.low}; start above zero.")
        if self.words and len(self.words) != len(self.ticks):
            raise InputError(
                f"Axis '{self.label}' has {len(self.words)} words for {len(self.ticks)} ticks."
            )

    @property
    def text(self) -> str:
        return f"{self.label} ({self.unit})" if self.unit and self.label else self.label


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight or logarithmic map of [low, high] onto [start, end] in pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        return float(self.many(np.array([value]))[0])

    def many(self, values: Array) -> Array:
        """Pixels of `values`; NaN where a log scale has no place for them."""
        low, high, v = self.low, self.high, np.asarray(values, dtype=np.float64)
        if self.log:
            v = np.log(np.where(v > 0, v, np.nan))
            low, high = math.log(low), math.log(high)
        return self.start + (v - low) / (high - low) * (self.end - self.start)


def limits(axis: Axis, values: Array, *, zero: bool = False, round_out: bool = True) -> Array:
    """Lowest and highest value of an axis: as asked, else the data, rounded out to ticks."""
    if axis.categories:
        return np.array([-0.5, len(axis.categories) - 0.5])
    seen = values[np.isfinite(values)]
    if axis.log:
        seen = seen[seen > 0]
    if not seen.size:
        seen = np.array([1.0, 10.0]) if axis.log else np.array([0.0, 1.0])
    low, high = float(seen.min()), float(seen.max())
    if zero and not axis.log:
        low, high = min(low, 0.0), max(high, 0.0)
    low, high = _given(axis.low, low), _given(axis.high, high)
    if not high - low > 1e-12 * max(abs(low), abs(high), 1e-280):  # one value, to the eye
        pad = max(0.5, 1e-6 * abs(low))
        low, high = (low / 2, low * 2) if axis.log else (low - pad, low + pad)
    if round_out:
        low, high = _rounded_out(axis, low, high)
    return np.array([_given(axis.low, low), _given(axis.high, high)])


def _given(asked: float | None, found: float) -> float:
    return found if asked is None else asked


def _rounded_out(axis: Axis, low: float, high: float) -> tuple[float, float]:
    if axis.log:
        return _log_floor(low), _log_ceiling(high)
    step = _step(axis, low, high, 6)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def ticks(axis: Axis, low: float, high: float, count: int) -> list[float]:
    """Nice places for about `count` ticks between `low` and `high`."""
    if axis.categories:
        return [float(i) for i in range(len(axis.categories))]
    if axis.ticks:
        return [t for t in axis.ticks if low <= t <= high]
    if axis.log:
        return _log_ticks(low, high, count)
    step = _step(axis, low, high, count, even=True)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _step(axis: Axis, low: float, high: float, count: int, *, even: bool = False) -> float:
    rough = (high - low) / max(count, 1)
    power = float(10.0 ** math.floor(math.log10(rough)))
    steps = [power * s for s in _DECIMAL]
    clock = _CLOCK.get(axis.unit, ())
    if clock and clock[0] <= rough <= clock[-1]:
        steps = [float(s) for s in clock]
    misfit = 0.3 if even else 0.0
    return min(steps, key=lambda s: abs(math.log(s / rough)) + misfit * _uneven(high - low, s))


def _uneven(length: float, step: float) -> bool:
    """Whether ticks a `step` apart would leave a remainder at the end of the axis."""
    return abs(length / step - round(length / step)) > 1e-6


def _log_ticks(low: float, high: float, count: int) -> list[float]:
    decades = range(math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9) + 1)
    for minor in ((1, 2, 5), (1, 3), (1,)):
        found = [
            m * 10.0**d
            for d in decades
            for m in minor
            if low * 0.9999 <= m * 10.0**d <= high * 1.0001
        ]
        if len(found) <= max(count, 3) + 1:
            return found
    every = math.ceil(len(found) / max(count, 2))
    return found[::every]


def _log_floor(value: float) -> float:
    power = float(10.0 ** math.floor(math.log10(value) + 1e-9))
    return max(power * m for m in (1, 2, 5) if power * m <= value * (1 + 1e-9))


def _log_ceiling(value: float) -> float:
    power = float(10.0 ** math.floor(math.log10(value) + 1e-9))
    return min(power * m for m in (1, 2, 5, 10) if power * m >= value * (1 - 1e-9))


def tick_texts(axis: Axis, places: list[float]) -> list[str]:
    """The words beside the ticks, all with the same number of decimals."""
    if axis.categories:
        return list(axis.categories)
    if axis.words:
        said = dict(zip(axis.ticks, axis.words, strict=True))
        return [said[p] for p in places]
    if axis.log:
        return [number(p, max(0, -math.floor(math.log10(p) + 1e-9))) for p in places]
    return [number(p, _decimals(places)) for p in places]


def _decimals(places: list[float]) -> int:
    for decimals in range(7):
        if all(abs(p - round(p, decimals)) < 1e-9 * max(1.0, abs(p)) for p in places):
            return decimals
    return 7


def number(value: float, decimals: int) -> str:
    """A number as printed: a true minus, a thin gap between thousands, powers when extreme."""
    if value and not 1e-5 <= abs(value) < 1e7:
        mantissa, power = f"{value:.1e}".split("e")
        digits = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{mantissa.removesuffix('.0')}×10{digits}".replace("-", "−")
    text = f"{value:,.{decimals}f}"
    if abs(value) < 10_000:
        text = text.replace(",", "")
    return text.replace(",", "\u202f").replace("-", "−")


def compact(value: float) -> str:
    """A number for a table cell: four significant digits, no trailing noise."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    text = number(value, min(digits, 8))
    return text.rstrip("0").rstrip(".") if "." in text and "×" not in text else text
