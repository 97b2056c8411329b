"""A session walked through by its people, one verb at a time: what tests start from."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses.models import Course
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.record import record, state_of
from reprieve.clinic.treatments.state import SessionState
from reprieve.evidence.practice import Protocol

CALM = {"sbp": "124", "dbp": "78", "hr": "72", "spo2": "98", "rr": "14", "moaas": "5"}


class Chair:
    """One session and the people at it; `clock` is the minute after `cast.NOW`."""

    def __init__(self, session: TreatmentSession, people: Mapping[str, User], vial: Vial) -> None:
        self.session, self.people, self.vial = session, people, vial
        self.clock = 0.0

    @property
    def now(self) -> datetime:
        return cast.NOW + timedelta(minutes=self.clock)

    @property
    def protocol(self) -> Protocol:
        return self.session.course.protocol_version.protocol

    @property
    def state(self) -> SessionState:
        return state_of(TreatmentSession.objects.get(pk=self.session.pk))

    def does(
        self,
        role: str,
        kind: str,
        /,
        minute: float | None = None,
        *,
        happened: float | None = None,
        id: UUID | None = None,
        **data: Any,
    ) -> SessionEvent:
        """A person records an event at a minute (of happening: `happened`)."""
        self.clock = self.clock if minute is None else minute
        by = Actor.as_user(self.people[role], self.now)
        at = None if happened is None else cast.NOW + timedelta(minutes=happened)
        return record(by, self.session.pk, kind, data, id=id, at=at)

    def arrives(self) -> None:
        """Checked in, weighed, measured, every statement confirmed."""
        self.does(
            "nurse",
            "check_in",
            1,
            identifiers=["name", "date of birth"],
            escort_name="Sam Example",
            last_solids_at=(self.now - timedelta(hours=8)).isoformat(),
            last_fluids_at=(self.now - timedelta(hours=3)).isoformat(),
            confirmed=[c.key for c in self.protocol.criteria_at("before")],
        )
        self.does("nurse", "weight", 2, kg="70.0")
        self.does("nurse", "vitals", 3, **CALM, temp="36.6")
        self.does("nurse", "rating", 3, instrument="cadss6", value="0")

    def decided(self, **more: Any) -> None:
        """Go, with a reason for whatever the patient's chart lacks."""
        from reprieve.clinic.patients.readiness import gaps

        found = gaps(self.session.patient, self.protocol, self.now)
        overrides = {g.key: "seen on paper" for g in found if g.kind == "stop"}
        more.setdefault("overrides", overrides)
        self.does("prescriber", "decision", 4, decision="go", **more)

    def prepared(self, **more: Any) -> SessionEvent:
        """Drawn up by the nurse."""
        return self.does("nurse", "prepare", 5, vials=[str(self.vial.pk)], **more)

    def checked(self) -> SessionEvent:
        """Checked by the second nurse, from what was drawn up."""
        prepared = self.state.preparation
        assert prepared is not None
        figures = {"mg": prepared.mg, "amount": prepared.amount}
        if prepared.steps[0].rate_ml_h:
            figures["rate_ml_h"] = prepared.steps[0].rate_ml_h
        if prepared.weight_kg is not None:
            figures["weight_kg"] = prepared.weight_kg
        given = {k: str(Decimal(v)) for k, v in figures.items()}
        return self.does("nurse2", "second_check", 6, **given)

    def ready(self) -> None:
        """Everything up to the start."""
        self.arrives()
        self.decided()
        self.prepared()
        self.checked()

    def started(self) -> None:
        """Giving begins at minute 10."""
        self.ready()
        self.does("nurse", "start", 10)

    def recovered(self, minute: float = 135) -> None:
        """The infusion over at minute 50; everything that leaving asks for by `minute`."""
        self.does("nurse", "stop", 50)
        self.comes_round(minute)

    def comes_round(self, minute: float) -> None:
        """Everything that leaving asks for, but the time."""
        self.does("nurse", "vitals", minute, **CALM)
        self.does("nurse", "rating", minute, instrument="cadss6", value="1")
        self.does("nurse", "rating", minute, instrument="aldrete", value="10")
        for c in self.protocol.criteria_at("discharge"):
            self.does("nurse", "criterion", minute, key=c.key, met="true")


def spray_course(patient: Any, people: Mapping[str, User], **fields: Any) -> Course:
    """A course of esketamine by its label."""
    protocol = cast.make_protocol(patient.clinic, "spravato")
    return cast.make_course(patient, protocol, people["prescriber"], **fields)
