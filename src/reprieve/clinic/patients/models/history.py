"""Diagnoses, allergies, and what was tried against this depression before."""

from typing import ClassVar
from uuid import uuid4

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from reprieve.clinic.patients.models.people import Patient
from reprieve.clinic.patients.models.standing import Standing

icd10 = RegexValidator(
    r"^[A-TV-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$",
    "This does not look like an ICD-10-CM code; expected a letter, two characters and up to four "
    "after a full stop, as in F33.2.",
)


class Diagnosis(Standing):
    """A diagnosis in words, with an ICD-10-CM code where one is known."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="diagnoses")
    text = models.CharField("diagnosis", max_length=200)
    code = models.CharField("ICD-10-CM code", max_length=8, blank=True, validators=[icd10])
    since = models.DateField("since", null=True, blank=True)
    indication = models.BooleanField("this is what the treatment is for", default=False)

    class Meta:
        ordering: ClassVar = ["-indication", "text"]
        verbose_name_plural = "diagnoses"

    def __str__(self) -> str:
        return f"{self.text} ({self.code})" if self.code else self.text


class Allergy(Standing):
    """Something the patient must not be given, and what it did."""

    class Severity(models.TextChoices):
        MILD = "mild", "mild"
        MODERATE = "moderate", "moderate"
        SEVERE = "severe", "severe"
        UNKNOWN = "unknown", "not known"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    substance = models.CharField(max_length=120)
    reaction = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.UNKNOWN)

    class Meta:
        ordering: ClassVar = ["substance"]
        verbose_name_plural = "allergies"

    def __str__(self) -> str:
        return f"{self.substance}: {self.reaction}" if self.reaction else self.substance


class PriorTrial(Standing):
    """One treatment tried against this depression: the evidence of resistance."""

    class Outcome(models.TextChoices):
        NONE = "none", "no response"
        PARTIAL = "partial", "partial response"
        RESPONSE = "response", "response"
        REMISSION = "remission", "remission"
        INTOLERANCE = "intolerance", "stopped for side effects"
        UNKNOWN = "unknown", "not known"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="trials")
    drug = models.CharField(max_length=80)
    dose_mg_d = models.DecimalField(
        "highest dose, mg a day", max_digits=7, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    weeks = models.DecimalField(
        "weeks at that dose", max_digits=5, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    adherence_pct = models.PositiveSmallIntegerField(
        "doses taken, %", null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    outcome = models.CharField(max_length=12, choices=Outcome)
    started_on = models.DateField("from", null=True, blank=True)
    stopped_on = models.DateField("to", null=True, blank=True)
    current_episode = models.BooleanField("in the current episode", default=True)
    source = models.CharField(
        "how it is known", max_length=120, blank=True, help_text="patient, pharmacy, letter ..."
    )

    class Meta:
        ordering: ClassVar = ["started_on", "entered_at"]

    def __str__(self) -> str:
        return self.drug
