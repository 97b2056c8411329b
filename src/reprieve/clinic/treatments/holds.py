"""Before the dose: every rule of the protocol with its value, the value's age, and a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from typing import Protocol as Shape

from reprieve.clinic.treatments.clocks import age_min, elapsed, since, span
from reprieve.clinic.treatments.limits import last_run
from reprieve.clinic.treatments.numbers import exact, said
from reprieve.clinic.treatments.state import Event, Reading, SessionState
from reprieve.evidence.practice import MEASURES, Criterion, Protocol, Threshold

Verdict = Literal["ok", "caution", "hold", "missing", "stale"]


class Gap(Shape):
    """What `patients.readiness.gaps` finds outside the session."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Hold:
    """One rule before the dose. `age_min` is the value's age in minutes; None without a value."""

    key: str
    title: str
    value: str
    unit: str
    age_min: float | None
    rule: str
    standing: str
    status: str
    source: str
    verdict: Verdict

    @property
    def needs_override(self) -> bool:
        """Whether going ahead needs a prescriber's reason."""
        return self.verdict in ("hold", "missing", "stale")


def judge(
    state: SessionState, protocol: Protocol, now: datetime, gaps: Sequence[Gap] = ()
) -> tuple[Hold, ...]:
    """All rules before the dose, in the protocol's order, then what the record lacks."""
    rules = [
        _ruled(key, rule, state, protocol, now)
        for key, rule in protocol.thresholds("before").items()
    ]
    confirmed = [_confirmed(c, state, now) for c in protocol.criteria_at("before")]
    outside = [_outside(gap) for gap in gaps]
    return (*rules, *_weight(state, protocol, now), *confirmed, *outside)


def standing(holds: Sequence[Hold]) -> tuple[Hold, ...]:
    """Those that need a prescriber's reason."""
    return tuple(h for h in holds if h.needs_override)


def open_holds(state: SessionState, protocol: Protocol, at: datetime) -> tuple[Hold, ...]:
    """Those of the session that the prescriber has not gone past as they stand at a time."""
    found = standing(judge(state, protocol, at))
    decision = state.decision
    return tuple(h for h in found if decision is None or not _gone_past(h, decision, at))


def _gone_past(hold: Hold, decision: Event, at: datetime) -> bool:
    """Whether a reason was given for this verdict, on this value and no newer one."""
    seen = next((h for h in decision.data["holds"] if h["key"] == hold.key), None)
    if seen is None or hold.key not in decision.data.get("overrides", {}):
        return False
    newer = hold.age_min is not None and hold.age_min < age_min(decision.at, at)
    return bool(seen["verdict"] == hold.verdict) and not newer


def _ruled(
    key: str, rule: Threshold, state: SessionState, protocol: Protocol, now: datetime
) -> Hold:
    measure = MEASURES[rule.measures]
    if measure.kind == "clock":
        return _clock(key, rule, state, now)
    reading = state.before_dose(rule.measures)
    if reading is None:
        return _hold(key, rule, "", None, "missing")
    age = age_min(reading.at, now)
    limit = span(protocol, "stale", "vitals")
    value = said(reading.value)
    if limit is not None and state.started_at is None and now - reading.at > limit:
        return _hold(key, rule, value, age, "stale", f"no older than {_words(protocol, 'vitals')}")
    return _hold(key, rule, value, age, *_verdict(rule, reading, state, protocol))


def _verdict(
    rule: Threshold, reading: Reading, state: SessionState, protocol: Protocol
) -> tuple[Verdict, str]:
    met = rule.met(float(reading.value))
    if rule.action == "require":
        return ("ok" if met else "hold"), ""
    if not met:
        return "ok", ""
    if rule.action == "warn":
        return "caution", ""
    return "hold", _repeats(rule, reading, state, protocol) if rule.action == "repeat" else ""


def _repeats(rule: Threshold, reading: Reading, state: SessionState, protocol: Protocol) -> str:
    """How often it was taken again, of how often the protocol asks for it."""
    found = protocol.thresholds("prompts")
    times, wait = found.get("repeat_readings"), found.get("repeat_after")
    run = len(last_run(rule, [r for r in state.readings(rule.measures) if r.at <= reading.at]))
    if times is None or wait is None:
        return "take it again"
    asked = f"taken again {run - 1} of {times.value:g} times"
    if run - 1 >= times.value:
        return f"{asked}: the prescriber decides"
    return f"{asked}; wait {wait.value:g} {wait.unit} between"


def _clock(key: str, rule: Threshold, state: SessionState, now: datetime) -> Hold:
    began = since(state, rule.measures, now)
    if began is None:
        asked = state.check_in is not None
        none_used = asked and rule.measures == "since_nasal_medicine"
        return _hold(key, rule, "none" if none_used else "", None, "ok" if none_used else "missing")
    at = state.started_at or now
    value = elapsed(began, at, rule.unit)
    met = rule.met(float(value))
    fails = not met if rule.action == "require" else met
    return _hold(key, rule, said(value), age_min(began, now), "hold" if fails else "ok")


def _hold(
    key: str, rule: Threshold, value: str, age: float | None, verdict: Verdict, more: str = ""
) -> Hold:
    words = rule.words()
    prefix = {"require": "", "repeat": "repeat: ", "hold": "hold: ", "warn": "warn: "}
    text = prefix.get(rule.action, "") + words + (f" ({more})" if more else "")
    return Hold(
        key,
        MEASURES[rule.measures].title,
        value,
        rule.unit,
        age,
        text,
        rule.standing,
        rule.status,
        rule.source,
        verdict,
    )


def _words(protocol: Protocol, name: str) -> str:
    rule = protocol.thresholds("stale")[name]
    return f"{rule.value:g} {rule.unit}"


def needs_weight(protocol: Protocol) -> bool:
    """Whether the protocol's own dose is per kg."""
    return any(d.default is not None and d.unit != "mg" for d in protocol.doses)


def weight_change(state: SessionState) -> Decimal | None:
    """Change in per cent of the last weighing against that of the session before."""
    last = state.weights[-1] if state.weights else None
    if last is None or not last.data.get("last_kg"):
        return None
    before = Decimal(last.data["last_kg"])
    change = abs(Decimal(last.data["kg"]) - before) / before * 100
    return change.quantize(Decimal("0.1"))


def _weight(state: SessionState, protocol: Protocol, now: datetime) -> list[Hold]:
    found: list[Hold] = []
    rule = protocol.thresholds("stale").get("weight")
    limit = span(protocol, "stale", "weight")
    if rule is not None and limit is not None and needs_weight(protocol):
        known = state.known_weight
        words = f"a weight no older than {_words(protocol, 'weight')}"
        value, age = "", None
        verdict: Verdict = "missing"
        if known is not None:
            value, age = said(known[0]), age_min(known[1], now)
            fresh = now - known[1] <= limit or state.started_at is not None
            verdict = "ok" if fresh else "stale"
        found.append(
            Hold(
                "weight",
                "Weight",
                value,
                "kg",
                age,
                words,
                rule.standing,
                rule.status,
                rule.source,
                verdict,
            )
        )
    change = weight_change(state)
    guard = protocol.thresholds("preparation").get("weight_change")
    if guard is not None and change is not None and guard.met(float(change)):
        twice = len(state.weights) > 1
        words = f"changed by {guard.value:g} % or less since the last session; " + (
            "weighed twice" if twice else "weigh again before a dose is computed"
        )
        at = age_min(state.weights[-1].at, now)
        found.append(
            Hold(
                "weight_change",
                "Change of weight",
                said(change),
                "%",
                at,
                words,
                guard.standing,
                guard.status,
                guard.source,
                "caution",
            )
        )
    return found


def must_weigh_again(state: SessionState, protocol: Protocol) -> bool:
    """Whether the weight changed beyond the protocol's guard and was not taken a second time."""
    change = weight_change(state)
    guard = protocol.thresholds("preparation").get("weight_change")
    if guard is None or change is None or not guard.met(float(change)):
        return False
    kgs = [Decimal(w.data["kg"]) for w in state.weights[-2:]]
    return len(kgs) < 2 or abs(kgs[0] - kgs[1]) / kgs[1] * 100 > exact(guard.value)


def _confirmed(c: Criterion, state: SessionState, now: datetime) -> Hold:
    event = state.criteria.get(c.key)
    verdict: Verdict = "missing"
    value, age = "", None
    if event is not None:
        met = bool(event.data["met"])
        verdict = "ok" if met else "hold"
        value, age = "yes" if met else "no", age_min(event.at, now)
    return Hold(
        c.key,
        c.text,
        value,
        "",
        age,
        "confirmed today",
        c.standing,
        c.status,
        c.source,
        verdict,
    )


def _outside(gap: Gap) -> Hold:
    verdict: Verdict = {"stop": "hold"}.get(gap.kind, "caution")  # type: ignore[assignment]
    return Hold(gap.key, gap.title, "", "", None, gap.detail, "", "", gap.source, verdict)
