"""Contacts, diagnoses, allergies and earlier trials: added, changed, and ended with a reason."""

from typing import Any, TypeVar

from django.db import models

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients import changes
from reprieve.clinic.patients.actions.own import own, reasoned
from reprieve.clinic.patients.models import Allergy, Contact, Diagnosis, Patient, PriorTrial

Row = TypeVar("Row", Contact, Diagnosis, Allergy, PriorTrial)
PERMISSION: dict[type[models.Model], str] = {
    Contact: "patients.write",
    Diagnosis: "chart.write",
    Allergy: "chart.write",
    PriorTrial: "chart.write",
}


def add_contact(by: Actor, patient: Patient, **fields: Any) -> Contact:
    """Add somebody the clinic may call."""
    return _add(by, Contact, patient, fields)


def add_diagnosis(by: Actor, patient: Patient, **fields: Any) -> Diagnosis:
    """Add a diagnosis."""
    return _add(by, Diagnosis, patient, fields)


def add_allergy(by: Actor, patient: Patient, **fields: Any) -> Allergy:
    """Add an allergy."""
    return _add(by, Allergy, patient, fields)


def add_trial(by: Actor, patient: Patient, **fields: Any) -> PriorTrial:
    """Add a treatment that was tried before."""
    return _add(by, PriorTrial, patient, fields)


def _add(by: Actor, kind: type[Row], patient: Patient, fields: dict[str, Any]) -> Row:
    own(by, patient)
    with act(by, PERMISSION[kind], f"add {kind._meta.verbose_name}") as log:
        row = kind.objects.create(patient=patient, entered_at=by.now, entered_by=by.user, **fields)
        log.on, log.detail = row, changes.told(row, fields)
    return row


def change_row(by: Actor, row: Row, **fields: Any) -> Row:
    """Change a row that stands; the audit keeps what it was before."""
    own(by, row.patient)
    with act(by, PERMISSION[type(row)], f"change {row._meta.verbose_name}", row) as log:
        kept = _fresh(row)
        if not kept.stands:
            raise RefusedError(f"{kept} does not stand any more; add it anew.")
        log.detail = changes.changed(kept, fields)
        changes.put(kept, fields)
        kept.save()
    return kept


def end_row(by: Actor, row: Row, reason: str) -> Row:
    """Revoke a contact, or strike out a diagnosis, an allergy or a trial. It stays on record."""
    own(by, row.patient)
    with act(by, PERMISSION[type(row)], f"end {row._meta.verbose_name}", row) as log:
        kept = _fresh(row)
        if not kept.stands:
            raise RefusedError(f"{kept} was ended already, for: {kept.ended_reason}")
        kept.ended_at, kept.ended_by = by.now, by.user
        kept.ended_reason = reasoned(reason, "Ending it")
        kept.save(update_fields=["ended_at", "ended_by", "ended_reason"])
        log.detail = {"was": str(kept), "reason": kept.ended_reason}
    return kept


def _fresh(row: Row) -> Row:
    """The row as the database has it now, held for this transaction."""
    found: Row = type(row)._default_manager.select_for_update().get(pk=row.pk)
    return found
