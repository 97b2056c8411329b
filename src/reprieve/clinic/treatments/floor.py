"""One reading of a session for every page: board, cockpit, record and JSON show the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import models

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.treatments.discharge import Criterion, criteria
from reprieve.clinic.treatments.due import Due, due, next_due
from reprieve.clinic.treatments.holds import Hold, judge
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.prompts import Prompt, prompts, worst
from reprieve.clinic.treatments.readings import Judged, judged
from reprieve.clinic.treatments.record import state_of
from reprieve.clinic.treatments.state import Event, Phase, SessionState
from reprieve.evidence.practice import Protocol

BEFORE = (Phase.CHECKED_IN, Phase.READY)
AFTER = (Phase.IN_SESSION, Phase.RECOVERY, Phase.DISCHARGED)
ON_FLOOR = [p.value for p in Phase if p.live]


@dataclass(frozen=True)
class SessionView:
    """A session as it stands at `now`.

    `holds` are those of the session itself; go/no-go adds what `patients.readiness` finds.
    """

    session: TreatmentSession
    state: SessionState
    protocol: Protocol
    now: datetime
    due: tuple[Due, ...]
    next_due: Due | None
    prompts: tuple[Prompt, ...]
    worst: Prompt | None
    holds: tuple[Hold, ...]
    criteria: tuple[Criterion, ...]
    given_ml: Decimal
    elapsed: timedelta | None  # from the start of giving; None before it

    @property
    def given_mg(self) -> Decimal:
        """What the patient has got, mg, exact to pump, devices or syringe."""
        prepared = self.state.preparation
        if prepared is None or self.state.started_at is None:
            return Decimal(0)
        if prepared.unit == "device":
            return len(self.state.devices) * prepared.mg_per_unit
        if not prepared.total_ml or not prepared.steps[0].rate_ml_h:
            return prepared.mg
        return _flowed_mg(self.given_ml, prepared.mg, prepared.total_ml)

    @property
    def table(self) -> tuple["Row", ...]:
        """Vital signs by time, each reading with its verdict: what chart and table show."""
        return tuple(
            Row(
                v.event,
                {n: Cell(x, judged(n, x, self.protocol)) for n, x in v.values.items()},
                v.event.id in self.state.corrected,
            )
            for v in self.state.vitals
        )


@dataclass(frozen=True)
class Cell:
    """One reading and how it stands to the protocol's range."""

    value: Decimal
    verdict: Judged


@dataclass(frozen=True)
class Row:
    """One set of vital signs."""

    event: Event
    cells: dict[str, Cell]
    corrected: bool


def _flowed_mg(given_ml: Decimal, mg: Decimal, total_ml: Decimal) -> Decimal:
    """mg in a volume of one bag."""
    return (mg * given_ml / total_ml).quantize(Decimal("0.001"))


def session_view(session: TreatmentSession, now: datetime) -> SessionView:
    """A session at a time; fetch it with `course__protocol_version` and `events`."""
    state = state_of(session)
    protocol = session.course.protocol_version.protocol
    dues = due(state, protocol, now)
    found = prompts(state, protocol, now, dues)
    began = state.started_at
    end = min(now, state.discharged_at) if state.discharged_at else now
    return SessionView(
        session,
        state,
        protocol,
        now,
        dues,
        next_due(dues) if state.phase.live else None,
        found,
        worst(found),
        judge(state, protocol, now) if state.phase in BEFORE else (),
        criteria(state, protocol, now) if state.phase in AFTER else (),
        state.given_ml(now),
        end - began if began else None,
    )


def floor_views(clinic: Clinic, now: datetime) -> tuple[SessionView, ...]:
    """Every session whose patient is on the floor, by chair; a fixed number of queries."""
    sessions = _read(
        TreatmentSession.objects.filter(
            clinic=clinic, plan=TreatmentSession.Plan.PLANNED, phase__in=ON_FLOOR
        ).order_by("chair__order", "chair__name", "planned_at")
    )
    return tuple(session_view(s, now) for s in sessions)


def _read(sessions: models.QuerySet[TreatmentSession]) -> Iterable[TreatmentSession]:
    return sessions.select_related(
        "course__protocol_version", "patient", "chair", "nurse"
    ).prefetch_related("events")
