"""Rows of the assessment stay as they were entered."""

import pytest
from django.db import DatabaseError, transaction

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.patients.models import Patient, RemsStatus, WeightReading


def test_a_weight_is_neither_changed_nor_removed(patient: Patient) -> None:
    weighed = patient.weights.get()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        WeightReading.objects.filter(pk=weighed.pk).update(kg=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        WeightReading.objects.filter(pk=weighed.pk).delete()
    assert patient.weights.get().kg == weighed.kg


def test_an_enrolment_is_not_changed_but_followed(
    patient: Patient, people: dict[str, User]
) -> None:
    row = RemsStatus.objects.create(
        patient=patient, status="submitted", on=cast.NOW.date(), at=cast.NOW, by=people["nurse"]
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        RemsStatus.objects.filter(pk=row.pk).update(status="enrolled")


def test_search_words_follow_the_name(patient: Patient) -> None:
    patient.given_name = "Zoë"
    patient.save(update_fields=["given_name"])
    assert "zoe" in Patient.objects.get(pk=patient.pk).search
