"""The close of a day: what is still open, and the record that somebody closed it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.courses import clock
from reprieve.clinic.courses.exposure import GIVEN
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.amounts import shown
from reprieve.clinic.ledger.clocks import count_clocks
from reprieve.clinic.ledger.overview import held_in_sessions
from reprieve.clinic.ledger.stock import unexplained
from reprieve.clinic.today.links import openable
from reprieve.clinic.today.models import DayClosed
from reprieve.clinic.treatments.floor import session_view
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.signatures import to_sign
from reprieve.clinic.treatments.state import Phase

LIVE = tuple(p for p in Phase if p.live)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is still open. Patients go by the clinic's own number, also on paper."""

    sort: str
    text: str
    url: str


def open_items(by: Actor, day: date) -> tuple[Item, ...]:
    """What stands open at the end of a day."""
    found = (*_sessions(by, day), *_drug(by, day))
    return tuple(replace(item, url=openable(by, item.url)) for item in found)


def close_day(by: Actor, day: date, note: str) -> DayClosed:
    """Record that a day was closed, with what was still open and the audit's head.

    Raises
    ------
    RefusedError
        The day is ahead, or something is open and the note does not say why.
    """
    with act(by, "day.close", "close the day") as log:
        if day > clock.day_of(by.clinic, by.now):
            raise RefusedError("That day is still ahead; a day is closed on its evening or later.")
        items = open_items(by, day)
        if items and not note.strip():
            raise RefusedError(
                f"{len(items)} things are still open. Settle them, or say in the note why the "
                "day closes with them."
            )
        # the reading of what is open is itself a row, so there is always a head to print
        head = AuditEvent.record(by, "read", "what the day leaves open", None, None, {"day": day})
        row = DayClosed(
            stream=f"day:{by.clinic.pk}",
            clinic=by.clinic,
            day=day,
            at=by.now,
            by=by.user,
            printed_name=by.user.signature_name,
            held=_of_day(by, day).filter(phase__in=GIVEN).count(),
            open_items=[item.text for item in items],
            note=note.strip(),
            audit_seq=head.seq,
            audit_digest=head.digest,
        ).append()
        log.on, log.detail = row, {"day": day, "open": len(items)}
        return row


def _of_day(by: Actor, day: date) -> QuerySet[TreatmentSession]:
    start, end = clock.bounds(by.clinic, day)
    return TreatmentSession.objects.filter(
        clinic=by.clinic, planned_at__gte=start, planned_at__lt=end
    )


def _sessions(by: Actor, day: date) -> Iterator[Item]:
    """Sessions that are not settled, of this day and of any before it."""
    end = clock.bounds(by.clinic, day)[1]
    held = TreatmentSession.objects.filter(
        clinic=by.clinic, plan=TreatmentSession.Plan.PLANNED, planned_at__lt=end
    )
    unsigned = set(to_sign(held).values_list("pk", flat=True))
    rows = (
        held.filter(~Q(phase=Phase.SIGNED) | Q(pk__in=unsigned))
        .select_related("patient", "chair", "course")
        .prefetch_related("events", "course__protocol_version")
    )
    for session in rows:
        yield from _session(by, session, session.pk in unsigned)


def _session(by: Actor, session: TreatmentSession, unsigned: bool) -> Iterator[Item]:
    name = named(by, session)
    url = reverse("treatments:cockpit", args=[session.pk])
    if session.phase == Phase.PLANNED:
        if session.planned_at > by.now:
            yield Item("session", f"{name}: still to come.", url)
            return
        late = reverse("courses:miss", args=[session.pk])
        yield Item("session", f"{name}: nobody came, and it is not marked as missed.", late)
        return
    if session.phase in LIVE:
        phase = Phase(session.phase).title
        yield Item("session", f"{name}: the patient is still here ({phase}).", url)
    if unsigned:
        signed = session.phase == Phase.SIGNED
        lacks = "not signed by a prescriber" if signed else "not signed"
        yield Item("session", f"{name}: {lacks}.", url)
    for prompt in session_view(session, by.now).prompts:
        if prompt.open and prompt.key != "unsigned":
            yield Item("prompt", f"{name}: {prompt.text}", url)


def named(by: Actor, session: TreatmentSession) -> str:
    """A session without a name: patient's number, day and time."""
    at = clock.local(by.clinic, session.planned_at)
    return f"Patient {session.patient.number}, session of {at:%-d %b, %H:%M}"


def _drug(by: Actor, day: date) -> Iterator[Item]:
    for held in held_in_sessions(by.clinic):
        yield Item(
            "drug",
            f"{named(by, held.session)}: {shown(held.amount)} {held.unit} drawn and neither given, "
            "wasted nor returned.",
            reverse("treatments:cockpit", args=[held.session.pk]),
        )
    evening = min(by.now, clock.bounds(by.clinic, day)[1] - timedelta(microseconds=1))
    for count in count_clocks(by.clinic, evening):
        if count.status != "done":
            yield Item("drug", f"{count.title}: not done.", reverse("ledger:counts"))
    differences = unexplained().filter(count__clinic=by.clinic).count()
    if differences:
        yield Item(
            "drug", f"{differences} difference(s) of a count not explained.",
            reverse("ledger:counts"),
        )  # fmt: skip
