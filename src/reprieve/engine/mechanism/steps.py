"""The steps of the mechanism: what each rests on, what was seen, and what the curves must do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from reprieve.engine.mechanism.chain import Mechanism, mechanism, model_file, standard_text

Tag = Literal["measured", "inferred", "assumed"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something observed: from `at_h`, to `until_h` if it lasted, of a size if it had one.

    `dose` names the only regimen to which it belongs; empty means any.
    """

    label: str
    at_h: float
    until_h: float | None
    value: float | None
    dose: str
    status: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its courses, its words, its tag, and the rows and papers behind it."""

    key: str
    short: str
    title: str
    tag: Tag
    courses: tuple[str, ...]
    text: str
    basis: str
    rows: tuple[str, ...]
    references: tuple[str, ...]
    seen: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A constraint on the standard infusion and what the chain gives."""

    what: str
    course: str
    low: float
    high: float
    model: float
    passed: bool
    status: str
    rows: tuple[str, ...]


def steps() -> tuple[Step, ...]:
    """The steps in order."""
    return tuple(_step(table) for table in model_file()["step"])


def _step(table: Mapping[str, Any]) -> Step:
    return Step(
        key=table["key"],
        short=table["short"],
        title=table["title"],
        tag=cast("Tag", table["tag"]),
        courses=tuple(table["courses"]),
        text=table["text"],
        basis=table["basis"],
        rows=tuple(table["rows"]),
        references=tuple(table["references"]),
        seen=tuple(_sighting(entry) for entry in table.get("seen", [])),
    )


def _sighting(table: Mapping[str, Any]) -> Sighting:
    return Sighting(
        label=table["label"],
        at_h=float(table["at"]),
        until_h=table.get("until"),
        value=table.get("value"),
        dose=table.get("dose", ""),
        status=table["status"],
    )


_MEASURES: Mapping[str, Callable[[Mechanism, Mapping[str, Any]], float]] = {
    "peak": lambda m, c: m.peak_h(c["course"]),
    "over": lambda m, c: m.over_h(c["course"]),
    "share": lambda m, c: m.at(c["course"], c["at"]) / m[c["course"]].peak,
    "ratio": lambda m, c: m.at(c["course"], c["at"]) / m.at(c["course"], c["over"]),
}


def checks() -> tuple[Check, ...]:
    """What the curves of the standard infusion must do, and whether they do it."""
    found = mechanism(standard_text() + ", once")
    return tuple(_check(found, table) for table in model_file()["check"])


def _check(found: Mechanism, table: Mapping[str, Any]) -> Check:
    model = _MEASURES[table["quantity"]](found, table)
    return Check(
        what=table["what"],
        course=table["course"],
        low=float(table["low"]),
        high=float(table["high"]),
        model=model,
        passed=table["low"] <= model <= table["high"],
        status=table["status"],
        rows=tuple(table.get("rows", ())),
    )
