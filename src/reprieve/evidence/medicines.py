"""Names of medicines: from a word that somebody typed to the name that the lists know."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from reprieve.evidence.library import HOME
from reprieve.evidence.perturbers import interaction, interaction_names
from reprieve.evidence.schema import freeze, parse_toml, read_text

BENZODIAZEPINE = "benzodiazepine"


@dataclass(frozen=True, slots=True)
class Named:
    """What a typed name holds: names known here, or none and those most like it."""

    typed: str
    names: tuple[str, ...]
    like: tuple[str, ...] = ()


@cache
def medicine_file(name: str) -> Mapping[str, Any]:
    """A file of names at the top of the evidence folder ("medicines"), as frozen tables."""
    path = HOME / f"{name}.toml"
    found: Mapping[str, Any] = freeze(parse_toml(read_text(path), path.name))
    return found


def named(typed: str) -> Named:
    """The medicines of a typed name: "Xanax XR 0.5 mg" is alprazolam, whatever its case."""
    low = " ".join(typed.lower().replace("_", " ").replace("’", "'").split())
    hits = _pattern().findall(low)
    names = tuple(dict.fromkeys(_spoken()[hit] for hit in hits))
    if names:
        return Named(typed, names)
    first = re.split(r"\s*\d", low)[0].strip()
    like = get_close_matches(first, list(_spoken()), n=3, cutoff=0.8) if first else []
    return Named(typed, (), tuple(dict.fromkeys(_spoken()[word] for word in like)))


@cache
def interactions_of(name: str) -> tuple[str, ...]:
    """Files of `interactions/` that hold for a medicine, by its known name."""
    further = medicine_file("medicines")["member_of"]
    found = []
    for key in interaction_names():
        members = (*interaction(key)["members"], *further.get(key, ()), key.replace("_", " "))
        if name in (member.lower() for member in members):
            found.append(key)
    if name in medicine_file("concomitant")["diazepam_10_mg"]["mg"]:
        found.append(BENZODIAZEPINE)
    return tuple(dict.fromkeys(found))


def diazepam_mg(name: str, dose_mg: float) -> float | None:
    """The dose as mg of diazepam; None where no equivalent is recorded."""
    per_ten = medicine_file("concomitant")["diazepam_10_mg"]["mg"].get(name)
    return None if per_ten is None else 10.0 * dose_mg / per_ten


def known_names() -> tuple[str, ...]:
    """Every name that is understood, brands among them, in the order of the alphabet."""
    return tuple(sorted(_spoken()))


@cache
def _spoken() -> Mapping[str, str]:
    """Every word that is understood, with the name that the interactions know.

    A medicine that they know only by its group goes by that ("oxycodone": "opioids").
    """
    words, mine = medicine_file("concomitant"), medicine_file("medicines")
    plain = [name for names in words["class"].values() for name in names]
    plain += [entry["name"] for entry in medicine_file("antidepressants")["drug"]]
    plain += [*words["diazepam_10_mg"]["mg"], *mine["no_record"]["names"]]
    plain += [name for names in mine["member_of"].values() for name in names]
    for key in interaction_names():
        plain += [*interaction(key)["members"], key.replace("_", " ")]
    same = {w: n.lower() for w, n in {**words["same_as"], **mine["same_as"]}.items()}
    spoken = (*(name.lower() for name in plain), *same)
    return {word: same.get(same.get(word, word), same.get(word, word)) for word in spoken}


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_spoken(), key=len, reverse=True)
    return re.compile(rf"(?<![\w*])(?:{'|'.join(map(re.escape, longest_first))})(?![\w*])")
