"""What the database holds at the end, read past the server."""

from collections import Counter
from uuid import UUID

from benchmarks.reliability import checking
from benchmarks.reliability.checking import Stored
from benchmarks.reliability.playing import Tally
from reprieve.clinic.audit import verify
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.treatments.models import SessionEvent
from reprieve.clinic.treatments.state import Event, Phase, replay


def faults(tally: Tally) -> list[str]:
    """Everything that is wrong with the record after what was acknowledged; best nothing."""
    rows = list(SessionEvent.objects.order_by("session", "seq"))
    sent = [row for row in rows if row.client_at is not None]  # the rest was there before
    return [
        *checking.faults(tally.acknowledged, _stored(sent)),
        *_states(tally, rows),
        *_ledger(),
        *(f"verify: {line}" for line in verify.faults()),
    ]


def stored_unanswered(tally: Tally, ended: list[float]) -> int:
    """Events that a server had stored when it was killed and never answered for."""
    times = dict(SessionEvent.objects.values_list("pk", "entered_at"))
    return sum(
        any(times[id].timestamp() < kill < answered for kill in ended)
        for id, answered in tally.answered.items()
        if id in times
    )


def _stored(rows: list[SessionEvent]) -> list[Stored]:
    writes = AuditEvent.objects.filter(kind="write", verb__startswith="record")
    audited = Counter(
        UUID(detail["event"])
        for detail in writes.values_list("detail", flat=True)
        if "event" in detail
    )
    return [Stored(r.pk, r.session_id, r.kind, r.data, r.at, r.seq, audited[r.pk]) for r in rows]


def _states(tally: Tally, rows: list[SessionEvent]) -> list[str]:
    """Sessions played to their end are signed, with every set of vital signs that was entered."""
    events: dict[UUID, list[Event]] = {}
    for row in rows:
        events.setdefault(row.session_id, []).append(row.plain)
    sets = Counter(a.session for a in tally.acknowledged if a.kind == "vitals")
    sets += Counter(r.session_id for r in rows if r.kind == "vitals" and r.client_at is None)
    found = []
    for session in tally.finished:
        state = replay(events.get(session, []))
        if state.phase is not Phase.SIGNED:
            found.append(f"session {session}: is {state.phase.title} where it was signed")
        if len(state.vitals) != sets[session]:
            found.append(
                f"session {session}: has {len(state.vitals)} sets of vital signs where "
                f"{sets[session]} were entered"
            )
    return found


def _ledger() -> list[str]:
    """No event moved the ledger twice: one row for each vial of it and each kind."""
    moves = Counter(
        LedgerEntry.objects.filter(event__isnull=False).values_list("event", "vial", "kind")
    )
    return [f"event {e}: {n} {k} rows for a vial" for (e, _, k), n in moves.items() if n > 1]
