"""Whether the record is what was written: chains, sums, phases, and the triggers that guard them.

It reads the database alone and trusts nothing that the program repeats elsewhere: what is cached
for speed is worked out again from the rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.apps import apps
from django.db import models

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.audit import chain
from reprieve.clinic.audit.chain import Link
from reprieve.clinic.audit.triggers import missing

Check = Callable[[Clinic | None], Iterator[str]]


def faults(clinic: Clinic | None = None) -> Iterator[str]:
    """What is wrong, the first bad row first; nothing when the record holds.

    Parameters
    ----------
    clinic : one clinic's rows; every clinic's without it
    """
    for check in CHECKS:
        yield from check(clinic)


def links() -> list[type[Link]]:
    """Every model whose rows are chained, in the order of their names."""
    found = [m for m in apps.get_models() if issubclass(m, Link)]
    return sorted(found, key=lambda m: m._meta.label_lower)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: written down apart, it shows later whether rows were cut off."""

    name: str
    rows: int
    digest: str


def heads(clinic: Clinic | None = None) -> list[Head]:
    """The last row of the audit of each clinic."""
    from reprieve.clinic.audit.models import AuditEvent

    found = []
    for one in [clinic] if clinic else Clinic.objects.order_by("name"):
        last = AuditEvent.objects.filter(clinic=one).order_by("-seq").first()
        if last is not None:
            found.append(Head(f"audit of {one.name}", last.seq, last.digest))
    return found


def within(
    rows: models.QuerySet[models.Model], clinic: Clinic | None
) -> models.QuerySet[models.Model]:
    """Rows of one clinic, by the shortest way from the row to it."""
    if clinic is None:
        return rows
    return rows.filter(**{way_to_clinic(rows.model): clinic})


def way_to_clinic(model: type[models.Model], depth: int = 3) -> str:
    """The lookup that leads from a model to its clinic: `clinic`, `session__clinic`, ...

    Raises
    ------
    LookupError
        There is none: a row of such a model could not be told from another clinic's.
    """
    ways: list[tuple[str, type[models.Model]]] = [("", model)]
    for _ in range(depth):
        following: list[tuple[str, type[models.Model]]] = []
        for way, at in ways:
            for field in at._meta.concrete_fields:
                to = field.related_model if field.is_relation else None
                if to is Clinic:
                    return f"{way}{field.name}"
                if isinstance(to, type) and to._meta.label_lower != "accounts.user":
                    following.append((f"{way}{field.name}__", to))
        ways = following
    raise LookupError(f"{model._meta.label_lower} leads to no clinic")


def _chains(clinic: Clinic | None) -> Iterator[str]:
    for model in links():
        yield from chain.faults(within(model._default_manager.all(), clinic))


def _phases(clinic: Clinic | None) -> Iterator[str]:
    """What a session's row repeats of its events."""
    from reprieve.clinic.treatments.models import TreatmentSession
    from reprieve.clinic.treatments.state import replay

    sessions = within(TreatmentSession.objects.filter(last_seq__gt=0), clinic)
    for session in sessions.order_by("pk").prefetch_related("events").iterator(chunk_size=200):
        name = f"treatments.treatmentsession {session.pk}"
        events = sorted(session.events.all(), key=lambda e: e.seq)  # type: ignore[attr-defined]
        last = events[-1].seq if events else 0
        if last != session.last_seq:  # type: ignore[attr-defined]
            yield f"{name}: counts {session.last_seq} events where the last is {last}"  # type: ignore[attr-defined]
        try:
            phase = replay(e.plain for e in events).phase
        except (KeyError, ValueError, ArithmeticError) as error:
            yield f"{name}: its events cannot be replayed ({type(error).__name__}: {error})"
            continue
        if phase.value != session.phase:  # type: ignore[attr-defined]
            yield f"{name}: says {session.phase} where its events say {phase.value}"  # type: ignore[attr-defined]


def _balances(clinic: Clinic | None) -> Iterator[str]:
    """Each vial's rows one after the other, and the balance that the vial repeats."""
    from reprieve.clinic.ledger.models import LedgerEntry, Vial

    balance: dict[object, Decimal] = {}
    rows = within(LedgerEntry.objects.all(), clinic).order_by("stream", "seq")
    for row in rows.iterator(chunk_size=2000):
        entry: LedgerEntry = row  # type: ignore[assignment]
        name = f"ledger.ledgerentry {entry.stream} row {entry.seq}"
        before = balance.get(entry.vial_id, Decimal(0))
        after = before + entry.amount
        if entry.balance_before != before:
            yield f"{name}: begins at {entry.balance_before} where the row before ended at {before}"
        elif entry.balance_after != after:
            yield f"{name}: ends at {entry.balance_after} where it adds up to {after}"
        balance[entry.vial_id] = entry.balance_after
    for vial in within(Vial.objects.order_by("pk"), clinic).iterator(chunk_size=2000):
        says: Decimal = vial.balance  # type: ignore[attr-defined]
        if says != balance.get(vial.pk, Decimal(0)):
            yield (
                f"ledger.vial {vial.pk}: says {says} where its rows end at "
                f"{balance.get(vial.pk, Decimal(0))}"
            )


def _held(clinic: Clinic | None) -> Iterator[str]:
    """A session that is over holds nothing: what was drawn was given, wasted or put back."""
    from reprieve.clinic.ledger.models import LedgerEntry
    from reprieve.clinic.ledger.sums import exact_sum
    from reprieve.clinic.treatments.state import Phase

    over = {Phase.DISCHARGED, Phase.SIGNED}  # one called off is accounted for until it is signed
    rows = within(LedgerEntry.objects.filter(session__isnull=False), clinic)
    sums = rows.values("session_id", "session__phase").annotate(in_hand=exact_sum("held"))
    for one in sums.order_by("session_id"):
        name = f"treatments.treatmentsession {one['session_id']}"
        if one["in_hand"] < 0:
            yield f"{name}: gave or wasted {-one['in_hand']} more than was drawn"
        elif one["in_hand"] > 0 and one["session__phase"] in over:
            yield f"{name}: is over and still holds {one['in_hand']}"


def _closings(clinic: Clinic | None) -> Iterator[str]:
    """Each evening's head of the audit: rows cut off at its end would be missed here."""
    from reprieve.clinic.audit.models import AuditEvent
    from reprieve.clinic.today.models import DayClosed

    for closed in within(DayClosed.objects.order_by("stream", "seq"), clinic):
        stream, seq = f"audit:{closed.clinic_id}", closed.audit_seq  # type: ignore[attr-defined]
        row = AuditEvent.objects.filter(stream=stream, seq=seq).first()
        if row is None or row.digest != closed.audit_digest:  # type: ignore[attr-defined]
            what = "is gone since" if row is None else "is not the one of"
            yield f"audit.auditevent {stream} row {seq}: {what} {closed}"


def _guards(_: Clinic | None) -> Iterator[str]:
    for table in missing():
        yield f"{table}: the triggers that keep its rows append-only are missing or switched off"


CHECKS: tuple[Check, ...] = (_chains, _phases, _balances, _held, _closings, _guards)
