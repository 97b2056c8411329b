"""A session's state, derived from its events and from nothing else.

No database, no clock, no protocol: `replay(events)` gives the same state for the same events
whenever and wherever it is asked. Rules about the state live beside it: `dose`, `holds`, `due`,
`discharge`, `prompts`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

Data = Mapping[str, Any]


class Phase(StrEnum):
    """Where a session stands."""

    PLANNED = "planned"
    CHECKED_IN = "checked_in"
    READY = "ready"
    IN_SESSION = "in_session"
    RECOVERY = "recovery"
    DISCHARGED = "discharged"
    SIGNED = "signed"
    ABORTED = "aborted"

    @property
    def title(self) -> str:  # type: ignore[override]
        """The phase in words."""
        return self.value.replace("_", " ")

    @property
    def live(self) -> bool:
        """Whether the patient is on the floor."""
        return self in (Phase.CHECKED_IN, Phase.READY, Phase.IN_SESSION, Phase.RECOVERY)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the record holds it; `data` has numbers as decimal text."""

    id: UUID
    seq: int
    kind: str
    at: datetime
    entered_at: datetime
    by: str
    by_name: str
    data: Data

    @property
    def late_min(self) -> float:
        """Minutes between happening and entering."""
        return (self.entered_at - self.at) / timedelta(minutes=1)


# as protocols name them: mmHg, mmHg, /min, %, /min, score, degC; and oxygen given in L/min
READINGS = ("sbp", "dbp", "hr", "spo2", "rr", "moaas", "temp", "o2_l_min")


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of one measure: a vital sign, or the score of a rating."""

    measure: str
    value: Decimal
    event: Event

    @property
    def at(self) -> datetime:
        """When it was taken."""
        return self.event.at


@dataclass(frozen=True, slots=True)
class Vitals:
    """One set of readings, by the names of `READINGS`; what was not taken is left out."""

    event: Event
    values: Mapping[str, Decimal]

    @property
    def at(self) -> datetime:
        """When it was taken."""
        return self.event.at

    def get(self, reading: str) -> Decimal | None:
        """A reading by name, or None."""
        return self.values.get(reading)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of what is given: mg and mL over minutes (0: at once), and the pump's rate."""

    mg: Decimal
    ml: Decimal
    minutes: Decimal
    rate_ml_h: Decimal


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was drawn up for this session, as computed and recorded at that moment."""

    event: Event
    drug: str
    route: str
    unit: str  # what the ledger counts: mL, device, tablet
    weight_kg: Decimal | None
    mg: Decimal
    amount: Decimal  # in `unit`, all steps
    mg_per_unit: Decimal
    steps: tuple[Step, ...]

    @property
    def total_ml(self) -> Decimal:
        """Volume of all steps."""
        return sum((s.ml for s in self.steps), Decimal(0))

    @property
    def minutes(self) -> Decimal:
        """Planned length of giving."""
        return sum((s.minutes for s in self.steps), Decimal(0))


@dataclass(frozen=True, slots=True)
class RateChange:
    """From `at` on the pump runs at `rate_ml_h` (0 while paused or stopped)."""

    at: datetime
    rate_ml_h: Decimal
    event: Event


@dataclass(frozen=True, slots=True)
class SessionState:
    """Everything a page or a rule asks of a session."""

    phase: Phase = Phase.PLANNED
    events: tuple[Event, ...] = ()  # as they count: corrected, without the voided ones
    record: tuple[Event, ...] = ()  # as they came, corrections among them
    voided: frozenset[UUID] = frozenset()
    corrected: Mapping[UUID, tuple[Event, ...]] = field(default_factory=dict)
    check_in: Event | None = None
    weight_kg: Decimal | None = None  # of this session; see `known_weight`
    weight_at: datetime | None = None
    weights: tuple[Event, ...] = ()
    vitals: tuple[Vitals, ...] = ()
    decision: Event | None = None
    preparation: Preparation | None = None
    second_check: Event | None = None  # the last one; it counts only where it matched
    started_at: datetime | None = None
    ended_at: datetime | None = None  # of giving
    stop: Event | None = None
    rates: tuple[RateChange, ...] = ()
    devices: tuple[Event, ...] = ()
    criteria: Mapping[str, Event] = field(default_factory=dict)
    ratings: tuple[Event, ...] = ()
    nurse: str | None = None
    nurse_name: str = ""
    left_over: Decimal = Decimal(0)  # drawn, and by the record neither given, wasted nor put back
    recovery_at: datetime | None = None
    discharged_at: datetime | None = None
    signatures: tuple[Event, ...] = ()
    aborted: Event | None = None
    series: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)

    def of(self, *kinds: str) -> tuple[Event, ...]:
        """Events of some kinds that count, by time of happening."""
        return tuple(sorted((e for e in self.events if e.kind in kinds), key=lambda e: e.at))

    def readings(self, measure: str) -> tuple[Reading, ...]:
        """All that was read of a measure, a vital sign or a rating, by time of taking."""
        return self.series.get(measure, ())

    def before_dose(self, measure: str) -> Reading | None:
        """The last reading of a measure before the drug began."""
        start = self.started_at
        found = [r for r in self.readings(measure) if start is None or r.at <= start]
        return found[-1] if found else None

    @property
    def known_weight(self) -> tuple[Decimal, datetime] | None:
        """The weight a dose may be computed from, and when it was taken: today's or the last."""
        if self.weight_kg is not None and self.weight_at is not None:
            return self.weight_kg, self.weight_at
        said = self.check_in.data if self.check_in else {}
        if said.get("last_kg"):
            return Decimal(said["last_kg"]), datetime.fromisoformat(said["last_kg_at"])
        return None

    @property
    def go(self) -> bool:
        """Whether the last decision lets the session go ahead."""
        return self.decision is not None and self.decision.data["decision"] == "go"

    @property
    def checked(self) -> bool:
        """Whether the preparation stands with a second check that matched."""
        return self.second_check is not None and bool(self.second_check.data["matched"])

    @property
    def running(self) -> bool:
        """Whether drug is flowing now."""
        return self.phase is Phase.IN_SESSION and bool(self.rates) and self.rates[-1].rate_ml_h > 0

    @property
    def paused(self) -> bool:
        """Whether an infusion was interrupted and not ended."""
        return self.phase is Phase.IN_SESSION and bool(self.rates) and not self.rates[-1].rate_ml_h

    def last(self, reading: str, before: datetime | None = None) -> Vitals | None:
        """The last set that has a reading, at or before a time."""
        found = [
            v
            for v in self.vitals
            if v.get(reading) is not None and (before is None or v.at <= before)
        ]
        return found[-1] if found else None

    def baseline(self, reading: str) -> Vitals | None:
        """The last set with a reading before the drug began."""
        return self.last(reading, self.started_at) if self.started_at else self.last(reading)

    def given_ml(self, now: datetime) -> Decimal:
        """Volume that has flowed by a time, exact to the pump's rates, at most what was drawn."""
        if self.preparation is None or self.started_at is None:
            return Decimal(0)
        if self.stop is not None and self.stop.data.get("volume_ml") is not None:
            return Decimal(self.stop.data["volume_ml"])
        if not self.rates:  # given at once
            return self.preparation.total_ml
        end = min(now, self.ended_at) if self.ended_at else now
        total = Decimal(0)
        for change, following in zip(self.rates, (*self.rates[1:], None), strict=True):
            until = min(end, following.at) if following else end
            hours = Decimal(max(0, round((until - change.at).total_seconds()))) / 3600
            total += change.rate_ml_h * hours
        return min(total, self.preparation.total_ml)


def _left_over(state: SessionState) -> Decimal:
    """Units drawn for the session that no event accounts for; the ledger's `held` must agree."""
    of = state.of
    drawn = sum((Decimal(d["amount"]) for e in of("prepare") for d in e.data["draws"]), Decimal(0))
    gone = sum((Decimal(e.data["amount"]) for e in of("waste", "put_back")), Decimal(0))
    given = sum(
        (Decimal(e.data.get("given", 0)) for e in of("start", "device", "stop")), Decimal(0)
    )
    return drawn - gone - given


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
