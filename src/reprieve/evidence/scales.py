"""Rating scales that the forecast knows: cut-offs, error of one rating, crosswalk to MADRS."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from reprieve.errors import InputError, UnknownNameError
from reprieve.evidence.figures import Band, Figure, band_of, figure, references
from reprieve.evidence.library import HOME
from reprieve.evidence.questionnaire_reading import take_questionnaire
from reprieve.evidence.questionnaires import ALIASES, Questionnaire, plain, questionnaire_names
from reprieve.evidence.schema import STATUSES, Table, parse_toml, read_text

__all__ = [
    "Band",
    "Crosswalk",
    "Figure",
    "Instrument",
    "figure",
    "instrument",
    "instrument_names",
    "parse_instrument",
    "references",
]


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
        return band_of(self.bands, score)

    def _points(self) -> tuple[Sequence[float], Sequence[float]]:
        if self.crosswalk is None:
            linked = tuple(name for name in instrument_names() if instrument(name).crosswalk)
            raise UnknownNameError("instrument with a crosswalk to MADRS", self.name, linked)
        return self.crosswalk.score, self.crosswalk.madrs


def _interpolate(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    right = min(max(bisect_right(xs, x), 1), len(xs) - 1)
    x0, x1, y0, y1 = xs[right - 1], xs[right], ys[right - 1], ys[right]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


@cache
def instrument_names() -> tuple[str, ...]:
    """File names of the instruments that the forecast knows.

    Those are the files with `[measurement_sd]`: without the error of one rating a score cannot
    be learnt from. The text is searched, not parsed, so that naming them costs next to nothing.
    """
    return tuple(stem for stem in questionnaire_names() if "\n[measurement_sd]\n" in _text(stem))


def instrument(name: str) -> Instrument:
    """A rating scale by its file name or the name on the page ("qids_sr16", "QIDS-SR16").

    Raises
    ------
    UnknownNameError
        No instrument that the forecast knows answers to the name; `questionnaire` finds others.
    """
    wanted = plain(name)
    for stem in instrument_names():
        if wanted in (plain(stem), *ALIASES.get(stem, ())):
            return _load(stem)
    raise UnknownNameError("instrument", name, instrument_names())


@cache
def _load(stem: str) -> Instrument:
    return parse_instrument(_text(stem), f"instruments/{stem}.toml")


def _text(stem: str) -> str:
    return read_text(HOME / "instruments" / f"{stem}.toml")


def parse_instrument(text: str, where: str) -> Instrument:
    """An instrument that the forecast can use, refused where it cannot be true."""
    table = Table(parse_toml(text, where), where)
    form = take_questionnaire(table)
    low, high = form.low, form.high
    if form.response is None or form.response.rule != "fall":
        table.refuse("must be there as a fall from baseline", "response")
    found = Instrument(
        name=form.name,
        title=form.title,
        items=len(form.scored),
        low=low,
        high=high,
        rater=form.rater,
        bands=form.bands,
        response=form.response.figure,
        remission=form.remission or table.refuse("is missing; add it", "remission"),
        relapse=form.relapse or table.refuse("is missing; add it", "relapse"),
        reliable_change=form.reliable_change
        or table.refuse("is missing; add it", "reliable_change"),
        measurement_sd=figure(table.sub("measurement_sd"), 0, high - low),
        licence=form.licence.text,
        licence_status=form.licence.status,
        wording_restricted=form.licence.wording == "attest",
        loinc=form.loinc,
        loinc_items=_item_codes(form),
        remission_other=form.remission_other,
        crosswalk=_crosswalk(table, low, high) if table.has("crosswalk") else None,
        references=form.references,
    )
    table.done()
    return found


def _item_codes(form: Questionnaire) -> Mapping[str, str]:
    return {item.key: item.loinc for item in form.items if item.loinc}


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
