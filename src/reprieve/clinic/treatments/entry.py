"""What a check of an entry may ask: who enters, when it happened, and how the session stands."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.treatments.kinds import KINDS, Kind
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.refusals import refuse
from reprieve.clinic.treatments.state import Phase, SessionState
from reprieve.evidence.practice import Protocol

# How far a tablet's clock may run ahead of the server's before its time is refused. Not clinical:
# clocks kept by network time differ by less than a second, badly kept ones by a minute.
AHEAD = timedelta(minutes=2)


@dataclass(frozen=True)
class Entry:
    """An entry on its way into the record. `second` is a second person who proved who they are."""

    by: Actor
    session: TreatmentSession
    state: SessionState
    protocol: Protocol
    kind: Kind
    at: datetime
    data: dict[str, Any]
    second: User | None = None

    @property
    def now(self) -> datetime:
        """The server's time."""
        return self.by.now

    @property
    def day(self) -> date:
        """The day of the entry by the clinic's calendar."""
        return self.at.astimezone(ZoneInfo(self.by.clinic.time_zone)).date()

    def clock(self, at: datetime) -> str:
        """A time as the clinic's clock says it; the day too where it is another."""
        zone = ZoneInfo(self.by.clinic.time_zone)
        local, now = at.astimezone(zone), self.now.astimezone(zone)
        return f"{local:%H:%M:%S}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"


def check_phase(entry: Entry) -> None:
    """Refuse what the session's phase does not admit."""
    session, state, kind = entry.session, entry.state, entry.kind
    if session.plan != TreatmentSession.Plan.PLANNED:
        raise refuse(f"This session is {session.get_plan_display()}. Plan another one.")
    if state.phase not in kind.phases:
        after = " After the signature only an addendum is taken." if state.signatures else ""
        expected = " or ".join(p.title for p in Phase if p in kind.phases)
        raise refuse(
            f"The session is {state.phase.title}; {kind.title} is entered while it is "
            f"{expected}.{after}"
        )


def timed(entry: Entry) -> Entry:
    """The entry at the time that counts: never after the server's, and now for what stands now.

    What a fast tablet clock says is taken back to the server's time, so that no rule of the clock
    is met early by it.
    """
    check_time(entry)
    if entry.kind.now:
        _check_now(entry)
        return replace(entry, at=entry.now)
    return replace(entry, at=min(entry.at, entry.now))


def _check_now(entry: Entry) -> None:
    if entry.at < entry.now - AHEAD:
        raise refuse(
            f"A {entry.kind.title} has the time at which it is entered, {entry.clock(entry.now)}; "
            f"{entry.clock(entry.at)} came. Leave the time out.",
            "at",
        )


def check_time(entry: Entry) -> None:
    """Refuse a time in the future, or before what it follows."""
    if entry.at > entry.now + AHEAD:
        raise refuse(
            f"{entry.clock(entry.at)} is in the future (it is {entry.clock(entry.now)} now). "
            "Enter when it happened; check the tablet's clock.",
            "at",
        )
    begun = entry.state.check_in
    if begun is not None and entry.at < begun.at and entry.kind.key != "assign":
        raise refuse(
            f"{entry.clock(entry.at)} is before the check-in at {entry.clock(begun.at)}. Enter "
            "when it happened.",
            "at",
        )
    after, what = _follows(entry.kind.key, entry.state)
    if after is not None and entry.at < after:
        raise refuse(
            f"{entry.kind.title.capitalize()} at {entry.clock(entry.at)} is before the {what} at "
            f"{entry.clock(after)}. Enter when it happened.",
            "at",
        )


def _follows(kind: str, state: SessionState) -> tuple[datetime | None, str]:
    """What an event of a kind cannot have come before."""
    if kind == "prepare" and state.decision is not None:
        return state.decision.at, "decision"
    if kind == "second_check" and state.preparation is not None:
        return state.preparation.event.at, "preparation"
    if kind == "start" and state.second_check is not None:
        return state.second_check.at, "second check"
    if kind in ("pause", "resume", "rate", "stop") and state.rates:
        return state.rates[-1].at, "last change of the pump"
    if kind in ("device", "stop") and state.devices:
        return state.devices[-1].at, "last device"
    if kind == "discharge":
        return _last_of_recovery(state)
    if kind == "sign":
        last = state.discharged_at or (state.aborted.at if state.aborted else None)
        return last, "end of the session"
    return None, ""


def _last_of_recovery(state: SessionState) -> tuple[datetime | None, str]:
    """Nobody is measured after leaving: what was found last, or the end of the dose."""
    found = [(e.at, KINDS[e.kind].title) for e in state.of("vitals", "rating", "observation")]
    if state.ended_at is not None:
        found.append((state.ended_at, "end of the dose"))
    return max(found, default=(None, ""), key=lambda one: one[0])


def kind_of(key: str) -> Kind:
    """The kind by its key.

    Raises
    ------
    EntryRefusedError
        There is no such kind.
    """
    if key not in KINDS:
        raise refuse(f"'{key}' is not a kind of event. Known: {', '.join(KINDS)}.")
    return KINDS[key]
