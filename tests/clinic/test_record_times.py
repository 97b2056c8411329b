"""No time that a client says opens a lock: not an earlier one, not a later one, not an odd one."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from clinic import cast
from clinic.chair import CALM, Chair, spray_course
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients.readiness import gaps
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.record import record
from reprieve.clinic.treatments.refusals import EntryRefusedError
from reprieve.clinic.treatments.state import Phase


@pytest.fixture
def chair(session, people, vial):
    return Chair(session, people, vial)


@pytest.fixture
def spray(patient, clinic, people):
    session = cast.make_session(spray_course(patient, people))
    lot = cast.make_lot(
        clinic, drug="esketamine", product="Spray 28 mg", number="S-1", unit="device",
        mg_per_unit=28, units_per_vial=3,
    )  # fmt: skip
    with transaction.atomic():
        return Chair(session, people, cast.make_vial(lot, people["custodian"], "S-001"))


def test_a_decision_has_the_time_at_which_it_is_made(chair):
    chair.arrives()
    late = {"minute": 180, "decision": "go"}
    with pytest.raises(RefusedError, match="Leave the time out"):
        chair.does("prescriber", "decision", happened=4, **late)
    with pytest.raises(EntryRefusedError, match="stale") as refused:
        chair.does("prescriber", "decision", **late)
    assert "sbp_hold" in str(refused.value)


@pytest.mark.parametrize("kind", ["prepare", "second_check"])
def test_what_rests_on_the_decision_is_not_put_earlier(chair, kind):
    chair.arrives()
    chair.decided()
    if kind == "second_check":
        chair.prepared()
    data = {"vials": [str(chair.vial.pk)], "mg": "35", "amount": "0.7"}
    role = "nurse" if kind == "prepare" else "nurse2"
    with pytest.raises(RefusedError, match="Leave the time out"):
        chair.does(role, kind, 30, happened=6, **data)


def test_a_start_put_earlier_does_not_escape_a_value_that_grew_old(chair):
    chair.ready()
    with pytest.raises(EntryRefusedError, match="too old: Systolic pressure"):
        chair.does("nurse", "start", 90, happened=10)
    with pytest.raises(EntryRefusedError, match="a prescriber enters it"):
        chair.does("nurse", "start", 90, happened=10, reason="server away")
    chair.does("prescriber", "start", 90, happened=10, reason="server away, paper chart")
    assert chair.state.started_at == cast.NOW + timedelta(minutes=10)


def test_the_page_of_the_start_asks_a_prescriber_for_the_reason(chair, as_role, monkeypatch):
    chair.ready()
    monkeypatch.setattr("django.utils.timezone.now", lambda: cast.NOW + timedelta(minutes=90))
    url = reverse("treatments:step", args=[chair.session.pk, "start"])
    assert 'name="reason"' not in as_role("nurse").get(url).content.decode()
    doctor = as_role("prescriber")
    assert 'name="reason"' in doctor.get(url).content.decode()
    refused = doctor.post(url, {"earlier": "60"})
    assert refused.status_code == 422
    assert "a prescriber enters it with the reason" in refused.content.decode()
    assert doctor.post(url, {"earlier": "60", "reason": "server away"}).status_code == 302
    assert chair.state.started_at == cast.NOW + timedelta(minutes=30)


def test_a_start_that_is_a_little_late_needs_no_prescriber(chair):
    chair.ready()
    chair.does("nurse", "start", 25, happened=10)
    assert chair.state.phase is Phase.IN_SESSION


def test_a_start_is_judged_by_what_had_been_found_by_then(chair):
    chair.ready()
    chair.does("nurse", "vitals", 8, **(CALM | {"hr": "115"}))
    chair.does("nurse", "vitals", 20, **CALM)  # calm again, but after the time of the start
    with pytest.raises(EntryRefusedError, match="Heart rate: hold"):
        chair.does("nurse", "start", 21, happened=12)
    chair.does("nurse", "start", 21)


def test_a_fast_clock_does_not_bring_the_end_of_the_stay_nearer(chair):
    chair.started()
    chair.recovered(minute=120)
    with pytest.raises(EntryRefusedError, match="Time from the start"):
        chair.does("nurse", "discharge", 128.5, happened=130.2)
    left = chair.does("nurse", "discharge", 130.2, happened=131)
    assert left.at == left.entered_at


def test_a_fast_clock_does_not_shorten_the_rest_between_devices(spray):
    spray.ready()
    spray.does("nurse", "start", 10)
    with pytest.raises(EntryRefusedError, match="pass between devices"):
        spray.does("nurse", "device", 13.5, happened=15.1)
    spray.does("nurse", "device", 15)


def test_what_a_fast_clock_sent_is_known_when_it_is_sent_again(chair):
    chair.arrives()
    id = uuid4()
    first = chair.does("nurse", "vitals", 4, id=id, happened=5, **CALM)
    again = chair.does("nurse", "vitals", 9, id=id, happened=5, **CALM)
    assert (first.pk, first.at) == (again.pk, cast.NOW + timedelta(minutes=4))


def test_nobody_leaves_before_the_last_reading(chair):
    chair.started()
    chair.recovered(minute=135)
    chair.does("nurse", "vitals", 140, **(CALM | {"sbp": "190", "dbp": "115"}))
    with pytest.raises(EntryRefusedError, match="is before the vital signs"):
        chair.does("nurse", "discharge", 141, happened=136)


def test_a_correction_moves_nothing_into_the_future(chair):
    chair.arrives()
    wrong = chair.does("nurse", "vitals", 4, **CALM)
    ahead = (cast.NOW + timedelta(minutes=6.5)).isoformat()
    chair.does("nurse", "correction", 5, of=str(wrong.pk), new_at=ahead, reason="clock")
    assert chair.state.vitals[-1].at == cast.NOW + timedelta(minutes=5)


def test_a_signature_and_an_addendum_have_the_time_of_the_server(chair):
    chair.started()
    chair.recovered()
    chair.does("nurse", "discharge", 136)
    with pytest.raises(RefusedError, match="Leave the time out"):
        chair.does("prescriber", "sign", 200, happened=136, meaning="responsible prescriber")
    signed = chair.does("prescriber", "sign", 200, happened=199.5, meaning="responsible prescriber")
    assert signed.at == signed.entered_at == cast.NOW + timedelta(minutes=200)
    with pytest.raises(RefusedError, match="Leave the time out"):
        chair.does("nurse", "countersign", 210, happened=201, meaning="reviewed")
    with pytest.raises(RefusedError, match="Leave the time out"):
        chair.does("nurse", "addendum", 210, happened=201, text="late word")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("at", [
    "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-14:00",
    "1999-12-31T00:00:00+00:00",
])  # fmt: skip
def test_a_time_at_the_edge_of_the_calendar_is_refused_in_words(as_role, clinic, session, zone, at):
    clinic.time_zone = zone
    clinic.save()
    sent = {"identifiers": ["a", "b"], "at": at}
    url = f"/sessions/{session.pk}/record/check_in/"
    answer = as_role("nurse").post(url, sent, headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert "is not a time" in answer.json()["error"]
    sent = {"identifiers": ["a", "b"], "last_solids_at": at}
    answer = as_role("nurse").post(url, sent, headers={"accept": "application/json"})
    assert "is not a time" in answer.json()["fields"]["last_solids_at"][0]


@pytest.mark.parametrize("wanted", ["abc", "null", "board", "//elsewhere.example", "http:abc"])
@pytest.mark.parametrize("name", ["treatments:record", "treatments:step"])
def test_a_page_that_is_none_of_ours_is_not_where_an_entry_leads(as_role, session, wanted, name):
    TreatmentSession.objects.filter(pk=session.pk).update(planned_at=datetime.now(UTC))
    sent = {"identifiers": ["name", "number"], "next": wanted}
    answer = as_role("nurse").post(reverse(name, args=[session.pk, "check_in"]), sent)
    assert (answer.status_code, answer.url) == (302, f"/sessions/{session.pk}/")
    assert SessionEvent.objects.filter(session=session).count() == 1


@pytest.mark.parametrize("earlier", ["²", "٣", "-5", "12345", "1e2"])
def test_minutes_ago_in_odd_figures_are_now(as_role, session, earlier):
    TreatmentSession.objects.filter(pk=session.pk).update(planned_at=datetime.now(UTC))
    sent = {"identifiers": ["name", "number"], "earlier": earlier}
    url = reverse("treatments:step", args=[session.pk, "check_in"])
    assert as_role("nurse").post(url, sent).status_code == 302
    event = SessionEvent.objects.get(session=session)
    assert event.at == event.entered_at


def test_a_downtime_is_told_by_correcting_the_times(chair):
    """What stood on paper: entered now, then put to the times at which it was, with the reason."""
    chair.arrives()
    by = Actor.as_user(chair.people["prescriber"], cast.NOW + timedelta(minutes=20))
    reasons = {g.key: "on paper" for g in gaps(chair.session.patient, chair.protocol, by.now)}
    made = record(by, chair.session.pk, "decision", {"decision": "go", "overrides": reasons})
    was = (cast.NOW + timedelta(minutes=5)).isoformat()
    record(by, chair.session.pk, "correction",
           {"of": str(made.pk), "new_at": was, "reason": "the server was away"})  # fmt: skip
    assert chair.state.decision.at == cast.NOW + timedelta(minutes=5)
