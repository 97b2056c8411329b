"""What was signed, word for word, and what was withdrawn. Rows are only added."""

from typing import TYPE_CHECKING, ClassVar
from uuid import UUID, uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link


class Consent(Link):
    """A consent as it was signed: the whole text, both signatures, names and times.

    One stream a patient. `text` is the consent text of the protocol with title and sections;
    `text_digest` is what `wording.digest` gives for it. A signature is `{"kind": "drawn", "path":
    SVG path data on a 600 by 180 pad}` or `{"kind": "typed", "name": ...}`.
    """

    class Capacity(models.TextChoices):
        STAFF = "staff", "person of the clinic"
        RELATIVE = "relative", "relative or friend"
        INTERPRETER = "interpreter", "interpreter"
        OTHER = "other", "other"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.PROTECT, related_name="consents"
    )
    protocol_version = models.ForeignKey(
        "protocols.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    text_version = models.PositiveIntegerField()
    text_digest = models.CharField(max_length=64)
    text = models.JSONField()
    patient_name = models.CharField(max_length=170)
    patient_signature = models.JSONField()
    witness_name = models.CharField(max_length=160)
    witness_capacity = models.CharField(max_length=12, choices=Capacity)
    witness_signature = models.JSONField()
    signed_at = models.DateTimeField()
    explained_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    explained_by_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-signed_at", "-seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="consent_stream_seq"),
        ]

    if TYPE_CHECKING:
        withdrawal: "Withdrawal"

    def __str__(self) -> str:
        return f"{self.text['title']}, version {self.text_version}"

    @property
    def withdrawn(self) -> "Withdrawal | None":
        """The withdrawal, if there is one. Select `withdrawal`."""
        return getattr(self, "withdrawal", None)


class Withdrawal(models.Model):
    """The patient took a consent back."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="withdrawal")
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    reason = models.TextField()

    def __str__(self) -> str:
        return f"withdrawn on {self.at:%Y-%m-%d}"

    @property
    def patient_id(self) -> UUID:
        """Whose consent it was."""
        return self.consent.patient_id
