"""The floor that is measured: 200 patients, 12 of them in a chair, an invented history behind them.

`python -m benchmarks.clinic.floor FOLDER` fills the empty database of a new data folder (or of
DATABASE_URL) and prints the ids that the load needs, as JSON.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

PATIENTS = 200
TREATED = 36  # with a course
PAST = 1  # signed sessions behind each of them
STARTS_MIN = (-38, -35, -31, -27, -23, -18, -12, -6, -55, -75, -95, -115)  # the live chairs


@dataclass(frozen=True)
class Floor:
    """What a load asks for."""

    live: list[str]
    past: list[str]
    patients: list[str]
    courses: list[str]
    vials: list[str]


def build(now: datetime) -> Floor:
    """Fill the database; everything goes through the verbs that a tablet uses."""
    from rich.console import Console
    from rich.progress import track

    from reprieve.clinic.courses.actions.places import add_chair
    from reprieve.clinic.simulator import cupboard, histories, registering
    from reprieve.clinic.simulator.setting_up import set_up

    cast = set_up(now)
    cast.clinic.patients_per_nurse = 12
    cast.clinic.save()
    owner = cast.by("owner", now - timedelta(weeks=8))
    more = [add_chair(owner, f"Room {k}", k) for k in range(len(cast.chairs) + 1, 13)]
    cast = replace(cast, chairs=(*cast.chairs, *more))
    cupboard.stock(cast, now)
    diary = histories.Diary(cast)
    stories = []
    numbered = enumerate(_people(), 1)
    for number, person in track(
        numbered, "building the floor", PATIENTS, console=Console(stderr=True)
    ):
        begun = now - timedelta(days=60)
        story = registering.register(cast, person, number, begun)
        stories.append(story)
        if number <= TREATED:
            registering.admit(cast, story, begun + timedelta(days=2))
            days = [now - timedelta(days=21 - 7 * k + number % 5) for k in range(PAST)]
            held = histories.plan(cast, story, diary, days, begun + timedelta(days=3))
            histories.treat(cast, story, held, lambda: None)
    live = [_seat(cast, stories[k], k, at, now) for k, at in enumerate(STARTS_MIN)]
    return _told(live)


def _people() -> Iterator[Any]:
    """Invented people, each under another number; those with a course on an infusion."""
    from reprieve.clinic.simulator.registering import invented

    known = [p for p in invented() if p.protocol == "iv_racemic"]
    for k in range(PATIENTS):
        person = known[k % len(known)]
        yield replace(person, family=f"{person.family} {k + 1:03d}")


def _seat(cast: Any, story: Any, chair: int, starts_min: int, now: datetime) -> str:
    """A session on a chair, as far as it has come by now."""
    from reprieve.clinic.courses.actions import schedule
    from reprieve.clinic.courses.judging import Slot
    from reprieve.clinic.courses.planning import stay_min
    from reprieve.clinic.simulator.day import LEAD_MIN
    from reprieve.clinic.simulator.histories import play, vials_for
    from reprieve.clinic.simulator.script import script

    protocol = story.course.protocol_version.protocol
    begin = now + timedelta(minutes=starts_min)
    slot = Slot(begin - timedelta(minutes=LEAD_MIN), stay_min(protocol), cast.chairs[chair])
    by = cast.by("prescriber", now - timedelta(hours=20))
    [session] = schedule.plan_sessions(by, story.course, [slot], reason="Agreed with the patient.")
    play(
        cast, session, script(session, protocol, story.body, vials_for(session, begin)), begin, now
    )
    return str(session.pk)


def _told(live: list[str]) -> Floor:
    from reprieve.clinic.courses.models import Course
    from reprieve.clinic.ledger.models import Vial
    from reprieve.clinic.patients.models import Patient
    from reprieve.clinic.treatments.models import TreatmentSession

    def ids(rows: Any, most: int = 60) -> list[str]:
        return [str(pk) for pk in rows.values_list("pk", flat=True)[:most]]

    return Floor(
        live,
        ids(TreatmentSession.objects.filter(phase="signed")),
        ids(Patient.objects.all(), PATIENTS),
        ids(Course.objects.all()),
        ids(Vial.objects.filter(opened_at__isnull=False)),
    )


if __name__ == "__main__":
    from reprieve.clinic import running

    running.prepare(Path(sys.argv[1]), "demo")
    from django.utils import timezone

    print(json.dumps(build(timezone.now()).__dict__))
