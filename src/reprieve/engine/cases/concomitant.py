"""What else a person takes or does, read from the words of the record.

Words stand in `evidence/concomitant.toml`, in the list of home medicines and in the `members`
of the interactions; nothing is guessed from a word that none of them knows.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from reprieve.engine.cases.shape import shown
from reprieve.engine.dosing.vocabulary import MEDICINE_CLASS
from reprieve.engine.mood.model import OTHERS
from reprieve.engine.mood.others import treatments as modelled
from reprieve.evidence.library import HOME
from reprieve.evidence.perturbers import interaction, interaction_names
from reprieve.evidence.schema import read_text

BENZODIAZEPINE = "benzodiazepine"
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(mg|mcg|µg|μg|ug)\b")


@dataclass(frozen=True, slots=True)
class Other:
    """One treatment beside ketamine.

    `from_day` None is long before the first treatment, `to_day` None goes on. `kind` is a key of
    `other_treatments.toml` when its effect on mood is followed. `benzodiazepine_mg` is a daily
    dose in diazepam equivalents. `interactions` names files of `evidence/interactions`.
    """

    what: str
    from_day: float | None = None
    to_day: float | None = None
    kind: str | None = None
    benzodiazepine_mg: float | None = None
    interactions: tuple[str, ...] = ()

    def active(self, day: float) -> bool:
        """Whether it runs on that day."""
        begun = self.from_day is None or self.from_day <= day
        return begun and (self.to_day is None or day <= self.to_day)


@dataclass(frozen=True, slots=True)
class Words:
    """What a text says, whenever it was begun. `classes` and `drugs` in order of the text."""

    kind: str | None
    drugs: tuple[str, ...]
    classes: tuple[str, ...]
    benzodiazepine_mg: float | None
    interactions: tuple[str, ...]


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(read_text(HOME / "concomitant.toml"))


def new_from_day() -> float:
    """An antidepressant begun on this day or later counts as new."""
    return float(_file()["new"]["from_day"])


@cache
def _classes() -> Mapping[str, str]:
    own = {name: kind for kind, names in _file()["class"].items() for name in names}
    return {**MEDICINE_CLASS, **own}


@cache
def _members() -> Mapping[str, tuple[str, ...]]:
    """Interaction files by the lower-case name of a medicine."""
    found: dict[str, tuple[str, ...]] = {}
    for name in interaction_names():
        for member in (*interaction(name)["members"], name.replace("_", " ")):
            key = member.lower()
            found[key] = (*found.get(key, ()), name)
    return found


@cache
def _spoken() -> Mapping[str, str]:
    """Every word that is understood, with the name that the lists know."""
    plain = {name: name for name in (*_classes(), *_members())}
    return plain | {word: name.lower() for word, name in _file()["same_as"].items()}


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_spoken(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


@cache
def _labels() -> Mapping[str, str]:
    """Names and labels of the treatments that are followed, as a text may quote them."""
    named = {name.replace("_", " "): name for name in modelled()}
    return named | {t.label.lower(): name for name, t in modelled().items()}


@lru_cache(maxsize=4096)
def words(text: str) -> Words:
    """What a text such as "sertraline 100 mg oral daily" says."""
    low = " ".join(text.lower().replace("_", " ").replace("’", "'").split())
    if low in _labels():
        return Words(_labels()[low], (low,), (), None, ())
    drugs = tuple(dict.fromkeys(_spoken()[hit] for hit in _pattern().findall(low)))
    classes = tuple(_classes().get(drug, "interacting") for drug in drugs)
    kinds = _file()["kind_of_class"]
    kind = next((kinds[name] for name in classes if name in kinds), None)
    found = [name for drug in drugs for name in _members().get(drug, ())]
    if BENZODIAZEPINE in classes:
        found.append(BENZODIAZEPINE)
    return Words(kind, drugs, classes, _diazepam_mg(low), tuple(dict.fromkeys(found)))


def _diazepam_mg(low: str) -> float | None:
    """The daily dose of all benzodiazepines of a text, in mg of diazepam; None without one."""
    table = _file()["diazepam_10_mg"]["mg"]
    doses = [
        _daily_mg(part) / table[drug] * 10.0
        for drug, part in _by_drug(low)
        if drug in table and _has_dose(part)
    ]
    return sum(doses) if doses else None


def _by_drug(low: str) -> Iterator[tuple[str, str]]:
    """Each medicine of a text with the words up to the next one."""
    hits = [(hit.start(), hit.group()) for hit in _pattern().finditer(low)]
    for (start, word), (end, _) in pairwise([*hits, (len(low), "")]):
        yield _spoken()[word], low[start:end]


def _has_dose(part: str) -> bool:
    asked = any(_says(part, word) for word in _file()["as_needed"]["words"])
    return _AMOUNT.search(part) is not None and not asked


def _daily_mg(part: str) -> float:
    match = _AMOUNT.search(part)
    assert match is not None
    mg = float(match.group(1)) * (1.0 if match.group(2) == "mg" else 1e-3)
    times = [n for word, n in _file()["per_day"].items() if _says(part, word)]
    return mg * (times[0] if times else 1.0)


def _says(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def read_other(what: str, from_day: float | None, to_day: float | None) -> Other:
    """One entry: which effects it has, given when it began."""
    said = words(what)
    new = from_day is not None and from_day >= new_from_day()
    return Other(
        what,
        from_day,
        to_day,
        said.kind if new else None,
        said.benzodiazepine_mg,
        said.interactions,
    )


def followed(others: tuple[Other, ...]) -> tuple[Other, ...]:
    """The same entries, of which only the latest `OTHERS` keep their effect on mood."""
    begun = [k for k, other in enumerate(others) if other.kind is not None]
    begun.sort(key=lambda k: (others[k].from_day or 0.0, k))
    dropped = set(begun[:-OTHERS])
    return tuple(
        replace(other, kind=None) if k in dropped else other for k, other in enumerate(others)
    )


def notes_on(others: tuple[Other, ...]) -> Iterator[str]:
    """A sentence for each entry that is kept without an effect on mood."""
    for other in others:
        what = shown(other.what)
        said = words(other.what)
        new = other.from_day is not None and other.from_day >= new_from_day()
        if not said.drugs:
            yield f"{what} names no treatment that is known here: kept, not used."
        elif said.kind and new and other.kind is None:
            yield (
                f"{what}: more than {OTHERS} new treatments; the latest {OTHERS} are "
                "followed, this one is kept and not used."
            )
        elif said.kind and not new:
            yield f"{what} began before day {new_from_day():g}: part of the baseline."
            if other.to_day is not None:
                yield f"{what} ends on day {other.to_day:g}: its loss is not followed."
        elif not said.kind:
            yield from _unfollowed(other, said)


def _unfollowed(other: Other, said: Words) -> Iterator[str]:
    what = shown(other.what)
    if BENZODIAZEPINE in said.interactions:
        if other.benzodiazepine_mg is None:
            yield f"{what} has no daily dose in mg: its effect on benefit is unknown."
    elif said.interactions:
        yield f"{what}: only its interaction with ketamine is used."
    else:
        yield f"{what}: no effect on mood is modelled; kept, not used."
