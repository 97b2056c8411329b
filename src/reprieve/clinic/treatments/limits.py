"""Readings and symptoms beyond the protocol: rules for stopping, abnormal and critical values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.state import Reading, SessionState
from reprieve.evidence.practice import MEASURES, Protocol, Threshold

Tier = Literal["info", "caution", "critical"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something wrong from `began` on, until `ended` where it is over.

    `seen` is when it was last found so: what was called resolved and is found again is raised anew.
    `about` is the reading and its direction ("sbp:high"), where it is about one.
    """

    key: str
    tier: Tier
    text: str
    began: datetime
    source: str
    ended: datetime | None = None
    seen: datetime | None = None
    about: str = ""


def beyond(state: SessionState, protocol: Protocol) -> Iterator[Condition]:
    """Every run of readings, and every symptom, that the protocol has a rule for."""
    yield from _stops(state, protocol)
    yield from _symptoms(state, protocol)
    yield from _ranges(state, protocol)


def _stops(state: SessionState, protocol: Protocol) -> Iterator[Condition]:
    """Rules for stopping, and first readings beyond a rule that asks for more than one."""
    if state.started_at is None:
        return
    for key, rule in protocol.thresholds("stop").items():
        after = [r for r in state.readings(rule.measures) if r.at > state.started_at]
        for run, ended in _runs(rule, after, state):
            began = _sustained(rule, run)
            if began is not None and _with_symptom(rule, state, protocol, run):
                over = state.ended_at is not None and began > state.ended_at
                name = "Beyond the stop rule, dose over" if over else "Stop rule"
                text = f"{name}: {rule.words()}; last {said(run[-1].value)} {rule.unit}"
                yield Condition(
                    f"stop.{key}:{_direction(rule)}",
                    "critical",
                    text,
                    began,
                    whose(rule),
                    ended,
                    run[-1].at,
                    f"{rule.measures}:{_direction(rule)}",
                )
            elif began is None:
                text = f"{rule.words()}: {said(run[-1].value)} {rule.unit}. Take it again."
                yield Condition(
                    f"confirm.{key}:{_direction(rule)}",
                    "caution",
                    text,
                    run[0].at,
                    whose(rule),
                    ended,
                    run[-1].at,
                    f"{rule.measures}:{_direction(rule)}",
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


def last_run(rule: Threshold, readings: Sequence[Reading]) -> list[Reading]:
    """The readings in a row, up to the last one, that meet a rule as they stand."""
    found: list[Reading] = []
    for reading in reversed(readings):
        if not rule.met(float(reading.value)):
            break
        found.insert(0, reading)
    return found


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
    told = [e for e in state.of("observation") if e.data["symptom"] in alarms]
    over = {e.data["symptom"]: e.at for e in told if e.data.get("ended") and e.at < run[0].at}
    return any(
        not e.data.get("ended")
        and e.at >= over.get(e.data["symptom"], e.at)
        and _under(state, e.at)
        for e in told
    )


def _under(state: SessionState, at: datetime) -> bool:
    """Whether a time lies after the drug began."""
    return state.started_at is not None and at >= state.started_at


def _symptoms(state: SessionState, protocol: Protocol) -> Iterator[Condition]:
    """Alarm symptoms, and those that end the dose by themselves, from the first word to its end."""
    told = state.of("observation")
    for symptom in protocol.symptoms:
        run: list[datetime] = []
        for event in (*(e for e in told if e.data["symptom"] == symptom.key), None):
            if not (symptom.alarm or symptom.stops):
                break
            if event is not None and not event.data.get("ended"):
                run.append(event.at)
                continue
            if run:
                text = symptom.label + (": ends the dose by protocol" if symptom.stops else "")
                yield Condition(
                    f"symptom.{symptom.key}",
                    "critical",
                    text,
                    run[0],
                    f"{symptom.standing}, {symptom.status}",
                    None if event is None else event.at,
                    run[-1],
                )
            run = []


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
                f"{level}.{measure}:{direction}",
                tier,
                text,
                run[0].at,
                whose(rule),
                ended,
                run[-1].at,
                f"{measure}:{direction}",
            )
        run = []


def _direction(rule: Threshold) -> str:
    return "low" if rule.rule in ("below", "at_most") else "high"


def whose(rule: Threshold) -> str:
    """Whose word a number is, and how well it is known."""
    return ", ".join(filter(None, (rule.standing, rule.status, rule.source)))
