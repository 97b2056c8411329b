"""Interactions: medicines that change exposure, benefit or risk."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from reprieve.errors import UnknownNameError
from reprieve.evidence.library import HOME, names
from reprieve.evidence.practice import ROUTES
from reprieve.evidence.scales import references
from reprieve.evidence.schema import STATUSES, Table, freeze, parse_toml, read_text

PARTS = ("hepatic", "gut", "norketamine")


def interaction_names() -> tuple[str, ...]:
    """Names of the shipped interactions."""
    return names("interactions")


@cache
def interaction(name: str) -> Mapping[str, Any]:
    """A shipped interaction by name ("rifampicin"), as its checked tables.

    `kinetics` holds, for a route or for `any`, multipliers with their unit-free `value`:
    `hepatic` on the liver's intrinsic clearance of ketamine, `gut` on availability past the gut
    wall, `norketamine` on its clearance. `effect` lists what changes in benefit or risk; its
    `reported` says what the source reports or its label asks for, never what to do.

    Raises
    ------
    UnknownNameError
        No interaction has the name.
    """
    if name not in interaction_names():
        raise UnknownNameError("interaction", name, interaction_names())
    path = HOME / "interactions" / f"{name}.toml"
    return parse_interaction(read_text(path), f"interactions/{path.name}")


def parse_interaction(text: str, where: str) -> Mapping[str, Any]:
    """An interaction from TOML text, refused where it breaks its schema."""
    data = parse_toml(text, where)
    table = Table(data, where)
    for key in ("title", "kind"):
        table.text(key)
    table.texts("members")
    table.text("note", "")
    references(table, "references")
    kinetics = table.sub("kinetics")
    for route in kinetics.left():
        if route not in ROUTES:
            kinetics.refuse(f"is not a route; known are {', '.join(ROUTES)}", route)
        _multipliers(kinetics.sub(route))
    for entry in table.subs("effect"):
        _effect(entry)
    table.done()
    checked: Mapping[str, Any] = freeze(data)
    return checked


def _multipliers(table: Table) -> None:
    for part in table.left():
        if part not in PARTS:
            table.refuse(f"is not known; multipliers are {', '.join(PARTS)}", part)
        entry = table.sub(part)
        entry.number("value", low=0.01, high=100)
        _known(entry)


def _effect(table: Table) -> None:
    table.text("on")
    table.choice("direction", ("raises", "lowers", "none", "unclear"))
    table.choice("flag", ("none", "information", "amber", "red"))
    table.text("reported", "")
    table.optional("threshold", low=0)
    table.text("threshold_unit", "")
    _known(table)


def _known(table: Table) -> None:
    table.choice("status", STATUSES)
    references(table, "source")
    table.text("note", "")
    table.done()
