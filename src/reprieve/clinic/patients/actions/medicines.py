"""The medication list: start, new dose, stop. Each is a row of its own; nothing is overwritten."""

from datetime import date
from decimal import Decimal

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients.actions.own import alone, own
from reprieve.clinic.patients.models import Medication, MedicationChange, Patient

Kind = MedicationChange.Kind


def start_medicine(
    by: Actor,
    patient: Patient,
    drug: str,
    on: date,
    *,
    dose_mg: Decimal | None = None,
    times_a_day: Decimal | None = None,
    as_needed: bool = False,
    route: str = "oral",
    indication: str = "",
    note: str = "",
) -> Medication:
    """Add a medicine that the patient takes since a day. Needs `chart.write`."""
    own(by, patient)
    with act(by, "chart.write", "add medicine") as log:
        log.on = row = Medication.objects.create(
            patient=patient, drug=drug, route=route, indication=indication,
            entered_at=by.now, entered_by=by.user,
        )  # fmt: skip
        log.detail = _change(by, row, Kind.START, on, dose_mg, times_a_day, as_needed, note)
    return row


def change_dose(
    by: Actor,
    medication: Medication,
    on: date,
    *,
    dose_mg: Decimal | None,
    times_a_day: Decimal | None,
    as_needed: bool = False,
    note: str = "",
) -> Medication:
    """Record another dose from a day on."""
    own(by, medication.patient)
    with act(by, "chart.write", "change dose of medicine", medication) as log:
        _runs(medication, on)
        log.detail = _change(by, medication, Kind.DOSE, on, dose_mg, times_a_day, as_needed, note)
    return medication


def stop_medicine(by: Actor, medication: Medication, on: date, note: str = "") -> Medication:
    """Record that the patient takes it no longer since a day: what happened, never an advice."""
    own(by, medication.patient)
    with act(by, "chart.write", "stop medicine", medication) as log:
        _runs(medication, on)
        log.detail = _change(by, medication, Kind.STOP, on, None, None, False, note)
    return medication


def _runs(medication: Medication, on: date) -> None:
    alone(medication.patient)
    last = Medication.objects.get(pk=medication.pk).last
    if last.kind == Kind.STOP:
        raise RefusedError(f"{medication} was stopped on {last.on}; add it anew if it is taken.")
    if on < last.on:
        raise RefusedError(f"{on} is before its last entry of {last.on}; give a later day.")


def _change(
    by: Actor, row: Medication, kind: Kind, on: date, dose_mg: Decimal | None,
    times_a_day: Decimal | None, as_needed: bool, note: str,
) -> dict[str, object]:  # fmt: skip
    MedicationChange.objects.create(
        medication=row, kind=kind, on=on, dose_mg=dose_mg, times_a_day=times_a_day,
        as_needed=as_needed, note=note, entered_at=by.now, by=by.user,
    )  # fmt: skip
    return {
        "drug": row.drug, "kind": str(kind), "on": on, "dose_mg": dose_mg,
        "times_a_day": times_a_day, "as_needed": as_needed, "note": note,
    }  # fmt: skip
