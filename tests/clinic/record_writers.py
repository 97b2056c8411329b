"""Two tablets that send one queue into the same session, in processes of their own.

    prepare            migrate, make the cast and a session that is under way; print its id
    send SESSION       send every entry of the queue, in a shuffled order
    check SESSION      print what is wrong and what is there

Run by `test_record_parallel`; the database comes from the environment.
"""

import json
import random
import sys
from datetime import timedelta
from uuid import NAMESPACE_OID, uuid5

from django.core.management import call_command
from django.db import transaction

from clinic import cast
from clinic.chair import CALM, Chair
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.ledger import postings
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.record import record, state_of

ENTRIES = 40


def prepare() -> None:
    """A session under way at minute 10."""
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        clinic = cast.make_clinic()
        people = cast.make_people(clinic)
        patient = cast.make_patient(clinic, people["nurse"])
        course = cast.make_course(patient, cast.make_protocol(clinic), people["prescriber"])
        session = cast.make_session(course)
        vial = cast.make_vial(cast.make_lot(clinic), people["custodian"])
    Chair(session, people, vial).started()
    print(json.dumps(str(session.pk)))


def send(session_id: str) -> None:
    """Every entry of the queue, the stop with its drug among them."""
    session = TreatmentSession.objects.get(pk=session_id)
    by = Actor.as_user(User.objects.get(username="nurse"), cast.NOW + timedelta(minutes=90))
    queue = [("vitals", CALM, 11 + n) for n in range(ENTRIES - 1)] + [("stop", {}, 50)]
    random.shuffle(queue)
    seqs = {}
    for kind, data, minute in queue:
        id = uuid5(NAMESPACE_OID, f"{kind} {minute}")
        at = cast.NOW + timedelta(minutes=minute)
        seqs[str(id)] = record(by, session.pk, kind, data, id=id, at=at).seq
    print(json.dumps(seqs))


def check(session_id: str) -> None:
    """What stands in the record."""
    session = TreatmentSession.objects.get(pk=session_id)
    state = state_of(session)
    print(
        json.dumps(
            {
                "faults": list(faults(SessionEvent.objects.all())),
                "seqs": [e.seq for e in session.events.all()],
                "last": session.last_seq,
                "phase": [session.phase, state.phase.value],
                "held": [str(postings.held(session)), str(state.left_over)],
                "sent": {str(e.pk): e.seq for e in session.events.all()},
            }
        )
    )


def main() -> None:
    """Run one of the commands."""
    {"prepare": prepare, "send": send, "check": check}[sys.argv[1]](*sys.argv[2:])
