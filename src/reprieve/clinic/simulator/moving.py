"""The day moves on: what a script has for each session is entered when its time has come."""

import logging
import threading
import time
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.utils import timezone

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.simulator.body import Body
from reprieve.clinic.simulator.day import ARRIVED, begin_of
from reprieve.clinic.simulator.histories import vials_for
from reprieve.clinic.simulator.registering import invented
from reprieve.clinic.simulator.script import Act, script
from reprieve.clinic.simulator.setting_up import Cast
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.record import record
from reprieve.clinic.treatments.state import replay
from reprieve.errors import ReprieveError

TICK_S = 2.0
LOG = logging.getLogger(__name__)


class Mover(threading.Thread):
    """Plays today's sessions on; a person who steps in is never overruled, only followed."""

    def __init__(self) -> None:
        super().__init__(name="demo", daemon=True)
        self.clinic = Clinic.objects.get()
        self.cast = Cast(self.clinic, {u.username: u for u in self.clinic.people.all()}, (), {})
        self.since = _last_entry()
        self.left: dict[TreatmentSession, list[Act]] = {}

    def run(self) -> None:
        """Until the server stops."""
        self._learn()
        while True:
            try:
                self.tick(timezone.now())
            except Exception:  # the demo must not take the server down with it
                LOG.exception("the demo's day")
            close_old_connections()
            time.sleep(TICK_S)

    def tick(self, now: datetime) -> None:
        """Enter everything whose time has come."""
        for session, acts in self.left.items():
            begin = self._begin(session)
            while acts and begin + timedelta(minutes=acts[0].minute) <= now:
                self._enter(session, acts.pop(0), begin, now)

    def _learn(self) -> None:
        """The rest of each script; the patient who waits is left to whoever tries the demo."""
        bodies = {(p.given, p.family): (p.body, p.today) for p in invented()}
        horizon = (self.since - timedelta(hours=6), self.since + timedelta(hours=20))
        for session in TreatmentSession.objects.filter(
            planned_at__range=horizon, plan=TreatmentSession.Plan.PLANNED
        ).select_related("patient", "course__protocol_version", "clinic"):
            body, part = bodies[session.patient.given_name, session.patient.family_name]
            if part not in (ARRIVED, "unsigned"):
                self.left[session] = self._rest(session, body)

    def _rest(self, session: TreatmentSession, body: Body) -> list[Act]:
        protocol = session.course.protocol_version.protocol
        begin = self._begin(session)
        acts = script(session, protocol, body, vials_for(session, max(begin, self.since)))
        return [a for a in acts if begin + timedelta(minutes=a.minute) > self.since]

    def _begin(self, session: TreatmentSession) -> datetime:
        start = session.events.filter(kind="start").first()
        return start.at if start else begin_of(session)

    def _enter(self, session: TreatmentSession, act: Act, begin: datetime, now: datetime) -> None:
        state = replay(e.plain for e in session.events.all())
        at = begin + timedelta(minutes=act.minute)
        try:
            if (data := act.says(state, at)) is not None:
                record(self.cast.by(act.role, now), session.pk, act.kind, dict(data), at=at)
        except (ReprieveError, AssertionError):
            LOG.info("left to the people: %s", act.kind)


def _last_entry() -> datetime:
    last = SessionEvent.objects.order_by("-entered_at").first()
    return last.entered_at if last else timezone.now()
