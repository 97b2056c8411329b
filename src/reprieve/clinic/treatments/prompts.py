"""Prompts: raised, acknowledged, escalated, resolved. They are derived; the monitor alarms.

Only what people answer is stored, as events of kind `prompt`. An acknowledgement or a resolution
holds for the episode it answers, an acknowledgement only as long as the protocol lets it. A snooze
holds for its key until its time is over, whatever the next reading says; it is over at once where
the reading grows worse by a grade or a rule for stopping is met, and what is critical is never
quiet before it was seen. How long all snoozes of an episode may last is the protocol's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from reprieve.clinic.treatments.clocks import span
from reprieve.clinic.treatments.conditions import conditions
from reprieve.clinic.treatments.due import Due, due
from reprieve.clinic.treatments.limits import Condition, Tier
from reprieve.clinic.treatments.state import Event, SessionState
from reprieve.evidence.practice import Protocol

Status = Literal["raised", "acknowledged", "snoozed", "escalated", "resolved"]
TIERS: tuple[Tier, ...] = ("info", "caution", "critical")
SEEN = ("acknowledge", "take")
MINUTE = timedelta(minutes=1)
NEXT_PERSON = "the prescriber"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `until` is when a snooze ends or when a resolved one was resolved."""

    key: str
    tier: Tier
    text: str
    raised_at: datetime
    owner: str
    status: Status
    until: datetime | None
    source: str
    answers: tuple[Event, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it still asks for somebody."""
        return self.status in ("raised", "acknowledged", "escalated")


def prompts(
    state: SessionState,
    protocol: Protocol,
    now: datetime,
    dues: Sequence[Due] | None = None,
) -> tuple[Prompt, ...]:
    """All prompts of a session, the open and gravest first; resolved ones are its history."""
    asked = due(state, protocol, now) if dues is None else dues
    wrong = tuple(conditions(state, protocol, asked, now))
    found = [_answered(c, _louder(c, wrong), state, protocol, now) for c in wrong]
    return tuple(sorted(found, key=_rank))


def worst(found: Iterable[Prompt]) -> Prompt | None:
    """The gravest open one."""
    return min((p for p in found if p.open), key=_rank, default=None)


def longest_snooze_min(protocol: Protocol) -> float | None:
    """The longest snooze that the protocol allows, min; None where it allows none."""
    limit = span(protocol, "prompts", "longest_snooze")
    return None if limit is None else limit / MINUTE


def most_quiet_min(protocol: Protocol) -> float | None:
    """How long all snoozes of one episode may last, min; as long as one, where nothing is said."""
    limit = span(protocol, "prompts", "most_quiet")
    return longest_snooze_min(protocol) if limit is None else limit / MINUTE


def _rank(p: Prompt) -> tuple[bool, bool, int, datetime]:
    return p.status == "resolved", p.status == "snoozed", -TIERS.index(p.tier), p.raised_at


def _louder(c: Condition, wrong: Sequence[Condition]) -> tuple[datetime, ...]:
    """When what ends every quiet about a condition began."""
    return tuple(
        o.began
        for o in wrong
        if (o.key.startswith("stop.") and o.key != c.key)
        or (o.about and o.about == c.about and TIERS.index(o.tier) > TIERS.index(c.tier))
    )


def _answered(
    c: Condition,
    louder: Sequence[datetime],
    state: SessionState,
    protocol: Protocol,
    now: datetime,
) -> Prompt:
    answers = [e for e in state.of("prompt") if e.data["key"] == c.key and e.at <= now]
    c = _reopened(c, answers)
    episode = [e for e in answers if e.at >= c.began]
    owner = state.nurse_name
    for e in episode:
        if e.data["action"] in SEEN:
            owner = e.by_name
    quiet = _quiet_until(c, answers, louder, protocol)
    status, until = _status(c, episode, quiet, protocol, now)
    if status == "escalated":
        owner = NEXT_PERSON
    return Prompt(c.key, c.tier, c.text, c.began, owner, status, until, c.source, tuple(episode))


def _reopened(c: Condition, answers: Sequence[Event]) -> Condition:
    """What was called resolved and is found again begins anew when it is found."""
    closed = [e.at for e in answers if e.data["action"] == "resolve" and e.at >= c.began]
    again = closed and c.seen is not None and c.seen > max(closed)
    return replace(c, began=c.seen) if again and c.seen is not None else c


def _status(
    c: Condition,
    episode: Sequence[Event],
    quiet: datetime | None,
    protocol: Protocol,
    now: datetime,
) -> tuple[Status, datetime | None]:
    resolved = next((e.at for e in episode if e.data["action"] == "resolve"), None)
    over = min(filter(None, (resolved, c.ended)), default=None)
    if over is not None:
        return "resolved", over
    if quiet is not None and now < quiet:
        return "snoozed", quiet
    since = max(c.began, quiet) if quiet is not None else c.began
    seen = max((e.at for e in episode if e.data["action"] in SEEN), default=None)
    if seen is not None:
        lasts = span(protocol, "prompts", "acknowledged")
        if lasts is None or now - seen <= lasts:
            return "acknowledged", None
        if c.tier == "critical":
            return "escalated", None
        since = max(since, seen + lasts)
    waits = "confirm_within" if c.key.startswith("confirm.") else "escalate_after"
    patience = span(protocol, "prompts", waits)
    if patience is not None and c.tier != "info" and now - since > patience:
        return "escalated", None
    return "raised", None


def _quiet_until(
    c: Condition, answers: Sequence[Event], louder: Sequence[datetime], protocol: Protocol
) -> datetime | None:
    """When the last quiet about a condition ends or ended; None where nobody asked for any."""
    asked = [e for e in answers if e.data["action"] == "snooze"]
    own = [e for e in asked if e.at >= c.began]
    most = timedelta(minutes=most_quiet_min(protocol) or 0)
    ends = [min(_snoozed_until(e, protocol), own[0].at + most) for e in own]
    counted = list(zip(own, ends, strict=True))
    if c.tier != "critical":
        counted += [(e, _snoozed_until(e, protocol)) for e in asked if e.at < c.began]
    return max(
        (min([end, *(at for at in louder if at > e.at)]) for e, end in counted), default=None
    )


def _snoozed_until(event: Event, protocol: Protocol) -> datetime:
    asked = timedelta(minutes=float(event.data["minutes"]))
    limit = span(protocol, "prompts", "longest_snooze") or timedelta(0)
    return event.at + min(asked, limit)
