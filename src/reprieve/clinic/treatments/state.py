"""A session's state, derived from its events and from nothing else.

No database, no clock, no protocol: `replay(events)` gives the same state for the same events
whenever and wherever it is asked. Rules about the state live beside it: `dose`, `holds`, `due`,
`discharge`, `prompts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from reprieve.clinic.treatments.facts import (
    READINGS,
    Data,
    Event,
    Phase,
    Preparation,
    RateChange,
    Reading,
    Step,
    Vitals,
)
from reprieve.clinic.treatments.session_state import SessionState

__all__ = [
    "READINGS",
    "Data",
    "Event",
    "Phase",
    "Preparation",
    "RateChange",
    "Reading",
    "SessionState",
    "Step",
    "Vitals",
    "known_at",
    "preparation_of",
    "replay",
]


def _left_over(state: SessionState) -> Decimal:
    """Units drawn for the session that no event accounts for; the ledger's `held` must agree."""
    of = state.of
    drawn = [d["amount"] for e in of("prepare") for d in e.data["draws"]]
    gone = [e.data["amount"] for e in of("waste", "put_back")]
    given = [e.data.get("given", 0) for e in of("start", "device", "stop")]
    return _sum(drawn) - _sum(gone) - _sum(given)


def _sum(amounts: Iterable[Any]) -> Decimal:
    return sum((Decimal(a) for a in amounts), Decimal(0))


def replay(events: Iterable[Event]) -> SessionState:
    """The state that events add up to.

    Corrections are applied first: `{"of": id, "void": true}` takes an event out of what counts,
    `{"of": id, "data": {...}, "at": time}` puts other content in its place. The original stays in
    `record`.
    """
    record = tuple(sorted(events, key=lambda e: e.seq))
    counted, voided, corrected = _corrected(record)
    vitals = tuple(sorted(map(_vitals, _of(counted, "vitals")), key=lambda v: v.at))
    state = SessionState(
        record=record,
        events=counted,
        voided=voided,
        corrected=corrected,
        vitals=vitals,
        ratings=_of(counted, "rating"),
        series=_series(vitals, _of(counted, "rating")),
    )
    for event in counted:
        step = _STEPS.get(event.kind)
        if step is not None:
            state = step(state, event)
    return replace(state, left_over=_left_over(state))


def known_at(state: SessionState, at: datetime) -> SessionState:
    """The state by what had happened at a time, as it counts now: nothing later is known."""
    return replay(e for e in state.events if e.at <= at)


def _of(events: Sequence[Event], kind: str) -> tuple[Event, ...]:
    return tuple(e for e in events if e.kind == kind)


def _series(vitals: Iterable[Vitals], ratings: Iterable[Event]) -> dict[str, tuple[Reading, ...]]:
    """Readings by measure, each by time of taking."""
    found: dict[str, list[Reading]] = {}
    for one in vitals:
        for name, value in one.values.items():
            found.setdefault(name, []).append(Reading(name, value, one.event))
    for event in ratings:
        name = event.data["instrument"]
        found.setdefault(name, []).append(Reading(name, Decimal(event.data["value"]), event))
    return {name: tuple(sorted(rs, key=lambda r: r.at)) for name, rs in found.items()}


def _corrected(
    record: Sequence[Event],
) -> tuple[tuple[Event, ...], frozenset[UUID], dict[UUID, tuple[Event, ...]]]:
    found = {e.id: e for e in record if e.kind != "correction"}
    voided: set[UUID] = set()
    corrected: dict[UUID, tuple[Event, ...]] = {}
    for event in record:
        if event.kind != "correction":
            continue
        of = UUID(str(event.data["of"]))
        corrected[of] = (*corrected.get(of, ()), event)
        if event.data.get("void"):
            voided.add(of)
        else:
            at = event.data.get("at")
            found[of] = replace(
                found[of],
                data={**found[of].data, **(event.data.get("data") or {})},
                at=datetime.fromisoformat(at) if at else found[of].at,
            )
    return tuple(e for e in found.values() if e.id not in voided), frozenset(voided), corrected


def _check_in(state: SessionState, event: Event) -> SessionState:
    confirmed = (
        {key: replace(event, data={"key": key, "met": True}) for key in event.data["confirmed"]}
        if event.data.get("confirmed")
        else {}
    )
    return replace(
        state, phase=Phase.CHECKED_IN, check_in=event, criteria={**state.criteria, **confirmed}
    )


def _weight(state: SessionState, event: Event) -> SessionState:
    weights = (*state.weights, event)
    if state.weight_at is not None and event.at < state.weight_at:  # entered late
        return replace(state, weights=weights)
    return replace(state, weights=weights, weight_kg=Decimal(event.data["kg"]), weight_at=event.at)


def _vitals(event: Event) -> Vitals:
    return Vitals(event, {n: Decimal(event.data[n]) for n in READINGS if event.data.get(n)})


def _ready(state: SessionState) -> SessionState:
    """Ready when the prescriber said go and what was drawn up was checked by a second person."""
    if state.phase not in (Phase.CHECKED_IN, Phase.READY):
        return state
    ready = state.go and state.preparation is not None and state.checked
    return replace(state, phase=Phase.READY if ready else Phase.CHECKED_IN)


def _decision(state: SessionState, event: Event) -> SessionState:
    return _ready(replace(state, decision=event))


def _prepare(state: SessionState, event: Event) -> SessionState:
    """A new preparation makes an earlier second check void."""
    return _ready(replace(state, preparation=preparation_of(event), second_check=None))


def preparation_of(event: Event) -> Preparation:
    """The preparation that an event recorded."""
    d = event.data
    steps = tuple(
        Step(*(Decimal(s[name]) for name in ("mg", "ml", "minutes", "rate_ml_h")))
        for s in d["steps"]
    )
    weight = d.get("weight_kg")
    return Preparation(
        event,
        d["drug"],
        d["route"],
        d["unit"],
        Decimal(weight) if weight else None,
        Decimal(d["mg"]),
        Decimal(d["amount"]),
        Decimal(d["mg_per_unit"]),
        steps,
    )


def _second_check(state: SessionState, event: Event) -> SessionState:
    return _ready(replace(state, second_check=event))


def _start(state: SessionState, event: Event) -> SessionState:
    """Giving begins. What is given at once, by injection or by mouth, ends as it begins."""
    begun = replace(state, phase=Phase.IN_SESSION, started_at=event.at)
    prepared = state.preparation
    if prepared is not None and prepared.unit == "device":
        return _device(begun, event)
    rate = prepared.steps[0].rate_ml_h if prepared is not None else Decimal(0)
    if not rate:
        return _ended(begun, event.at)
    return replace(begun, rates=(RateChange(event.at, rate, event),))


def _device(state: SessionState, event: Event) -> SessionState:
    given = replace(state, devices=(*state.devices, event))
    prepared = state.preparation
    if prepared is not None and len(given.devices) >= prepared.amount:
        return _ended(given, event.at)
    return given


def _ended(state: SessionState, at: datetime) -> SessionState:
    return replace(state, phase=Phase.RECOVERY, ended_at=at, recovery_at=at)


def _rate(state: SessionState, event: Event) -> SessionState:
    """Pause, resume and change of rate, in the order in which they happened."""
    rate = Decimal(0) if event.kind == "pause" else Decimal(event.data["rate_ml_h"])
    rates = sorted((*state.rates, RateChange(event.at, rate, event)), key=lambda r: r.at)
    return replace(state, rates=tuple(rates))


def _stop(state: SessionState, event: Event) -> SessionState:
    if state.ended_at is not None:
        return replace(state, stop=event)
    return replace(_ended(state, event.at), stop=event)


def _criterion(state: SessionState, event: Event) -> SessionState:
    key = event.data["key"]
    known = state.criteria.get(key)
    if known is not None and event.at < known.at:  # entered late
        return state
    return replace(state, criteria={**state.criteria, key: event})


def _assign(state: SessionState, event: Event) -> SessionState:
    return replace(state, nurse=event.data["nurse"], nurse_name=event.data.get("nurse_name", ""))


def _discharge(state: SessionState, event: Event) -> SessionState:
    return replace(state, phase=Phase.DISCHARGED, discharged_at=event.at)


def _sign(state: SessionState, event: Event) -> SessionState:
    ended = state.phase in (Phase.DISCHARGED, Phase.ABORTED, Phase.SIGNED)
    return replace(
        state,
        signatures=(*state.signatures, event),
        phase=Phase.SIGNED if ended else state.phase,
    )


def _abort(state: SessionState, event: Event) -> SessionState:
    """A session that does not go ahead; once drug was given it is stopped, not aborted."""
    return replace(state, phase=Phase.ABORTED, aborted=event)


_STEPS = {
    "check_in": _check_in,
    "weight": _weight,
    "decision": _decision,
    "prepare": _prepare,
    "second_check": _second_check,
    "start": _start,
    "device": _device,
    "pause": _rate,
    "resume": _rate,
    "rate": _rate,
    "stop": _stop,
    "criterion": _criterion,
    "assign": _assign,
    "discharge": _discharge,
    "sign": _sign,
    "countersign": _sign,
    "abort": _abort,
}
