"""Assessment for a protocol: screen, workup, overrides and the prescriber's word. Only added."""

from typing import ClassVar

from django.db import models

from reprieve.clinic.patients.models.people import Patient


class Added(models.Model):
    """A row of the assessment: whose, when, by whom, with names as they were then."""

    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)

    class Meta:
        abstract = True


class Screening(Added):
    """The contraindication and caution screen, asked once. A new asking is a new version.

    `answers` holds, for each question's key, the question as it was put, its kind, the answer
    (`yes`, `no` or `unknown`) and a note.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="screenings")
    protocol_version = models.ForeignKey(
        "protocols.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField()
    answers = models.JSONField()

    class Meta:
        ordering: ClassVar = ["-at", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "version"], name="screening_version_once"),
        ]

    def __str__(self) -> str:
        return f"screen {self.version} on {self.at:%Y-%m-%d}"


class Override(Added):
    """A prescriber's reason for going ahead past one hard stop.

    `basis` names what was overridden (a screening, an allergy): a new finding needs a new reason.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="overrides")
    key = models.TextField()
    basis = models.CharField(max_length=60)
    title = models.TextField()
    reason = models.TextField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.title}: overridden by {self.by_name}"


class WorkupResult(Added):
    """One finding of the baseline workup, by the key that the protocol file gives it."""

    class Finding(models.TextChoices):
        NORMAL = "normal", "normal"
        ABNORMAL = "abnormal", "abnormal"
        NOT_INDICATED = "not_indicated", "not indicated"
        WRONG = "wrong", "entered wrongly"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="workups")
    key = models.TextField()
    title = models.TextField()
    done_on = models.DateField()
    finding = models.CharField(max_length=15, choices=Finding)
    value = models.TextField(blank=True)
    strikes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="struck_by"
    )

    class Meta:
        ordering: ClassVar = ["-done_on", "-id"]

    def __str__(self) -> str:
        return f"{self.title}: {self.get_finding_display()}"


class EligibilityDecision(Added):
    """A prescriber's decision for one protocol, with what stood and what was missing then."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="decisions")
    protocol_version = models.ForeignKey(
        "protocols.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField()
    eligible = models.BooleanField()
    reason = models.TextField()
    seen = models.JSONField(help_text="what the page showed when it was decided")

    class Meta:
        ordering: ClassVar = ["-at", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "version"], name="decision_version_once"),
        ]

    def __str__(self) -> str:
        word = "eligible" if self.eligible else "not eligible"
        return f"{word}, {self.by_name}, {self.at:%Y-%m-%d}"
