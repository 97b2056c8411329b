"""A correction is a new event; what others rest on keeps standing; after signing only addenda."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from clinic import cast
from clinic.chair import CALM, Chair
from reprieve.clinic.errors import NotAllowedError, RefusedError, WitnessError
from reprieve.clinic.ledger import postings
from reprieve.clinic.patients.models import WeightReading
from reprieve.clinic.patients.weights import counted
from reprieve.clinic.treatments.models import SessionEvent
from reprieve.clinic.treatments.refusals import EntryRefusedError
from reprieve.clinic.treatments.state import Phase


@pytest.fixture
def chair(session, people, vial):
    found = Chair(session, people, vial)
    found.started()
    return found


def moment(chair, minute):
    return (cast.NOW + timedelta(minutes=minute)).isoformat()


def test_a_wrong_reading_is_corrected_and_stays_in_the_record(chair):
    wrong = chair.does("nurse", "vitals", 20, **(CALM | {"sbp": "214"}))
    chair.does("nurse", "correction", 21, of=str(wrong.pk), data={"sbp": "124"}, reason="slip")
    assert chair.state.readings("sbp")[-1].value == 124
    assert SessionEvent.objects.get(pk=wrong.pk).data["sbp"] == "214"


def test_a_correction_is_checked_like_an_entry(chair):
    wrong = chair.does("nurse", "vitals", 20, **CALM)
    with pytest.raises(EntryRefusedError, match="expected 40 to 300"):
        chair.does("nurse", "correction", 21, of=str(wrong.pk), data={"sbp": "1400"}, reason="x")
    with pytest.raises(EntryRefusedError, match="is not below systolic"):
        chair.does("nurse", "correction", 21, of=str(wrong.pk), data={"dbp": "130"}, reason="x")
    with pytest.raises(EntryRefusedError, match="no such field"):
        chair.does("nurse", "correction", 21, of=str(wrong.pk), data={"phase": "signed"},
                   reason="x")  # fmt: skip


def test_a_reading_of_another_patient_is_taken_out(chair):
    wrong = chair.does("nurse", "vitals", 20, **CALM)
    chair.does("nurse", "correction", 21, of=str(wrong.pk), void=True, reason="other chair")
    assert len(chair.state.vitals) == 1
    with pytest.raises(RefusedError, match="was taken out"):
        chair.does("nurse", "correction", 22, of=str(wrong.pk), void=True, reason="again")


def test_a_start_keeps_standing_and_only_its_time_moves(chair):
    start = chair.state.of("start")[0]
    with pytest.raises(EntryRefusedError, match="cannot be taken out"):
        chair.does("nurse", "correction", 12, of=str(start.id), void=True, reason="x")
    earlier = {"of": str(start.id), "new_at": moment(chair, 8), "reason": "late"}
    with pytest.raises(EntryRefusedError, match="Only a prescriber"):
        chair.does("nurse", "correction", 12, **earlier)
    chair.does("prescriber", "correction", 12, **earlier)
    assert (chair.state.started_at - cast.NOW).total_seconds() == 8 * 60
    with pytest.raises(EntryRefusedError, match="would come before the second check"):
        chair.does("prescriber", "correction", 12, of=str(start.id), new_at=moment(chair, 5),
                   reason="x")  # fmt: skip
    later = {"of": str(start.id), "new_at": moment(chair, 11), "reason": "clock"}
    chair.does("nurse", "correction", 12, **later)
    assert (chair.state.started_at - cast.NOW).total_seconds() == 11 * 60


def test_a_stop_is_not_moved_before_the_start(chair):
    stop = chair.does("nurse", "stop", 50)
    with pytest.raises(EntryRefusedError, match="would come before the start"):
        chair.does("prescriber", "correction", 51, of=str(stop.pk), new_at=moment(chair, 9),
                   reason="x")  # fmt: skip
    with pytest.raises(EntryRefusedError, match="in the future"):
        chair.does("nurse", "correction", 51, of=str(stop.pk), new_at=moment(chair, 90), reason="x")


def test_waste_entered_wrongly_is_undone_before_a_witness(chair):
    chair.does("nurse", "stop", 30)
    seen = {"username": "nurse2", "password": cast.PASSWORD}
    wrong = chair.does("nurse", "waste", 31, amount="0.035", reason="rest", **seen)
    undo = {"of": str(wrong.pk), "void": True, "reason": "a place too far"}
    with pytest.raises(WitnessError, match="a witness enters"):
        chair.does("nurse", "correction", 32, **undo)
    chair.does("nurse", "correction", 32, **undo, **seen)
    assert postings.held(chair.session) == chair.state.left_over == Decimal("0.35")
    chair.does("nurse", "waste", 33, amount="0.35", reason="rest", **seen)
    assert postings.held(chair.session) == chair.state.left_over == 0


def test_a_pump_read_wrongly_is_corrected_with_the_ledger(chair):
    stop = chair.does("nurse", "stop", 30, volume_ml="50")
    assert postings.held(chair.session) == 0
    seen = {"username": "nurse2", "password": cast.PASSWORD}
    with pytest.raises(EntryRefusedError, match="50 mL were made up"):
        chair.does("nurse", "correction", 31, of=str(stop.pk), data={"volume_ml": "60"},
                   reason="x", **seen)  # fmt: skip
    chair.does("nurse", "correction", 31, of=str(stop.pk), data={"volume_ml": "25"},
               reason="misread", **seen)  # fmt: skip
    assert postings.held(chair.session) == chair.state.left_over == Decimal("0.35")
    assert chair.state.given_ml(chair.now) == 25


def test_what_was_drawn_from_the_wrong_vial_is_undone_before_the_start(session, people, vial):
    chair = Chair(session, people, vial)
    chair.arrives()
    chair.decided()
    drawn = chair.prepared()
    chair.checked()
    chair.does("nurse", "correction", 7, of=str(drawn.pk), void=True, reason="wrong vial",
               username="nurse2", password=cast.PASSWORD)  # fmt: skip
    assert postings.held(session) == chair.state.left_over == 0
    assert chair.state.phase is Phase.CHECKED_IN
    chair.does("nurse", "prepare", 8, vials=[str(vial.pk)])
    assert not chair.state.checked


def test_what_was_drawn_and_given_stands(chair):
    drawn = chair.state.preparation.event
    with pytest.raises(EntryRefusedError, match="cannot be taken out"):
        chair.does("nurse", "correction", 12, of=str(drawn.id), void=True, reason="x",
                   username="nurse2", password=cast.PASSWORD)  # fmt: skip


def test_a_time_that_is_none_never_reaches_the_record(chair):
    check_in = chair.state.check_in
    with pytest.raises(EntryRefusedError, match="is not a time"):
        chair.does("nurse", "correction", 12, of=str(check_in.id),
                   data={"last_solids_at": "garbage"}, reason="x")  # fmt: skip


def test_what_was_drawn_is_never_corrected_by_hand(chair):
    prepared = chair.state.preparation.event
    with pytest.raises(EntryRefusedError, match="its time only can be"):
        chair.does("nurse", "correction", 12, of=str(prepared.id), data={"mg": "20"}, reason="x")


def test_a_correction_needs_the_permission_of_what_it_corrects(chair):
    decision = chair.state.decision
    with pytest.raises(NotAllowedError):
        chair.does("nurse", "correction", 12, of=str(decision.id), data={"reason": "y"}, reason="x")
    chair.does("prescriber", "correction", 12, of=str(decision.id), data={"reason": "y"},
               reason="said more")  # fmt: skip
    assert chair.state.decision.data["reason"] == "y"


def test_an_event_of_another_session_is_not_corrected_here(chair, clinic, people, protocol):
    other_patient = cast.make_patient(clinic, people["nurse"], "T-002")
    course = cast.make_course(other_patient, protocol, people["prescriber"])
    other = Chair(cast.make_session(course), people, chair.vial)
    event = other.does("nurse", "check_in", 12, identifiers=["a", "b"])
    with pytest.raises(RefusedError, match="not in this session"):
        chair.does("nurse", "correction", 13, of=str(event.pk), void=True, reason="x")


def test_a_corrected_weight_replaces_the_wrong_one_in_the_history(session, people, vial):
    chair = Chair(session, people, vial)
    chair.arrives()
    wrong = chair.state.weights[0]
    chair.does("nurse", "correction", 4, of=str(wrong.id), data={"kg": "71.5"}, reason="shoes")
    assert str(chair.state.weight_kg) == "71.5"
    newest = WeightReading.objects.order_by("-pk").first()
    assert (str(newest.kg), str(newest.replaces.kg)) == ("71.5", "70.0")


def test_a_correction_says_what_it_does(chair):
    vitals = chair.state.vitals[0].event
    for nothing in ({}, {"void": True, "data": {"sbp": "120"}}):
        with pytest.raises(EntryRefusedError, match="one of both"):
            chair.does("nurse", "correction", 12, of=str(vitals.id), reason="x", **nothing)


def test_after_the_signature_only_an_addendum_is_taken(chair):
    chair.recovered()
    chair.does("nurse", "discharge")
    chair.does("prescriber", "sign", meaning="responsible prescriber")
    vitals = chair.state.vitals[0].event
    with pytest.raises(RefusedError, match="only an addendum"):
        chair.does("nurse", "correction", of=str(vitals.id), void=True, reason="x")
    chair.does("nurse", "addendum", text="The cuff was the large one.")


def test_whoever_wrote_a_note_corrects_it_and_nobody_else(chair):
    note = chair.does("therapist", "note", 20, about="in_session", text="A hous by the lake.")
    change = {"of": str(note.pk), "data": {"text": "A house by the lake."}, "reason": "spelling"}
    for role in ("nurse", "prescriber"):
        with pytest.raises(EntryRefusedError, match="Test Therapist wrote this note"):
            chair.does(role, "correction", 21, **change)
        with pytest.raises(EntryRefusedError, match="wrote this note"):
            chair.does(role, "correction", 21, of=str(note.pk), void=True, reason="x")
    chair.does("therapist", "correction", 21, **change)
    assert chair.state.of("note")[-1].data["text"] == "A house by the lake."
    mine = chair.does("nurse", "note", 22, about="nursing", text="Blanket.")
    chair.does("nurse", "correction", 23, of=str(mine.pk), void=True, reason="other chair")


def test_a_therapist_corrects_nothing_that_a_therapist_does_not_enter(chair):
    wrong = chair.does("nurse", "vitals", 20, **CALM)
    with pytest.raises(NotAllowedError):
        chair.does("therapist", "correction", 21, of=str(wrong.pk), data={"hr": "73"}, reason="x")
    with pytest.raises(NotAllowedError):
        chair.does("front_desk", "correction", 21, of=str(wrong.pk), data={"hr": "73"}, reason="x")


def test_the_page_of_a_correction_opens_for_who_may_enter_the_like(chair, as_role):
    note = chair.does("therapist", "note", 20, about="in_session", text="The lake.")
    vitals = chair.does("nurse", "vitals", 20, **CALM)

    def page(role, event):
        url = reverse("treatments:correct", args=[chair.session.pk, event.pk])
        return as_role(role).get(url).status_code

    assert [page("therapist", note), page("therapist", vitals)] == [200, 403]
    assert [page("nurse", vitals), page("front_desk", vitals)] == [200, 403]


def test_a_weighing_that_is_taken_out_leaves_the_patients_history(session, people, vial):
    chair = Chair(session, people, vial)
    chair.arrives()
    wrong = chair.does("nurse", "weight", 4, kg="91")
    chair.does("nurse", "correction", 5, of=str(wrong.pk), data={"kg": "90"}, reason="slip")
    chair.does("nurse", "correction", 6, of=str(wrong.pk), void=True, reason="other patient")
    assert [w.kg for w in counted(session.patient)] == [70, 70]
    assert WeightReading.objects.filter(kg=90).count() == 2  # both rows stay on record
    chair.does("nurse", "abort", 7, reason="postponed")
    later = cast.make_session(session.course, number=2)
    other = Chair(later, people, vial)
    other.arrives()
    assert other.state.check_in.data["last_kg"] == "70"


def test_a_weighing_that_is_put_to_another_time_is_there_in_the_history_too(session, people, vial):
    chair = Chair(session, people, vial)
    chair.arrives()
    event = chair.state.weights[-1]
    chair.does("nurse", "correction", 5, of=str(event.id), new_at=moment(chair, 3), reason="clock")
    assert counted(session.patient)[0].at == cast.NOW + timedelta(minutes=3)
