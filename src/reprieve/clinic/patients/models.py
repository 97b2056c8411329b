"""Patients and the history of their weight."""

from datetime import date
from typing import ClassVar
from uuid import uuid4

from django.db import models


class Patient(models.Model):
    """A person in treatment or being assessed for it."""

    class Sex(models.TextChoices):
        FEMALE = "F", "female"
        MALE = "M", "male"
        OTHER = "X", "other or not said"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="patients")
    number = models.CharField(max_length=20, help_text="the clinic's own number")
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex)
    height_cm = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    time_zone = models.CharField(max_length=60)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["family_name", "given_name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "number"], name="patient_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.family_name}, {self.given_name}"

    @property
    def initials(self) -> str:
        """Two letters, for the board."""
        return f"{self.given_name[:1]}{self.family_name[:1]}".upper()

    def age_on(self, day: date) -> int:
        """Whole years on a day."""
        born = self.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class WeightReading(models.Model):
    """One weighing. Rows are added, never changed."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="weights")
    kg = models.DecimalField(max_digits=4, decimal_places=1)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT)

    class Meta:
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.kg} kg"
