"""Milligrams of reports are the ledger's to the last digit, on every database."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from clinic import cast
from clinic.chair import Chair
from reprieve.clinic.accounts.models import User
from reprieve.clinic.courses import exposure
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.today.facts import facts
from reprieve.clinic.treatments.models import TreatmentSession

PARTS = ("4.45", "-4.316", "-0.134")  # the ledger adds them up to 0; floats leave a crumb


@pytest.fixture
def started(session: TreatmentSession, people: dict[str, User], vial: Vial) -> TreatmentSession:
    Chair(session, people, vial).started()
    session.refresh_from_db()
    return session


def post(
    session: TreatmentSession, vial: Vial, people: dict[str, User], kind: str, sign: int
) -> None:
    """Rows of one kind, some of them taken back, as the ledger would keep them."""
    for part in PARTS:
        held = sign * Decimal(part)
        with transaction.atomic():
            LedgerEntry(
                stream=f"vial:{vial.pk}", clinic=session.clinic, vial=vial, session=session,
                kind=kind, amount=0, held=held, balance_before=10, balance_after=10,
                at=cast.NOW, entered_at=cast.NOW, by=people["nurse"], witness=people["nurse2"],
            ).append()  # fmt: skip


def test_what_was_given_and_taken_back_leaves_no_crumb_in_the_milligrams_of_a_course(
    started: TreatmentSession, vial: Vial, people: dict[str, User]
) -> None:
    assert exposure.of_sessions([started]).mg == 0
    post(started, vial, people, "give", -1)
    assert exposure.of_sessions([started]).mg == 0
    assert exposure.of_patient(started.patient).mg == 0


def test_what_was_wasted_and_put_right_leaves_no_crumb_in_the_summary(
    started: TreatmentSession, vial: Vial, people: dict[str, User]
) -> None:
    post(started, vial, people, "waste", -1)
    day = cast.NOW.date()
    (fact,) = facts(started.clinic, day, day + timedelta(days=1))
    assert fact.wasted_mg == 0
