"""Sent twice is stored once; times agree; late is allowed and known; others see nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404

from clinic import cast
from clinic.chair import CALM, Chair
from reprieve.clinic.access import PERMISSIONS, Role
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.ledger import postings
from reprieve.clinic.treatments.forms import FORMS
from reprieve.clinic.treatments.kinds import KINDS
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.record import PERMISSION, record, state_of

FILLED = CALM | {
    "identifiers": ["a", "b"], "kg": "70", "symptom": "nausea", "severity": "mild", "value": "1",
    "instrument": "cadss6", "decision": "go", "vials": [str(uuid4())], "mg": "1", "amount": "1",
    "rate_ml_h": "1", "reason": "x", "drug": "x", "route": "x", "what": "x", "about": "nursing",
    "text": "x", "username": "somebody", "password": "x", "vial": str(uuid4()), "key": "x",
    "met": "true", "meaning": "reviewed", "of": str(uuid4()), "void": True, "action": "take",
    "nurse": str(uuid4()),
}  # fmt: skip


@pytest.fixture
def chair(session, people, vial):
    found = Chair(session, people, vial)
    found.arrives()
    return found


def test_the_same_id_with_the_same_content_is_the_same_event(chair):
    id = uuid4()
    first = chair.does("nurse", "vitals", 4, id=id, happened=4, **CALM)
    again = chair.does("nurse", "vitals", 9, id=id, happened=4, **CALM)
    assert (again.pk, again.seq) == (first.pk, first.seq)
    assert SessionEvent.objects.filter(pk=id).count() == 1


def test_the_same_id_with_another_content_is_refused(chair):
    id = uuid4()
    chair.does("nurse", "vitals", 4, id=id, happened=4, **CALM)
    with pytest.raises(RefusedError, match="belongs to another entry"):
        chair.does("nurse", "vitals", 4, id=id, happened=4, **(CALM | {"sbp": "130"}))
    with pytest.raises(RefusedError, match="belongs to another entry"):
        chair.does("nurse", "vitals", 4, id=id, happened=3, **CALM)
    with pytest.raises(RefusedError, match="belongs to another entry"):
        chair.does("nurse", "weight", 4, id=id, kg="70")


def test_every_step_of_a_session_can_be_sent_twice(chair):
    """The ledger moves once, however often the tablet asks."""
    ids = {kind: uuid4() for kind in ("prepare", "start", "stop", "waste")}
    chair.decided()
    for _ in range(2):
        chair.does("nurse", "prepare", 5, id=ids["prepare"], vials=[str(chair.vial.pk)])
    chair.checked()
    for _ in range(2):
        chair.does("nurse", "start", 10, id=ids["start"])
    for _ in range(2):
        chair.does("nurse", "stop", 30, id=ids["stop"], volume_ml="25")
    for _ in range(2):
        chair.does("nurse", "waste", 31, id=ids["waste"], amount="0.35", reason="rest",
                   username="nurse2", password=cast.PASSWORD)  # fmt: skip
    assert postings.held(chair.session) == 0
    assert [e.kind for e in chair.session.drug.order_by("entered_at", "seq")] == [
        "draw", "give", "waste",
    ]  # fmt: skip


def test_an_id_of_another_session_is_refused(chair, course):
    id = uuid4()
    chair.does("nurse", "vitals", 4, id=id, **CALM)
    other = cast.make_session(course, number=2)
    by = Actor.as_user(chair.people["nurse"], chair.now)
    with pytest.raises(RefusedError, match="belongs to another entry"):
        record(by, other.pk, "vitals", CALM, id=id)


def test_events_are_counted_without_a_gap_and_the_phase_is_kept(chair):
    session = TreatmentSession.objects.get(pk=chair.session.pk)
    assert [e.seq for e in session.events.all()] == list(range(1, session.last_seq + 1))
    assert session.phase == state_of(session).phase
    assert list(faults(SessionEvent.objects.all())) == []


def test_the_future_is_refused_but_for_a_clock_that_runs_ahead(chair):
    with pytest.raises(RefusedError, match="in the future"):
        chair.does("nurse", "vitals", 4, happened=6.1, **CALM)
    chair.does("nurse", "vitals", 4, happened=5.9, **CALM)


def test_before_the_door_nothing_happened(chair):
    with pytest.raises(RefusedError, match="before the check-in"):
        chair.does("nurse", "vitals", 4, happened=0, **CALM)


def test_a_late_entry_is_taken_and_known_as_late(chair):
    event = chair.does("nurse", "vitals", 50, happened=5, **CALM)
    assert event.plain.late_min == 45
    assert (event.at, event.entered_at) == (
        cast.NOW + timedelta(minutes=5), cast.NOW + timedelta(minutes=50),
    )  # fmt: skip


def test_a_stop_is_not_before_the_start(chair):
    chair.decided()
    chair.prepared()
    chair.checked()
    with pytest.raises(RefusedError, match="before the second check"):
        chair.does("nurse", "start", 10, happened=5.5)
    chair.does("nurse", "start", 10)
    with pytest.raises(RefusedError, match="before the last change of the pump"):
        chair.does("nurse", "stop", 12, happened=9)


def test_kinds_wait_for_their_phase(chair):
    for kind, data in (("start", {}), ("device", {}), ("pause", {}), ("stop", {}),
                       ("discharge", {}), ("sign", {"meaning": "reviewed"})):  # fmt: skip
        with pytest.raises(RefusedError, match="The session is checked in"):
            chair.does("prescriber", kind, 5, **data)


def test_a_cancelled_session_takes_nothing(session, people, vial):
    session.plan = TreatmentSession.Plan.CANCELLED
    session.save()
    with pytest.raises(RefusedError, match="is cancelled"):
        Chair(session, people, vial).does("nurse", "check_in", 1, identifiers=["a", "b"])


def test_one_patient_is_in_one_session_at_a_time(chair, course):
    other = Chair(cast.make_session(course, number=2), chair.people, chair.vial)
    with pytest.raises(RefusedError, match="in another session now"):
        other.does("nurse", "check_in", 5, identifiers=["a", "b"])


def test_an_unknown_kind_lists_the_known(chair):
    with pytest.raises(RefusedError, match="Known: check_in, weight, vitals"):
        chair.does("nurse", "teleport", 5)


def test_every_kind_has_a_form_and_a_permission():
    assert set(FORMS) == set(KINDS) == set(PERMISSION)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_asks_each_role_for_its_permission(kind, session, people, by, other_clinic):
    for role in Role:
        if role not in PERMISSIONS[PERMISSION[kind]]:
            with pytest.raises(NotAllowedError):
                record(by(role.value), session.pk, kind, {})
    allowed = next(iter(PERMISSIONS[PERMISSION[kind]])).value
    elsewhere = Actor.as_user(other_clinic[allowed], cast.NOW)
    with pytest.raises(Http404):
        record(elsewhere, session.pk, kind, FILLED)
    assert not SessionEvent.objects.exists()


def test_front_desk_checks_in_and_confirms_nothing_clinical(session, people, vial):
    chair = Chair(session, people, vial)
    with pytest.raises(RefusedError, match="A nurse or the prescriber confirms"):
        chair.does("front_desk", "check_in", 1, identifiers=["a", "b"], confirmed=["identity"])
    chair.does("front_desk", "check_in", 1, identifiers=["a", "b"])
    with pytest.raises(NotAllowedError):
        chair.does("front_desk", "vitals", 2, **CALM)


def test_the_audit_names_the_patient_and_not_the_values(chair):
    row = AuditEvent.objects.filter(verb="record vital signs").latest("seq")
    assert row.patient_id == chair.session.patient_id
    assert set(row.detail) == {"kind", "event", "seq"}


def test_stored_events_are_never_changed(chair):
    for change in (
        lambda: SessionEvent.objects.filter(seq=1).update(kind="x"),
        lambda: SessionEvent.objects.filter(seq=1).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_a_snooze_beyond_the_protocol_is_refused(chair):
    chair.does("nurse", "vitals", 5, **(CALM | {"hr": "112"}))
    with pytest.raises(RefusedError, match="allows at most 10 min"):
        chair.does("nurse", "prompt", 5, key="abnormal.hr:high", action="snooze", minutes="11")
    chair.does("nurse", "prompt", 5, key="abnormal.hr:high", action="snooze", minutes="10")
    with pytest.raises(RefusedError, match="how it was resolved"):
        chair.does("nurse", "prompt", 5, key="abnormal.hr:high", action="resolve")


def test_a_nurse_of_the_clinic_takes_the_chair(chair, people, other_clinic):
    chair.does("nurse", "assign", 5, nurse=str(people["nurse2"].pk))
    assert TreatmentSession.objects.get(pk=chair.session.pk).nurse == people["nurse2"]
    for wrong in (people["front_desk"], other_clinic["nurse"]):
        with pytest.raises(RefusedError, match="nurse or prescriber of this clinic"):
            chair.does("nurse", "assign", 5, nurse=str(wrong.pk))


def test_a_refusal_names_the_phases_in_the_order_of_the_day(session, people, vial):
    expected = "while it is checked in or ready or in session or recovery or discharged"
    with pytest.raises(RefusedError, match=expected):
        Chair(session, people, vial).does("nurse", "vitals", 1, **CALM)
