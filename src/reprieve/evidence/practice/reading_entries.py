"""Reading the entries of a protocol, one function a kind."""

from typing import TypedDict, cast

from reprieve.evidence.practice.entries import (
    ConsentSection,
    Criterion,
    Kind,
    Observation,
    Rescue,
    Screen,
    Sex,
    Symptom,
    When,
    Workup,
)
from reprieve.evidence.practice.reading_numbers import check_key, known_from, vitals
from reprieve.evidence.practice.thresholds import Standing
from reprieve.evidence.scales import references
from reprieve.evidence.schema import Table


class _Shared(TypedDict):
    key: str
    standing: Standing
    status: str
    source: str
    note: str


def _shared(table: Table) -> _Shared:
    key = check_key(table, table.text("key"))
    standing, status, source = known_from(table)
    return _Shared(
        key=key, standing=standing, status=status, source=source, note=table.text("note", "")
    )


def criterion(table: Table) -> Criterion:
    """`[[criterion]]`: what a person confirms."""
    found = Criterion(
        **_shared(table),
        text=table.text("text"),
        when=cast("When", table.choice("when", ("before", "discharge"))),
    )
    table.done()
    return found


def screen(table: Table) -> Screen:
    """`[[screen]]`: a contraindication or a caution."""
    found = Screen(
        **_shared(table),
        question=table.text("question"),
        kind=cast("Kind", table.choice("kind", ("hard", "caution"))),
        sex=cast("Sex", table.choice("sex", ("female", "male"), "")),
        age_min=table.optional("age_min", low=0, high=150),
        age_max=table.optional("age_max", low=0, high=150),
    )
    table.done()
    return found


def workup(table: Table) -> Workup:
    """`[[workup]]`: an examination before treatment."""
    found = Workup(
        **_shared(table),
        title=table.text("title"),
        indicated=table.text("indicated"),
        required=table.flag("required", False),
        valid_days=table.optional("valid_days", low=1),
    )
    table.done()
    return found


def symptom(table: Table) -> Symptom:
    """`[[symptom]]`: a side effect that the cockpit offers."""
    found = Symptom(
        **_shared(table),
        label=table.text("label"),
        alarm=table.flag("alarm", False),
        stops=table.flag("stops", False),
        graded=table.flag("graded", True),
    )
    table.done()
    return found


def rescue(table: Table) -> Rescue:
    """`[[rescue]]`: a drug that a prescriber may order."""
    found = Rescue(
        **_shared(table),
        drug=table.text("drug"),
        indication=table.text("indication"),
        route=table.text("route"),
        usual=table.text("usual"),
    )
    table.done()
    return found


def consent_section(table: Table) -> ConsentSection:
    """`[[consent_section]]`: one heading of the consent."""
    found = ConsentSection(
        **_shared(table),
        heading=table.text("heading"),
        paragraphs=table.texts("paragraphs"),
        further_sources=references(table, "further_sources"),
    )
    if not found.paragraphs or not all(p.strip() for p in found.paragraphs):
        table.refuse("is empty; write at least one paragraph", "paragraphs")
    table.done()
    return found


def observation(table: Table) -> Observation:
    """`[[observation]]`: readings with a clock of their own."""
    key, title = check_key(table, table.text("key")), table.text("title")
    found = vitals(table)
    return Observation(
        key=key,
        standing=found.standing,
        status=found.status,
        source=found.source,
        note=found.note,
        title=title,
        schedule=found,
    )
