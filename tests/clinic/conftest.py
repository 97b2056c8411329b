"""Fixtures of the clinic: a cast of people, and ways to ask as each of them."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses.models import Course
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.clinic.treatments.models import TreatmentSession


@pytest.fixture
def clinic(db: None) -> Clinic:
    return cast.make_clinic()


@pytest.fixture
def people(clinic: Clinic) -> dict[str, User]:
    return cast.make_people(clinic)


@pytest.fixture
def other_clinic(db: None) -> dict[str, User]:
    """The people of another clinic, who may see nothing of this one."""
    return cast.make_people(cast.make_clinic("Another clinic"), mark="-elsewhere")


@pytest.fixture
def by(people: dict[str, User]) -> Callable[[str], Actor]:
    """An actor of a role, at `cast.NOW`."""
    return lambda role: Actor.as_user(people[role], cast.NOW)


@pytest.fixture
def as_role(people: dict[str, User]) -> Callable[[str], Client]:
    """A signed-in browser of a role."""

    def signed_in(role: str) -> Client:
        client = Client()
        client.force_login(people[role], "django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def patient(clinic: Clinic, people: dict[str, User]) -> Patient:
    return cast.make_patient(clinic, people["nurse"])


@pytest.fixture
def protocol(clinic: Clinic) -> ProtocolVersion:
    return cast.make_protocol(clinic)


@pytest.fixture
def course(patient: Patient, protocol: ProtocolVersion, people: dict[str, User]) -> Course:
    return cast.make_course(patient, protocol, people["prescriber"])


@pytest.fixture
def session(course: Course) -> TreatmentSession:
    return cast.make_session(course)


@pytest.fixture
def vial(clinic: Clinic, people: dict[str, User]) -> Vial:
    with transaction.atomic():
        return cast.make_vial(cast.make_lot(clinic), people["custodian"])
