"""Registering a patient, changing what stands on the first page, and weighing."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients import changes, limits
from reprieve.clinic.patients.actions.own import alone, own
from reprieve.clinic.patients.models import Patient, WeightReading

FIELDS = (
    "number",
    "given_name",
    "family_name",
    "birth_date",
    "sex",
    "height_cm",
    "time_zone",
    "phone",
    "email",
    "address",
    "active",
)


def register(by: Actor, **fields: Any) -> Patient:
    """Add a patient to the clinic; `fields` as in `FIELDS`. Needs `patients.write`."""
    with act(by, "patients.write", "register patient") as log:
        _number_free(by, fields["number"])
        patient = Patient.objects.create(clinic=by.clinic, **fields)
        log.on, log.detail = patient, changes.told(patient, FIELDS)
    return patient


def change_patient(by: Actor, patient: Patient, **fields: Any) -> Patient:
    """Change what stands on the first page; the audit keeps what it was before."""
    own(by, patient)
    with act(by, "patients.write", "change patient", patient) as log:
        kept = Patient.objects.select_for_update().get(pk=patient.pk)
        if fields.get("number", kept.number) != kept.number:
            _number_free(by, fields["number"])
        log.detail = changes.changed(kept, fields)
        changes.put(kept, fields)
        kept.save()
    return kept


def _number_free(by: Actor, number: str) -> None:
    lock(f"patient-numbers:{by.clinic.pk}")
    if Patient.objects.filter(clinic=by.clinic, number=number).exists():
        raise RefusedError(f"{number} is another patient's number; give a new one.")


def weigh(by: Actor, patient: Patient, kg: Decimal, at: datetime | None = None) -> WeightReading:
    """Add a weight in kg, taken at a time (now). Needs `chart.write`.

    Raises
    ------
    RefusedError
        The weight is impossible, or was taken in the future.
    """
    return _weigh(by, patient, kg, at or by.now, None)


def replace_weight(by: Actor, wrong: WeightReading, kg: Decimal) -> WeightReading:
    """Put a weight in the place of one that was entered wrongly; both stay on record."""
    return _weigh(by, wrong.patient, kg, wrong.at, wrong)


def _weigh(
    by: Actor, patient: Patient, kg: Decimal, at: datetime, wrong: WeightReading | None
) -> WeightReading:
    own(by, patient)
    fault = limits.weight_fault(kg)
    if fault:
        raise RefusedError(fault)
    if at.year < by.now.year - limits.OLDEST or at > by.now:
        raise RefusedError(f"A weight of {at:%Y-%m-%d} lies in the future or too far back.")
    with act(by, "chart.write", "record weight", patient=patient.pk) as log:
        alone(patient)
        if wrong is not None and WeightReading.objects.filter(replaces=wrong).exists():
            raise RefusedError("This weight was replaced already; replace the one that counts.")
        log.on = row = WeightReading.objects.create(
            patient=patient, kg=kg, at=at, entered_at=by.now, by=by.user, replaces=wrong
        )
        log.detail = {"kg": str(kg), "at": at, "replaces": wrong.pk if wrong else None}
    return row
