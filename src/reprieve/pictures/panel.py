"""One coordinate system on paper: margins, grid, ticks, marks and their names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reprieve.pictures import theme
from reprieve.pictures.draw import Frame, draw, words
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
from reprieve.pictures.scale import Array, Axis, Scale, limits, tick_texts, ticks
from reprieve.pictures.text import number, safe, width, wrap

TICK = 12.0  # font size of tick labels
_ORDER: tuple[type[Mark], ...] = (
    Span,
    Band,
    Bars,
    Stems,
    Doses,
    Rule,
    Line,
    Points,
    Note,
)


@dataclass(frozen=True, slots=True)
class Spec:
    """What a panel shows and how much room it has, in pixels."""

    title: str
    x: Axis
    y: Axis
    marks: Sequence[Mark]
    colors: Sequence[str]
    wide: float
    high: float
    clip: str
    direct: bool = False
    heading: float = 15.0
    above: float = 0.0  # room kept free under the title, for a legend


def render(spec: Spec) -> str:
    """The panel as SVG, its origin at the top left."""
    frame, x_places, y_places = _frame(spec)
    inside: list[str] = []
    over: list[str] = []
    bars = [m for m in spec.marks if isinstance(m, Bars)]
    ranked = sorted(
        zip(spec.marks, spec.colors, strict=True), key=lambda pair: _ORDER.index(type(pair[0]))
    )
    for mark, color in ranked:
        clipped = not isinstance(mark, (Points, Note, Stems, Doses))
        target = inside if clipped else over
        target.append(draw(mark, color, frame, bars.index(mark) if isinstance(mark, Bars) else 0))
    box = (
        f'<clipPath id="{spec.clip}"><rect x="{number(frame.left)}" y="{number(frame.top - 2)}" '
        f'width="{number(frame.right - frame.left)}" '
        f'height="{number(frame.bottom - frame.top + 4)}"/></clipPath>'
    )
    spans = sum(isinstance(m, Span) for m in spec.marks)
    return "".join(
        [
            box,
            _clipped(spec.clip, inside[:spans]),
            _grid(spec, frame, x_places, y_places),
            _clipped(spec.clip, inside[spans:]),
            _axes(spec, frame, x_places, y_places),
            *over,
            _rule_words(spec, frame),
            _direct_labels(spec, frame),
        ]
    )


def _clipped(clip: str, parts: list[str]) -> str:
    return f'<g clip-path="url(#{clip})">{"".join(parts)}</g>' if parts else ""


def _frame(spec: Spec) -> tuple[Frame, list[float], list[float]]:
    top = (spec.heading + 8 if spec.title else 4) + spec.above + (25 if spec.y.text else 6)
    lines = len(_wrapped_categories(spec)) if spec.x.categories else 1
    foot = 8 + 15 * lines + (19 if spec.x.text else 2)
    bottom = spec.high - foot
    y_low, y_high = _y_limits(spec)
    y_places = ticks(spec.y, y_low, y_high, max(2, round((bottom - top) / 42)))
    labels = tick_texts(spec.y, y_places)
    left = 10 + max((width(t, TICK) for t in labels), default=0.0)
    left = min(left, 0.5 * spec.wide)
    right = spec.wide - _right_room(spec)
    x_low, x_high = _x_limits(spec)
    x_places = ticks(spec.x, x_low, x_high, max(2, round((right - left) / 82)))
    if spec.y.categories:  # read from the top down
        y_low, y_high = y_high, y_low
    frame = Frame(
        left, top, right, bottom,
        Scale(x_low, x_high, left, right, spec.x.log),
        Scale(y_low, y_high, bottom, top, spec.y.log),
        max(1, sum(isinstance(m, Bars) for m in spec.marks)),
    )  # fmt: skip
    return frame, x_places, y_places


def _x_limits(spec: Spec) -> Array:
    values = _gather([m.xs() for m in spec.marks])
    lying = any(isinstance(m, Bars) and m.horizontal for m in spec.marks)
    drawn = any(isinstance(m, (Line, Band)) for m in spec.marks)
    exact = drawn and not spec.x.log
    return limits(spec.x, values, zero=lying, round_out=not exact)


def _y_limits(spec: Spec) -> Array:
    marks = spec.marks
    values = _gather([m.ys() for m in spec.marks])
    zero = any(isinstance(m, Stems) or (isinstance(m, Bars) and not m.horizontal) for m in marks)
    return limits(spec.y, values, zero=zero)


def _gather(columns: list[Array]) -> Array:
    return np.concatenate(columns) if columns else np.empty(0)


def _wrapped_categories(spec: Spec) -> list[list[str]]:
    """Category names in lines: element k holds line k of every name."""
    room = (spec.wide - 60) / max(1, len(spec.x.categories)) - 6
    names = [wrap(name, TICK, room) for name in spec.x.categories]
    deep = max((len(n) for n in names), default=1)
    return [[n[k] if k < len(n) else "" for n in names] for k in range(deep)]


def _grid(spec: Spec, frame: Frame, x_places: list[float], y_places: list[float]) -> str:
    paths = []
    if not spec.y.categories:
        for v in y_places:
            paths.append(f"M{number(frame.left)} {number(frame.y(v))}H{number(frame.right)}")
    if spec.y.categories or (spec.x.log and spec.y.log):
        for v in x_places:
            paths.append(f"M{number(frame.x(v))} {number(frame.top)}V{number(frame.bottom)}")
    return f'<path d="{"".join(paths)}" {theme.stroke("grid")} stroke-width="1"/>'


def _axes(spec: Spec, frame: Frame, x_places: list[float], y_places: list[float]) -> str:
    base = f"M{number(frame.left)} {number(frame.bottom)}H{number(frame.right)}"
    if not spec.x.categories:
        base += "".join(f"M{number(frame.x(v))} {number(frame.bottom)}v4" for v in x_places)
    parts = [f'<path d="{base}" {theme.stroke("frame")} stroke-width="1"/>']
    if frame.y.low < 0 < frame.y.high and not spec.y.categories:
        zero = f"M{number(frame.left)} {number(frame.y(0.0))}H{number(frame.right)}"
        parts.append(f'<path d="{zero}" {theme.stroke("frame")} stroke-width="1"/>')
    parts += _x_words(spec, frame, x_places)
    for place, text in zip(y_places, tick_texts(spec.y, y_places), strict=True):
        parts.append(_plain(frame.left - 7, frame.y(place) + 4, text, "end"))
    if spec.y.text:
        parts.append(_plain(0, frame.top - 11, spec.y.text, "start", "muted"))
    if spec.title:
        parts.append(_plain(0, spec.heading, spec.title, "start", "ink", spec.heading, "600"))
    return "".join(parts)


def _x_words(spec: Spec, frame: Frame, places: list[float]) -> list[str]:
    rows = _wrapped_categories(spec) if spec.x.categories else [tick_texts(spec.x, places)]
    parts = []
    for k, row in enumerate(rows):
        y = frame.bottom + 18 + 15 * k
        for place, text in zip(places, row, strict=True):
            if text:
                parts.append(_plain(frame.x(place), y, text, "middle"))
    if spec.x.text:
        middle, y = (frame.left + frame.right) / 2, spec.high - 5
        parts.append(_plain(middle, y, spec.x.text, "middle", "muted"))
    return parts


def _plain(
    x: float,
    y: float,
    text: str,
    anchor: str,
    color: str = "ink",
    size: float = TICK,
    weight: str = "",
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" '
        f'text-anchor="{anchor}"{bold} {theme.fill(color)}>{safe(text)}</text>'
    )


def _rule_words(spec: Spec, frame: Frame) -> str:
    """Names of rules and spans: upright ones in free rows on top, level ones at the right."""
    out: list[str] = []
    rows: list[float] = []  # right end of the last label in each row
    tops = [
        (frame.x(m.at if isinstance(m, Rule) else m.low), m.label, c)
        for m, c in zip(spec.marks, spec.colors, strict=True)
        if m.label and (isinstance(m, Span) or (isinstance(m, Rule) and m.vertical))
    ]
    for x, label, color in sorted(tops):
        long = width(label, TICK)
        start = x + 4 if x + 4 + long <= frame.right else x - 4 - long
        row = next((k for k, end in enumerate(rows) if start > end + 6), len(rows))
        rows[row : row + 1] = [start + long]
        shown = "muted" if color == "span" else color
        out.append(words(start, frame.top + 12 + 15 * row, label, shown))
    taken: list[float] = []
    for m, color in zip(spec.marks, spec.colors, strict=True):
        if isinstance(m, Rule) and not m.vertical and m.label and not m.outside:
            y = frame.y(m.at) - 5
            if y < frame.top + 8 or any(abs(y - other) < 13 for other in taken):
                y += 18
            taken.append(y)
            out.append(words(frame.right - 2, y, m.label, color, "end"))
    return "".join(out)


def _right_room(spec: Spec) -> float:
    return 14 + max((width(m.label, TICK) for m in _named_beside(spec) if m.label), default=0.0)


def _named_beside(spec: Spec) -> list[Mark]:
    """What is named to the right of the panel: lines if asked, rules that say so."""
    return [
        m
        for m in spec.marks
        if m.label
        and ((isinstance(m, Line) and spec.direct) or (isinstance(m, Rule) and m.outside))
    ]


def _direct_labels(spec: Spec, frame: Frame) -> str:
    """Names at the right end of their lines, pushed apart where they would touch."""
    ends: list[tuple[float, str, str]] = []
    beside = {id(m) for m in _named_beside(spec)}
    for mark, color in zip(spec.marks, spec.colors, strict=True):
        if id(mark) not in beside or not mark.label:
            continue
        if isinstance(mark, Rule):
            ends.append((frame.y(mark.at), mark.label, color))
        elif isinstance(mark, Line) and (good := np.isfinite(frame.y.many(mark.y))).any():
            last = float(mark.y[np.flatnonzero(good)[-1]])
            ends.append((frame.y(last), mark.label, color))
    ends.sort()
    places = _apart([y for y, _, _ in ends], frame.bottom)
    return "".join(
        words(frame.right + 6, y + 4, label, color, weight="600" if spec.direct else "")
        for y, (_, label, color) in zip(places, ends, strict=True)
    )


def _apart(places: list[float], bottom: float, gap: float = 14.0) -> list[float]:
    """Rising places moved down until they stand `gap` apart, then all up if below `bottom`."""
    out: list[float] = []
    for place in places:
        out.append(max(place, out[-1] + gap) if out else place)
    spill = max(0.0, out[-1] - bottom) if out else 0.0
    return [place - spill for place in out]


def heading(title: str) -> str:
    """The title of a whole sheet."""
    return _plain(0, 15, title, "start", "ink", 15, "600") if title else ""
