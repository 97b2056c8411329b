"""What a page is made of: paragraphs, tables, pictures, cards, badges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from reprieve.errors import InputError
from reprieve.pictures import Picture
from reprieve.pictures.scale import compact, number

Tone = Literal["good", "warn", "bad", "plain"]

# What a word of status looks like; the word itself is always printed, colour only helps.
_TONES: dict[str, Tone] = {
    "pass": "good",
    "verified": "good",
    "inside": "good",
    "fail": "bad",
    "outside": "bad",
    "recalled": "warn",
    "assumed": "warn",
    "derived": "plain",
    "digitised": "plain",
    "estimated": "plain",
    "fixed": "plain",
    "measured": "good",
    "inferred": "warn",
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A word of status: verified, recalled, assumed, derived, digitised, pass, fail ..."""

    text: str
    tone: Tone | None = None

    @property
    def kind(self) -> Tone:
        return self.tone or _TONES.get(self.text, "plain")


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address: a DOI, a section ("#doses")."""

    text: str
    url: str

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://", "#")):
            raise InputError(f"link '{self.url}' is neither a web address nor a place on the page.")


Part = str | Badge | Link
Inline = Part | Sequence[Part]
Cell = Part | Sequence[Part] | float | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: heading, unit, and decimals if it holds numbers.

    `decimals` None prints numbers with four significant digits; a column is right-aligned when
    `numeric`, which left out follows the cells.
    """

    label: str
    unit: str = ""
    decimals: int | None = None
    numeric: bool | None = None


@dataclass(frozen=True, slots=True)
class DataTable:
    """Rows under headings. Columns may be given as words alone; None is an empty cell."""

    columns: Sequence[Column | str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""

    def __post_init__(self) -> None:
        plain = [c if isinstance(c, Column) else Column(c) for c in self.columns]
        for row in self.rows:
            if len(row) != len(plain):
                raise InputError(f"a row of {len(row)} cells under {len(plain)} headings: {row}.")
        object.__setattr__(self, "columns", [self._aligned(i, c) for i, c in enumerate(plain)])

    def _aligned(self, i: int, column: Column) -> Column:
        found = [row[i] for row in self.rows if row[i] not in (None, "")]
        numeric = bool(found) and all(_is_number(cell) for cell in found)
        if column.numeric is not None:
            numeric = column.numeric
        return Column(column.label, column.unit, column.decimals, numeric)

    def cells(self) -> list[list[Inline]]:
        """Rows as text, numbers printed with their column's decimals."""
        decimals = [c.decimals if isinstance(c, Column) else None for c in self.columns]
        return [
            [_text(cell, d) for cell, d in zip(row, decimals, strict=True)] for row in self.rows
        ]


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _text(cell: Cell, decimals: int | None) -> Inline:
    if cell is None:
        return ""
    if isinstance(cell, (int, float)):
        return number(cell, decimals) if decimals is not None and cell == cell else compact(cell)
    return cell


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture with a caption; its numbers follow as a table that unfolds."""

    picture: Picture
    caption: Inline = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One answer in large type."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Aside:
    """A paragraph set apart: a limit, a warning."""

    text: Inline
    heading: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Items:
    """A list of short points."""

    items: Sequence[Inline]


@dataclass(frozen=True, slots=True)
class Stage:
    """One position of a `Stepper`: its button and the paragraphs beside the picture."""

    label: str
    paragraphs: Sequence[Inline]


@dataclass(frozen=True, slots=True)
class Stepper:
    """A picture that is built up step by step, without script.

    `draw` gives the picture as SVG, for a prefix of its ids; its groups of class `rp-step-k`
    (k from 1) show from stage k on. The last stage is the one first seen; at most nine stages.
    """

    label: str
    draw: Callable[[str], str]
    stages: Sequence[Stage]


@dataclass(frozen=True, slots=True)
class Moment:
    """One position of an `Unfolding`: its tick ("Day 2"), its heading beside it, what it shows."""

    label: str
    heading: str
    blocks: "Sequence[Block]"


@dataclass(frozen=True, slots=True)
class Unfolding:
    """Moments under a slider; a list of all of them for print and for readers without script."""

    label: str
    moments: Sequence[Moment]


Block = str | Sequence[Part] | DataTable | Shown | Cards | Aside | Items | Stepper | Unfolding


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. Text blocks are plain text: markup is escaped."""

    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)

    @property
    def anchor(self) -> str:
        words = "".join(c if c.isalnum() else " " for c in self.title.lower()).split()
        return "-".join(words) or "section"
