"""Today at the invented clinic: who has come, who is treated, who is still to come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reprieve.clinic.courses.actions import life, schedule
from reprieve.clinic.courses.judging import Slot
from reprieve.clinic.courses.planning import stay_min
from reprieve.clinic.simulator.cupboard import stock, tidy
from reprieve.clinic.simulator.histories import (
    DAY,
    Diary,
    enter_phase,
    plan,
    play,
    treat,
    vials_for,
)
from reprieve.clinic.simulator.registering import Story, admit, assess, invented, register
from reprieve.clinic.simulator.script import script
from reprieve.clinic.simulator.setting_up import Cast
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.evidence.practice import Protocol

LEAD_MIN = 40  # from the planned time to the start of the drug


@dataclass(frozen=True, slots=True)
class Part:
    """A part in today's play: which room, and minutes from now at which the drug begins."""

    room: int
    starts_min: int


PARTS = {
    "running": [Part(0, -12)],
    "recovering": [Part(1, -82)],
    "waiting": [Part(2, 14)],
    "spraying": [Part(3, -4)],
    "signed": [Part(3, -265)],
    "unsigned": [Part(2, -240)],
    "later": [Part(1, 130), Part(0, 160), Part(2, 190), Part(3, 200), Part(1, 300), Part(0, 330)],
}
ARRIVED = "waiting"  # left to whoever tries the demo: everything up to the prescriber's decision
AHEAD = 3  # coming sessions that are planned


def spacing(protocol: Protocol, count: int) -> list[tuple[str, float]]:
    """Phase of each of the first sessions, and days since the one before."""
    found: list[tuple[str, float]] = []
    for phase in protocol.phases:
        interval = phase.interval_d or 7.0
        n = phase.sessions
        while len(found) < count and (n is None or n > 0):
            found.append((phase.name, interval))
            n = None if n is None else n - 1
    return found


def populate(
    cast: Cast, now: datetime, told: Callable[[int, int], None], *, few: bool = False
) -> list[Story]:
    """Register everybody, hold their past sessions, and bring today to where it stands now.

    `few` leaves out everybody with more than three sessions behind them and nothing today.
    """
    people = [p for p in invented() if not few or p.done <= 3]
    total = sum(p.done for p in people) + len(people)
    held = 0

    def step() -> None:
        nonlocal held
        held += 1
        told(held, total)

    stock(cast, now)
    diary = Diary(cast)
    parts = {name: list(found) for name, found in PARTS.items()}
    stories = []
    for number, person in enumerate(people, 1):
        dates = _dates(cast, person.protocol, person.done, person.today, now)
        begun = (dates[0] if dates else now) - timedelta(days=12)
        story = register(cast, person, number, min(begun, now - timedelta(days=1, hours=number)))
        stories.append(story)
        if person.protocol:
            _course(cast, story, dates, now, diary, parts.get(person.today, []), step)
        elif number % 2:
            assess(cast, story, cast.protocols["iv_racemic"], now - timedelta(hours=3))
        step()
    tidy(cast, now)
    return stories


def _dates(cast: Cast, name: str, done: int, today: str, now: datetime) -> list[datetime]:
    """Days of the sessions held, of the next one, and of a few more; the next is `[done]`."""
    if not name:
        return []
    count = done + 1 + AHEAD
    steps = spacing(cast.protocols[name].protocol, count)
    next_in = 0 if today and today != "tomorrow" else 1 if today else 2
    offset = {done: float(next_in)}
    for k in range(done, 0, -1):
        offset[k - 1] = offset[k] - steps[k][1]
    for k in range(done + 1, count):
        offset[k] = offset[k - 1] + steps[k][1]
    return [now + timedelta(days=round(offset[k])) for k in range(count)]


def _course(
    cast: Cast, story: Story, dates: Sequence[datetime], now: datetime, diary: Diary,
    parts: list[Part], step: Callable[[], None],
) -> None:  # fmt: skip
    person = story.person
    course = admit(cast, story, dates[0] - timedelta(days=2))
    protocol = course.protocol_version.protocol
    steps = spacing(protocol, len(dates))
    today_at = parts.pop(0) if parts else None
    for phase in dict.fromkeys(name for name, _ in steps):
        mine = [k for k, (name, _) in enumerate(steps) if name == phase]
        at = min(dates[mine[0]] - timedelta(days=1, hours=2), now - timedelta(hours=20))
        if mine[0] > person.done:
            break
        enter_phase(cast, course, phase, at)
        days = [dates[k] for k in mine if not (k == person.done and today_at)]
        past = [k for k in mine if k < person.done]
        made = plan(cast, story, diary, days[: len(past)], at) if past else []
        treat(cast, story, made, step)
        if person.done in mine and person.stage not in ("paused", "stopped"):
            if today_at is not None:
                _today(cast, story, today_at, now)
            if days[len(past) :]:
                plan(cast, story, diary, days[len(past) :], now - timedelta(hours=20))
    if person.stage == "paused":
        life.pause(cast.by("prescriber", now - DAY), course, "Travelling for three weeks.")
    if person.stage == "stopped":
        life.stop_course(
            cast.by("prescriber", now - DAY),
            course,
            "No response after the review; next step planned.",
        )


def _today(cast: Cast, story: Story, part: Part, now: datetime) -> None:
    assert story.course is not None
    protocol = story.course.protocol_version.protocol
    begin = now + timedelta(minutes=part.starts_min)
    planned = begin - timedelta(minutes=LEAD_MIN)
    slot = Slot(planned, stay_min(protocol), cast.chairs[part.room])
    [session] = schedule.plan_sessions(
        cast.by("prescriber", now - timedelta(hours=20)), story.course, [slot],
        reason="Agreed with the patient.",
    )  # fmt: skip
    acts = script(session, protocol, story.body, vials_for(session, min(begin, now)))
    if story.person.today == "unsigned":
        acts = [a for a in acts if a.kind not in ("sign", "countersign")]
    if story.person.today == ARRIVED:
        acts = [
            a for a in acts if a.kind in ("check_in", "weight", "vitals", "rating") and a.minute < 0
        ]
    play(cast, session, acts, begin, now)


def begin_of(session: TreatmentSession) -> datetime:
    """When the drug begins in a session that goes by its script."""
    return session.planned_at + timedelta(minutes=LEAD_MIN)
