"""Whether a coherent case allows a forecast."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from reprieve.engine.cases.case import Case
from reprieve.engine.cases.shape import shown
from reprieve.engine.mood.instruments import is_madrs
from reprieve.evidence import instrument
from reprieve.evidence.library import HOME
from reprieve.evidence.schema import read_text

Why = tuple[str, str] | None


@cache
def population() -> Mapping[str, Any]:
    """For whom and when a forecast is made, as `evidence/forecast_population.toml` says."""
    found: Mapping[str, Any] = tomllib.loads(read_text(HOME / "forecast_population.toml"))
    return found


def not_forecastable(case: Case) -> Why:
    """Why no forecast is made: a code of `refusals.NO_FORECAST` and a sentence; None if it can."""
    return _person(case) or _diagnosis(case.history.diagnosis) or _scores(case) or _severity(case)


def _outside(sentence: str) -> Why:
    return "outside_model_population", sentence


def _person(case: Case) -> Why:
    age, limits = case.person.age, population()["age_years"]
    if age is not None and not limits["low"] <= age <= limits["high"]:
        return _outside(
            f"The patient is {age:g} years old; the model describes adults of "
            f"{limits['low']} to {limits['high']}."
        )
    if case.person.pregnant:
        return _outside("The patient is pregnant; no pregnant person was in the trials.")
    return None


def _diagnosis(text: str | None) -> Why:
    if text is None or not text.strip():
        return None
    rules, low = population()["diagnosis"], " ".join(text.lower().split())
    for phrase in rules["set_aside"]:
        low = low.replace(phrase, " ")
    found = next((word for word in rules["outside"] if _says(low, word)), None)
    if found is not None or not any(_says(low, word) for word in rules["inside"]):
        return _outside(
            f"The diagnosis is {shown(text)}; the model describes unipolar depression without "
            "psychosis."
        )
    return None


def _says(text: str, word: str) -> bool:
    """Whether a word of the text begins so: "f32" in "f32.1"."""
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}", text) is not None


def _scores(case: Case) -> Why:
    if not case.scores:
        return "too_few_scores", "There is no score; a forecast needs at least one."
    if not case.usable:
        names = ", ".join(dict.fromkeys(score.instrument for score in case.scores))
        return (
            "no_usable_instrument",
            f"All scores are on {names}, which is not linked to MADRS; add one on MADRS, "
            "HDRS-17, QIDS-SR16 or PHQ-9.",
        )
    most = float(population()["last_score"]["within_days"])
    age = case.asked_at - case.usable[-1].day
    if age > most:
        return (
            "last_score_too_old",
            f"The last usable score is {age:.0f} days old; ask again with one of the last "
            f"{most:g} days.",
        )
    return None


def _severity(case: Case) -> Why:
    """Too well before the first treatment; unknown is not too well."""
    first = case.given[0].day if case.given else case.asked_at
    before = [_madrs(s.instrument, s.value) for s in case.usable if s.day <= first]
    least = float(population()["first_scores"]["madrs_at_least"])
    if before and max(before) < least:
        return _outside(
            f"Before the first treatment the score was {max(before):.0f} on MADRS or its "
            f"equivalent; the model describes people with at least {least:g}."
        )
    return None


def _madrs(name: str, value: float) -> float:
    return value if is_madrs(name) else instrument(name).to_madrs(value)
