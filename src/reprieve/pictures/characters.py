"""Pictures in characters, for whoever works in a terminal."""

from collections.abc import Sequence

import numpy as np
import plotext

from reprieve.pictures.figure import Figure, Grid, Picture
from reprieve.pictures.legend import assign
from reprieve.pictures.marks import Band, Bars, Doses, Line, Mark, Points, Rule, Stems
from reprieve.pictures.scale import Array, Axis, limits, tick_texts, ticks

# Colours that every terminal has, for the series colours of the SVG.
_COLORS = {
    "1": "blue+", "2": "orange", "3": "green", "4": "magenta", "5": "yellow", "6": "cyan+",
    "good": "green", "warn": "orange", "bad": "red", "muted": "gray", "ink": "default",
}  # fmt: skip


# Filled and hollow markers; without colour only the shape tells series apart.
_SHAPES = {"circle": "●○", "square": "■□", "diamond": "◆◇", "triangle": "▲△", "bar": "┃┃"}
_BRAILLE, _DOTS, _EDGE = "braille", "∙", "·"


def terminal(picture: Picture, columns: int = 90, rows: int = 22, *, color: bool = True) -> str:
    """The picture in characters.

    Parameters
    ----------
    picture : figures of a `Grid` follow one another
    columns, rows : size of one figure in characters
    color : False for files and for terminals without colour

    Notes
    -----
    Bands are drawn as their two edges, whiskers as upright strokes. Notes and spans are left out.
    """
    if isinstance(picture, Grid):
        drawn = [terminal(f, columns, rows, color=color) for f in picture.figures]
        return f"{picture.title}\n\n" + "\n".join(drawn)
    plotext.clear_figure()
    plotext.theme("clear" if not color else "pro")
    plotext.plot_size(columns, rows)
    names = assign(picture.marks)
    for mark, name in zip(picture.marks, names, strict=True):
        paint = _COLORS.get(name, "default")
        if isinstance(mark, Bars):
            _bars(mark, paint, [m for m in picture.marks if isinstance(m, Bars)])
        else:
            _draw(mark, paint, picture)
    _axes(picture, columns, rows)
    plotext.title(picture.title)
    shown: str = plotext.build().rstrip()
    text = "\n".join([shown, *_key(picture.marks, names, columns)])
    return (text if color else plotext.uncolorize(text)).rstrip() + "\n"


def _key(marks: Sequence[Mark], names: Sequence[str], columns: int) -> list[str]:
    """What the marks mean, in lines under the picture, where it hides nothing."""
    lines, used = list[str](), columns
    for k in sorted(_told(marks)):
        label = marks[k].label or ""
        if used + len(label) + 6 > columns:
            lines.append("")
            used = 0
        sample = plotext.colorize(_sample(marks[k]), _COLORS.get(names[k], "default"))
        lines[-1] += f"  {sample} {label}"
        used += len(label) + 6
    return lines


def _sample(mark: Mark) -> str:
    match mark:
        case Band():
            return "··"
        case Points():
            return f"{_SHAPES[mark.shape][mark.hollow]} "
        case Doses():
            return "△ " if mark.hollow else "▲ "
        case Bars():
            return "██"
        case Rule():
            return "│ " if mark.vertical else "──"
    return "∙∙" if isinstance(mark, Line) and mark.dash != "solid" else "⠒⠒"


def _told(marks: Sequence[Mark]) -> set[int]:
    """Which marks speak for their label in the key: one a label, and a band only if alone."""
    chosen: dict[str, int] = {}
    for k, mark in enumerate(marks):
        if mark.label and (
            mark.label not in chosen
            or (isinstance(marks[chosen[mark.label]], Band) and not isinstance(mark, Band))
        ):
            chosen[mark.label] = k
    return set(chosen.values())


def _draw(mark: Mark, color: str, figure: Figure) -> None:
    match mark:
        case Line():
            x, y = _held(mark) if mark.step else (mark.x, mark.y)
            _stroke(figure, x, y, color, _BRAILLE if mark.dash == "solid" else _DOTS)
        case Band():
            _stroke(figure, mark.x, mark.low, color, _EDGE)
            _stroke(figure, mark.x, mark.high, color, _EDGE)
        case Points():
            for x, low, high in zip(mark.x, mark.low, mark.high, strict=False):
                _stroke(figure, np.array([x, x]), np.array([low, high]), color)
            for y, low, high in zip(mark.y, mark.x_low, mark.x_high, strict=False):
                _stroke(figure, np.array([low, high]), np.array([y, y]), color)
            at = _places(figure, mark.x, mark.y)
            if at[0]:
                plotext.scatter(*at, color=color, marker=_SHAPES[mark.shape][mark.hollow])
        case Stems():
            for x, h in zip(mark.x, mark.height, strict=True):
                _stroke(figure, np.array([x, x]), np.array([0.0, h]), color)
        case Doses():
            places = _places(figure, mark.x, np.full(len(mark.x), figure.y.low or 0.0))
            if places[0]:
                head = "△" if mark.hollow else "▲"
                plotext.scatter(*places, color=color, marker=head)
        case Rule():
            here = _level(figure.x if mark.vertical else figure.y, np.array([mark.at]))[0]
            (plotext.vline if mark.vertical else plotext.hline)(float(here), color)


def _bars(mark: Bars, color: str, sets: list[Bars]) -> None:
    """One of several sets of bars, each shifted to its own place within the category."""
    thick = 0.8 / len(sets)
    shift = (sets.index(mark) - (len(sets) - 1) / 2) * thick
    n = len(mark.names)
    at = [(n - 1 - i if mark.horizontal else i) + shift for i in range(n)]
    side = "horizontal" if mark.horizontal else "vertical"
    plotext.bar(at, mark.values.tolist(), orientation=side, width=thick, color=color)


def _held(mark: Line) -> tuple[Array, Array]:
    return np.repeat(mark.x, 2)[1:], np.repeat(mark.y, 2)[:-1]


def _stroke(figure: Figure, x: Array, y: Array, color: str, marker: str = _BRAILLE) -> None:
    xs, ys = _places(figure, x, y)
    if xs:
        plotext.plot(xs, ys, color=color, marker=marker)


def _places(figure: Figure, x: Array, y: Array) -> tuple[list[float], list[float]]:
    """Where a mark goes: logs on log axes, only what is finite, y categories from the top."""
    x, y = _level(figure.x, x), _level(figure.y, y)
    if figure.y.categories:
        y = len(figure.y.categories) - 1 - y
    good = np.isfinite(x) & np.isfinite(y)
    return x[good].tolist(), y[good].tolist()


def _level(axis: Axis, values: Array) -> Array:
    if axis.log:
        return np.log10(np.where(values > 0, values, np.nan))
    return values


def _axes(figure: Figure, columns: int, rows: int) -> None:
    found = (("x", figure.x, columns // 12), ("y", figure.y, rows // 4))
    for side, axis, count in found:
        seen = [m.xs() if side == "x" else m.ys() for m in figure.marks]
        values = np.concatenate(seen) if seen else np.empty(0)
        stems = any(isinstance(m, (Stems, Bars)) for m in figure.marks)
        low, high = limits(axis, values, zero=stems and side == "y", round_out=side == "y")
        places = ticks(axis, float(low), float(high), count)
        at = _level(axis, np.array(places))
        words = tick_texts(axis, places)
        if axis.categories:
            room = (columns - 8) // len(words) - 1 if side == "x" else columns // 3
            words = [w if len(w) <= room else w[: room - 1] + "…" for w in words]
        if axis.categories and side == "y":
            words = words[::-1]
        ends = _level(axis, np.array([low, high]))
        (plotext.xticks if side == "x" else plotext.yticks)(at.tolist(), words)
        (plotext.xlim if side == "x" else plotext.ylim)(float(ends[0]), float(ends[1]))
        (plotext.xlabel if side == "x" else plotext.ylabel)(axis.text)
