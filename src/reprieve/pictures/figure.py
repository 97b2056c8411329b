"""Pictures: what science found, as SVG and as the same numbers in a table."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from numpy.typing import ArrayLike

from reprieve.errors import InputError
from reprieve.pictures import legend, panel, theme
from reprieve.pictures.marks import (
    Band,
    Bars,
    Dash,
    Doses,
    Line,
    Mark,
    Note,
    Points,
    Row,
    Rule,
    Span,
    Stems,
    column,
)
from reprieve.pictures.scale import Array, Axis
from reprieve.pictures.text import number, safe

Legend = Literal["top", "direct", "none"]
Shape = Literal["circle", "square", "diamond", "triangle", "bar"]


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a picture: headings and rows of text or numbers."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class Figure:
    """One coordinate system, filled mark by mark; every method returns the figure.

    Parameters
    ----------
    title : what the picture says, in a line
    desc : the same for somebody who cannot see it: the finding, not the ink
    x, y : the two axes, with units
    width, height : pixels; the drawing scales with its page
    legend : "top" a key under the title, "direct" names at the line ends, "none"

    Notes
    -----
    Colours are given as a series number 1-6 or a name of `theme.LIGHT` ("good", "bad", "muted").
    Left out, each new label takes the next series colour, and marks that share a label share a
    colour and one legend entry: a median line and its band belong together.

    Examples
    --------
    >>> fig = Figure("Two decays", "One is slower.", Axis("Time", "h"), Axis("Level", "mg/L"))
    >>> _ = fig.line([0, 1, 2], [4, 2, 1], "fast").line([0, 1, 2], [4, 3, 2.25], "slow")
    >>> fig.svg().startswith("<svg")
    True
    >>> fig.table().rows[0]
    ('fast', 0.0, 4.0, '', '')
    """

    def __init__(
        self,
        title: str,
        desc: str = "",
        x: Axis | None = None,
        y: Axis | None = None,
        *,
        width: float = 720,
        height: float = 340,
        legend: Legend = "top",
    ) -> None:
        self.title, self.desc = title, desc or title
        self.x, self.y = x or Axis(""), y or Axis("")
        self.width, self.height, self.legend = width, height, legend
        self.marks: list[Mark] = []

    def _add(self, mark: Mark) -> Self:
        self.marks.append(mark)
        return self

    def line(
        self, x: ArrayLike, y: ArrayLike, label: str | None = None, *,
        color: int | str | None = None, dash: Dash = "solid", width: float = 2.0,
    ) -> Self:  # fmt: skip
        """A line through (x, y), arrays (n,) in axis units; NaN makes a gap."""
        xs = column("x", x)
        return self._add(Line(label, color, xs, column("y", y, len(xs)), dash, width))

    def steps(
        self, x: ArrayLike, y: ArrayLike, label: str | None = None, *,
        color: int | str | None = None, dash: Dash = "solid",
    ) -> Self:  # fmt: skip
        """A line that holds each y until the next x, as survival curves do."""
        xs = column("x", x)
        return self._add(Line(label, color, xs, column("y", y, len(xs)), dash, 2.0, step=True))

    def band(
        self, x: ArrayLike, low: ArrayLike, high: ArrayLike, label: str | None = None, *,
        color: int | str | None = None, opacity: float = 0.22, edged: bool = False,
    ) -> Self:  # fmt: skip
        """The area between two curves, arrays (n,) in axis units; `edged` outlines it."""
        xs = column("x", x)
        n = len(xs)
        ends = column("low", low, n), column("high", high, n)
        return self._add(Band(label, color, xs, *ends, opacity, edged))

    def points(
        self, x: ArrayLike, y: ArrayLike, label: str | None = None, *,
        low: ArrayLike | None = None, high: ArrayLike | None = None,
        x_low: ArrayLike | None = None, x_high: ArrayLike | None = None,
        color: int | str | None = None, hollow: bool = False, size: float = 4.0,
        shape: Shape = "circle", names: Sequence[str] = (), nudge: ArrayLike | None = None,
    ) -> Self:  # fmt: skip
        """Markers at (x, y) with error bars where `low`/`high` (y) or `x_low`/`x_high` are given.

        `names` call single points by name in the table. `nudge` moves points sideways (axis units)
        in the drawing alone, where several share a place; the table keeps their own x.
        """
        xs = column("x", x)
        n = len(xs)
        mark = Points(
            label, color, xs, column("y", y, n),
            _ends("low", low, n), _ends("high", high, n),
            _ends("x_low", x_low, n), _ends("x_high", x_high, n),
            hollow, size, shape, tuple(names), _ends("nudge", nudge, n),
        )  # fmt: skip
        return self._add(mark)

    def stems(
        self, x: ArrayLike, height: ArrayLike, label: str | None = None, *,
        color: int | str | None = None,
    ) -> Self:  # fmt: skip
        """Thin bars from zero: doses over time."""
        xs = column("x", x)
        return self._add(Stems(label, color, xs, column("height", height, len(xs))))

    def doses(
        self, x: ArrayLike, share: ArrayLike, names: Sequence[str], label: str | None = None, *,
        color: int | str | None = None, hollow: bool = False,
    ) -> Self:  # fmt: skip
        """Short stems on the foot of the panel, their length a `share` (0 to 1) of the room there.

        They stand outside the y axis: start it lower than its first tick to keep their room free.
        """
        xs = column("x", x)
        if len(names) != len(xs):
            raise InputError(f"names has {len(names)} values where {len(xs)} were expected.")
        shares = column("share", share, len(xs))
        return self._add(Doses(label, color, xs, shares, tuple(names), hollow))

    def bars(
        self, names: Sequence[str], values: ArrayLike, low: ArrayLike | None = None,
        high: ArrayLike | None = None, label: str | None = None, *,
        color: int | str | None = None, horizontal: bool = False,
    ) -> Self:  # fmt: skip
        """Bars over named categories, from zero; a second set stands beside the first."""
        axis = self.y if horizontal else self.x
        if axis.categories and axis.categories != tuple(names):
            raise InputError(f"bars for {tuple(names)} on an axis of {axis.categories}.")
        named = Axis(axis.label, axis.unit, categories=tuple(names))
        self.x, self.y = (self.x, named) if horizontal else (named, self.y)
        n = len(names)
        ends = _ends("low", low, n), _ends("high", high, n)
        return self._add(
            Bars(label, color, tuple(names), column("values", values, n), *ends, horizontal)
        )

    def vline(
        self, at: float, label: str | None = None, *, color: int | str | None = None,
        dash: Dash = "dash",
    ) -> Self:  # fmt: skip
        """An upright rule, named at its top."""
        return self._add(Rule(label, color, float(at), True, dash))

    def hline(
        self, at: float, label: str | None = None, *, color: int | str | None = None,
        dash: Dash = "dash", outside: bool = False,
    ) -> Self:  # fmt: skip
        """A level rule, named at its right end: a threshold. `outside` puts the name beside it."""
        return self._add(Rule(label, color, float(at), False, dash, outside))

    def span(
        self, low: float, high: float, label: str | None = None, *,
        color: int | str | None = None,
    ) -> Self:  # fmt: skip
        """A shaded stretch of the x axis: an infusion, a phase."""
        return self._add(Span(label, color, float(low), float(high)))

    def note(
        self, x: float, y: float, text: str, *, dx: float = 6.0, dy: float = -6.0,
        anchor: Literal["start", "middle", "end"] = "start", color: int | str | None = None,
    ) -> Self:  # fmt: skip
        """Words at a place, `dx` and `dy` pixels off it."""
        return self._add(Note(None, color, float(x), float(y), text, dx, dy, anchor))

    def table(self, most: int | None = None) -> Table:
        """The numbers drawn, a row each: series, x, y, low, high.

        With `most`, a line or band of more points is thinned to that many, evenly, ends kept.
        """
        rows: list[Row] = []
        for mark in self.marks:
            found = mark.rows()
            if most is not None and isinstance(mark, (Line, Band)) and len(found) > most:
                last = len(found) - 1
                found = [found[round(k * last / (most - 1))] for k in range(most)]
            rows += found
        return Table(
            ("Series", self.x.text or "Category", self.y.text or "Value", "Low", "High"),
            tuple(rows),
        )

    def svg(self, *, standalone: bool = True, prefix: str = "") -> str:
        """The picture as SVG text, the same for the same numbers.

        Parameters
        ----------
        standalone : with its own style sheet and paper, for a file; without, for a page that
            carries `theme.css()`
        prefix : put before every id, for pages that show one picture twice
        """
        return _document(self, standalone, prefix)

    def body(self, ident: str, colors: Sequence[str], heading: float, key: bool) -> str:
        """The drawing without its `<svg>` frame; for `Grid` and `svg`."""
        listed = legend.entries(self.marks, colors) if key and self.legend == "top" else []
        lines = legend.rows(listed, self.width)
        above = legend.ROW * len(lines) + (2 if lines else 0)
        top = heading + 8 if self.title else 2
        drawing = panel.render(
            panel.Spec(
                self.title, self.x, self.y, self.marks, colors, self.width, self.height,
                f"{ident}-clip", self.legend == "direct", heading, above,
            )
        )  # fmt: skip
        return drawing + legend.render(lines, top)


def _ends(name: str, values: ArrayLike | None, n: int) -> Array:
    return column(name, values, None if values is None else n)


class Grid:
    """Several figures on one sheet, with one key: small multiples.

    Parameters
    ----------
    title, desc : of the whole sheet
    figures : in reading order
    columns : how many stand side by side
    width : pixels of the sheet; each figure takes an equal share and keeps its height
    key : True draws one legend for all, False leaves each figure its own
    """

    def __init__(
        self,
        title: str,
        desc: str,
        figures: Sequence[Figure],
        *,
        columns: int = 2,
        width: float = 720,
        key: bool = True,
    ) -> None:
        if not figures:
            raise InputError("a Grid needs at least one figure.")
        self.title, self.desc, self.figures = title, desc or title, list(figures)
        self.columns, self.width, self.key = columns, width, key

    @property
    def marks(self) -> list[Mark]:
        return [mark for figure in self.figures for mark in figure.marks]

    def table(self, most: int | None = None) -> Table:
        """The numbers of all figures, each series prefixed with its figure's title."""
        tables = [(f.title, f.table(most)) for f in self.figures]
        rows = [
            (f"{title}: {row[0]}" if row[0] else title, *row[1:])
            for title, table in tables
            for row in table.rows
        ]
        return Table(tables[0][1].columns, tuple(rows))

    def svg(self, *, standalone: bool = True, prefix: str = "") -> str:
        """As `Figure.svg`."""
        return _document(self, standalone, prefix)

    def layout(self, ident: str) -> tuple[str, float]:
        """The sheet's drawing and its height in pixels."""
        colors = legend.assign(self.marks)
        listed = legend.entries(self.marks, colors) if self.key else []
        lines = legend.rows(listed, self.width)
        gap = 28.0
        share = (self.width - gap * (self.columns - 1)) / self.columns
        parts = [panel.heading(self.title), legend.render(lines, 26)]
        top, at = 34 + legend.ROW * len(lines), 0
        for start in range(0, len(self.figures), self.columns):
            row = self.figures[start : start + self.columns]
            for k, figure in enumerate(row):
                own = colors[at : at + len(figure.marks)]
                at += len(figure.marks)
                figure.width = share
                inner = figure.body(f"{ident}-{start + k}", own, 13, not self.key)
                x = k * (share + gap)
                parts.append(f'<g transform="translate({number(x)} {number(top)})">{inner}</g>')
            top += max(f.height for f in row) + 18
        return "".join(parts), top - 18


Picture = Figure | Grid


def _document(picture: Picture, standalone: bool, prefix: str) -> str:
    digest = hashlib.sha256(
        repr((picture.title, picture.desc, picture.table().rows)).encode()
    ).hexdigest()
    ident = f"{prefix}rp{digest[:8]}"
    if isinstance(picture, Grid):
        body, high = picture.layout(ident)
    else:
        body, high = picture.body(ident, legend.assign(picture.marks), 15, True), picture.height
    edge = 16.0 if standalone else 2.0
    wide, tall = number(picture.width + 2 * edge), number(high + 2 * edge)
    paper = (
        f"<style>{theme.css()}</style>"
        f'<rect width="{wide}" height="{tall}" rx="6" {theme.fill("paper")}/>'
        if standalone
        else ""
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" width="{wide}" '
        f'height="{tall}" class="rp-figure" role="img" aria-labelledby="{ident}-t {ident}-d" '
        f'font-family="{safe(theme.FONT)}"><title id="{ident}-t">{safe(picture.title)}</title>'
        f'<desc id="{ident}-d">{safe(picture.desc)}</desc>{paper}'
        f'<g transform="translate({number(edge)} {number(edge)})">{body}</g></svg>\n'
    )
