"""Treatments side by side, on the same virtual patients.

A treatment is a name of `evidence/models/comparators.toml` or a regimen as people write it. The
settings in which effects were measured differ; each treatment carries its own.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.dosing.vocabulary import DRUG_WORDS, tokens
from reprieve.engine.mood.model import Baseline
from reprieve.engine.trials.design import Course, Plan, Sitting, sittings
from reprieve.errors import InputError, UnknownNameError
from reprieve.evidence import load
from reprieve.evidence.practice import use_of

# how much a session's context carries, by what is given in it
_AWARENESS = {
    "saline": "saline_control",
    "midazolam": "midazolam_control",
    "placebo": "nasal_placebo",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One published number about harm; `control` is the same in the trial's other arm."""

    what: str
    value: float
    unit: str
    control: float | None
    control_arm: str
    reference: str
    row: str
    status: str


@dataclass(frozen=True, slots=True)
class Population:
    """Who is compared: entry scores (MADRS) and whether a treatment has failed before."""

    name: str
    text: str
    baseline: Baseline
    first_line: bool


@dataclass(frozen=True, slots=True)
class Comparator:
    """A treatment ready to run, with what its effect rests on.

    `visits` counts the days a patient comes in before the horizon; `key` is the treatment of the
    file that it is, or whose evidence speaks for it ("" where none does), and `quoted` says that it
    was asked for as a regimen; `whom` says in whom the effect was measured, in few words; `uses`
    how the drugs given stand to their labels.
    """

    label: str
    key: str
    quoted: bool
    plan: Plan
    visits: int
    whom: str
    setting: str
    tested_in: str
    awareness: str
    sources: tuple[str, ...]
    events: tuple[Event, ...]
    remarks: tuple[str, ...]
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """A trial that had two treatments side by side.

    `pair` the treatments and `arms` the arms of `design` that ran them; `rows` the published
    numbers in the same order; `at_most` the cut-off where they are remission rates; `facts` those
    that rest on them; `near` names treatments that may stand in for the second of the pair.
    """

    trial: str
    design: str
    pair: tuple[str, str]
    arms: tuple[str, str]
    rows: tuple[str, str]
    facts: tuple[str, ...]
    note: str
    at_most: float | None = None
    near: tuple[str, ...] = ()


@cache
def head_to_head() -> tuple[HeadToHead, ...]:
    """Every trial that had two of the named treatments side by side, in the order of the file."""
    return tuple(
        HeadToHead(
            row["trial"], row["design"], tuple(row["pair"]), tuple(row["arms"]),
            tuple(row["rows"]), tuple(row["facts"]), row["note"], row.get("at_most"),
            tuple(row.get("near", ())),
        )
        for row in _file()["beside"]
    )  # fmt: skip


@cache
def _file() -> Mapping[str, Any]:
    path = files("reprieve.evidence") / "models" / "comparators.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def population(name: str) -> Population:
    """A population by name ("trd", "first_line")."""
    known = _file()["population"]
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    if key not in known:
        raise UnknownNameError("population", name, list(known))
    row = known[key]
    base = Baseline(row["baseline_mean"], row["baseline_sd"], row["baseline_min"])
    return Population(key, row["text"], base, row["first_line"])


def treatment_names() -> list[str]:
    """Names a treatment can be asked for by, one each."""
    return [row["name"] for row in _file()["treatment"].values()]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[_\-()]", " ", text.lower()).split())


@cache
def _keys() -> dict[str, str]:
    """Every name and alias in plain form, and the treatment it means."""
    found = {}
    for key, row in _file()["treatment"].items():
        for name in (key, row["name"], row["label"], *row["aliases"], *row.get("medicines", ())):
            found[_plain(name)] = key
    return found


def comparator(text: str, people: Population, horizon_d: float) -> Comparator:
    """A treatment by its name or by a regimen.

    Parameters
    ----------
    text : "ECT", "AD after two failures", "ketamine 0.5 mg/kg IV twice weekly for 3 weeks"
    people : who is treated
    horizon_d : how far the comparison looks; open-ended phases stop there

    Raises
    ------
    UnknownNameError
        Neither a known name nor, holding no number, a regimen.
    RegimenError
        A regimen that cannot be read.
    InputError
        The treatment was never measured in that population.
    """
    key = _keys().get(_plain(text))
    if key is not None:
        return _named(key, people, horizon_d)
    first = next(iter(tokens(text)), None)
    about_a_drug = first is not None and first.word in DRUG_WORDS
    if not about_a_drug and not any(letter.isdigit() for letter in text):
        raise UnknownNameError("treatment", text, treatment_names())
    return _quoted(text, people, horizon_d)


def _named(key: str, people: Population, horizon_d: float) -> Comparator:
    row = _file()["treatment"][key]
    if people.name not in row:
        others = [p for p in _file()["population"] if p in row]
        raise InputError(
            f"{row['label']} has no evidence in the population {people.name}; "
            f"it was measured in {', '.join(others)}."
        )
    here = row[people.name]
    ends = here.get("ends_d")
    courses = [Course(what, 0.0, ends) for what in here.get("courses", ())]
    courses += [Course(what, float(ends), None) for what in here.get("after", ())]
    regimens = [Regimen.parse(text, until_d=horizon_d) for text in here.get("regimens", ())]
    branches = tuple(tuple(sittings(regimen, here["gain"])) for regimen in regimens)
    days = here["visits_d"] if "visits_d" in here else [s.day for s in branches[0]]
    return Comparator(
        label=row["label"],
        key=key,
        quoted=False,
        plan=Plan(row["label"], None, branches or ((),), tuple(courses)),
        visits=sum(day < horizon_d for day in days),
        whom=here["whom"],
        setting=here["setting"],
        tested_in=here["tested_in"],
        awareness=here["awareness"],
        sources=tuple(here["sources"]),
        events=_events(row["events"]),
        remarks=(row["remark"],) if "remark" in row else (),
        uses=tuple(dict.fromkeys(use for regimen in regimens for use in use_of(regimen.doses))),
    )


def _quoted(text: str, people: Population, horizon_d: float) -> Comparator:
    regimen = Regimen.parse(text, until_d=horizon_d)
    drugs = {d.drug for d in regimen.doses}
    gain = next((_AWARENESS[d] for d in drugs if d in _AWARENESS), "open")
    if drugs - set(_AWARENESS):
        gain = "open"
    branch: tuple[Sitting, ...] = tuple(sittings(regimen, gain))
    courses = tuple(_daily(d.drug, people, d.from_d, d.to_d) for d in regimen.daily)
    like = _like(regimen)
    row = _file()["treatment"].get(like, {})
    here = row.get(people.name) or row.get("trd", {})
    days = [s.day for s in branch] or list(here.get("visits_d", ()))
    remarks = list(regimen.assumptions)
    if people.first_line and branch:
        remarks.append("No trial of ketamine in first-line depression stands behind this.")
    return Comparator(
        label=text,
        key=like,
        quoted=True,
        plan=Plan(text, None, (branch,), courses),
        visits=sum(day < horizon_d for day in days),
        whom=here.get("whom", "no trial of its own"),
        setting=here.get("setting", "no trial of its own: the parts are those of other trials"),
        tested_in=here.get("tested_in", "unknown"),
        awareness=here.get("awareness", "open") if gain == "open" else gain.replace("_", " "),
        sources=tuple(here.get("sources", ())),
        events=_events(row.get("events", ())),
        remarks=tuple(remarks),
        uses=use_of(regimen.doses),
    )


def _like(regimen: Regimen) -> str:
    """The named treatment whose evidence speaks for a regimen, or ""."""
    for dose in regimen.doses:
        if dose.drug == "esketamine" and dose.route == "nasal":
            return "esketamine"
        if dose.drug == "ketamine" and dose.route == "iv":
            return "ketamine"
    if not regimen.doses and regimen.daily:
        return _keys().get(_plain(regimen.daily[0].drug), "")
    return ""


def _daily(drug: str, people: Population, from_d: float, to_d: float | None) -> Course:
    """The course of a medicine taken every day."""
    for row in _file()["treatment"].values():
        if drug.lower() in row.get("medicines", ()) and people.name in row:
            return Course(row[people.name]["courses"][0], from_d, to_d)
    raise UnknownNameError("daily medicine", drug, _medicines(people))


def _medicines(people: Population) -> list[str]:
    rows = _file()["treatment"].values()
    return sorted(m for row in rows if people.name in row for m in row.get("medicines", ()))


def _events(pointers: Sequence[Mapping[str, Any]]) -> tuple[Event, ...]:
    """Published rows on harm: who stopped, then the most frequent; () where there are none."""
    found = [event for pointer in pointers for event in _read(pointer)]
    return tuple(
        sorted(found, key=lambda e: (not e.what.startswith("stopped"), e.unit != "%", -e.value))
    )


def _read(pointer: Mapping[str, Any]) -> list[Event]:
    study = load(pointer["rows"])
    control = pointer.get("control", "")
    beside = {o.what: o.value for o in study.outcomes if control and o.arm == control}
    return [
        Event(
            _harm(o.what), o.value, o.unit, beside.get(o.what), control,
            study.reference, o.id, o.status,
        )
        for o in study.outcomes
        if o.arm == pointer["arm"] and o.value is not None
    ]  # fmt: skip


def _harm(what: str) -> str:
    words = what.removeprefix("AE ").replace("stopped for AE", "stopped for a side effect")
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
