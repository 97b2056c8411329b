"""Readiness: what a go/no-go, a course and today's list ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic import cast
from clinic.assessed import assess, screened
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.readiness import ORDER, gaps, gaps_of
from reprieve.clinic.protocols.models import ProtocolVersion

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
    keys = {g.key for g in later}
    assert {"screen_stale", "consent", "workup_expired"} <= keys
    assert all(g.kind == "gap" for g in later)
    assert all(g.since is not None for g in later)
    assert later[0].age(cast.NOW + timedelta(days=400)) == timedelta(days=400)


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
