"""What each held session adds to the clinic's numbers; no name, no date but the month."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models.fields.json import KeyTransform

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.courses import clock
from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.ledger.sums import exact_sum
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.state import Event, Phase, replay

SAID = ("observation", "adverse", "correction")
HELD = ("decision", "start", "discharge")


@dataclass(frozen=True, slots=True)
class Fact:
    """One session that was checked in."""

    patient: UUID
    month: str
    protocol: str
    route: str
    given: bool
    decided: bool
    held: bool  # a hold or no-go stood at some time
    adverse: bool
    severe: bool
    symptoms: frozenset[str]
    stay_min: float | None  # from the start of the dose to leaving
    drawn_mg: Decimal
    wasted_mg: Decimal


def facts(clinic: Clinic, first: date, after: date) -> tuple[Fact, ...]:
    """The sessions planned from a day up to another and checked in; five queries."""
    start, end = clock.bounds(clinic, first)[0], clock.bounds(clinic, after)[0]
    sessions = list(
        TreatmentSession.objects.filter(clinic=clinic, planned_at__gte=start, planned_at__lt=end)
        .exclude(phase=Phase.PLANNED)
        .select_related("course")
        .prefetch_related("course__protocol_version")
    )
    events = _events(clinic, start, end)
    drug = _drug(clinic, start, end)
    return tuple(
        _fact(clinic, s, events.get(s.pk, []), drug.get(s.pk, (Decimal(0), Decimal(0))))
        for s in sessions
    )


def _events(clinic: Clinic, start: datetime, end: datetime) -> dict[UUID, list[Event]]:
    """Events by session. Of those that carry snapshots of the chart only the decision is read."""
    rows = SessionEvent.objects.filter(
        session__clinic=clinic, session__planned_at__gte=start, session__planned_at__lt=end
    ).order_by()
    head = ("session_id", "id", "seq", "kind", "at", "entered_at")
    said = rows.filter(kind__in=SAID).values_list(*head, "data")
    held = rows.filter(kind__in=HELD).annotate(decision=KeyTransform("decision", "data"))
    found: dict[UUID, list[Event]] = defaultdict(list)
    for session_id, id, seq, kind, at, entered_at, data in said:
        found[session_id].append(Event(id, seq, kind, at, entered_at, "", "", data))
    for session_id, id, seq, kind, at, entered_at, decision in held.values_list(*head, "decision"):
        data = {"decision": decision}
        found[session_id].append(Event(id, seq, kind, at, entered_at, "", "", data))
    return found


def _drug(clinic: Clinic, start: datetime, end: datetime) -> dict[UUID, tuple[Decimal, Decimal]]:
    """mg drawn and mg wasted by session."""
    kinds = LedgerEntry.Kind
    rows = (
        LedgerEntry.objects.filter(
            clinic=clinic, session__planned_at__gte=start, session__planned_at__lt=end,
            kind__in=(kinds.DRAW, kinds.WASTE), reversed_by=None,
        )
        .order_by()
        .values_list("session_id", "kind", "vial__lot__mg_per_unit")
        .annotate(in_hand=exact_sum("held"))
    )  # fmt: skip
    found: dict[UUID, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for session_id, kind, mg_per_unit, held in rows:
        found[session_id][kind] += abs(Decimal(held)) * mg_per_unit
    return {pk: (sums[kinds.DRAW], sums[kinds.WASTE]) for pk, sums in found.items()}


def _fact(
    clinic: Clinic,
    session: TreatmentSession,
    events: Iterable[Event],
    drug: tuple[Decimal, Decimal],
) -> Fact:
    known = {e.id for e in events}
    state = replay(e for e in events if e.kind != "correction" or UUID(str(e.data["of"])) in known)
    decisions, adverse = state.of("decision"), state.of("adverse")
    protocol = session.course.protocol_version.protocol
    stay = None
    if state.started_at and state.discharged_at:
        stay = (state.discharged_at - state.started_at).total_seconds() / 60
    return Fact(
        patient=session.patient_id,
        month=f"{clock.local(clinic, session.planned_at):%Y-%m}",
        protocol=protocol.title,
        route=protocol.route,
        given=state.started_at is not None,
        decided=bool(decisions),
        held=any(e.data["decision"] != "go" for e in decisions),
        adverse=bool(adverse),
        severe=any(e.data.get("severity") in ("severe", "serious") for e in adverse),
        symptoms=frozenset(str(e.data["symptom"]) for e in state.of("observation")),
        stay_min=stay,
        drawn_mg=drug[0],
        wasted_mg=drug[1],
    )
