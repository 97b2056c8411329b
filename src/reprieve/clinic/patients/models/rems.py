"""Enrolment of a patient in the esketamine REMS."""

from typing import ClassVar

from django.db import models

from reprieve.clinic.patients.models.assessment import Added
from reprieve.clinic.patients.models.people import Patient


class RemsStatus(Added):
    """Where the patient's enrolment stands. Rows are only added; the last one counts."""

    class Status(models.TextChoices):
        NOT_ENROLLED = "not_enrolled", "not enrolled"
        SUBMITTED = "submitted", "form submitted"
        ENROLLED = "enrolled", "enrolled"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="rems")
    status = models.CharField(max_length=15, choices=Status)
    on = models.DateField()
    identifier = models.CharField("REMS identifier", max_length=60, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_status_display()} on {self.on}"
