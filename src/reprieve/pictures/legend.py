"""The key above a picture: one entry a label, drawn as its marks are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reprieve.errors import InputError
from reprieve.pictures import theme
from reprieve.pictures.draw import Frame, draw
from reprieve.pictures.marks import (
    Band,
    Bars,
    Doses,
    Line,
    Mark,
    Note,
    Points,
    Rule,
    Span,
    Stems,
)
from reprieve.pictures.scale import Scale
from reprieve.pictures.text import number, safe, width

ROW = 20.0
_SIZE = 12.5
_SWATCH = 24.0


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    samples: tuple[tuple[Mark, str], ...]


def assign(marks: Sequence[Mark]) -> list[str]:
    """A colour name for each mark: as asked, else one series colour a label, in order.

    A mark without a label takes the colour of the series before it; rules and notes are muted.
    """
    named: dict[str, str] = {}
    out: list[str] = []
    last = "1"
    for mark in marks:
        color = _asked(mark.color)
        if color is None and isinstance(mark, Span):
            color = "span"
        elif color is None and isinstance(mark, (Rule, Note)):
            color = "muted"
        elif color is None and mark.label in named:
            color = named[mark.label or ""]
        elif color is None and mark.label:
            used = set(named.values())
            free = [str(k) for k in range(1, theme.SERIES + 1) if str(k) not in used]
            color = free[0] if free else str(len(named) % theme.SERIES + 1)
        color = color or last
        if mark.label and not isinstance(mark, (Rule, Note, Span)):
            named.setdefault(mark.label, color)
            last = color
        out.append(color)
    return out


def _asked(color: int | str | None) -> str | None:
    if isinstance(color, int):
        return str((color - 1) % theme.SERIES + 1)
    if color is not None and color not in theme.LIGHT:
        raise InputError(f"No colour '{color}'; there are 1-6 and {', '.join(theme.LIGHT)}.")
    return color


def entries(marks: Sequence[Mark], colors: Sequence[str]) -> list[Entry]:
    """What the key lists, in order of first appearance."""
    found: dict[str, list[tuple[Mark, str]]] = {}
    for mark, color in zip(marks, colors, strict=True):
        if mark.label and not isinstance(mark, (Rule, Note, Span)):
            kinds = [type(m) for m, _ in found.setdefault(mark.label, [])]
            if type(mark) not in kinds:
                found[mark.label].append((mark, color))
    return [Entry(label, tuple(samples)) for label, samples in found.items()]


def rows(listed: Sequence[Entry], room: float) -> list[list[Entry]]:
    """Entries in rows no wider than `room` pixels."""
    out: list[list[Entry]] = []
    used = room + 1
    for entry in listed:
        need = _SWATCH + 8 + width(entry.label, _SIZE) + 18
        if used + need > room and (used > 0 or not out):
            out.append([])
            used = 0.0
        out[-1].append(entry)
        used += need
    return out


def render(lines: Sequence[Sequence[Entry]], top: float) -> str:
    """The key as SVG, its first row just under `top`."""
    parts = []
    for k, line in enumerate(lines):
        x, middle = 0.0, top + ROW * k + 9
        for entry in line:
            for mark, color in sorted(
                entry.samples, key=lambda s: isinstance(s[0], (Line, Points))
            ):
                parts.append(_swatch(mark, color, x, middle))
            at = x + _SWATCH + 8
            parts.append(
                f'<text x="{number(at)}" y="{number(middle + 4.5)}" font-size="{_SIZE}" '
                f"{theme.fill('ink')}>{safe(entry.label)}</text>"
            )
            x = at + width(entry.label, _SIZE) + 18
    return "".join(parts)


def _swatch(mark: Mark, color: str, x: float, y: float) -> str:
    unit = Frame(
        x, y - 6, x + _SWATCH, y + 6, Scale(0, 1, x, x + _SWATCH), Scale(0, 1, y + 6, y - 6)
    )
    ends, half, middle = np.array([0.0, 1.0]), np.array([0.5]), np.array([0.5, 0.5])
    match mark:
        case Line():
            return draw(Line(x=ends, y=middle, dash=mark.dash, width=mark.width), color, unit)
        case Band():
            low, high = ends * 0, ends * 0 + 1
            flat = Band(x=ends, low=low, high=high, opacity=mark.opacity, edged=mark.edged)
            return draw(flat, color, unit)
        case Points():
            dot = Points(x=half, y=half, hollow=mark.hollow, shape=mark.shape, size=mark.size)
            return draw(dot, color, unit)
        case Stems():
            return draw(Stems(x=half, height=np.array([0.9])), color, unit)
        case Doses():
            stem = Doses(x=half, share=np.array([0.0]), hollow=mark.hollow, names=("",))
            return draw(stem, color, unit)
        case Bars():
            box = f'x="{number(x + 5)}" y="{number(y - 6)}" width="14" height="12"'
            return f"<rect {box} {theme.fill(color)}/>"
    return ""
