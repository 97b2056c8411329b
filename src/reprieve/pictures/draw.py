"""Marks as SVG: each takes a mark, its colour and the frame that it stands in."""

from dataclasses import dataclass

import numpy as np

from reprieve.pictures import theme
from reprieve.pictures.marks import (
    Band,
    Bars,
    Dash,
    Doses,
    Line,
    Mark,
    Note,
    Points,
    Rule,
    Span,
    Stems,
)
from reprieve.pictures.scale import Array, Scale
from reprieve.pictures.text import number, safe

_DASH: dict[Dash, str] = {
    "solid": "",
    "dash": ' stroke-dasharray="6 4"',
    "dot": ' stroke-dasharray="1.5 3.5" stroke-linecap="round"',
    "dashdot": ' stroke-dasharray="8 3 2 3"',
}


DOSE_ROOM = 34.0  # pixels at the foot of a panel that doses may take


@dataclass(frozen=True, slots=True)
class Frame:
    """The plotting area in pixels, its two scales, and what bars must share."""

    left: float
    top: float
    right: float
    bottom: float
    x: Scale
    y: Scale
    bar_sets: int = 1

    @property
    def slot(self) -> float:
        """Width of one category in pixels."""
        return abs(self.x(1) - self.x(0))


def draw(mark: Mark, color: str, frame: Frame, nth_bar: int = 0) -> str:
    """One mark as SVG; rules and notes carry their words separately, see `panel`."""
    match mark:
        case Line():
            return _line(mark, color, frame)
        case Band():
            return _band(mark, color, frame)
        case Points():
            return _points(mark, color, frame)
        case Bars():
            return _bars(mark, color, frame, nth_bar)
        case Stems():
            return _stems(mark, color, frame)
        case Doses():
            return _doses(mark, color, frame)
        case Rule():
            return _rule(mark, color, frame)
        case Span():
            return _span(mark, color, frame)
        case Note():
            return _note(mark, color, frame)
    raise TypeError(f"no drawing for {type(mark).__name__}")


def _path(x: Array, y: Array, step: bool = False) -> str:
    """A path through finite points; a gap in the data is a gap in the line."""
    out: list[str] = []
    last: tuple[str, str] | None = None
    pen_up = True
    for px, py in zip(x, y, strict=True):
        if not (np.isfinite(px) and np.isfinite(py)):
            pen_up = True
            continue
        here = (number(px), number(py))
        if pen_up:
            out.append(f"M{here[0]} {here[1]}")
        elif step:
            out.append(f"H{here[0]}V{here[1]}")
        elif here != last:
            out.append(f"L{here[0]} {here[1]}")
        last, pen_up = here, False
    return "".join(out)


def _thin(x: Array, y: Array, tolerance: float = 0.15) -> Array:
    """Indices of the points that a path needs to stay within `tolerance` pixels (Douglas-Peucker).

    Long simulations arrive with a thousand points where a hundred draw the same line.
    """
    if len(x) < 60 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return np.arange(len(x), dtype=np.float64)
    keep = np.zeros(len(x), dtype=bool)
    keep[[0, -1]] = True
    stack = [(0, len(x) - 1)]
    while stack:
        a, b = stack.pop()
        if b - a < 2:
            continue
        dx, dy = x[b] - x[a], y[b] - y[a]
        length = float(np.hypot(dx, dy)) or 1.0
        inner = slice(a + 1, b)
        off = np.abs(dx * (y[inner] - y[a]) - dy * (x[inner] - x[a])) / length
        far = int(off.argmax())
        if off[far] > tolerance:
            keep[a + 1 + far] = True
            stack += [(a, a + 1 + far), (a + 1 + far, b)]
    return np.flatnonzero(keep).astype(np.float64)


def _line(mark: Line, color: str, frame: Frame) -> str:
    x, y = frame.x.many(mark.x), frame.y.many(mark.y)
    if not mark.step:
        at = _thin(x, y).astype(int)
        x, y = x[at], y[at]
    return (
        f'<path d="{_path(x, y, mark.step)}" {theme.stroke(color)} '
        f'stroke-width="{number(mark.width)}" stroke-linejoin="round"{_DASH[mark.dash]}/>'
    )


def _band(mark: Band, color: str, frame: Frame) -> str:
    x = frame.x.many(mark.x)
    low, high = frame.y.many(mark.low), frame.y.many(mark.high)
    # on a log scale a lower edge at zero lies below the paper
    low = np.where(np.isfinite(low) | ~np.isfinite(high), low, frame.bottom)
    pieces = []
    for run in _runs(np.isfinite(x) & np.isfinite(low) & np.isfinite(high)):
        xs, a, b = x[run], low[run], high[run]
        top, under = _thin(xs, b).astype(int), _thin(xs, a).astype(int)[::-1]
        there = _path(xs[top], b[top])
        back = _path(xs[under], a[under]).replace("M", "L", 1)
        pieces.append(f"{there}{back}Z")
    paint = theme.both(color) if mark.edged else theme.fill(color)
    edge = ' stroke-width="0.8"' if mark.edged else ""
    return f'<path d="{"".join(pieces)}" {paint} fill-opacity="{number2(mark.opacity)}"{edge}/>'


def number2(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _runs(good: np.ndarray) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]])))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _points(mark: Points, color: str, frame: Frame) -> str:
    at = mark.x + mark.nudge if mark.nudge.size else mark.x
    x, y = frame.x.many(at), frame.y.many(mark.y)
    parts = []
    if mark.low.size and mark.high.size:
        ends = frame.y.many(mark.low), frame.y.many(mark.high)
        parts.append(_whiskers(_upright(x, *ends), color))
    if mark.x_low.size and mark.x_high.size:
        ends = frame.x.many(mark.x_low), frame.x.many(mark.x_high)
        parts.append(_whiskers(_lying(y, *ends), color))
    paint = theme.hollow(color) if mark.hollow else theme.both(color)
    dots = "".join(
        _marker(mark.shape, px, py, mark.size)
        for px, py in zip(x, y, strict=True)
        if np.isfinite(px) and np.isfinite(py)
    )
    parts.append(f'<path d="{dots}" {paint} stroke-width="1.5"/>')
    return "".join(parts)


def _upright(x: Array, low: Array, high: Array, cap: float = 3.0) -> str:
    return "".join(
        f"M{number(a - cap)} {number(b)}h{number(2 * cap)}M{number(a)} {number(b)}V{number(c)}"
        f"m{number(-cap)} 0h{number(2 * cap)}"
        for a, b, c in zip(x, low, high, strict=True)
        if np.isfinite([a, b, c]).all()
    )


def _lying(y: Array, low: Array, high: Array, cap: float = 3.0) -> str:
    return "".join(
        f"M{number(b)} {number(a - cap)}v{number(2 * cap)}M{number(b)} {number(a)}H{number(c)}"
        f"m0 {number(-cap)}v{number(2 * cap)}"
        for a, b, c in zip(y, low, high, strict=True)
        if np.isfinite([a, b, c]).all()
    )


def _whiskers(path: str, color: str) -> str:
    return f'<path d="{path}" {theme.stroke(color)} stroke-width="1.5"/>'


def _marker(shape: str, x: float, y: float, r: float) -> str:
    n = number
    match shape:
        case "square":
            s = r * 0.9
            return f"M{n(x - s)} {n(y - s)}h{n(2 * s)}v{n(2 * s)}h{n(-2 * s)}Z"
        case "diamond":
            s = r * 1.25
            return f"M{n(x)} {n(y - s)}l{n(s)} {n(s)}l{n(-s)} {n(s)}l{n(-s)} {n(-s)}Z"
        case "triangle":
            s = r * 1.15
            return f"M{n(x)} {n(y - s)}l{n(s)} {n(1.75 * s)}h{n(-2 * s)}Z"
        case "bar":
            return f"M{n(x)} {n(y - 1.6 * r)}v{n(3.2 * r)}"
    return f"M{n(x - r)} {n(y)}a{n(r)} {n(r)} 0 1 0 {n(2 * r)} 0a{n(r)} {n(r)} 0 1 0 {n(-2 * r)} 0Z"


def _bars(mark: Bars, color: str, frame: Frame, nth: int) -> str:
    along, across = (frame.x, frame.y) if mark.horizontal else (frame.y, frame.x)
    slot = abs(across(1) - across(0))
    thick = min(0.72 * slot / frame.bar_sets, 46.0)
    first = -thick * frame.bar_sets / 2 + thick * nth
    zero = along(0.0) if not along.log else along(along.low)
    shapes, whiskers = [], []
    for i, value in enumerate(along.many(mark.values)):
        if not np.isfinite(value):
            continue
        start, size = min(zero, value), abs(value - zero)
        edge = across(float(i)) + first
        box = (start, edge, size, thick - 2) if mark.horizontal else (edge, start, thick - 2, size)
        px, py, w, h = (number(v) for v in box)
        shapes.append(f"M{px} {py}h{w}v{h}h-{w}Z")
    if mark.low.size and mark.high.size:
        middle = across.many(np.arange(len(mark.values), dtype=np.float64)) + first + thick / 2 - 1
        ends = along.many(mark.low), along.many(mark.high)
        path = _lying(middle, *ends) if mark.horizontal else _upright(middle, *ends)
        whiskers.append(_whiskers(path, "ink"))
    return f'<path d="{"".join(shapes)}" {theme.fill(color)}/>{"".join(whiskers)}'


def _stems(mark: Stems, color: str, frame: Frame) -> str:
    x, top = frame.x.many(mark.x), frame.y.many(mark.height)
    foot = frame.y(max(0.0, frame.y.low)) if not frame.y.log else frame.bottom
    lines = "".join(
        f"M{number(a)} {number(foot)}V{number(b)}"
        for a, b in zip(x, top, strict=True)
        if np.isfinite([a, b]).all()
    )
    heads = "".join(
        _marker("circle", a, b, 2.5)
        for a, b in zip(x, top, strict=True)
        if np.isfinite([a, b]).all()
    )
    return (
        f'<path d="{lines}" {theme.stroke(color)} stroke-width="1.5"/>'
        f'<path d="{heads}" {theme.fill(color)}/>'
    )


def _doses(mark: Doses, color: str, frame: Frame) -> str:
    x = frame.x.many(mark.x)
    tops = frame.bottom - 5 - mark.share * (DOSE_ROOM - 9)
    here = [(a, b) for a, b in zip(x, tops, strict=True) if np.isfinite([a, b]).all()]
    lines = "".join(f"M{number(a)} {number(frame.bottom)}V{number(b)}" for a, b in here)
    heads = "".join(_marker("circle", a, b, 3.2) for a, b in here)
    dashes = _DASH["dot"] if mark.hollow else ""
    paint = theme.hollow(color) if mark.hollow else theme.both(color)
    return (
        f'<path d="{lines}" {theme.stroke(color)} stroke-width="1.5"{dashes}/>'
        f'<path d="{heads}" {paint} stroke-width="1.5"/>'
    )


def _rule(mark: Rule, color: str, frame: Frame) -> str:
    if mark.vertical:
        path = f"M{number(frame.x(mark.at))} {number(frame.top)}V{number(frame.bottom)}"
    else:
        path = f"M{number(frame.left)} {number(frame.y(mark.at))}H{number(frame.right)}"
    return f'<path d="{path}" {theme.stroke(color)} stroke-width="1.2"{_DASH[mark.dash]}/>'


def _span(mark: Span, color: str, frame: Frame) -> str:
    a, b = frame.x(mark.low), frame.x(mark.high)
    return (
        f'<rect x="{number(a)}" y="{number(frame.top)}" width="{number(max(b - a, 1.0))}" '
        f'height="{number(frame.bottom - frame.top)}" {theme.fill(color)}/>'
    )


def _note(mark: Note, color: str, frame: Frame) -> str:
    return words(
        frame.x(mark.x) + mark.dx, frame.y(mark.y) + mark.dy, mark.text, color, mark.anchor, 12
    )


def words(
    x: float,
    y: float,
    text: str,
    color: str,
    anchor: str = "start",
    size: float = 12,
    weight: str = "",
) -> str:
    """Text with a halo of paper, so that a line beneath it stays legible."""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" '
        f'text-anchor="{anchor}"{f" font-weight={chr(34)}{weight}{chr(34)}" if weight else ""} '
        f'paint-order="stroke" class="rp-f-{color} rp-s-paper" fill="{theme.LIGHT[color]}" '
        f'stroke="{theme.LIGHT["paper"]}" stroke-width="3" stroke-linejoin="round">'
        f"{safe(text)}</text>"
    )
