"""A whole session by each route, from the door to the signature, with the ledger beside it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from clinic import cast
from clinic.chair import CALM, Chair, spray_course
from clinic.streams import revised
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger import postings
from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.state import Phase
from reprieve.evidence.practice import protocol_toml


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


def stocked(clinic, people, **fields):
    """A lot of another product, with one full vial, kit or box."""
    lot = cast.make_lot(clinic, number="L-2", **fields)
    with transaction.atomic():
        return cast.make_vial(lot, people["custodian"], "X-001")


@pytest.fixture
def spray(patient, people, clinic):
    kit = stocked(
        clinic,
        people,
        drug="esketamine",
        product="Spray 28 mg",
        unit="device",
        mg_per_unit=Decimal(28),
        units_per_vial=Decimal(3),
    )
    return Chair(cast.make_session(spray_course(patient, people)), people, kit)


def test_a_spray_of_two_devices_waits_five_minutes_between_them(spray):
    spray.ready()
    assert spray.state.preparation.amount == 2
    spray.does("nurse", "start", 10)
    assert postings.held(spray.session) == 1
    with pytest.raises(RefusedError, match="5 min pass between devices"):
        spray.does("nurse", "device", 14.9)
    spray.does("nurse", "device", 15)
    assert postings.held(spray.session) == 0
    assert phase(spray) == Phase.RECOVERY
    given = LedgerEntry.objects.filter(session=spray.session, kind="give")
    assert given.count() == 2


def test_after_a_spray_the_time_of_readiness_is_asked(spray):
    spray.ready()
    spray.does("nurse", "start", 10)
    spray.does("nurse", "device", 15)
    spray.comes_round(130)
    with pytest.raises(RefusedError, match="would have been ready"):
        spray.does("nurse", "discharge", 131)
    ready = (cast.NOW + timedelta(minutes=95)).isoformat()
    left = spray.does("nurse", "discharge", 131, ready_when=ready)
    assert left.data["ready_when"] == ready


def test_a_kit_that_was_not_used_goes_back(spray):
    spray.ready()
    spray.does("nurse", "abort", 8, reason="pressure stays high")
    spray.does("nurse", "put_back", 9, vial=str(spray.vial.pk), amount="2", reason="unopened")
    assert postings.held(spray.session) == 0
    spray.does("prescriber", "sign", 10, meaning="reviewed")


def test_one_device_and_no_more_leaves_the_other_to_account_for(spray):
    spray.ready()
    spray.does("nurse", "start", 10)
    spray.does("nurse", "stop", 14, reason="too much")
    assert postings.held(spray.session) == spray.state.left_over == 1
    spray.does("nurse", "put_back", 15, vial=str(spray.vial.pk), amount="1", reason="unopened")
    assert postings.held(spray.session) == spray.state.left_over == 0


def test_a_spray_does_not_wait_for_the_scale(spray):
    spray.arrives()
    spray.does("nurse", "weight", 3, kg="80")
    spray.decided()
    assert spray.prepared().data["weight_kg"] is None


def test_tablets_are_swallowed_at_once(patient, people, clinic):
    box = stocked(
        clinic,
        people,
        product="Tablets 60 mg",
        unit="tablet",
        mg_per_unit=Decimal(60),
        units_per_vial=Decimal(20),
    )
    protocol = cast.make_protocol(clinic, "oral_er")
    course = cast.make_course(patient, protocol, people["prescriber"])
    chair = Chair(cast.make_session(course), people, box)
    chair.started()
    assert chair.state.preparation.amount == 2
    assert phase(chair) == Phase.RECOVERY
    assert postings.held(chair.session) == 0


def test_a_continuation_is_prepared_in_one_bag_and_given_in_two_rates(
    patient, people, clinic, vial
):
    protocol = cast.make_protocol(clinic, "iv_racemic_extended")
    course = cast.make_course(patient, protocol, people["prescriber"])
    chair = Chair(cast.make_session(course), people, vial)
    chair.arrives()
    chair.decided()
    with pytest.raises(RefusedError, match="how many minutes"):
        chair.prepared()
    steps = chair.prepared(continuation_min="60").data["steps"]
    assert [(s["mg"], s["rate_ml_h"]) for s in steps] == [("35", "75"), ("14", "20")]
    chair.checked()
    chair.does("nurse", "start", 10)
    chair.does("nurse", "rate", 50, rate_ml_h="20", reason="continuation")
    assert chair.state.given_ml(cast.NOW + timedelta(minutes=80)) == 60
    chair.does("nurse", "stop", 110)
    assert postings.held(chair.session) == 0


def test_another_file_is_another_day(patient, people, clinic, vial):
    """A shorter infusion and a shorter stay, by the protocol's text alone."""
    text = protocol_toml(revised("iv_racemic", duration__given=20, discharge__after_start=1,
                                 discharge__after_end=0.5, preparation__volume=25))  # fmt: skip
    version = cast.make_protocol(clinic, text=text)
    session = cast.make_session(cast.make_course(patient, version, people["prescriber"]))
    chair = Chair(session, people, vial)
    chair.started()
    (step,) = chair.state.preparation.steps
    assert (step.ml, step.minutes, step.rate_ml_h) == (25, 20, 75)
    chair.does("nurse", "stop", 30)
    chair.comes_round(70)
    chair.does("nurse", "discharge", 70)
    assert phase(chair) == Phase.DISCHARGED


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
