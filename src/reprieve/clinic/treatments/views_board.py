"""The floor board: one row per chair, readable at three metres."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import note_read
from reprieve.clinic.courses.models import Chair
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.treatments.finding import WITH, utc_offset, zone_of
from reprieve.clinic.treatments.floor import SessionView, session_view
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.screen import Stage, stages
from reprieve.clinic.treatments.signatures import to_sign
from reprieve.clinic.treatments.state import Phase

LIVE = [p.value for p in Phase if p.live]


@dataclass(frozen=True)
class Row:
    """One chair: the sessions that are on it now, and those planned for today."""

    chair: Chair | None
    seats: list["Seat"]
    planned: list[TreatmentSession]


@dataclass(frozen=True)
class Seat:
    """A session on the floor as the board shows it."""

    view: SessionView
    stages: list[Stage]

    @property
    def since(self) -> datetime | None:
        """From when elapsed time is counted: the dose, or arrival before it."""
        state = self.view.state
        return state.started_at or (state.check_in.at if state.check_in else None)


@page("board.read", while_locked=True)
def board(request: ClinicRequest) -> HttpResponse:
    """The whole page."""
    note_read(request.by, "board")
    return render(request, "treatments/board.html", _context(request.by))


@page("board.read", while_locked=True)
def board_rows(request: ClinicRequest) -> HttpResponse:
    """The rows alone, for the page that refreshes itself."""
    note_read(request.by, "board")
    answer = render(request, "treatments/_board_rows.html", _context(request.by))
    answer["X-Now"] = request.by.now.isoformat()
    return answer


def _context(by: Actor) -> dict[str, object]:
    of = TreatmentSession.objects.filter(clinic=by.clinic, plan=TreatmentSession.Plan.PLANNED)
    today = list(_today(by, of))
    live = [s for s in today if s.phase in LIVE]
    planned = [s for s in today if s.phase == Phase.PLANNED]
    chairs: list[Chair | None] = list(by.clinic.chairs.filter(active=True))
    if any(s.chair not in chairs for s in (*live, *planned)):
        chairs.append(None)
    return {
        "rows": [_row(chair, chairs, live, planned, by.now) for chair in chairs],
        "unsigned": to_sign(of).select_related("patient").order_by("planned_at"),
        "now": by.now,
        "offset": utc_offset(by),
    }


def _today(by: Actor, of: QuerySet[TreatmentSession]) -> Iterable[TreatmentSession]:
    """Today's sessions by the clinic's day, and any that is still on the floor."""
    local = by.now.astimezone(zone_of(by))
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    today = of.filter(planned_at__gte=day, planned_at__lt=day + timedelta(days=1))
    open_ = of.filter(phase__in=LIVE)
    found = (today | open_).select_related(*WITH).order_by("planned_at")
    return found.prefetch_related("events")


def _row(
    chair: Chair | None,
    chairs: list[Chair | None],
    live: list[TreatmentSession],
    planned: list[TreatmentSession],
    now: datetime,
) -> Row:
    def here(s: TreatmentSession) -> bool:
        # the row of those without a chair is itself a None among the chairs
        return s.chair == chair if chair or s.chair is None else s.chair not in chairs

    seats = [session_view(s, now) for s in live if here(s)]
    return Row(
        chair,
        [Seat(v, stages(v.state.phase)) for v in seats],
        [s for s in planned if here(s)],
    )
