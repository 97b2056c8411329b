"""Patients and what is known of them before treatment; `readiness` reads it all at once."""

from reprieve.clinic.patients.models.assessment import (
    EligibilityDecision,
    Override,
    Screening,
    WorkupResult,
)
from reprieve.clinic.patients.models.history import Allergy, Diagnosis, PriorTrial
from reprieve.clinic.patients.models.medicines import Medication, MedicationChange
from reprieve.clinic.patients.models.people import Contact, Patient, WeightReading
from reprieve.clinic.patients.models.rems import RemsStatus

__all__ = [
    "Allergy",
    "Contact",
    "Diagnosis",
    "EligibilityDecision",
    "Medication",
    "MedicationChange",
    "Override",
    "Patient",
    "PriorTrial",
    "RemsStatus",
    "Screening",
    "WeightReading",
    "WorkupResult",
]
