"""Courses as they went: past sessions played from their scripts, one after the other."""

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from decimal import Decimal

from reprieve.clinic.courses.actions import life, schedule
from reprieve.clinic.courses.judging import Slot
from reprieve.clinic.courses.models import Course
from reprieve.clinic.courses.planning import stay_min
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.ledger.postings import available
from reprieve.clinic.simulator.registering import Story
from reprieve.clinic.simulator.script import Act, script
from reprieve.clinic.simulator.setting_up import Cast
from reprieve.clinic.treatments.caps import forms
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.record import record
from reprieve.clinic.treatments.state import SessionState, replay

DAY = timedelta(days=1)
SLOTS = (time(9, 0), time(12, 0), time(15, 0), time(18, 0))


class Diary:
    """Free chairs of past and coming days: one session a chair and slot."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.taken: set[tuple[object, int, int]] = set()

    def slot(self, day: datetime, minutes: int) -> Slot:
        """A free chair on a day, the first that there is."""
        local = day.astimezone(self.cast.zone).date()
        for k, at in enumerate(SLOTS):
            for c, chair in enumerate(self.cast.chairs):
                if (local, k, c) not in self.taken:
                    self.taken.add((local, k, c))
                    start = datetime.combine(local, at, self.cast.zone)
                    return Slot(start, minutes, chair)
        return self.slot(day + DAY, minutes)


def days_before(protocol_phases: Iterable[tuple[str, float]], done: int, gap: int) -> list[int]:
    """Days ago of `done` sessions, the last one `gap` days ago, and each phase's own spacing."""
    names = list(protocol_phases)
    ago, found = gap, [gap]
    for _, interval in reversed(names[1:done]):
        ago += round(interval)
        found.append(ago)
    return sorted(found, reverse=True)[-done:] if done else []


def play(cast: Cast, session: TreatmentSession, acts: Iterable[Act], begin: datetime,
         until: datetime, state: SessionState | None = None) -> SessionState:  # fmt: skip
    """Enter acts whose time is between what the record has and `until`, each at its own time."""
    state = state or SessionState()
    for act in acts:
        at = begin + timedelta(minutes=act.minute)
        if at > until:
            break
        data = act.says(state, at)
        if data is None:
            continue
        event = record(cast.by(act.role, at), session.pk, act.kind, dict(data), at=at)
        state = replay((*state.record, event.plain))
    return state


def vials_for(session: TreatmentSession, at: datetime) -> list[str]:
    """Enough of the opened or oldest stock for the dose."""
    weight = session.patient.weights.first()
    kg = weight.kg if weight and session.dose_unit == "mg/kg" else Decimal(1)
    needed = session.dose_amount * kg * Decimal("1.1")
    if session.dose_unit == "mg":
        needed = session.dose_amount
    form = forms(session.course.protocol_version.protocol)[0]
    chosen: list[Vial] = []
    for vial in available(session.clinic, session.course.drug, at):
        if vial.lot.unit != form:
            continue
        chosen.append(vial)
        needed -= vial.balance * vial.lot.mg_per_unit
        if needed <= 0:
            break
    return [str(v.pk) for v in chosen]


def plan(cast: Cast, story: Story, diary: Diary, days: list[datetime],
         at: datetime) -> list[TreatmentSession]:  # fmt: skip
    """Plan sessions of the course's phase on days."""
    assert story.course is not None
    minutes = stay_min(story.course.protocol_version.protocol)
    slots = [diary.slot(day, minutes) for day in days]
    return schedule.plan_sessions(
        cast.by("prescriber", at), story.course, slots, reason="Agreed with the patient."
    )


def treat(cast: Cast, story: Story, sessions: Iterable[TreatmentSession],
          told: Callable[[], None]) -> None:  # fmt: skip
    """Hold past sessions from arrival to the countersignature."""
    for session in sessions:
        begin = session.planned_at + timedelta(minutes=40)
        protocol = session.course.protocol_version.protocol
        acts = script(session, protocol, story.body, vials_for(session, begin))
        play(cast, session, acts, begin, begin + DAY)
        told()


def enter_phase(cast: Cast, course: Course, phase: str, at: datetime) -> None:
    """Move a course on."""
    if course.phase != phase:
        life.change_phase(cast.by("prescriber", at), course, phase, "As the protocol goes on.")
        course.refresh_from_db()
