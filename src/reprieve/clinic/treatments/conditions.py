"""What raises a prompt: conditions found in a session, each with the time it began.

A condition's key names what is wrong and in which direction, so that quiet about one never
covers the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from reprieve.clinic.treatments.clocks import span
from reprieve.clinic.treatments.discharge import criteria, unmet
from reprieve.clinic.treatments.due import Due
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.state import Phase, Reading, SessionState
from reprieve.evidence.practice import MEASURES, Protocol, Threshold

Tier = Literal["info", "caution", "critical"]
DOSED = (Phase.IN_SESSION, Phase.RECOVERY)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something wrong from `began` on, until `ended` where it is over."""

    key: str
    tier: Tier
    text: str
    began: datetime
    source: str
    ended: datetime | None = None


def conditions(
    state: SessionState, protocol: Protocol, dues: Sequence[Due], now: datetime
) -> Iterator[Condition]:
    """Every condition of a session, past ones of readings among them."""
    if state.check_in is None:
        return
    yield from _clock(state, protocol, dues, now)
    left = state.discharged_at or (state.aborted.at if state.aborted else None)
    for found in (_stops(state, protocol), _symptoms(state, protocol), _ranges(state, protocol)):
        for one in found:
            yield one if one.ended is not None or left is None else replace(one, ended=left)
    yield from _stale(state, protocol, now)
    yield from _staying(state, protocol, now)
    yield from _papers(state, protocol, now)


def _clock(
    state: SessionState, protocol: Protocol, dues: Sequence[Due], now: datetime
) -> Iterator[Condition]:
    """Due soon, due and overdue: one condition for each series, from its oldest open time."""
    if not state.phase.live or state.started_at is None:
        return
    grace = span(protocol, "prompts", "overdue") or timedelta(0)
    soon = span(protocol, "prompts", "due_soon") or timedelta(0)
    for series in dict.fromkeys(d.key.split("@")[0] for d in dues):
        late = _late([d for d in dues if d.key.split("@")[0] == series])
        if not late:
            continue
        first = late[0]
        what = f"{first.title}: due at minute {first.key.split('@')[1]}"
        if first.status in ("overdue", "missed"):
            yield Condition(
                f"overdue:{series}",
                "caution",
                f"{first.title} overdue",
                first.at + grace,
                "protocol clock",
            )
        elif first.status in ("soon", "due"):
            text = what if first.readings else f"{first.title} {first.status}"
            yield Condition(f"due:{series}", "info", text, first.at - soon, "protocol clock")


def _late(series: Sequence[Due]) -> list[Due]:
    """What nobody has caught up with: open now, or missed with nothing taken since."""
    caught = [i for i, d in enumerate(series) if d.event is not None]
    after = series[caught[-1] + 1 :] if caught else series
    taken = [d for d in series[: caught[-1] + 1] if d.status == "overdue"] if caught else []
    before_dose = {d.key for d in after if d.status == "missed" and d.key.endswith("@0")}
    open_now = [d for d in after if d.status not in ("done", "coming") and d.key not in before_dose]
    return [*taken, *open_now]


def _stops(state: SessionState, protocol: Protocol) -> Iterator[Condition]:
    """Rules for stopping, and first readings beyond a rule that asks for more than one."""
    if state.started_at is None:
        return
    for key, rule in protocol.thresholds("stop").items():
        after = [r for r in state.readings(rule.measures) if r.at > state.started_at]
        for run, ended in _runs(rule, after, state):
            began = _sustained(rule, run)
            if began is not None and _with_symptom(rule, state, protocol, run):
                text = f"Stop rule: {rule.words()}; last {said(run[-1].value)} {rule.unit}"
                yield Condition(
                    f"stop.{key}:{_direction(rule)}", "critical", text, began, _whose(rule), ended
                )
            elif began is None:
                text = f"{rule.words()}: {said(run[-1].value)} {rule.unit}. Take it again."
                yield Condition(
                    f"confirm.{key}:{_direction(rule)}",
                    "caution",
                    text,
                    run[0].at,
                    _whose(rule),
                    ended,
                )


def _runs(
    rule: Threshold, readings: Sequence[Reading], state: SessionState
) -> Iterator[tuple[list[Reading], datetime | None]]:
    """Readings in a row that meet a rule, and when one cleared it (None: not yet)."""
    before = state.before_dose(rule.measures) if rule.measures else None
    base = None if before is None else float(before.value)
    run: list[Reading] = []
    for reading in readings:
        held = rule.compared(float(reading.value), base)
        if held is not None and rule.met(held):
            run.append(reading)
        elif run:
            yield run, reading.at
            run = []
    if run:
        yield run, None


def _sustained(rule: Threshold, run: Sequence[Reading]) -> datetime | None:
    """When a run of readings became one that counts."""
    for n, reading in enumerate(run, start=1):
        long = (reading.at - run[0].at) >= timedelta(minutes=rule.sustained_min)
        if n >= rule.sustained_readings and long:
            return reading.at
    return None


def _with_symptom(
    rule: Threshold, state: SessionState, protocol: Protocol, run: Sequence[Reading]
) -> bool:
    if not rule.with_symptoms:
        return True
    alarms = {s.key for s in protocol.symptoms if s.alarm}
    began = state.started_at
    return any(
        e.data["symptom"] in alarms and began is not None and e.at >= began
        for e in state.of("observation")
    )


def _symptoms(state: SessionState, protocol: Protocol) -> Iterator[Condition]:
    """Alarm symptoms, and those that end the dose by themselves."""
    known = {s.key: s for s in protocol.symptoms if s.alarm or s.stops}
    events = state.of("observation")
    for event in events:
        symptom = known.get(event.data["symptom"])
        if symptom is None or event.data.get("ended"):
            continue
        ended = next(
            (
                e.at
                for e in events
                if e.data["symptom"] == symptom.key and e.data.get("ended") and e.at >= event.at
            ),
            None,
        )
        text = f"{symptom.label}" + (": ends the dose by protocol" if symptom.stops else "")
        yield Condition(
            f"symptom.{symptom.key}",
            "critical",
            text,
            event.at,
            f"{symptom.standing}, {symptom.status}",
            ended,
        )


def _ranges(state: SessionState, protocol: Protocol) -> Iterator[Condition]:
    """Readings that the protocol calls abnormal or critical, by measure and direction."""
    for measure in protocol.vitals.readings:
        bounds = protocol.bounds(measure)
        for direction in ("high", "low"):
            for level, tier in (("critical", "critical"), ("abnormal", "caution")):
                limit = getattr(bounds, f"{level}_{direction}")
                if limit is None:
                    continue
                rule = protocol.thresholds("range")[f"{measure}_{level}_{direction}"]
                yield from _range(state, measure, rule, level, direction, tier)  # type: ignore[arg-type]


def _range(
    state: SessionState, measure: str, rule: Threshold, level: str, direction: str, tier: Tier
) -> Iterator[Condition]:
    title = MEASURES[measure].title
    run: list[Reading] = []
    for reading in (*state.readings(measure), None):
        if reading is not None and rule.met(float(reading.value)):
            run.append(reading)
            continue
        if run:
            text = f"{title} {level} {direction}: {said(run[-1].value)} {rule.unit}"
            ended = None if reading is None else reading.at
            yield Condition(
                f"{level}.{measure}:{direction}", tier, text, run[0].at, _whose(rule), ended
            )
        run = []


def _stale(state: SessionState, protocol: Protocol, now: datetime) -> Iterator[Condition]:
    """No vital sign for longer than the protocol lets pass while the patient is under the drug."""
    limit = span(protocol, "prompts", "data_stale")
    if limit is None or state.phase not in DOSED or state.started_at is None:
        return
    last = max((v.at for v in state.vitals), default=state.started_at)
    last = max(last, state.started_at)
    if now - last > limit:
        minutes = int((now - last) / timedelta(minutes=1))
        rule = protocol.thresholds("prompts")["data_stale"]
        yield Condition(
            "stale:vitals",
            "caution",
            f"No vital sign for {minutes} min",
            last + limit,
            _whose(rule),
        )


def _staying(state: SessionState, protocol: Protocol, now: datetime) -> Iterator[Condition]:
    """Still not ready to leave at the protocol's time of escalation."""
    if state.phase is not Phase.RECOVERY or state.started_at is None:
        return
    for key, rule in protocol.thresholds("discharge").items():
        if rule.action != "escalate" or MEASURES[rule.measures].kind != "clock":
            continue
        limit = span(protocol, "discharge", key)
        assert limit is not None
        if now - state.started_at >= limit and unmet(criteria(state, protocol, now)):
            yield Condition(
                f"discharge.{key}",
                "critical",
                f"Not ready to leave: {rule.words()}",
                state.started_at + limit,
                _whose(rule),
            )


def _papers(state: SessionState, protocol: Protocol, now: datetime) -> Iterator[Condition]:
    """A record without its prescriber's signature; a second check or a waste without witness."""
    unsigned = span(protocol, "prompts", "unsigned")
    signed = any(e.data.get("prescriber") for e in state.signatures)
    ended = state.discharged_at
    if unsigned is not None and ended is not None and not signed and now - ended > unsigned:
        yield Condition(
            "unsigned",
            "caution",
            "Not signed by a prescriber",
            ended + unsigned,
            _whose(protocol.thresholds("prompts")["unsigned"]),
        )
    witness = span(protocol, "prompts", "witness")
    prepared = state.preparation
    if witness is None or prepared is None:
        return
    rule = _whose(protocol.thresholds("prompts")["witness"])
    waiting = state.phase in (Phase.CHECKED_IN, Phase.READY) and not state.checked
    if waiting and now - prepared.event.at > witness:
        yield Condition(
            "witness:second_check",
            "caution",
            "Second check missing",
            prepared.event.at + witness,
            rule,
        )
    left, since = _left_over(state)
    if left and since is not None and now - since > witness:
        yield Condition(
            "witness:waste",
            "caution",
            f"{said(left)} {prepared.unit} drawn, neither given nor wasted before a witness",
            since + witness,
            rule,
        )


def _left_over(state: SessionState) -> tuple[Decimal, datetime | None]:
    """What the record shows as drawn and not accounted for once giving is over."""
    return state.left_over, state.ended_at or (state.aborted.at if state.aborted else None)


def _direction(rule: Threshold) -> str:
    return "low" if rule.rule in ("below", "at_most") else "high"


def _whose(rule: Threshold) -> str:
    return ", ".join(filter(None, (rule.standing, rule.status, rule.source)))
