"""What is due by the protocol's clock: vital signs, observations, devices, changes of the pump."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from reprieve.clinic.treatments.clocks import span
from reprieve.clinic.treatments.limits import last_run
from reprieve.clinic.treatments.state import Event, Phase, Preparation, SessionState
from reprieve.evidence.practice import MEASURES, Protocol, Vitals

Status = Literal["done", "coming", "soon", "due", "overdue", "missed"]
OPEN: tuple[Status, ...] = ("coming", "soon", "due", "overdue")
NONE = timedelta(0)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that the protocol's clock asks for; `readings` are those still to be taken."""

    key: str
    title: str
    readings: tuple[str, ...]
    at: datetime
    status: Status
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class _Slot:
    """A due time with the span of readings that count for it."""

    minute: float
    at: datetime
    begins: datetime | None
    ends: datetime | None


def due(state: SessionState, protocol: Protocol, now: datetime) -> tuple[Due, ...]:
    """Everything that was or will be due, by time. Empty before check-in and after the end."""
    if not (state.phase.live or state.phase in (Phase.DISCHARGED, Phase.SIGNED)):
        return ()
    found = list(_series("vitals", "Vital signs", protocol.vitals, state, protocol, now, True))
    for one in protocol.observations:
        found += _series(one.key, one.title, one.schedule, state, protocol, now, False)
    found += _again(state, protocol, now)
    found += _device(state, protocol, now)
    found += _pump(state, protocol, now)
    return tuple(sorted(found, key=lambda d: d.at))


def next_due(dues: Iterable[Due]) -> Due | None:
    """The open one that is first by the clock."""
    return min((d for d in dues if d.status in OPEN), key=lambda d: d.at, default=None)


def _series(
    key: str,
    title: str,
    schedule: Vitals,
    state: SessionState,
    protocol: Protocol,
    now: datetime,
    recovery: bool,
) -> list[Due]:
    slots = _slots(_minutes(schedule, state, protocol, now, recovery), state)
    return [_asked(key, title, schedule.readings, slot, state, protocol, now) for slot in slots]


def _minutes(
    schedule: Vitals, state: SessionState, protocol: Protocol, now: datetime, recovery: bool
) -> list[float]:
    """Minutes after the start; what is read before it stands at 0."""
    first = [0.0] if 0 in schedule.times_min else []
    if state.started_at is None:
        return first
    end = state.discharged_at or now
    gone = (end - state.started_at) / MINUTE
    listed = first + list(schedule.minutes(_hours(state)))
    every = protocol.thresholds("prompts").get("recovery_vitals") if recovery else None
    if every is not None and listed:
        last = listed[-1]
        while last <= gone:
            last += every.value
            listed.append(last)
    if state.discharged_at is not None:
        return [m for m in listed if m <= gone]
    return listed


def _hours(state: SessionState) -> float:
    """How long the drug is given: as it was, or as it is planned."""
    if state.started_at is not None and state.ended_at is not None:
        return (state.ended_at - state.started_at) / timedelta(hours=1)
    return float(state.preparation.minutes) / 60 if state.preparation else 0.0


def _slots(minutes: Sequence[float], state: SessionState) -> list[_Slot]:
    """Each reading counts for the due time that is nearest to it."""
    start = state.started_at
    if start is None:
        began = state.check_in.at if state.check_in else None
        return [_Slot(0, began, None, None) for _ in minutes if began]
    made = []
    for i, minute in enumerate(minutes):
        after = minutes[i + 1] if i + 1 < len(minutes) else None
        # what is read before the dose never stands for what is read after it began
        begins = start + (minutes[i - 1] + minute) / 2 * MINUTE if i and minutes[i - 1] else start
        ends = None if after is None else start + (minute + after) / 2 * MINUTE
        made.append(
            _Slot(minute, start + minute * MINUTE, begins, ends)
            if minute
            else _Slot(minute, start, None, start)
        )
    return made


def _asked(
    key: str,
    title: str,
    readings: tuple[str, ...],
    slot: _Slot,
    state: SessionState,
    protocol: Protocol,
    now: datetime,
) -> Due:
    taken = {name: _within(state, name, slot) for name in readings}
    left = tuple(name for name, event in taken.items() if event is None)
    event = next((e for e in taken.values() if e is not None), None)
    status: Status = "done" if not left else _status(slot, state, protocol, now)
    return Due(f"{key}@{slot.minute:g}", title, left, slot.at, status, event)


def _within(state: SessionState, name: str, slot: _Slot) -> Event | None:
    for reading in state.readings(name):
        after = slot.begins is None or reading.at > slot.begins
        before = slot.ends is None or reading.at <= slot.ends
        if after and before:
            return reading.event
    return None


def _status(slot: _Slot, state: SessionState, protocol: Protocol, now: datetime) -> Status:
    if state.started_at is None:
        return "due"  # before the dose no clock runs yet
    if state.discharged_at is not None or (slot.ends is not None and now > slot.ends):
        return "missed"
    return by_clock(slot.at, protocol, now)


def by_clock(at: datetime, protocol: Protocol, now: datetime) -> Status:
    """How a due time stands to the clock, with the protocol's notice and grace."""
    soon = span(protocol, "prompts", "due_soon") or NONE
    grace = span(protocol, "prompts", "overdue") or NONE
    if now < at - soon:
        return "coming"
    if now < at:
        return "soon"
    return "due" if now <= at + grace else "overdue"


def _again(state: SessionState, protocol: Protocol, now: datetime) -> list[Due]:
    """What the protocol has taken again before the dose, after its wait, so many times."""
    times = protocol.thresholds("prompts").get("repeat_readings")
    wait = span(protocol, "prompts", "repeat_after")
    if times is None or wait is None or state.phase not in (Phase.CHECKED_IN, Phase.READY):
        return []
    runs = {
        rule.measures: run
        for rule in protocol.thresholds("before").values()
        if rule.action == "repeat"
        and 0 < len(run := last_run(rule, state.readings(rule.measures))) <= times.value
    }
    if not runs:
        return []
    at = max(run[-1].at for run in runs.values()) + wait
    what = ", ".join(MEASURES[m].title.lower() for m in runs)
    number = max(map(len, runs.values()))
    status = by_clock(at, protocol, now)
    return [Due(f"repeat@{number}", f"Again: {what}", tuple(runs), at, status)]


def _device(state: SessionState, protocol: Protocol, now: datetime) -> list[Due]:
    """The next device, once the rest after the last one is over."""
    prepared = state.preparation
    between = span(protocol, "spacing", "between_devices")
    if prepared is None or prepared.unit != "device" or state.phase is not Phase.IN_SESSION:
        return []
    number = len(state.devices) + 1
    at = state.devices[-1].at + (between or NONE)
    return [Due(f"device@{number}", f"Device {number}", (), at, by_clock(at, protocol, now))]


def _pump(state: SessionState, protocol: Protocol, now: datetime) -> list[Due]:
    """The next change of the pump, when what came before it has flowed, until it is entered."""
    prepared = state.preparation
    if prepared is None or not state.running:
        return []
    number = _entered_step(state, prepared, protocol)
    border = sum((s.ml for s in prepared.steps[: number + 1]), Decimal(0))
    last = number + 1 == len(prepared.steps)
    title = "Infusion ends" if last else f"Pump to {prepared.steps[number + 1].rate_ml_h:f} mL/h"
    at = _flowed_at(state, border)
    return [Due(f"pump@{number + 1}", title, (), at, by_clock(at, protocol, now))]


def _entered_step(state: SessionState, prepared: Preparation, protocol: Protocol) -> int:
    """Which step the pump was last set to: a step is entered by its rate, not by the clock.

    Slowing down is no change of step: that comes when a step has flowed, or within the protocol's
    notice of it, with a rate that is nearer to the next step's than to its own.
    """
    notice = span(protocol, "prompts", "due_soon") or NONE
    number, border = 0, prepared.steps[0].ml
    for change in state.rates[1:]:
        if number + 1 == len(prepared.steps) or not change.rate_ml_h:
            continue
        this, following = prepared.steps[number], prepared.steps[number + 1]
        near = abs(change.rate_ml_h - following.rate_ml_h) < abs(change.rate_ml_h - this.rate_ml_h)
        flows = this.rate_ml_h * Decimal(notice.total_seconds()) / 3600
        if near and state.given_ml(change.at) + flows >= border:
            number += 1
            border += following.ml
    return number


def _flowed_at(state: SessionState, volume: Decimal) -> datetime:
    """When a volume had flowed, or will have at the rate that runs now."""
    gone = Decimal(0)
    for change, following in zip(state.rates, (*state.rates[1:], None), strict=True):
        if following is not None:
            length = Decimal((following.at - change.at).total_seconds())
            flowed = change.rate_ml_h * length / 3600
            if gone + flowed < volume:
                gone += flowed
                continue
        return change.at + float((volume - gone) / change.rate_ml_h) * timedelta(hours=1)
    raise AssertionError("a running pump has a last rate")
