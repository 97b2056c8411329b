"""Shipped protocols by name, and which one governs what is given."""

from collections.abc import Iterable
from functools import cache
from typing import Protocol as Shape

from reprieve.errors import UnknownNameError
from reprieve.evidence.library import HOME, names
from reprieve.evidence.practice.model import ACTIVE, Protocol
from reprieve.evidence.practice.reading import read_protocol
from reprieve.evidence.schema import Table, parse_toml, read_text


def protocol_names() -> tuple[str, ...]:
    """Names of the shipped protocols."""
    return names("protocols")


@cache
def protocol(name: str) -> Protocol:
    """A shipped protocol by name ("iv_racemic").

    Raises
    ------
    UnknownNameError
        No protocol has the name.
    """
    if name not in protocol_names():
        raise UnknownNameError("protocol", name, protocol_names())
    path = HOME / "protocols" / f"{name}.toml"
    return parse_protocol(read_text(path), name, f"protocols/{path.name}")


def parse_protocol(text: str, name: str, where: str) -> Protocol:
    """A protocol from TOML text; what it leaves out comes from the shipped one named as `base`.

    Raises
    ------
    EvidenceError
        One sentence naming the file (`where`), the table and the key, or the line and column
        where the text is not TOML.
    UnknownNameError
        `base` names no shipped protocol.
    """
    table = Table(parse_toml(text, where), where)
    base = table.text("base", "")
    return read_protocol(table, name, protocol(base) if base else None)


@cache
def protocol_for(
    drug: str, route: str, form: str | None = None, duration_h: float = 0.0
) -> Protocol:
    """The protocol that governs a drug by a route (and form); `general` if none does.

    `duration_h` is the length of the session's infusion with what continues it: a protocol with
    `duration.applies_above` governs what lasts longer than that.
    """
    found = [protocol(name) for name in protocol_names()]
    fits = [p for p in found if drug in p.drugs and p.route == route]
    fits = [p for p in fits if p.level == "usual" or 0 < p.applies_above_h < duration_h]
    exact = [p for p in fits if p.form == (form or "")]
    return max(exact or fits or [protocol("general")], key=lambda p: p.applies_above_h)


class Given(Shape):
    """What is asked of a dose here; `engine.dosing.Dose` has it."""

    @property
    def drug(self) -> str: ...
    @property
    def route(self) -> str: ...
    @property
    def form(self) -> str | None: ...
    @property
    def amount(self) -> float: ...
    @property
    def unit(self) -> str: ...
    @property
    def time_h(self) -> float: ...
    @property
    def duration_h(self) -> float: ...
    @property
    def session(self) -> int: ...


def governing(doses: Iterable[Given]) -> Protocol:
    """The protocol of a regimen: that of its first drug, by its longest session.

    Control infusions count only where nothing else is given.
    """
    given = tuple(doses)
    kept = tuple(d for d in given if d.drug in ACTIVE) or given
    if not kept:
        return protocol("general")
    first = kept[0]
    same = [d for d in kept if (d.drug, d.route, d.form) == (first.drug, first.route, first.form)]
    return protocol_for(first.drug, first.route, first.form, _longest_h(same))


def _longest_h(doses: Iterable[Given]) -> float:
    """Hours from the start to the end of the longest session's input."""
    spans: dict[int, tuple[float, float]] = {}
    for d in doses:
        start, end = spans.get(d.session, (d.time_h, d.time_h))
        spans[d.session] = min(start, d.time_h), max(end, d.time_h + d.duration_h)
    return max((end - start for start, end in spans.values()), default=0.0)
