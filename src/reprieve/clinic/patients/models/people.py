"""Patients, their weights, and the people around them."""

import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar
from uuid import uuid4

from django.db import models

from reprieve.clinic.patients.models.standing import Standing


def folded(text: str) -> str:
    """A text as search reads it: no case, no accents, single spaces.

    >>> folded("  Évora-Muñoz ")
    'evora-munoz'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


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
    # SQLite folds the case of ASCII alone, so the folded words are kept beside the names
    search = models.CharField(max_length=200, editable=False, default="", db_index=True)

    class Meta:
        ordering: ClassVar = ["family_name", "given_name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "number"], name="patient_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.family_name}, {self.given_name}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Store the patient with the words that search reads."""
        self.search = folded(f"{self.number} {self.given_name} {self.family_name}")
        kept = None if update_fields is None else {*update_fields, "search"}
        super().save(*args, update_fields=kept, **kwargs)

    @property
    def initials(self) -> str:
        """Two letters, for the board."""
        return f"{self.given_name[:1]}{self.family_name[:1]}".upper()

    @property
    def sex_word(self) -> str:
        """`female`, `male`, or nothing where it is not said: as protocol files ask."""
        return {"F": "female", "M": "male"}.get(self.sex, "")

    def age_on(self, day: date) -> int:
        """Whole years on a day."""
        born = self.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class WeightReading(models.Model):
    """One weighing. Rows are added, never changed; a wrong one is replaced by a later row.

    One that was never taken of this patient is replaced by a `withdrawn` row, which does not count.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="weights")
    kg = models.DecimalField(max_digits=4, decimal_places=1)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )
    # null, so that databases in use get the column without a new table that lacks its triggers
    withdrawn = models.BooleanField(null=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.kg} kg"


class Contact(Standing):
    """Somebody the clinic may call. A proxy can be revoked at any time."""

    class Kind(models.TextChoices):
        ESCORT = "escort", "escort home"
        CRISIS = "crisis", "in a crisis"
        PROXY = "proxy", "health-care proxy"
        CLINICIAN = "clinician", "other clinician"
        RELATIVE = "relative", "relative or friend"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField("calls for", max_length=10, choices=Kind)
    name = models.CharField(max_length=120)
    relation = models.CharField(max_length=60, blank=True, help_text="sister, neighbour ...")
    phone = models.CharField(max_length=40)
    may_be_told = models.BooleanField(
        "the patient agrees that this person is told about the treatment", default=False
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["kind", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"
