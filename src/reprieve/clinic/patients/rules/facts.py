"""Everything that readiness asks about patients, loaded in a few queries for any number of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, prefetch_related_objects

from reprieve.clinic.consents.models import Consent
from reprieve.clinic.patients.models import (
    Allergy,
    Contact,
    Diagnosis,
    EligibilityDecision,
    Medication,
    MedicationChange,
    Override,
    Patient,
    PriorTrial,
    RemsStatus,
    Screening,
    WorkupResult,
)

_LOADED = (
    Prefetch("contacts", Contact.objects.standing(), "fact_contacts"),
    Prefetch("diagnoses", Diagnosis.objects.standing(), "fact_diagnoses"),
    Prefetch("allergies", Allergy.objects.standing(), "fact_allergies"),
    Prefetch("trials", PriorTrial.objects.standing(), "fact_trials"),
    Prefetch(
        "medications",
        Medication.objects.prefetch_related(
            Prefetch("changes", MedicationChange.objects.select_related("by"))
        ),
        "fact_medications",
    ),
    Prefetch("screenings", to_attr="fact_screenings"),
    Prefetch("overrides", to_attr="fact_overrides"),
    Prefetch("workups", to_attr="fact_workups"),
    Prefetch(
        "decisions",
        EligibilityDecision.objects.select_related("protocol_version"),
        "fact_decisions",
    ),
    Prefetch("rems", to_attr="fact_rems"),
    Prefetch(
        "consents",
        Consent.objects.select_related("withdrawal", "protocol_version"),
        "fact_consents",
    ),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one patient: newest first where rows carry a time."""

    patient: Patient
    contacts: Sequence[Contact]
    diagnoses: Sequence[Diagnosis]
    allergies: Sequence[Allergy]
    trials: Sequence[PriorTrial]
    medications: Sequence[Medication]
    screenings: Sequence[Screening]
    overrides: Sequence[Override]
    workups: Sequence[WorkupResult]
    decisions: Sequence[EligibilityDecision]
    rems: Sequence[RemsStatus]
    consents: Sequence[Consent]

    @classmethod
    def load(cls, patients: Iterable[Patient]) -> dict[Patient, Self]:
        """The facts of patients, in the same dozen queries for one of them and for two hundred."""
        known = list(patients)
        prefetch_related_objects(known, *_LOADED)
        names = [name for name in cls.__dataclass_fields__ if name != "patient"]
        return {p: cls(p, *(getattr(p, f"fact_{name}") for name in names)) for p in known}

    @classmethod
    def of(cls, patient: Patient) -> Self:
        """The facts of one patient, read now."""
        fresh = Patient.objects.select_related("clinic").get(pk=patient.pk)
        return cls.load([fresh])[fresh]

    def today(self, now: datetime) -> date:
        """The day it is at the clinic."""
        return now.astimezone(ZoneInfo(self.patient.clinic.time_zone)).date()

    def override(self, key: str, basis: object) -> Override | None:
        """A prescriber's reason for going past one stop, if there is one for this very finding."""
        wanted = key, str(basis)
        return next((o for o in self.overrides if (o.key, o.basis) == wanted), None)

    @property
    def taken(self) -> tuple[Medication, ...]:
        """Medicines that were not stopped."""
        return tuple(m for m in self.medications if m.taken)
