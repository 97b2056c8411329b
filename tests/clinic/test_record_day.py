"""A whole session by each route, from the door to the signature, with the ledger beside it."""

from datetime import date
from decimal import Decimal

import pytest

from clinic import cast
from clinic.chair import CALM, Chair, spray_course
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger import postings
from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.state import Phase


@pytest.fixture
def chair(session, people, vial):
    return Chair(session, people, vial)


def phase(chair):
    return TreatmentSession.objects.get(pk=chair.session.pk).phase


def test_an_infusion_runs_from_the_door_to_the_signature(chair):
    chair.arrives()
    assert phase(chair) == Phase.CHECKED_IN
    chair.decided()
    prepared = chair.prepared()
    assert prepared.data["mg"] == "35"
    assert prepared.data["amount"] == "0.7"
    assert prepared.data["steps"][0]["rate_ml_h"] == "75"
    assert postings.held(chair.session) == Decimal("0.7")
    chair.checked()
    assert phase(chair) == Phase.READY
    chair.does("nurse", "start", 10)
    assert phase(chair) == Phase.IN_SESSION
    chair.does("nurse", "vitals", 20, **CALM)
    chair.recovered()
    assert postings.held(chair.session) == 0
    chair.does("nurse", "discharge")
    chair.does("prescriber", "sign", meaning="responsible prescriber")
    assert phase(chair) == Phase.SIGNED
    with pytest.raises(RefusedError, match="addendum"):
        chair.does("nurse", "vitals", **CALM)
    chair.does("prescriber", "addendum", text="Escort came late.")


def test_half_an_infusion_is_half_given_and_the_rest_wasted_before_a_witness(chair):
    chair.started()
    stop = chair.does("nurse", "stop", 30, reason="asked to stop")
    assert stop.data["given"] == "0.35"
    assert postings.held(chair.session) == Decimal("0.35")
    with pytest.raises(RefusedError, match="Account for"):
        chair.does("nurse", "discharge", 140)
    wasted = chair.does("nurse", "waste", 31, amount="0.35", reason="rest of the bag",
                        username="nurse2", password=cast.PASSWORD)  # fmt: skip
    assert wasted.data["witness_name"] == "Test Nurse2"
    assert cast.PASSWORD not in str(wasted.data)
    assert postings.held(chair.session) == 0
    kinds = [e.kind for e in LedgerEntry.objects.filter(session=chair.session).order_by("seq")]
    assert kinds == ["draw", "give", "waste"]


def test_a_spray_of_two_devices_waits_five_minutes_between_them(patient, people, clinic):
    lot = cast.make_lot(clinic, drug="esketamine", product="Spray 28 mg", number="S-1",
                        unit="device", mg_per_unit=Decimal(28), units_per_vial=Decimal(3),
                        expires_on=date(2027, 12, 31))  # fmt: skip
    from django.db import transaction

    with transaction.atomic():
        kit = cast.make_vial(lot, people["custodian"], "E-001")
    session = cast.make_session(spray_course(patient, people))
    chair = Chair(session, people, kit)
    chair.ready()
    assert chair.state.preparation.amount == 2
    chair.does("nurse", "start", 10)
    assert postings.held(session) == 1
    with pytest.raises(RefusedError, match="5 min pass between devices"):
        chair.does("nurse", "device", 14.9)
    chair.does("nurse", "device", 15)
    assert postings.held(session) == 0
    assert phase(chair) == Phase.RECOVERY
    assert [e.kind for e in LedgerEntry.objects.filter(session=session, kind="give")] == [
        "give",
        "give",
    ]


def test_a_session_that_does_not_go_ahead_gives_back_or_wastes_before_it_is_signed(chair):
    chair.ready()
    chair.does("nurse", "abort", 8, reason="no escort after all")
    assert phase(chair) == Phase.ABORTED
    with pytest.raises(RefusedError, match="Account for"):
        chair.does("prescriber", "sign", 9, meaning="reviewed")
    chair.does("nurse", "waste", 9, amount="0.7", reason="aborted", username="nurse2",
               password=cast.PASSWORD)  # fmt: skip
    chair.does("prescriber", "sign", 10, meaning="reviewed")
    assert phase(chair) == Phase.SIGNED
