"""Rating scales: range, bands, cut-offs, licence, and the crosswalk to MADRS."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from reprieve.errors import InputError, UnknownNameError
from reprieve.evidence.library import HOME, names
from reprieve.evidence.schema import STATUSES, Table, parse_toml, read_text


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of an instrument file with what it rests on."""

    value: float
    status: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A severity band: `low` to `high`, both included."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """Matching points of an instrument and MADRS, joined by straight lines.

    `error_sd` is how far one person's MADRS scatters around the table, in MADRS points.
    """

    score: tuple[float, ...]
    madrs: tuple[float, ...]
    error_sd: float
    status: str
    source: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A rating scale as its file defines it.

    `response` is a fall as a fraction of baseline; `remission`, `relapse` and the bands are
    scores; `reliable_change` and `measurement_sd` are points on this instrument.
    """

    name: str
    title: str
    items: int
    low: float
    high: float
    rater: str
    bands: tuple[Band, ...]
    response: Figure
    remission: Figure
    relapse: Figure
    reliable_change: Figure
    measurement_sd: Figure
    licence: str
    licence_status: str
    wording_restricted: bool
    loinc: str
    loinc_items: Mapping[str, str]
    remission_other: tuple[Figure, ...]
    crosswalk: Crosswalk | None
    references: tuple[str, ...]

    def to_madrs(self, score: float) -> float:
        """The MADRS score that matches a score on this instrument."""
        return _interpolate(self.check(score), *self._points())

    def from_madrs(self, madrs: float) -> float:
        """The score on this instrument that matches a MADRS score (0 to 60)."""
        own, common = self._points()
        if not 0 <= madrs <= 60:
            raise InputError(f"A MADRS score of {madrs:g} does not exist; give 0 to 60.")
        return _interpolate(madrs, common, own)

    def check(self, score: float) -> float:
        """The score itself, refused outside the range of the instrument."""
        if not self.low <= score <= self.high:
            raise InputError(
                f"A {self.name} score of {score:g} does not exist; "
                f"give {self.low:g} to {self.high:g}."
            )
        return score

    def band(self, score: float) -> str:
        """The severity band of a score."""
        self.check(score)
        return next(band.name for band in reversed(self.bands) if score >= band.low)

    def _points(self) -> tuple[Sequence[float], Sequence[float]]:
        if self.crosswalk is None:
            linked = tuple(name for name in instrument_names() if instrument(name).crosswalk)
            raise UnknownNameError("instrument with a crosswalk to MADRS", self.name, linked)
        return self.crosswalk.score, self.crosswalk.madrs


def _interpolate(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    right = min(max(bisect_right(xs, x), 1), len(xs) - 1)
    x0, x1, y0, y1 = xs[right - 1], xs[right], ys[right - 1], ys[right]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def instrument_names() -> tuple[str, ...]:
    """File names of the shipped instruments."""
    return names("instruments")


def instrument(name: str) -> Instrument:
    """A rating scale by its file name or the name on the page ("qids_sr16", "QIDS-SR16").

    Raises
    ------
    UnknownNameError
        No instrument file answers to the name.
    """
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    for stem in instrument_names():
        if plain in (stem.replace("_", ""), *_ALIASES.get(stem, ())):
            return _load(stem)
    raise UnknownNameError("instrument", name, instrument_names())


_ALIASES = {
    "hdrs17": ("hamd17", "hrsd17"),
    "qids_sr16": ("qidssr", "qids"),
}


@cache
def _load(stem: str) -> Instrument:
    path = HOME / "instruments" / f"{stem}.toml"
    return parse_instrument(read_text(path), f"instruments/{path.name}")


def parse_instrument(text: str, where: str) -> Instrument:
    """An instrument from TOML text, refused where it cannot be true."""
    table = Table(parse_toml(text, where), where)
    low, high = table.interval("range") or table.refuse("is missing; add it", "range")
    found = Instrument(
        name=table.text("name"),
        title=table.text("title"),
        items=table.integer("items", low=1) or table.refuse("is missing; add it", "items"),
        low=low,
        high=high,
        rater=table.choice("rater", ("clinician", "self")),
        bands=tuple(_band(entry) for entry in table.subs("band")),
        response=figure(table.sub("response"), 0, 1),
        remission=figure(table.sub("remission"), low, high),
        relapse=figure(table.sub("relapse"), low, high),
        reliable_change=figure(table.sub("reliable_change"), 0, high - low),
        measurement_sd=figure(table.sub("measurement_sd"), 0, high - low),
        licence=table.text("licence"),
        licence_status=table.choice("licence_status", STATUSES),
        wording_restricted=table.flag("wording_restricted", True),
        loinc=_code(table, table.text("loinc", "")),
        loinc_items=_codes(table),
        remission_other=tuple(figure(t, low, high) for t in table.subs("remission_other")),
        crosswalk=_crosswalk(table, low, high) if table.has("crosswalk") else None,
        references=references(table, "references"),
    )
    table.done()
    _check_bands(found, table)
    return found


def _codes(table: Table) -> Mapping[str, str]:
    codes = table.mapping("loinc_items")
    return {item: _code(table, str(code)) for item, code in codes.items()}


def _code(table: Table, code: str) -> str:
    if code and not re.fullmatch(r"\d{1,6}-\d", code):
        table.refuse(f"'{code}' is not a LOINC code such as 44250-9", "loinc")
    return code


def references(table: Table, key: str) -> tuple[str, ...]:
    """A list of bibliography keys, each one known."""
    from reprieve.evidence.references import has_reference

    found = table.texts(key)
    for name in found:
        if not has_reference(name):
            table.refuse(f"'{name}' is not in references.bib; add the entry first", key)
    return found


def figure(table: Table, low: float, high: float) -> Figure:
    """A number with its status and source."""
    found = Figure(
        table.number("value", low=low, high=high),
        table.choice("status", STATUSES),
        _source(table),
        table.text("note", ""),
    )
    table.done()
    return found


def _source(table: Table) -> str:
    source = table.text("source", "")
    if source:
        references(Table({"source": [source]}, table.where), "source")
    return source


def _band(table: Table) -> Band:
    low, high = table.interval("range") or table.refuse("is missing; add it", "range")
    band = Band(table.text("name"), low, high)
    table.done()
    return band


def _crosswalk(parent: Table, low: float, high: float) -> Crosswalk:
    table = parent.sub("crosswalk")
    points: Any = table.need("points")
    if not isinstance(points, list) or not all(isinstance(p, list) and len(p) == 2 for p in points):
        table.refuse("must be a list of [score, madrs] pairs", "points")
    score = tuple(table.checked(p[0], "points", low=low, high=high) for p in points)
    madrs = tuple(table.checked(p[1], "points", low=0, high=60) for p in points)
    for name, values in (("scores", score), ("MADRS values", madrs)):
        if any(b <= a for a, b in pairwise(values)):
            table.refuse(f"must have {name} that increase from point to point", "points")
    if (score[0], score[-1], madrs[0], madrs[-1]) != (low, high, 0, 60):
        table.refuse("must run from the lowest score at 0 to the highest at 60", "points")
    found = Crosswalk(
        score,
        madrs,
        table.number("error_sd", low=0),
        table.choice("status", STATUSES),
        references(table, "source"),
        table.text("note", ""),
    )
    table.done()
    return found


def _check_bands(found: Instrument, table: Table) -> None:
    if not found.bands:
        return
    ends = [(band.low, band.high) for band in found.bands]
    if ends[0][0] != found.low or ends[-1][1] != found.high:
        table.refuse("bands must cover the whole range of the instrument")
    if any(b[0] != a[1] + 1 for a, b in pairwise(ends)):
        table.refuse("each band must begin one point above the one before")
