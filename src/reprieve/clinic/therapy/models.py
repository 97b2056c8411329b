"""Psychotherapy notes: rows that are only added, with a text that only their readers can open."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link
from reprieve.clinic.therapy.sealing import seal, unseal


class PsychotherapyNote(Link):
    """One note about a patient, or about one session. Another note may replace it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.PROTECT, related_name="psychotherapy_notes"
    )
    session = models.ForeignKey(
        "treatments.TreatmentSession", on_delete=models.PROTECT, null=True, related_name="+"
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    sealed = models.TextField()

    class Meta:
        ordering: ClassVar = ["-at", "-seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="therapy_stream_seq"),
        ]

    def __str__(self) -> str:
        return f"note of {self.at:%Y-%m-%d}"

    @property
    def owner(self) -> str:
        """What the sealed text is bound to."""
        return f"{self.pk} of {self.patient_id}"

    @property
    def text(self) -> str:
        """The note, opened."""
        return unseal(self.sealed, self.owner)

    @text.setter
    def text(self, text: str) -> None:
        self.sealed = seal(text, self.owner)
