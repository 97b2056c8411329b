"""Reading a protocol's tables strictly; what they leave out comes from the base."""

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import TypeVar

from reprieve.evidence.practice import reading_entries as entries
from reprieve.evidence.practice import reading_numbers as numbers
from reprieve.evidence.practice.entries import ConsentText, Entry
from reprieve.evidence.practice.model import GROUPS, ROUTES, Protocol
from reprieve.evidence.scales import references
from reprieve.evidence.schema import Table

E = TypeVar("E", bound=Entry)


def read_protocol(table: Table, name: str, base: Protocol | None) -> Protocol:
    """A protocol from its tables; `table` no longer holds the key `base`."""
    groups = {key: numbers.thresholds(table.sub(key), key) for key in GROUPS}
    if base:
        groups = {key: {**base.groups[key], **found} for key, found in groups.items()}
    numbers.check_ranges(table, groups["range"])
    doses = tuple(numbers.dose_range(entry) for entry in table.subs("dose"))
    phases = tuple(numbers.phase(entry) for entry in table.subs("phase"))
    if not base and not table.has("vitals"):
        table.refuse("is missing; add it", "vitals")
    vitals = numbers.vitals(table.sub("vitals")) if table.has("vitals") or not base else base.vitals
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
        rems=table.flag("rems", False),
        observations=_entries(
            table, "observation", entries.observation, base.observations if base else ()
        ),
        criteria=_entries(table, "criterion", entries.criterion, base.criteria if base else ()),
        screens=_entries(table, "screen", entries.screen, base.screens if base else ()),
        workups=_entries(table, "workup", entries.workup, base.workups if base else ()),
        symptoms=_entries(table, "symptom", entries.symptom, base.symptoms if base else ()),
        rescues=_entries(table, "rescue", entries.rescue, base.rescues if base else ()),
        consent_text=_consent_text(table, base.consent_text if base else None),
    )
    table.done()
    return found


def _entries(
    table: Table, key: str, read: Callable[[Table], E], inherited: Iterable[E]
) -> tuple[E, ...]:
    """Entries by their key: an own one replaces the inherited one in its place."""
    own: dict[str, E] = {}
    for part in table.subs(key):
        entry = read(part)
        if entry.key in own:
            part.refuse(f"'{entry.key}' stands twice; keep one", "key")
        own[entry.key] = entry
    return tuple(({e.key: e for e in inherited} | own).values())


def _consent_text(table: Table, base: ConsentText | None) -> ConsentText | None:
    sections = _entries(
        table, "consent_section", entries.consent_section, base.sections if base else ()
    )
    if not table.has("consent_text"):
        if base is None and sections:
            table.refuse("is missing; it gives the consent its version and title", "consent_text")
        return base if base is None else ConsentText(base.version, base.title, sections)
    head = table.sub("consent_text")
    version = head.integer("version", low=1) or head.refuse("is missing; add it", "version")
    found = ConsentText(version, head.text("title"), sections)
    head.done()
    if not sections:
        table.refuse("is missing; a consent needs at least one [[consent_section]]")
    return found
