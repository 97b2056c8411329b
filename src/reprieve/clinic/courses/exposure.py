"""What a patient has had: sessions held, milligrams given, the last 30 days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.ledger.sums import exact_sum
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.state import Phase

GIVEN = (Phase.IN_SESSION, Phase.RECOVERY, Phase.DISCHARGED, Phase.SIGNED)


@dataclass(frozen=True, slots=True)
class Exposure:
    """A patient's sessions in which drug was given, by start, and what was given in mg."""

    starts: tuple[datetime, ...]
    mg: Decimal

    @property
    def sessions(self) -> int:
        """Sessions in which drug was given."""
        return len(self.starts)

    def within(self, days: int, now: datetime) -> int:
        """Sessions of the last so many days."""
        return sum(timedelta(0) <= now - at < timedelta(days=days) for at in self.starts)


def starts_of(sessions: Iterable[TreatmentSession]) -> dict[UUID, datetime]:
    """When giving began, for sessions in which it did."""
    ids = [s.pk for s in sessions if s.phase in GIVEN]
    rows = SessionEvent.objects.filter(session__in=ids, kind="start").order_by("seq")
    return dict(rows.values_list("session_id", "at"))


def of_sessions(sessions: Iterable[TreatmentSession]) -> Exposure:
    """The exposure of some sessions; mg are the ledger's, exact to the given unit."""
    starts = starts_of(sessions)
    given = (
        LedgerEntry.objects.filter(
            Q(kind=LedgerEntry.Kind.GIVE)
            | Q(kind=LedgerEntry.Kind.REVERSE, reverses__kind=LedgerEntry.Kind.GIVE),
            session__in=list(starts),
        )
        .order_by()
        .values_list("vial__lot__mg_per_unit")
        .annotate(in_hand=exact_sum("held"))
    )
    mg = sum((-Decimal(held) * mg_per_unit for mg_per_unit, held in given), Decimal(0))
    return Exposure(tuple(sorted(starts.values())), mg)


def of_patient(patient: Patient) -> Exposure:
    """The exposure over every course of a patient."""
    return of_sessions(TreatmentSession.objects.filter(patient=patient, phase__in=GIVEN))
