"""Numbers, bands and sources as instrument files write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reprieve.evidence.schema import STATUSES, Table


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of an instrument file with what it rests on."""

    value: float
    status: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a rule without a number of its own rests on."""

    status: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A severity band: `low` to `high`, both included."""

    name: str
    low: float
    high: float


def band_of(bands: Sequence[Band], score: float) -> str:
    """The name of the band that holds a score; empty where there are no bands."""
    return next((band.name for band in reversed(bands) if score >= band.low), "")


def references(table: Table, key: str) -> tuple[str, ...]:
    """A list of bibliography keys, each one known."""
    from reprieve.evidence.references import has_reference

    found = table.texts(key)
    for name in found:
        if not has_reference(name):
            table.refuse(f"'{name}' is not in references.bib; add the entry first", key)
    return found


def known(table: Table) -> Known:
    """Status, source and note of a table whose own keys are taken already."""
    found = Known(table.choice("status", STATUSES), _source(table), table.text("note", ""))
    table.done()
    return found


def figure(table: Table, low: float, high: float) -> Figure:
    """A number with its status and source."""
    value = table.number("value", low=low, high=high)
    rest = known(table)
    return Figure(value, rest.status, rest.source, rest.note)


def optional_figure(table: Table, key: str, low: float, high: float) -> Figure | None:
    """A number that the file may leave out."""
    return figure(table.sub(key), low, high) if table.has(key) else None


def read_bands(table: Table, low: float, high: float) -> tuple[Band, ...]:
    """The bands of a file, from its lowest score to its highest without a gap."""
    bands = tuple(_band(entry) for entry in table.subs("band"))
    if not bands:
        return ()
    ends = [(band.low, band.high) for band in bands]
    if ends[0][0] != low or ends[-1][1] != high:
        table.refuse("bands must cover the whole range of the instrument")
    if any(b[0] != a[1] + 1 for a, b in pairwise(ends)):
        table.refuse("each band must begin one point above the one before")
    return bands


def _band(table: Table) -> Band:
    low, high = table.interval("range") or table.refuse("is missing; add it", "range")
    band = Band(table.text("name"), low, high)
    table.done()
    return band


def _source(table: Table) -> str:
    source = table.text("source", "")
    if source:
        references(Table({"source": [source]}, table.where), "source")
    return source
