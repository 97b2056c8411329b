"""What raises a prompt: conditions found in a session, each with the time it began.

A condition's key names what is wrong and in which direction, so that quiet about one never
covers the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from reprieve.clinic.treatments.clocks import span
from reprieve.clinic.treatments.discharge import criteria, unmet
from reprieve.clinic.treatments.due import Due
from reprieve.clinic.treatments.limits import Condition, beyond, whose
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.state import Phase, SessionState
from reprieve.evidence.practice import MEASURES, Protocol

DOSED = (Phase.IN_SESSION, Phase.RECOVERY)


def conditions(
    state: SessionState, protocol: Protocol, dues: Sequence[Due], now: datetime
) -> Iterator[Condition]:
    """Every condition of a session, past ones of readings among them."""
    if state.check_in is None:
        return
    yield from _clock(state, protocol, dues, now)
    left = state.discharged_at or (state.aborted.at if state.aborted else None)
    for one in beyond(state, protocol):
        yield one if one.ended is not None or left is None else replace(one, ended=left)
    yield from _stale(state, protocol, now)
    yield from _paused(state, protocol, now)
    yield from _staying(state, protocol, now)
    yield from _papers(state, protocol, now)


def _clock(
    state: SessionState, protocol: Protocol, dues: Sequence[Due], now: datetime
) -> Iterator[Condition]:
    """Due soon, due and overdue: one condition for each series, from its oldest open time."""
    if not state.phase.live:
        return
    grace = span(protocol, "prompts", "overdue") or timedelta(0)
    soon = span(protocol, "prompts", "due_soon") or timedelta(0)
    for series in dict.fromkeys(d.key.split("@")[0] for d in dues):
        late = _late([d for d in dues if d.key.split("@")[0] == series])
        if not late or (state.started_at is None and series != "repeat"):
            continue  # before the dose no clock runs but that of taking again
        first = late[0]
        what = f"{first.title} {first.status}"
        if state.started_at is not None:
            what = f"{first.title}: due at minute {first.key.split('@')[1]}"
        if first.status in ("overdue", "missed"):
            yield Condition(
                f"overdue:{series}",
                "caution",
                f"{first.title} overdue",
                first.at + grace,
                "protocol clock",
                seen=max(d.at for d in late if d.status in ("overdue", "missed")) + grace,
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
            whose(rule),
        )


def _paused(state: SessionState, protocol: Protocol, now: datetime) -> Iterator[Condition]:
    """An infusion that was interrupted and neither resumed nor stopped."""
    limit = span(protocol, "prompts", "paused")
    if limit is None or not state.paused:
        return
    since = state.rates[-1].at
    if now - since > limit:
        minutes = int((now - since) / timedelta(minutes=1))
        yield Condition(
            "paused",
            "caution",
            f"Infusion paused for {minutes} min: resume or stop",
            since + limit,
            whose(protocol.thresholds("prompts")["paused"]),
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
                whose(rule),
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
            whose(protocol.thresholds("prompts")["unsigned"]),
        )
    witness = span(protocol, "prompts", "witness")
    prepared = state.preparation
    if witness is None or prepared is None:
        return
    rule = whose(protocol.thresholds("prompts")["witness"])
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
