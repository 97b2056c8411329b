"""Protocols: how sessions are run, and whose word each threshold is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from types import MappingProxyType
from typing import Literal, cast
from typing import Protocol as Shape

from reprieve.errors import UnknownNameError
from reprieve.evidence.library import HOME, names
from reprieve.evidence.scales import references
from reprieve.evidence.schema import STANDINGS, STATUSES, Table, parse_toml, read_text

Standing = Literal["label", "guideline", "clinic", "assumed"]
RULES = ("above", "below", "at_least", "at_most", "is")
GROUPS = ("duration", "spacing", "before", "stop", "discharge", "review", "exposure")
ROUTES = ("iv", "im", "sc", "nasal", "oral", "sublingual", "any")
ACTIVE = ("ketamine", "esketamine", "arketamine")
_NAMES = {"ketamine": "Racemic ketamine"}
_BY = {
    "iv": "by vein",
    "im": "into the muscle",
    "sc": "under the skin",
    "nasal": "by nose",
    "oral": "by mouth",
    "sublingual": "under the tongue",
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of a protocol and where it comes from.

    `rule` says how it is read: a reading `above`, `below`, `at_least` or `at_most` the value
    meets it; `is` states a setting. `standing` says whose word it is, `status` how well the
    number itself is known. `needs` is what the rule asks for beside the number ("with symptoms").
    """

    value: float
    unit: str
    standing: Standing
    status: str
    source: str = ""
    rule: str = "is"
    note: str = ""
    needs: str = ""

    def met(self, reading: float) -> bool:
        """Whether a reading meets the threshold."""
        return {
            "above": reading > self.value,
            "below": reading < self.value,
            "at_least": reading >= self.value,
            "at_most": reading <= self.value,
            "is": reading == self.value,
        }[self.rule]


@dataclass(frozen=True, slots=True)
class DoseRange:
    """Doses of one unit: the default, what is usual, and what is refused as impossible."""

    unit: str
    default: float | None
    usual: tuple[float, float]
    refuse_above: float
    standing: Standing
    status: str
    source: str = ""
    note: str = ""

    def judge(self, amount: float) -> Literal["usual", "unusual", "refuse"]:
        """How an amount stands to the range."""
        if amount > self.refuse_above:
            return "refuse"
        return "usual" if self.usual[0] <= amount <= self.usual[1] else "unusual"


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a course: so many sessions a week for so many weeks (None: open end)."""

    name: str
    per_week: float
    weeks: float | None


@dataclass(frozen=True, slots=True)
class Vitals:
    """Minutes from the start at which each reading is taken.

    Where an infusion outlasts `times_min`, readings go on `then_every_min` until
    `until_after_end_min` past its end; 0 leaves it at `times_min`.
    """

    times_min: tuple[float, ...]
    readings: tuple[str, ...]
    standing: Standing
    status: str
    source: str = ""
    note: str = ""
    then_every_min: float = 0.0
    until_after_end_min: float = 0.0

    def minutes(self, duration_h: float = 0.0) -> tuple[float, ...]:
        """Minutes of the readings after the start, for an infusion of a length in h."""
        listed = tuple(m for m in self.times_min if m > 0)
        end = 60.0 * duration_h + self.until_after_end_min
        if duration_h <= 0 or self.then_every_min <= 0 or not listed:
            return listed
        steps = ceil((end - listed[-1]) / self.then_every_min - 1e-9)
        more = (listed[-1] + self.then_every_min * k for k in range(1, steps + 1))
        return listed + tuple(min(m, end) for m in more)


@dataclass(frozen=True, slots=True)
class Protocol:
    """How one drug is given by one route, with every threshold and its standing.

    The groups of thresholds: `duration` of administration, `spacing` of devices and sessions,
    holds `before` a dose, reasons to `stop`, `discharge`, `review` of benefit, `exposure` that
    adds up over sessions.
    """

    name: str
    version: int
    title: str
    drugs: tuple[str, ...]
    route: str
    form: str
    use: str
    level: str
    doses: tuple[DoseRange, ...]
    phases: tuple[Phase, ...]
    vitals: Vitals
    groups: Mapping[str, Mapping[str, Threshold]]
    references: tuple[str, ...]
    note: str = ""

    def thresholds(self, group: str) -> Mapping[str, Threshold]:
        """The thresholds of one group, by name."""
        return self.groups[group]

    def dose(self, unit: str) -> DoseRange | None:
        """The dose range in a unit, if the protocol has one."""
        return next((found for found in self.doses if found.unit == unit), None)

    @property
    def duration_h(self) -> float:
        """Usual length of the administration in hours; 0 where it is not an infusion."""
        given = self.groups["duration"].get("given")
        return 0.0 if given is None else given.value / 60.0

    @property
    def applies_above_h(self) -> float:
        """Length of infusion in hours above which this protocol governs; 0 for the usual ones."""
        above = self.groups["duration"].get("applies_above")
        return 0.0 if above is None else above.value / 60.0


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


def use_of(doses: Iterable[Given]) -> tuple[str, ...]:
    """How what is given stands to its label, a sentence for each drug and route.

    Ketamine is an anaesthetic: every use in depression is off-label but the nasal spray of
    esketamine at its labelled doses. Control infusions are left out.
    """
    groups: dict[tuple[str, str, str | None], list[Given]] = {}
    for d in doses:
        if d.drug in ACTIVE:
            groups.setdefault((d.drug, d.route, d.form), []).append(d)
    said = (_use(found) for found in groups.values())
    return tuple(dict.fromkeys(said))


def _use(doses: list[Given]) -> str:
    first, found = doses[0], governing(doses)
    name = _NAMES.get(first.drug, first.drug.capitalize())
    what = f"{name} {_BY.get(first.route, first.route)} for depression"
    if first.drug == "arketamine":
        said = f"{what} is investigational: no product holds a label"
    elif found.use == "label":
        said = _labelled(name, doses, found)
    elif found.use == "hypothetical":
        said = f"{what} in this way is off-label and hypothetical"
    else:
        said = f"{what} is off-label"
    level = f"; {found.level}-level" if found.level != "usual" else ""
    return f"{said}{level}." + (f" {found.note}" if level and found.note else "")


def _labelled(name: str, doses: list[Given], found: Protocol) -> str:
    sessions: dict[int, float] = {}
    for d in doses:
        sessions[d.session] = sessions.get(d.session, 0.0) + d.amount
    usual = found.dose("mg")
    assert usual is not None
    low, high = usual.usual
    if any(d.unit != "mg" for d in doses):
        return f"{name} by nose is labelled in mg: a dose per kg is off-label"
    outside = [a for a in sessions.values() if usual.judge(a) != "usual"]
    if outside:
        return (
            f"{name} by nose at {outside[0]:g} mg is off-label: the label has "
            f"{low:g} to {high:g} mg a session"
        )
    return (
        f"{name} nasal spray has a label for adults with treatment-resistant depression; "
        "any other use is off-label"
    )


def parse_protocol(text: str, name: str, where: str) -> Protocol:
    """A protocol from TOML text; what it leaves out comes from the one it names as `base`."""
    table = Table(parse_toml(text, where), where)
    base_name = table.text("base", "")
    base = protocol(base_name) if base_name else None
    groups = {key: _thresholds(table.sub(key)) for key in GROUPS}
    if base:
        groups = {key: {**base.groups[key], **found} for key, found in groups.items()}
    doses = tuple(_dose_range(entry) for entry in table.subs("dose"))
    phases = tuple(_phase(entry) for entry in table.subs("phase"))
    if not base and not table.has("vitals"):
        table.refuse("is missing; add it", "vitals")
    vitals = _vitals(table.sub("vitals")) if table.has("vitals") or not base else base.vitals
    found = Protocol(
        name=name,
        version=table.integer("version", low=1) or table.refuse("is missing; add it", "version"),
        title=table.text("title"),
        drugs=table.texts("drugs"),
        route=table.choice("route", ROUTES),
        form=table.text("form", ""),
        use=table.choice("use", ("label", "off-label", "hypothetical")),
        level=table.choice("level", ("usual", "inpatient", "reference"), "usual"),
        doses=doses or (base.doses if base else ()),
        phases=phases or (base.phases if base else ()),
        vitals=vitals,
        groups=MappingProxyType({key: MappingProxyType(found) for key, found in groups.items()}),
        references=references(table, "references"),
        note=table.text("note", ""),
    )
    table.done()
    return found


def _standing(table: Table) -> tuple[Standing, str, str]:
    """Standing, status and source; a label or a guideline must say which."""
    standing = table.choice("standing", STANDINGS)
    source = table.text("source", "")
    if source:
        references(Table({"source": [source]}, table.where), "source")
    elif standing in ("label", "guideline"):
        table.refuse(f"is missing; a threshold with standing '{standing}' names it", "source")
    status = table.choice("status", STATUSES)
    return cast("Standing", standing), status, source


def _thresholds(table: Table) -> dict[str, Threshold]:
    return {key: _threshold(table.sub(key)) for key in table.left()}


def _threshold(table: Table) -> Threshold:
    standing, status, source = _standing(table)
    found = Threshold(
        table.number("value", low=0),
        table.text("unit"),
        standing,
        status,
        source,
        table.choice("rule", RULES, "is"),
        table.text("note", ""),
        table.text("needs", ""),
    )
    table.done()
    return found


def _dose_range(table: Table) -> DoseRange:
    standing, status, source = _standing(table)
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


def _phase(table: Table) -> Phase:
    found = Phase(
        table.text("name"), table.number("per_week", low=0), table.optional("weeks", low=0)
    )
    table.done()
    return found


def _vitals(table: Table) -> Vitals:
    standing, status, source = _standing(table)
    found = Vitals(
        table.numbers("times_min"),
        table.texts("readings"),
        standing,
        status,
        source,
        table.text("note", ""),
        table.optional("then_every_min", low=1) or 0.0,
        table.optional("until_after_end_min", low=0) or 0.0,
    )
    table.done()
    return found
