"""A clinic on a database of its own, and writers that race each other for its vials.

    prepare                   migrate, make the cast, print its ids
    race SESSION SEED VIAL... draw, give and waste until the vials are dry
    check                     print what is wrong and what was done

Run in processes of their own by `test_ledger_parallel`; the database comes from the environment.
"""

import json
import random
import sys
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger import postings
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.treatments.models import TreatmentSession

SESSIONS, VIALS, ROUNDS = 3, 3, 40


def prepare() -> None:
    """The cast, three sessions and three vials of 10 mL."""
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        clinic = cast.make_clinic()
        people = cast.make_people(clinic)
        patient = cast.make_patient(clinic, people["nurse"])
        course = cast.make_course(patient, cast.make_protocol(clinic), people["prescriber"])
        sessions = [cast.make_session(course, n + 1) for n in range(SESSIONS)]
        lot = cast.make_lot(clinic)
        vials = [cast.make_vial(lot, people["custodian"], f"K-{n}") for n in range(VIALS)]
    found = {"sessions": sessions, "vials": vials}
    print(json.dumps({key: [str(x.pk) for x in each] for key, each in found.items()}))


def race(session_id: str, seed: str, *vial_ids: str) -> None:
    """Draw from two vials in any order, give what the session holds, waste a part of it."""
    rng = random.Random(int(seed))
    session = TreatmentSession.objects.get(pk=session_id)
    nurse = User.objects.get(username="nurse")
    two = User.objects.get(username="nurse2")
    done: Counter[str] = Counter()
    for _ in range(ROUNDS):
        by = Actor.as_user(nurse, timezone.now())
        picked = rng.sample([UUID(v) for v in vial_ids], 2)
        amount = Decimal(rng.randrange(50, 700)).scaleb(-3)
        try:
            with transaction.atomic():
                postings.draw_all(
                    by, [(v, amount) for v in picked], session=session, event=None, at=by.now
                )
            done["drawn"] += 1
        except RefusedError:
            done["refused"] += 1
        try:
            with transaction.atomic():
                held = postings.held(session)  # read without the lock, as a late tablet would
                if held:
                    part = (held / 2).quantize(Decimal("0.001"))
                    postings.give(by, session, part, event=None, at=by.now)
                    postings.waste(
                        by, session, held - part, event=None, at=by.now, witness=two, reason="rest"
                    )
            done["used"] += 1
        except RefusedError:
            done["spent by the other"] += 1
    print(json.dumps(done))


def check() -> None:
    """What is wrong, and how much went where."""
    wrong = list(faults(LedgerEntry.objects.all()))
    for vial in Vial.objects.all():
        rows = list(vial.entries.order_by("seq"))
        if vial.balance < 0 or sum(r.amount for r in rows) != vial.balance:
            wrong.append(f"{vial}: {vial.balance} is not the sum of its rows")
        for before, after in pairwise(rows):
            if after.balance_before != before.balance_after:
                wrong.append(f"{vial} row {after.seq}: does not begin where row {before.seq} ended")
    for session in TreatmentSession.objects.all():
        if min(postings.held_by_vial(session).values(), default=Decimal(0)) < 0:
            wrong.append(f"{session}: holds less than nothing")
    rows = list(LedgerEntry.objects.all())
    kinds = Counter(r.kind for r in rows)
    drawn = sum((r.held for r in rows if r.kind == "draw"), Decimal(0))
    used = sum((-r.held for r in rows if r.kind in ("give", "waste")), Decimal(0))
    held = sum((postings.held(s) for s in TreatmentSession.objects.all()), Decimal(0))
    left = sum((v.balance for v in Vial.objects.all()), Decimal(0))
    print(json.dumps({"wrong": wrong, "kinds": kinds, "drawn": str(drawn), "used": str(used),
                      "held": str(held), "left": str(left)}))  # fmt: skip


def main() -> None:
    """Run the act that the command line names."""
    {"prepare": prepare, "race": race, "check": check}[sys.argv[1]](*sys.argv[2:])
