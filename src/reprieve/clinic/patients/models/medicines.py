"""Medicines: each with the whole history of its dose."""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID, uuid4

from django.core.validators import MinValueValidator
from django.db import models

from reprieve.clinic.patients.models.people import Patient


class Medication(models.Model):
    """A medicine that the patient takes or took; doses stand in its changes."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="medications")
    drug = models.CharField(max_length=80)
    route = models.CharField(max_length=40, default="oral")
    indication = models.CharField("taken for", max_length=120, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["drug", "entered_at"]

    def __str__(self) -> str:
        return self.drug

    @property
    def last(self) -> "MedicationChange":
        """What was said of it last, by the day it took effect. Prefetch `changes`."""
        return max(self.changes.all(), key=lambda c: (c.on, c.pk))

    @property
    def taken(self) -> bool:
        """Whether it was not stopped."""
        return self.last.kind != MedicationChange.Kind.STOP

    @property
    def mg_d(self) -> Decimal | None:
        """Dose a day in mg, where it has one."""
        return self.last.mg_d if self.taken else None


class MedicationChange(models.Model):
    """A start, a new dose or a stop. Rows are only added."""

    class Kind(models.TextChoices):
        START = "start", "started"
        DOSE = "dose", "dose changed"
        STOP = "stop", "stopped"

    medication = models.ForeignKey(Medication, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=5, choices=Kind)
    on = models.DateField()
    dose_mg = models.DecimalField(
        max_digits=8, decimal_places=3, null=True, validators=[MinValueValidator(0)]
    )
    times_a_day = models.DecimalField(
        max_digits=4, decimal_places=2, null=True, validators=[MinValueValidator(0)]
    )
    as_needed = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    entered_at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["on", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.on}"

    @property
    def mg_d(self) -> Decimal | None:
        """Dose a day in mg; unknown where taken as needed."""
        if self.dose_mg is None or self.times_a_day is None or self.as_needed:
            return None
        return self.dose_mg * self.times_a_day

    @property
    def patient_id(self) -> UUID:
        """Whose medicine it is."""
        return self.medication.patient_id
