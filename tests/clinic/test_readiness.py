"""Readiness: what a go/no-go, a course and today's list ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic import cast
from clinic.assessed import assess, screened
from clinic.chair import Chair
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.readiness import ORDER, gaps, gaps_of
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.refusals import EntryRefusedError

By = Callable[[str], Actor]


def test_somebody_new_lacks_everything_and_each_gap_leads_to_a_page(
    patient: Patient, protocol: ProtocolVersion
) -> None:
    found = gaps(patient, protocol.protocol, cast.NOW)
    keys = {g.key for g in found}
    assert {"decision", "indication", "trials", "screen_missing", "consent", "contact_escort",
            "contact_crisis", "workup_missing"} <= keys  # fmt: skip
    assert [g.kind for g in found] == sorted((g.kind for g in found), key=ORDER.index)
    for gap in found:
        assert gap.url(patient).startswith(f"/patients/{patient.pk}/")
        assert gap.title


@pytest.mark.parametrize("name", ["iv_racemic", "spravato", "im", "sublingual"])
def test_somebody_assessed_has_no_gap(
    clinic: object, people: dict[str, User], patient: Patient, name: str
) -> None:
    version = cast.make_protocol(clinic, name)
    assess(people, patient, version)
    assert gaps(patient, version.protocol, cast.NOW) == ()


def test_time_alone_opens_gaps_again(
    people: dict[str, User], patient: Patient, protocol: ProtocolVersion
) -> None:
    assess(people, patient, protocol)
    later = gaps(patient, protocol.protocol, cast.NOW + timedelta(days=400))
    assert {g.key: g.kind for g in later} == {
        "screen_stale": "gap", "consent": "stop", "workup_expired": "gap",
    }  # fmt: skip
    assert {g.age(cast.NOW + timedelta(days=400)) for g in later} == {timedelta(days=400)}


def test_many_are_asked_in_as_many_queries_as_one(
    by: By, people: dict[str, User], patient: Patient, protocol: ProtocolVersion
) -> None:
    everyone = [patient] + [
        cast.make_patient(patient.clinic, people["nurse"], f"T-1{n:02d}") for n in range(12)
    ]
    for one in everyone:
        screened(by("nurse"), one, protocol)
        actions.start_medicine(by("nurse"), one, "lithium", cast.NOW.date())
    plan = protocol.protocol

    def queries(patients: list[Patient]) -> int:
        fresh = Patient.objects.select_related("clinic").filter(pk__in=[p.pk for p in patients])
        known = list(fresh)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            found = gaps_of([(p, plan) for p in known], cast.NOW)
        assert len(found) == len(patients)
        return len(seen)

    assert queries(everyone) == queries(everyone[:1]) <= 14


def test_in_bulk_and_alone_say_the_same(
    people: dict[str, User], patient: Patient, protocol: ProtocolVersion
) -> None:
    assess(people, patient, protocol)
    other = cast.make_patient(patient.clinic, people["nurse"], "T-002")
    plan = protocol.protocol
    both = gaps_of([(patient, plan), (other, plan)], cast.NOW)
    assert both[patient] == gaps(patient, plan, cast.NOW) == ()
    assert both[other] == gaps(other, plan, cast.NOW)


def test_a_patient_under_two_protocols_has_the_gaps_of_both(
    clinic: object, people: dict[str, User], patient: Patient, protocol: ProtocolVersion
) -> None:
    assess(people, patient, protocol)
    spray = cast.make_protocol(clinic, "spravato").protocol
    found = gaps_of([(patient, protocol.protocol), (patient, spray)], cast.NOW)
    assert {"rems", "consent", "decision"} <= {g.key for g in found[patient]}


@pytest.mark.parametrize(("kind", "weight"), [("hard", "stop"), ("caution", "gap")])
def test_not_knowing_the_answer_to_a_hard_question_is_no_way_around_it(
    kind: str, weight: str, by: By, people: dict[str, User], patient: Patient,
    protocol: ProtocolVersion,
) -> None:  # fmt: skip
    assess(people, patient, protocol)
    question = next(q for q in protocol.protocol.screens if q.kind == kind)
    screened(by("nurse"), patient, protocol, **{question.key: ("unknown", "")})
    (found,) = gaps(patient, protocol.protocol, cast.NOW)
    assert (found.key, found.kind) == ("screen_unknown", weight)
    assert question.question in found.detail


def test_what_nobody_asked_decided_or_signed_needs_a_prescribers_reason_for_a_dose(
    session: TreatmentSession, people: dict[str, User], vial: Vial
) -> None:
    chair = Chair(session, people, vial)
    chair.arrives()
    with pytest.raises(EntryRefusedError) as refused:
        chair.does("prescriber", "decision", 4, decision="go")
    asked = " ".join(refused.value.fields["overrides"])
    for key in ("screen_missing", "decision", "consent"):
        assert f"({key})" in asked
    reasons = dict.fromkeys(("screen_missing", "decision", "consent"), "seen on paper")
    chair.does("prescriber", "decision", 4, decision="go", overrides=reasons)
    assert chair.state.decision.data["overrides"] == reasons
