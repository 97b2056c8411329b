"""Nobody sees a patient's name without a row of the audit: every address, asked by every role."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.world import Address, World, addresses
from reprieve.clinic.access import Role
from reprieve.clinic.audit.models import AuditEvent

PRIVATE = [a for a in addresses() if a.ours and getattr(a.view, "permission", "")]
FAMILY = "Quillfeather"  # a word that stands on no page but for the patient


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with time_machine.travel(cast.NOW, tick=False), transaction.atomic():
        found = World()
        patient = found.clinic.patients.get()
        patient.family_name = FAMILY
        patient.save()
        yield found


@contextmanager
def fresh() -> Iterator[None]:
    """As if nobody had read anything yet, and afterwards again."""
    cache.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


def body(answer: HttpResponseBase) -> str:
    return str(getattr(answer, "content", b"").decode(errors="replace"))


@pytest.mark.parametrize("address", PRIVATE, ids=repr)
def test_a_page_that_names_a_patient_leaves_a_row_of_who_read_it(
    address: Address, world: World
) -> None:
    path = reverse(address.name, kwargs=world.arguments(address.route, address.names))
    patient = world.clinic.patients.get()
    silent = []
    for role in Role:
        client = Client(raise_request_exception=False)
        client.force_login(world.people[role.value], "django.contrib.auth.backends.ModelBackend")
        for method in ("get", "post"):
            with fresh():
                before = AuditEvent.objects.count()
                shown = FAMILY in body(getattr(client, method)(path))
                rows = AuditEvent.objects.filter(seq__gt=before, user=world.people[role.value])
                told = [r.patient_id for r in rows]
            # a page of one patient names the patient; a list is one row for all it shows
            if shown and not (patient.pk in told if _of_one(address) else told):
                silent.append(f"{role.value} {method} {path}")
    assert silent == []


@pytest.mark.parametrize("address", PRIVATE, ids=repr)
def test_a_browser_keeps_no_page_of_somebody_who_signed_out(address: Address, world: World) -> None:
    path = reverse(address.name, kwargs=world.arguments(address.route, address.names))
    client = Client(raise_request_exception=False)
    everybody = world.people["prescriber"]
    everybody.roles = list(Role)
    everybody.save()
    client.force_login(everybody, "django.contrib.auth.backends.ModelBackend")
    for method in ("get", "post"):
        with fresh():
            answer = getattr(client, method)(path)
        if answer.status_code in (200, 422):
            assert "no-store" in answer.headers.get("Cache-Control", ""), f"{method} {path}"


def _of_one(address: Address) -> bool:
    return {"patient_id", "course_id", "session_id", "consent_id"} & set(address.names) != set()
