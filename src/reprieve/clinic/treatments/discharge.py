"""Leaving: an interlock in which every criterion needs a timed value from this session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from reprieve.clinic.treatments.clocks import elapsed, since, span
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.state import SessionState
from reprieve.evidence.practice import MEASURES, Protocol, Threshold
from reprieve.evidence.practice import Criterion as Statement


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of leaving. `met` is None where there is no value that counts yet.

    `measured` ones are read from the record, `confirm` ones a person says.
    """

    key: str
    text: str
    kind: Literal["measured", "confirm"]
    met: bool | None
    value: str
    at: datetime | None
    rule: str
    standing: str
    status: str
    source: str
    lacks: str = ""


def criteria(state: SessionState, protocol: Protocol, now: datetime) -> tuple[Criterion, ...]:
    """All conditions of leaving, measured ones first."""
    rules = protocol.thresholds("discharge").items()
    measured = [
        _by_hand(_measured(key, rule, state, protocol, now), state)
        for key, rule in rules
        if rule.action == "require"
    ]
    said_so = [_confirmed(c, state) for c in protocol.criteria_at("discharge")]
    return (*measured, *said_so)


def ready(found: Sequence[Criterion]) -> bool:
    """Whether nothing stands in the way of leaving."""
    return all(c.met for c in found)


def unmet(found: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """What stands in the way."""
    return tuple(c for c in found if not c.met)


def _measured(
    key: str, rule: Threshold, state: SessionState, protocol: Protocol, now: datetime
) -> Criterion:
    measure = MEASURES[rule.measures]
    at_end = state.discharged_at or now
    if measure.kind == "clock":
        began = since(state, rule.measures, now)
        if began is None:
            return _criterion(key, rule, None, "", None, "the clock has not begun")
        value = elapsed(began, at_end, rule.unit)
        return _criterion(key, rule, rule.met(float(value)), f"{said(value)} {rule.unit}", at_end)
    reading = next((r for r in reversed(state.readings(rule.measures)) if r.at <= at_end), None)
    if state.ended_at is None or reading is None or reading.at < state.ended_at:
        return _criterion(key, rule, None, "", None, "no value since the dose ended")
    limit = span(protocol, "stale", "vitals")
    signs = protocol.vitals.readings
    if limit is not None and rule.measures in signs and at_end - reading.at > limit:
        old = said(reading.value)
        return _criterion(key, rule, None, old, reading.at, "too old: take it again")
    return _compared(key, rule, reading.value, reading.at, state)


def _compared(
    key: str, rule: Threshold, value: Decimal, at: datetime, state: SessionState
) -> Criterion:
    before = state.before_dose(rule.measures)
    base = None if before is None else float(before.value)
    held = rule.compared(float(value), base)
    if held is None:
        return _criterion(key, rule, None, said(value), at, "no value from before the dose")
    text = said(value)
    if rule.relative and before is not None:
        text += f" (before: {said(before.value)})"
    return _criterion(key, rule, rule.met(held), text, at)


def _criterion(
    key: str,
    rule: Threshold,
    met: bool | None,
    value: str,
    at: datetime | None,
    lacks: str = "",
) -> Criterion:
    return Criterion(
        key,
        MEASURES[rule.measures].title,
        "measured",
        met,
        value,
        at,
        rule.words(),
        rule.standing,
        rule.status,
        rule.source,
        lacks,
    )


def _by_hand(found: Criterion, state: SessionState) -> Criterion:
    """What cannot be measured may be settled by a prescriber, with a note and a time."""
    event = state.criteria.get(found.key)
    late = event is not None and state.ended_at is not None and event.at >= state.ended_at
    if found.met is not None or event is None or not late:
        return found
    return Criterion(
        found.key,
        found.text,
        "measured",
        bool(event.data["met"]),
        f"{event.by_name}: {event.data.get('note', '')}",
        event.at,
        found.rule,
        found.standing,
        found.status,
        found.source,
    )


def _confirmed(c: Statement, state: SessionState) -> Criterion:
    event = state.criteria.get(c.key)
    counts = event is not None and state.ended_at is not None and event.at >= state.ended_at
    met = bool(event.data["met"]) if event is not None and counts else None
    at = event.at if event is not None and counts else None
    value = "" if met is None else ("yes" if met else "no")
    lacks = "" if counts else "to be confirmed since the dose ended"
    return Criterion(
        c.key,
        c.text,
        "confirm",
        met,
        value,
        at,
        "confirmed",
        c.standing,
        c.status,
        c.source,
        lacks,
    )
