"""What a picture is made of: data with a place, a label and a colour, before any drawing."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reprieve.errors import InputError
from reprieve.pictures.scale import Array

Dash = Literal["solid", "dash", "dot", "dashdot"]
Row = tuple[str, float | str, float | str, float | str, float | str]
_NONE = np.empty(0)


@dataclass(frozen=True, slots=True)
class Mark:
    """Common to all marks: a legend label and a colour (series number or name)."""

    label: str | None = None
    color: int | str | None = None

    def xs(self) -> Array:
        return _NONE

    def ys(self) -> Array:
        return _NONE

    def rows(self) -> list[Row]:
        """(series, x, y, low, high) for the table that says the same as the picture."""
        return []


@dataclass(frozen=True, slots=True)
class Line(Mark):
    x: Array = field(default_factory=lambda: _NONE)
    y: Array = field(default_factory=lambda: _NONE)
    dash: Dash = "solid"
    width: float = 2.0
    step: bool = False

    def xs(self) -> Array:
        return self.x

    def ys(self) -> Array:
        return self.y

    def rows(self) -> list[Row]:
        return [
            (self.label or "", x, y, "", "")
            for x, y in zip(self.x.tolist(), self.y.tolist(), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Band(Mark):
    x: Array = field(default_factory=lambda: _NONE)
    low: Array = field(default_factory=lambda: _NONE)
    high: Array = field(default_factory=lambda: _NONE)
    opacity: float = 0.22
    edged: bool = False

    def xs(self) -> Array:
        return self.x

    def ys(self) -> Array:
        return np.concatenate([self.low, self.high])

    def rows(self) -> list[Row]:
        triples = zip(self.x.tolist(), self.low.tolist(), self.high.tolist(), strict=True)
        return [(self.label or "", x, "", low, high) for x, low, high in triples]


@dataclass(frozen=True, slots=True)
class Points(Mark):
    x: Array = field(default_factory=lambda: _NONE)
    y: Array = field(default_factory=lambda: _NONE)
    low: Array = field(default_factory=lambda: _NONE)
    high: Array = field(default_factory=lambda: _NONE)
    x_low: Array = field(default_factory=lambda: _NONE)
    x_high: Array = field(default_factory=lambda: _NONE)
    hollow: bool = False
    size: float = 4.0
    shape: Literal["circle", "square", "diamond", "triangle", "bar"] = "circle"
    names: tuple[str, ...] = ()
    nudge: Array = field(default_factory=lambda: _NONE)

    def xs(self) -> Array:
        return np.concatenate([self.x, self.x_low, self.x_high])

    def ys(self) -> Array:
        return np.concatenate([self.y, self.low, self.high])

    def rows(self) -> list[Row]:
        low, high = (self.low, self.high) if self.low.size else (self.x_low, self.x_high)
        n = len(self.x)
        names = self.names or (self.label or "",) * n
        columns = names, self.x.tolist(), self.y.tolist(), _cells(low, n), _cells(high, n)
        return list(zip(*columns, strict=True))


@dataclass(frozen=True, slots=True)
class Bars(Mark):
    """Bars over categories, from zero; several sets of them stand side by side."""

    names: tuple[str, ...] = ()
    values: Array = field(default_factory=lambda: _NONE)
    low: Array = field(default_factory=lambda: _NONE)
    high: Array = field(default_factory=lambda: _NONE)
    horizontal: bool = False

    def _lengths(self) -> Array:
        return np.concatenate([self.values, self.low, self.high])

    def xs(self) -> Array:
        return self._lengths() if self.horizontal else _NONE

    def ys(self) -> Array:
        return _NONE if self.horizontal else self._lengths()

    def rows(self) -> list[Row]:
        n = len(self.names)
        series = (self.label or "",) * n
        ends = _cells(self.low, n), _cells(self.high, n)
        return list(zip(series, self.names, self.values.tolist(), *ends, strict=True))


@dataclass(frozen=True, slots=True)
class Stems(Mark):
    """Thin bars from zero at given places: doses on a time axis."""

    x: Array = field(default_factory=lambda: _NONE)
    height: Array = field(default_factory=lambda: _NONE)

    def xs(self) -> Array:
        return self.x

    def ys(self) -> Array:
        return self.height

    def rows(self) -> list[Row]:
        return [
            (self.label or "", x, h, "", "")
            for x, h in zip(self.x.tolist(), self.height.tolist(), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Doses(Mark):
    """What was given when: short stems on the foot of the panel, as long as their `share` says.

    `share` 0 to 1 of the room that doses have; `names` what each one is, for the table.
    """

    x: Array = field(default_factory=lambda: _NONE)
    share: Array = field(default_factory=lambda: _NONE)
    names: tuple[str, ...] = ()
    hollow: bool = False

    def xs(self) -> Array:
        return self.x

    def rows(self) -> list[Row]:
        return [(name, x, "", "", "") for name, x in zip(self.names, self.x.tolist(), strict=True)]


@dataclass(frozen=True, slots=True)
class Rule(Mark):
    """A straight line across the whole panel, named at its end."""

    at: float = 0.0
    vertical: bool = False
    dash: Dash = "dash"
    outside: bool = False

    def xs(self) -> Array:
        return np.array([self.at]) if self.vertical else _NONE

    def ys(self) -> Array:
        return _NONE if self.vertical else np.array([self.at])

    def rows(self) -> list[Row]:
        place: tuple[float | str, float | str] = (self.at, "") if self.vertical else ("", self.at)
        return [(self.label or "", *place, "", "")]


@dataclass(frozen=True, slots=True)
class Span(Mark):
    """A stretch of the x axis: an infusion, a phase."""

    low: float = 0.0
    high: float = 0.0

    def xs(self) -> Array:
        return np.array([self.low, self.high])

    def rows(self) -> list[Row]:
        return [(self.label or "", "", "", self.low, self.high)]


@dataclass(frozen=True, slots=True)
class Note(Mark):
    """Words at a place, `dx` and `dy` pixels away from it."""

    x: float = 0.0
    y: float = 0.0
    text: str = ""
    dx: float = 6.0
    dy: float = -6.0
    anchor: Literal["start", "middle", "end"] = "start"

    def rows(self) -> list[Row]:
        return [(self.text, self.x, self.y, "", "")]


def _cells(values: Array, n: int) -> list[float | str]:
    return list(values.tolist()) if values.size else [""] * n


def column(name: str, values: ArrayLike | None, length: int | None = None) -> Array:
    """A column of numbers, or an error that says which one was wrong; None is an empty one."""
    if values is None:
        return _NONE
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} holds something that is not a number: {error}.") from None
    if found.ndim != 1:
        raise InputError(f"{name} has {found.ndim} dimensions; a picture takes one.")
    if length is not None and len(found) != length:
        raise InputError(f"{name} has {len(found)} values where {length} were expected.")
    return found
