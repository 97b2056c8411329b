"""The second check is blind and by another person; waste has a witness; holds have reasons."""

from datetime import date
from decimal import Decimal

import pytest

from clinic import cast
from clinic.chair import CALM, Chair
from reprieve.clinic.errors import NotAllowedError, RefusedError, WitnessError
from reprieve.clinic.ledger import postings
from reprieve.clinic.patients.readiness import gaps
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.refusals import EntryRefusedError
from reprieve.clinic.treatments.state import Phase

RIGHT = {"mg": "35", "amount": "0.7", "rate_ml_h": "75", "weight_kg": "70"}


@pytest.fixture
def chair(session, people, vial):
    found = Chair(session, people, vial)
    found.arrives()
    return found


@pytest.fixture
def drawn(chair):
    chair.decided()
    chair.prepared()
    return chair


def test_who_drew_it_up_does_not_check_it(drawn):
    with pytest.raises(WitnessError, match="drew it up"):
        drawn.does("nurse", "second_check", 6, **RIGHT)


def test_the_preparers_own_password_on_another_tablet_is_no_second_person(drawn):
    with pytest.raises(WitnessError, match="drew it up"):
        drawn.does("nurse2", "second_check", 6, **RIGHT, username="nurse",
                   password=cast.PASSWORD)  # fmt: skip


def test_a_second_person_proves_who_they_are_on_the_same_tablet(drawn, people):
    with pytest.raises(WitnessError):
        drawn.does("nurse", "second_check", 6, **RIGHT, username="nurse2", password="guess")
    with pytest.raises(WitnessError):
        drawn.does("nurse", "second_check", 6, **RIGHT, username="therapist",
                   password=cast.PASSWORD)  # fmt: skip
    event = drawn.does("nurse", "second_check", 6, **RIGHT, username="nurse2",
                       password=cast.PASSWORD)  # fmt: skip
    assert event.data["checker"] == str(people["nurse2"].pk)
    assert "password" not in event.data
    assert drawn.state.phase is Phase.READY


@pytest.mark.parametrize(("field", "value"), [
    ("mg", "36"), ("amount", "0.8"), ("rate_ml_h", "77"), ("weight_kg", "71"),
])  # fmt: skip
def test_a_mismatch_is_recorded_by_name_and_blocks(drawn, field, value):
    event = drawn.does("nurse2", "second_check", 6, **(RIGHT | {field: value}))
    assert (event.data["matched"], event.data["differs"]) == (False, [field])
    assert drawn.state.phase is Phase.CHECKED_IN
    with pytest.raises(RefusedError, match="while it is ready"):
        drawn.does("nurse", "start", 8)
    drawn.does("nurse2", "second_check", 9, **RIGHT)
    assert drawn.state.phase is Phase.READY


def test_a_check_leaves_nothing_out(drawn):
    with pytest.raises(EntryRefusedError) as refused:
        drawn.does("nurse2", "second_check", 6, mg="35", amount="0.7")
    assert set(refused.value.fields) == {"rate_ml_h", "weight_kg"}


def test_a_new_preparation_voids_the_check_and_needs_the_old_one_wasted(drawn):
    drawn.checked()
    with pytest.raises(RefusedError, match="drawn for this session already"):
        drawn.prepared()
    drawn.does("nurse", "waste", 7, amount="0.7", reason="dropped", username="nurse2",
               password=cast.PASSWORD)  # fmt: skip
    drawn.does("nurse", "prepare", 8, vials=[str(drawn.vial.pk)])
    assert drawn.state.phase is Phase.CHECKED_IN


def test_nothing_is_drawn_before_the_prescriber_says_go(chair):
    with pytest.raises(RefusedError, match="not said go"):
        chair.prepared()


def test_a_hold_that_stands_needs_a_reason_of_its_own(chair):
    chair.does("nurse", "vitals", 3, **(CALM | {"sbp": "172"}))
    with pytest.raises(EntryRefusedError) as refused:
        chair.decided(overrides={"sbp_repeat": "usual for her"})
    asked = " ".join(refused.value.fields["overrides"])
    assert "sbp_hold" in asked
    assert "sbp_repeat" not in asked
    assert SessionEvent.objects.filter(kind="decision").count() == 0


def test_a_go_keeps_every_hold_with_value_rule_and_age(chair):
    chair.decided()
    event = SessionEvent.objects.get(kind="decision")
    hold = next(h for h in event.data["holds"] if h["key"] == "sbp_hold")
    assert (hold["value"], hold["age_min"], hold["verdict"]) == ("124", "1", "ok")
    assert hold["rule"] == "hold: Systolic pressure above 160 mmHg"


def test_only_a_prescriber_decides(chair):
    with pytest.raises(NotAllowedError):
        chair.does("nurse", "decision", 4, decision="go")


def test_a_no_go_has_a_reason(chair):
    with pytest.raises(EntryRefusedError, match="Say why"):
        chair.does("prescriber", "decision", 4, decision="no_go")


def test_vital_signs_that_grew_old_since_the_decision_stop_the_start(drawn):
    drawn.checked()
    with pytest.raises(EntryRefusedError, match="stale"):
        drawn.does("nurse", "start", 40)
    drawn.does("nurse", "vitals", 40, **CALM)
    drawn.does("nurse", "start", 41)
    assert drawn.state.phase is Phase.IN_SESSION


def test_a_reason_counts_for_the_value_it_was_given_for(chair):
    chair.does("nurse", "vitals", 3, **(CALM | {"sbp": "165"}))
    overrides = {
        "sbp_hold": "usual for her",
        "sbp_repeat": "usual for her",
        "hr_hold": "to be sure",
    }
    found = gaps(chair.session.patient, chair.protocol, chair.now)
    overrides |= {g.key: "seen" for g in found if g.kind == "stop"}
    chair.decided(overrides=overrides)
    chair.prepared()
    chair.checked()
    chair.does("nurse", "vitals", 7, **(CALM | {"sbp": "205"}))
    with pytest.raises(EntryRefusedError, match=r"Systolic pressure: hold"):
        chair.does("nurse", "start", 8)
    chair.does("nurse", "vitals", 9, **(CALM | {"hr": "115"}))
    with pytest.raises(EntryRefusedError, match=r"Heart rate: hold"):
        chair.does("nurse", "start", 10)
    chair.does("nurse", "vitals", 11, **CALM)
    chair.does("nurse", "start", 12)


def test_a_hold_that_was_gone_past_does_not_stop_the_start(chair):
    chair.does("nurse", "vitals", 3, **(CALM | {"sbp": "165"}))
    found = gaps(chair.session.patient, chair.protocol, chair.now)
    overrides = {g.key: "seen" for g in found if g.kind == "stop"}
    chair.decided(overrides=overrides | {"sbp_hold": "usual", "sbp_repeat": "usual"})
    chair.prepared()
    chair.checked()
    chair.does("nurse", "start", 10)


def test_another_weight_after_drawing_up_stops_the_start(drawn):
    drawn.checked()
    drawn.does("nurse", "weight", 7, kg="72")
    with pytest.raises(EntryRefusedError, match="computed from 70 kg"):
        drawn.does("nurse", "start", 8)


def test_a_large_change_of_weight_is_weighed_again_before_a_dose(chair):
    chair.does("nurse", "weight", 3, kg="76")
    chair.decided()
    with pytest.raises(RefusedError, match="Weigh again first"):
        chair.prepared()
    chair.does("nurse", "weight", 5, kg="76.1")
    assert chair.prepared().data["weight_kg"] == "76.1"


def test_a_failed_draw_leaves_no_event_and_no_ledger_row(chair, clinic, people):
    from django.db import transaction

    chair.decided()
    with transaction.atomic():
        rest = cast.make_vial(chair.vial.lot, people["custodian"], "K-9", balance=Decimal("0.3"))
    with pytest.raises(RefusedError, match="Add another vial"):
        chair.does("nurse", "prepare", 5, vials=[str(rest.pk)])
    assert not SessionEvent.objects.filter(kind="prepare").exists()
    assert postings.held(chair.session) == 0
    event = chair.does("nurse", "prepare", 5, vials=[str(rest.pk), str(chair.vial.pk)])
    assert [d["amount"] for d in event.data["draws"]] == ["0.3", "0.4"]


def test_a_vial_of_another_drug_is_refused(chair, clinic, people):
    from django.db import transaction

    chair.decided()
    lot = cast.make_lot(clinic, drug="midazolam", number="M-1")
    with transaction.atomic():
        vial = cast.make_vial(lot, people["custodian"], "M-001")
    with pytest.raises(RefusedError, match="holds midazolam; this course gives ketamine"):
        chair.does("nurse", "prepare", 5, vials=[str(vial.pk)])


@pytest.mark.parametrize(("zone", "expires", "taken"), [
    ("America/Los_Angeles", date(2026, 11, 1), False),  # 9:05 in UTC is 1:05 of 2 November there
    ("Pacific/Honolulu", date(2026, 11, 1), True),  # still 23:05 of 1 November
    ("UTC", date(2026, 11, 1), False),
    ("Pacific/Kiritimati", date(2026, 11, 1), False),
])  # fmt: skip
def test_a_vial_is_good_to_the_end_of_its_last_day_where_the_clinic_is(
    chair, clinic, zone, expires, taken
):
    chair.decided()
    clinic.time_zone = zone
    clinic.save()
    type(chair.vial.lot).objects.update(expires_on=expires)
    for person in chair.people.values():
        person.refresh_from_db()
    if taken:
        chair.prepared()
        return
    with pytest.raises(RefusedError, match=r"expired on 01 Nov 2026\. Take another"):
        chair.prepared()


def test_the_dose_of_the_day_is_the_prescribers(chair):
    chair.decided(dose_amount="0.75", dose_unit="mg/kg")
    assert chair.prepared().data["mg"] == "53"


def test_waste_has_another_witness_and_is_never_more_than_was_drawn(drawn):
    with pytest.raises(WitnessError):
        drawn.does("nurse", "waste", 7, amount="0.1", reason="air", username="nurse",
                   password=cast.PASSWORD)  # fmt: skip
    with pytest.raises(EntryRefusedError, match=r"0\.7 is drawn"):
        drawn.does("nurse", "waste", 7, amount="0.8", reason="air", username="nurse2",
                   password=cast.PASSWORD)  # fmt: skip


def test_faster_than_the_protocols_restart_needs_a_reason(drawn):
    drawn.checked()
    drawn.does("nurse", "start", 10)
    with pytest.raises(RefusedError, match="at most 150 mL/h"):
        drawn.does("nurse", "rate", 11, rate_ml_h="160", reason="late")
    drawn.does("nurse", "pause", 12, reason="anxious")
    with pytest.raises(EntryRefusedError, match=r"more than 75 % of the former 75 mL/h"):
        drawn.does("nurse", "resume", 15, rate_ml_h="75")
    drawn.does("nurse", "resume", 15, rate_ml_h="50")
    with pytest.raises(RefusedError, match="not paused"):
        drawn.does("nurse", "resume", 16, rate_ml_h="50")


def test_nobody_leaves_before_every_criterion_is_met(drawn):
    drawn.checked()
    drawn.does("nurse", "start", 10)
    drawn.recovered(minute=120)
    with pytest.raises(EntryRefusedError, match="Time from the start"):
        drawn.does("nurse", "discharge", 121)
    with pytest.raises(EntryRefusedError, match="Only a prescriber"):
        drawn.does("nurse", "discharge", 121, against_advice="wants to leave")
    left = drawn.does("prescriber", "discharge", 121, against_advice="wants to leave, warned")
    assert next(c for c in left.data["criteria"] if c["key"] == "after_start")["met"] is False
    assert TreatmentSession.objects.get(pk=drawn.session.pk).phase == Phase.DISCHARGED


def test_only_a_prescriber_signs_as_one_and_nobody_twice(drawn):
    drawn.checked()
    drawn.does("nurse", "start", 10)
    drawn.recovered()
    drawn.does("nurse", "discharge")
    with pytest.raises(EntryRefusedError, match="Only a prescriber"):
        drawn.does("nurse", "sign", meaning="responsible prescriber")
    drawn.does("nurse", "sign", meaning="gave the treatment")
    signed = drawn.does("prescriber", "countersign", meaning="responsible prescriber")
    assert signed.data["printed_name"] == "Test Prescriber"
    with pytest.raises(EntryRefusedError, match="signed this session already"):
        drawn.does("prescriber", "countersign", meaning="reviewed")


def test_what_is_measured_is_settled_otherwise_by_a_prescriber_with_a_note(drawn):
    drawn.checked()
    drawn.does("nurse", "start", 10)
    drawn.does("nurse", "stop", 50)
    with pytest.raises(EntryRefusedError, match="Only a prescriber"):
        drawn.does("nurse", "criterion", 60, key="aldrete", met="true", note="fine")
    with pytest.raises(EntryRefusedError, match="Say why"):
        drawn.does("prescriber", "criterion", 60, key="aldrete", met="true")
    drawn.does("prescriber", "criterion", 60, key="aldrete", met="true", note="awake, no score")
    with pytest.raises(EntryRefusedError, match="no criterion"):
        drawn.does("nurse", "criterion", 60, key="happy", met="true")
