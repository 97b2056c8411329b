"""The clinic's calendar for some days: chairs, who sits in them, who is on shift."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.courses import clock
from reprieve.clinic.courses.findings import Finding, Weight, of_weight
from reprieve.clinic.courses.models import Chair, Shift
from reprieve.clinic.courses.planning import LONGEST_MIN, STEP_MIN
from reprieve.clinic.courses.staffing import Span, Staff
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.state import Phase


@dataclass(frozen=True, slots=True)
class Stay:
    """A planned or held session with its stretch of time on the clinic's wall clock."""

    session: TreatmentSession
    start: datetime
    end: datetime

    @property
    def span(self) -> Span:
        """Start and end."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Diary:
    """What is planned on `days` days from `first` on."""

    clinic: Clinic
    first: date
    days: int
    chairs: tuple[Chair, ...]
    stays: tuple[Stay, ...]
    shifts: tuple[Shift, ...]
    staff: Staff

    @classmethod
    def load(cls, clinic: Clinic, first: date, days: int = 1, minutes: int = 0) -> "Diary":
        """Read the calendar; three queries whatever its length.

        A stay can last days: those that began before are read too, and those that a stay of
        `minutes` on the last day would meet.
        """
        reach = days + minutes // (24 * 60) + 1
        shifts = tuple(
            Shift.objects.filter(
                clinic=clinic, day__gte=first - _d(1), day__lt=first + _d(reach)
            ).select_related("person")
        )
        return cls(
            clinic,
            first,
            days,
            tuple(Chair.objects.filter(clinic=clinic, active=True)),
            tuple(_stays(clinic, first, reach)),
            shifts,
            Staff.of(clinic, shifts),
        )

    def on(self, day: date) -> tuple[Stay, ...]:
        """Stays that begin on a day."""
        return tuple(s for s in self.stays if s.start.date() == day)

    def on_shift(self, day: date) -> tuple[Shift, ...]:
        """Shifts of a day."""
        return tuple(s for s in self.shifts if s.day == day)

    def findings(
        self, chair: Chair, span: Span, but: UUID | None = None, also: Iterable[Stay] = ()
    ) -> tuple[Finding, ...]:
        """What chairs and staffing say against a stay, leaving out the session `but`."""
        others = [s for s in (*self.stays, *also) if s.session.pk != but]
        taken = [s for s in others if s.session.chair_id == chair.pk and _meet(s.span, span)]
        found = []
        if taken:
            found.append(
                Finding(
                    Weight.REFUSE,
                    f"{chair} is taken from {taken[0].start:%H:%M} to {taken[0].end:%H:%M}. "
                    "Choose another chair or time.",
                )
            )
        day = clock.bounds(self.clinic, span[0].date())
        staff = self.staff.finding(span, [s.span for s in others], day)
        return (*found, staff) if staff else tuple(found)

    def free_chair(
        self, span: Span, but: UUID | None = None, also: Iterable[Stay] = ()
    ) -> Chair | None:
        """The first chair that is free for a stay."""
        also = tuple(also)
        busy = {
            s.session.chair_id
            for s in (*self.stays, *also)
            if s.session.pk != but and _meet(s.span, span)
        }
        return next((c for c in self.chairs if c.pk not in busy), None)

    def first_place(
        self, at: datetime, minutes: int, chairs: Iterable[Chair], also: Iterable[Stay] = ()
    ) -> tuple[datetime, Chair] | None:
        """The first time of the day from `at` on, and chair, that nothing refuses."""
        chairs, also = tuple(chairs), tuple(also)
        close = self.hours(at.date())[1]
        length, step = timedelta(minutes=minutes), timedelta(minutes=STEP_MIN)
        while at + length <= close:
            for chair in chairs:
                found = self.findings(chair, (at, at + length), also=also)
                if not of_weight(found, Weight.REFUSE):
                    return at, chair
            at += step
        return None

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """The stretch of a day worth showing: its shifts and its stays, whole hours."""
        midnight = clock.bounds(self.clinic, day)[0]
        shifts = [s for s in self.staff.spans if s[0].date() == day]
        usual = (midnight + _h(8), midnight + _h(18))  # where no shift is entered
        spans = [*(shifts or [usual]), *(s.span for s in self.on(day))]
        start, end = min(s[0] for s in spans), max(s[1] for s in spans)
        end = min(end, clock.bounds(self.clinic, day)[1])
        whole = start.replace(minute=0, second=0, microsecond=0)
        return whole, end if end.minute == 0 else end.replace(minute=0) + _h(1)


def _stays(clinic: Clinic, first: date, days: int) -> Iterable[Stay]:
    before = LONGEST_MIN // (24 * 60)
    start, end = clock.bounds(clinic, first - _d(before), before + days)
    rows = (
        TreatmentSession.objects.filter(
            clinic=clinic,
            plan=TreatmentSession.Plan.PLANNED,
            planned_at__gte=start,
            planned_at__lt=end,
        )
        .exclude(phase=Phase.ABORTED)
        .select_related("patient", "chair")
    )
    for row in rows:
        yield stay_of(clinic, row)


def stay_of(clinic: Clinic, row: TreatmentSession) -> Stay:
    """A session on the clinic's wall clock."""
    at = clock.local(clinic, row.planned_at)
    return Stay(row, at, at + timedelta(minutes=row.planned_min))


def _meet(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _d(days: int) -> timedelta:
    return timedelta(days=days)


def _h(hours: int) -> timedelta:
    return timedelta(hours=hours)
