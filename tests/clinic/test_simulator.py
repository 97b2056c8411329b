"""The invented clinic obeys every rule of the product, and its day moves on."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from rich.console import Console

from reprieve.clinic.audit.verify import faults
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.simulator.body import Body
from reprieve.clinic.simulator.moving import Mover
from reprieve.clinic.simulator.registering import invented
from reprieve.clinic.simulator.running import _empty, make
from reprieve.clinic.simulator.setting_up import CHAIRS, morning_zone
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.record import record
from reprieve.clinic.treatments.state import Phase
from reprieve.errors import InputError

IV = "ketamine 0.5 mg/kg IV over 40 min"


@pytest.fixture
def demo(db: None) -> None:
    make(Console(quiet=True), timezone.now(), few=True)


def live() -> dict[str, TreatmentSession]:
    found = TreatmentSession.objects.exclude(phase__in=[Phase.PLANNED, Phase.SIGNED])
    return {s.patient.family_name: s for s in found.select_related("patient")}


def test_the_day_stands_on_its_record_moves_on_and_follows_whoever_steps_in(demo: None) -> None:
    assert list(faults()) == []
    assert all(p.email.endswith("@demo.invalid") for p in Patient.objects.all())
    assert TreatmentSession.objects.filter(phase=Phase.SIGNED).exists()
    assert {s.chair.name for s in live().values() if s.chair} <= set(CHAIRS)
    running = TreatmentSession.objects.get(phase=Phase.IN_SESSION, course__drug="ketamine")
    mover = Mover()
    mover._learn()
    record(mover.cast.by("nurse", timezone.now()), running.pk, "stop", {"reason": "was asked to"})

    mover.tick(timezone.now() + timedelta(minutes=30))

    running.refresh_from_db()
    assert running.phase == Phase.RECOVERY
    assert [e.data["reason"] for e in running.events.filter(kind="stop")] == ["was asked to"]
    assert running.events.filter(kind="vitals", at__gt=timezone.now()).count() >= 2
    assert list(faults()) == []


def test_everybody_is_obviously_invented_and_all_phases_of_treatment_are_there() -> None:
    people = invented()
    assert len(people) >= 30
    assert len({(p.given, p.family) for p in people}) == len(people)
    stages = {p.stage for p in people}
    assert stages >= {
        "assessment",
        "induction",
        "consolidation",
        "maintenance",
        "paused",
        "stopped",
    }


def test_blood_pressure_and_dissociation_peak_near_the_end_of_the_infusion() -> None:
    bodies = [Body(45, "F", invented()[0].body.weight_kg, seed) for seed in range(200)]

    def mean(what: str, minute: float) -> float:
        return sum(getattr(b.reading(IV, 0, minute), what) for b in bodies) / len(bodies)

    assert mean("sbp", 40) > mean("sbp", 180) + 2
    assert mean("cadss6", 40) > 1 > mean("cadss6", 150)


def test_it_is_morning_in_the_demo_whenever_it_starts() -> None:
    start = timezone.now().replace(minute=0)
    for hour in range(24):
        now = start + timedelta(hours=hour)
        local = now.astimezone(ZoneInfo(morning_zone(now)))
        assert 10 <= local.hour <= 14


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not a demo"):
        _empty(tmp_path)
    assert (tmp_path / "thesis.txt").exists()
