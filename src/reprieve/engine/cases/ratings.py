"""Scores of a case: which scale, whether it can be used, whether the value can be."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

from reprieve.engine.cases.refusals import CaseError
from reprieve.engine.cases.shape import shown
from reprieve.engine.mood.instruments import is_madrs
from reprieve.errors import UnknownNameError
from reprieve.evidence import instrument, instrument_names
from reprieve.evidence.library import HOME
from reprieve.evidence.schema import read_text

Items = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """One rating: day, canonical name of the scale, total. `usable` scales are linked to MADRS."""

    day: float
    instrument: str
    value: float
    usable: bool
    items: Items | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale that a case may name. `span` None: editions differ, any total is kept."""

    name: str
    usable: bool
    span: tuple[float, float] | None
    items: int | None


@cache
def _unlinked() -> Mapping[str, Any]:
    return tomllib.loads(read_text(HOME / "unlinked_instruments.toml"))


@cache
def _by_plain_name() -> Mapping[str, Scale]:
    found = {}
    for name, row in _unlinked()["scale"].items():
        span = (row["range"][0], row["range"][1]) if "range" in row else None
        for spelt in (name, *row.get("also", ())):
            found[_plain(spelt)] = Scale(name, False, span, None)
    return found


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


@lru_cache(maxsize=1024)
def scale(name: str) -> Scale:
    """The scale of a name.

    Raises
    ------
    CaseError
        `unknown_instrument`: neither an instrument file nor the list of unlinked scales has it.
    """
    try:
        found = instrument(name)
    except UnknownNameError:
        return _other_scale(name)
    usable = found.crosswalk is not None or is_madrs(found.name)
    return Scale(found.name, usable, (found.low, found.high), found.items)


def _other_scale(name: str) -> Scale:
    known = _by_plain_name()
    if _plain(name) in known:
        return known[_plain(name)]
    linked = [instrument(stem).name for stem in instrument_names()]
    close = get_close_matches(_plain(name), [*map(_plain, linked), *known], n=1)
    meant = ""
    if close:
        meant = f"Did you mean {scale(close[0]).name}? "
    raise CaseError(
        "unknown_instrument",
        f"The instrument {shown(name)} is not known. {meant}"
        f"Scores are used on {', '.join(linked)}; many others are kept and shown.",
    )


def read_score(day: float, name: str, value: float, items: Items | None, where: str) -> Score:
    """One score, refused where its scale cannot give it."""
    asked = scale(name)
    if asked.span is not None and not asked.span[0] <= value <= asked.span[1]:
        raise CaseError(
            "score_out_of_range",
            f"{where} is a {asked.name} score of {value:g}, which does not exist; "
            f"give {asked.span[0]:g} to {asked.span[1]:g}, or check the name of the scale.",
        )
    if items is not None:
        _check_items(asked, value, items, where)
    return Score(day, asked.name, value, asked.usable, items)


def _check_items(asked: Scale, value: float, items: Items, where: str) -> None:
    if asked.items is not None and len(items) != asked.items:
        raise CaseError(
            "contradictory_case",
            f"{where} lists {len(items)} items of {asked.name}, which has {asked.items}; "
            "give all in order, null for one without an answer.",
        )
    if asked.name not in _unlinked()["summed"] or None in items:
        return
    total = sum(item or 0.0 for item in items)
    if total != value:
        raise CaseError(
            "contradictory_case",
            f"{where} is a {asked.name} score of {value:g}, but its items add up to {total:g}; "
            "correct one of them.",
        )


def swapped(one: tuple[str, float], two: tuple[str, float]) -> bool:
    """Whether two totals, (scale, total), exist only when their scales are exchanged."""
    a, b = scale(one[0]).span, scale(two[0]).span
    if a is None or b is None:
        return False
    exchanged = a[0] <= two[1] <= a[1] and b[0] <= one[1] <= b[1]
    return exchanged and not (a[0] <= one[1] <= a[1] and b[0] <= two[1] <= b[1])
