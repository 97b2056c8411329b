"""What a list of medicines means for a session: exposure, benefit, risk, and what is unknown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reprieve.errors import InputError
from reprieve.evidence.medicines import (
    BENZODIAZEPINE,
    diazepam_mg,
    interactions_of,
    medicine_file,
    named,
)
from reprieve.evidence.perturbers import interaction
from reprieve.evidence.practice import ROUTES

# most pressing first; `unknown` is a name that nobody here has judged
COLOURS = ("red", "amber", "unknown", "information", "none")
_SAID = {
    "raises": "{on} may rise",
    "lowers": "{on} may fall",
    "none": "no change of {on} was found",
    "unclear": "whether {on} changes is not clear",
}
_ON_EXPOSURE = ("exposure", "nasal absorption")
_ON_BENEFIT = ("antidepressant effect", "acute effects")
# part of what is held in the mouth is swallowed and passes gut and liver
_SWALLOWED = {"sublingual": "oral"}


@dataclass(frozen=True, slots=True)
class Medicine:
    """One line of a medication list: the name as typed, the daily dose in mg if known."""

    name: str
    dose_mg: float | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """One effect of one or several medicines of the list.

    `interaction` is the file it comes from (empty for a name that is not known), `changes` is
    exposure, benefit, risk or unknown, `on` what exactly; `colour` is one of `COLOURS`.
    """

    medicines: tuple[str, ...]
    interaction: str
    title: str
    changes: str
    on: str
    direction: str
    colour: str
    sentence: str
    sources: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Benzodiazepines:
    """All benzodiazepines and similar hypnotics of a list, in mg of diazepam a day.

    `uncounted` are those without a dose or an equivalent: the total is then a lower bound.
    """

    medicines: tuple[str, ...]
    uncounted: tuple[str, ...]
    mg_per_day: float
    source: str
    status: str
    note: str

    @property
    def sentence(self) -> str:
        """The total in words."""
        least = "at least " if self.uncounted else ""
        total = f"{least}{self.mg_per_day:g} mg a day of diazepam ({self.source}, {self.status})."
        said = f"{', '.join(self.medicines)}: together {total}"
        if self.uncounted:
            missing = ", ".join(self.uncounted)
            said += f" Not counted, without a daily dose or an equivalent: {missing}."
        return said


@dataclass(frozen=True, slots=True)
class Review:
    """A whole list: flags with the most pressing first, the benzodiazepine total, the rest.

    `unrecorded` are known names for which no interaction is recorded here, which is no finding
    of safety; `unknown` are names that are not known here (each has a flag as well).
    """

    flags: tuple[Flag, ...]
    benzodiazepines: Benzodiazepines | None
    unrecorded: tuple[str, ...]
    unknown: tuple[str, ...]


def review_medicines(medicines: Iterable[Medicine], route: str) -> Review:
    """What a medication list means for ketamine or esketamine by a route.

    Raises
    ------
    InputError
        A route that is not known, an empty name, or a dose below zero.
    """
    listed = tuple(medicines)
    _check(listed, route)
    holds: dict[str, list[str]] = {}
    unrecorded, unknown = [], []
    flags = []
    for medicine in listed:
        found = named(medicine.name)
        keys = [key for name in found.names for key in interactions_of(name)]
        for key in dict.fromkeys(keys):
            holds.setdefault(key, []).append(medicine.name)
        if not found.names:
            unknown.append(medicine.name)
            flags.append(_unknown(medicine.name, found.like))
        elif not keys:
            unrecorded.append(medicine.name)
    total = _benzodiazepines(listed, holds.get(BENZODIAZEPINE, ()))
    for key, names in holds.items():
        flags += _flags(key, tuple(dict.fromkeys(names)), route, total)
    flags.sort(key=lambda flag: COLOURS.index(flag.colour))
    return Review(tuple(flags), total, tuple(unrecorded), tuple(unknown))


def _check(listed: Sequence[Medicine], route: str) -> None:
    if route not in ROUTES:
        raise InputError(f"The route was '{route}'; give one of {', '.join(ROUTES)}.")
    for medicine in listed:
        if not medicine.name.strip():
            raise InputError("A medicine has no name; write it as it stands on the box.")
        if medicine.dose_mg is not None and not 0 <= medicine.dose_mg < float("inf"):
            raise InputError(
                f"The daily dose of {medicine.name} was {medicine.dose_mg} mg; give 0 or more."
            )


def _unknown(name: str, like: tuple[str, ...]) -> Flag:
    ask = f" Was it {' or '.join(like)}?" if like else ""
    said = f"{name} is not known here: whether it interacts with ketamine was not judged.{ask}"
    return Flag((name,), "", "Not known here", "unknown", "", "unclear", "unknown", said, (), "")


def _benzodiazepines(listed: Sequence[Medicine], members: Sequence[str]) -> Benzodiazepines | None:
    if not members:
        return None
    table = medicine_file("concomitant")["diazepam_10_mg"]
    total, uncounted = 0.0, []
    for medicine in listed:
        if medicine.name not in members:
            continue
        mg = _in_diazepam(medicine)
        if mg is None:
            uncounted.append(medicine.name)
        else:
            total += mg
    names = tuple(dict.fromkeys(members))
    return Benzodiazepines(
        names, tuple(uncounted), round(total, 3), table["source"], table["status"], table["note"]
    )


def _in_diazepam(medicine: Medicine) -> float | None:
    if medicine.dose_mg is None:
        return None
    names = [n for n in named(medicine.name).names if BENZODIAZEPINE in interactions_of(n)]
    # a line that names two of them leaves open which one the dose is of
    return diazepam_mg(names[0], medicine.dose_mg) if len(names) == 1 else None


def _flags(
    key: str, names: tuple[str, ...], route: str, total: Benzodiazepines | None
) -> list[Flag]:
    found = interaction(key)
    flags = []
    passed: set[str] = set()
    for effect in sorted(found.get("effect", ()), key=_highest_first):
        if not _reached(effect, total) or ("threshold" in effect and effect["on"] in passed):
            continue
        passed.add(effect["on"])
        flags.append(_flag(key, found, effect, names, route))
    return flags


def _highest_first(effect: Mapping[str, Any]) -> float:
    return -float(effect.get("threshold", 0.0))


def _reached(effect: Mapping[str, Any], total: Benzodiazepines | None) -> bool:
    """Whether the dose is above the effect's threshold; what is not known counts from 0 up."""
    if "threshold" not in effect or total is None:
        return True
    if effect["threshold"] == 0:
        return total.mg_per_day > 0 or bool(total.uncounted)
    return bool(total.mg_per_day > effect["threshold"])


def _flag(
    key: str,
    found: Mapping[str, Any],
    effect: Mapping[str, Any],
    names: tuple[str, ...],
    route: str,
) -> Flag:
    untouched = effect["on"] == "exposure" and _untouched(found, route)
    direction = "none" if untouched else effect["direction"]
    colour = "information" if untouched and effect["flag"] != "none" else effect["flag"]
    who = ", ".join(names)
    if untouched:
        said = f"{who}: by this route hardly any change of exposure is expected."
    else:
        about = _SAID[direction].format(on=effect["on"]) + _above(effect)
        parts = (effect.get("note", ""), effect.get("reported", ""))
        said = " ".join(filter(None, [f"{who}: {about}.", *map(_sentence, parts)]))
    return Flag(
        names,
        key,
        found["title"],
        _changes(effect["on"]),
        effect["on"],
        direction,
        colour,
        said,
        tuple(effect.get("source", ())),
        effect["status"],
    )


def _changes(on: str) -> str:
    if on in _ON_EXPOSURE:
        return "exposure"
    return "benefit" if on in _ON_BENEFIT else "risk"


def _above(effect: Mapping[str, Any]) -> str:
    if not effect.get("threshold"):
        return ""
    return f" above {effect['threshold']:g} {effect['threshold_unit']}"


def _untouched(found: Mapping[str, Any], route: str) -> bool:
    """Whether the file says how exposure changes, and by this route it does not."""
    kinetics = found.get("kinetics", {})
    if not kinetics or route == "any":
        return False
    routes = [route, _SWALLOWED.get(route, route)]
    parts = next((kinetics[r] for r in routes if r in kinetics), kinetics.get("any", {}))
    return all(entry["value"] == 1.0 for entry in parts.values())


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "?")) else f"{text[0].upper()}{text[1:]}."
