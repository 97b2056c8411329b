"""Who comes on a day, in which chair, and what is missing: a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import clock
from reprieve.clinic.courses.progress import due_of
from reprieve.clinic.courses.review import Task
from reprieve.clinic.patients.models import WeightReading
from reprieve.clinic.patients.readiness import Gap, gaps_of
from reprieve.clinic.today.links import openable
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.state import Phase

# what the front desk mends; the rest is medical and named only to who may read charts
DESK = frozenset({"patients:contacts", "patients:rems", "consents:list"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A gap as this person may see it, with the page that mends it where they may open that."""

    gap: Gap
    url: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One session of the day."""

    session: TreatmentSession
    late: timedelta | None
    gaps: tuple[Shown, ...]
    medical: int  # gaps that this person may not read
    reviews: tuple[Task, ...]
    weigh: str  # why the patient is weighed anew, in the words of the rule

    @property
    def stops(self) -> int:
        """Gaps that stop a dose."""
        return sum(s.gap.kind == "stop" for s in self.gaps)

    @property
    def missing(self) -> int:
        """Gaps to mend."""
        return sum(s.gap.kind == "gap" for s in self.gaps)

    @property
    def waiting(self) -> bool:
        """Whether the patient has not come yet and is still expected."""
        return self.session.phase == Phase.PLANNED and self.session.plan == "planned"


def arrivals(by: Actor, day: date) -> tuple[Arrival, ...]:
    """The sessions of a day by time and chair; cancelled ones are left out."""
    start, end = clock.bounds(by.clinic, day)
    rows = list(
        TreatmentSession.objects.filter(
            clinic=by.clinic, planned_at__gte=start, planned_at__lt=end
        )
        .exclude(plan=TreatmentSession.Plan.CANCELLED)
        .select_related("patient__clinic", "chair", "course__patient__clinic")
        .prefetch_related("course__protocol_version")
        .order_by("planned_at", "chair__order", "chair__name")
    )  # fmt: skip
    before = (Phase.PLANNED, Phase.CHECKED_IN, Phase.READY)
    waiting = [s for s in rows if s.phase in before and s.plan == "planned"]
    pairs = [(s.patient, s.course.protocol_version.protocol) for s in waiting]
    gaps = gaps_of(pairs, by.now) if pairs else {}
    medical = by.may("chart.read")
    due = due_of({s.course for s in rows}, by.now) if medical else {}
    weighed = _weighed(waiting) if medical else {}
    found = []
    for s in rows:
        weigh = _weigh(s, weighed.get(s.patient_id), by.now) if medical and s in waiting else ""
        known = gaps.get(s.patient, ())
        found.append(_arrival(by, s, known, due.get(s.course_id, ()), medical, weigh))
    return tuple(found)


def _weighed(sessions: Iterable[TreatmentSession]) -> dict[UUID, datetime]:
    """When each patient was weighed last."""
    rows = WeightReading.objects.filter(patient__in=[s.patient_id for s in sessions])
    return dict(rows.order_by("at").values_list("patient_id", "at"))


def _weigh(session: TreatmentSession, last: datetime | None, now: datetime) -> str:
    rule = session.course.protocol_version.protocol.thresholds("stale").get("weight")
    if last is None:
        return "never weighed here"
    if rule is None or rule.met((now - last) / timedelta(days=1)):
        return ""
    return f"weight is {(now - last) / timedelta(days=1):.3g} days old ({rule.words()})"


def _arrival(
    by: Actor,
    session: TreatmentSession,
    gaps: tuple[Gap, ...],
    reviews: tuple[Task, ...],
    medical: bool,
    weigh: str,
) -> Arrival:
    seen = [g for g in gaps if medical or g.url_name in DESK]
    return Arrival(
        session,
        late_by(session, by.now),
        tuple(Shown(g, openable(by, g.url(session.patient))) for g in seen if g.kind != "caution"),
        sum(g.kind != "caution" for g in gaps) - sum(g.kind != "caution" for g in seen),
        reviews,
        weigh,
    )


def late_by(session: TreatmentSession, now: datetime) -> timedelta | None:
    """How long a patient who has not come is late; None where they have, or are in time."""
    if session.phase != Phase.PLANNED or session.plan != "planned" or now <= session.planned_at:
        return None
    return now - session.planned_at
