"""Nurses on shift against patients on the floor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.courses import clock
from reprieve.clinic.courses.findings import Finding, Weight
from reprieve.clinic.courses.models import Shift

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Staff:
    """The shifts of a stretch of days, and how many patients one nurse has."""

    spans: tuple[Span, ...]
    per_nurse: int

    @classmethod
    def of(cls, clinic: Clinic, shifts: Iterable[Shift]) -> "Staff":
        """Shifts as instants."""
        spans = tuple(
            (clock.instant(clinic, s.day, s.starts), clock.instant(clinic, s.day, s.ends))
            for s in shifts
        )
        return cls(spans, clinic.patients_per_nurse)

    def nurses(self, at: datetime) -> int:
        """Nurses on the floor at an instant."""
        return sum(start <= at < end for start, end in self.spans)

    def covers(self, day: Span) -> bool:
        """Whether any shift is known in a stretch of time."""
        return any(start < day[1] and end > day[0] for start, end in self.spans)

    def finding(self, stay: Span, others: Sequence[Span], day: Span) -> Finding | None:
        """What staffing says against a stay beside the others of the day."""
        if not self.covers(day):
            return Finding(
                Weight.WARN,
                "No nurse's shift is entered for that day, so staffing cannot be judged.",
            )
        for at in sorted(_instants(stay, self.spans, others)):
            patients = 1 + sum(start <= at < end for start, end in others)
            nurses = self.nurses(at)
            if patients > nurses * self.per_nurse:
                return Finding(
                    Weight.REFUSE,
                    f"At {at:%H:%M} there would be {patients} patient{_s(patients)} for {nurses} "
                    f"nurse{_s(nurses)} on shift; this clinic has at most {self.per_nurse} "
                    "patients a nurse. Choose another time or add a shift.",
                )
        return None


def _instants(stay: Span, shifts: Iterable[Span], others: Iterable[Span]) -> set[datetime]:
    """Where something changes during a stay: its start, others' starts, ends of shifts."""
    changes = {stay[0], *(end for _, end in shifts), *(start for start, _ in others)}
    return {at for at in changes if stay[0] <= at < stay[1]}


def _s(n: int) -> str:
    return "" if n == 1 else "s"
