"""Reading the numbers of a protocol: thresholds, doses, phases, vital signs."""

import re
from itertools import pairwise
from typing import cast

from reprieve.evidence.practice.model import RULED
from reprieve.evidence.practice.thresholds import (
    ACTIONS,
    MEASURES,
    RELATIVE,
    RULES,
    Bounds,
    DoseRange,
    Phase,
    Standing,
    Threshold,
    Vitals,
)
from reprieve.evidence.scales import references
from reprieve.evidence.schema import STANDINGS, STATUSES, Table

_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
# what follows a rule that does not say so itself
_FOLLOWS = {"before": "hold", "stop": "stop", "discharge": "require"}
_ORDER = tuple(
    f"{level}_{end}"
    for end, levels in (
        ("low", ("possible", "critical", "abnormal")),
        ("high", ("abnormal", "critical", "possible")),
    )
    for level in levels
)


def known_from(table: Table) -> tuple[Standing, str, str]:
    """Standing, status and source; a label or a guideline must say which."""
    standing = table.choice("standing", STANDINGS)
    source = table.text("source", "")
    if source:
        references(Table({"source": [source]}, table.where), "source")
    elif standing in ("label", "guideline"):
        table.refuse(f"is missing; what stands as '{standing}' names it", "source")
    status = table.choice("status", STATUSES)
    return cast("Standing", standing), status, source


def thresholds(table: Table, group: str) -> dict[str, Threshold]:
    """The thresholds of one group, by name."""
    for key in table.left():
        check_key(table, key)
    return {key: _threshold(table.sub(key), group) for key in table.left()}


def check_key(table: Table, key: str) -> str:
    """A key that forms and addresses can carry as it is."""
    if not _KEY.fullmatch(key):
        table.refuse(
            f"'{key}' is not a usable key; begin with a small letter, then small letters, "
            "digits and _, at most 60"
        )
    return key


def _threshold(table: Table, group: str) -> Threshold:
    standing, status, source = known_from(table)
    measures, relative = _measured(table, group)
    found = Threshold(
        table.number("value", low=0),
        table.text("unit"),
        standing,
        status,
        source,
        table.choice("rule", RULES, "is"),
        table.text("note", ""),
        table.text("needs", ""),
        measures,
        relative,
        table.choice("action", ACTIONS, _FOLLOWS.get(group, "")),
        table.integer("sustained_readings", low=1) or 1,
        table.optional("sustained_min", low=0) or 0.0,
        table.flag("with_symptoms", False),
    )
    _check_rule(table, found, group)
    table.done()
    return found


def _measured(table: Table, group: str) -> tuple[str, str]:
    """What a rule is read against; a rule that is evaluated must say so."""
    relative = table.choice("relative", RELATIVE, "")
    if group not in RULED and not table.has("measures"):
        return "", relative
    return table.choice("measures", MEASURES), relative


def _check_rule(table: Table, found: Threshold, group: str) -> None:
    if group in RULED and found.rule == "is":
        table.refuse("is missing; say above, below, at_least or at_most", "rule")
    if not found.measures:
        return
    unit = "%" if found.relative == "rise_percent" else MEASURES[found.measures].unit
    if found.unit != unit:
        table.refuse(f"is '{found.unit}'; {found.measures} is read in {unit} here", "unit")


def check_ranges(table: Table, found: dict[str, Threshold]) -> None:
    """Bounds of known readings, in order: possible, critical, abnormal from outside in."""
    readings = {key: m for key, m in MEASURES.items() if m.kind == "reading"}
    known = {f"{reading}_{end}": m for reading, m in readings.items() for end in Bounds.__slots__}
    for key, bound in found.items():
        if key not in known:
            table.refuse(
                "is not a bound; write <reading>_<possible|critical|abnormal>_<low|high>, "
                f"with a reading of {', '.join(readings)}",
                f"[range] {key}",
            )
        if bound.unit != known[key].unit:
            table.refuse(f"has unit '{bound.unit}'; use {known[key].unit}", f"[range] {key}")
    for reading in readings:
        named = [f"{reading}_{end}" for end in _ORDER if f"{reading}_{end}" in found]
        for lower, upper in pairwise(named):
            if found[lower].value > found[upper].value:
                table.refuse(
                    f"is {found[lower].value:g}, above {upper} of {found[upper].value:g}",
                    f"[range] {lower}",
                )


def dose_range(table: Table) -> DoseRange:
    """`[[dose]]`: doses of one unit."""
    standing, status, source = known_from(table)
    usual = table.interval("usual") or table.refuse("is missing; add it", "usual")
    found = DoseRange(
        table.choice("unit", ("mg", "mg/kg", "mg/kg/h")),
        table.optional("default", low=usual[0], high=usual[1]),
        usual,
        table.number("refuse_above", low=usual[1]),
        standing,
        status,
        source,
        table.text("note", ""),
    )
    table.done()
    return found


def phase(table: Table) -> Phase:
    """`[[phase]]`: a part of a course."""
    standing, status, source = known_from(table)
    found = Phase(
        table.text("name"),
        table.number("per_week", low=0),
        table.optional("weeks", low=0),
        standing,
        status,
        source,
        table.text("note", ""),
    )
    table.done()
    return found


def vitals(table: Table) -> Vitals:
    """Minutes and readings; the readings are ones that `MEASURES` knows."""
    standing, status, source = known_from(table)
    readings = table.texts("readings")
    for reading in readings:
        if reading not in MEASURES or MEASURES[reading].kind != "reading":
            known = ", ".join(key for key, m in MEASURES.items() if m.kind == "reading")
            table.refuse(f"names '{reading}'; known are {known}", "readings")
    times = table.numbers("times_min")
    if list(times) != sorted(set(times)) or (times and times[0] < 0):
        table.refuse("must be minutes from 0 on, each once and in rising order", "times_min")
    found = Vitals(
        times,
        readings,
        standing,
        status,
        source,
        table.text("note", ""),
        table.optional("then_every_min", low=1) or 0.0,
        table.optional("until_after_end_min", low=0) or 0.0,
    )
    table.done()
    return found
