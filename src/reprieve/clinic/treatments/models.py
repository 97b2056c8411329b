"""Treatment sessions, and the append-only events that each of them is made of."""

from typing import ClassVar
from uuid import UUID, uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link
from reprieve.clinic.treatments.state import Event, Phase


class TreatmentSession(models.Model):
    """A planned or held session of a course.

    What happened is in its events; `phase` repeats what they say, written in the transaction
    that adds an event, so that lists need not read them (`reprieve clinic verify` compares).
    """

    class Plan(models.TextChoices):
        PLANNED = "planned", "planned"
        CANCELLED = "cancelled", "cancelled"
        MISSED = "missed", "missed"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="sessions")
    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.PROTECT, related_name="sessions"
    )
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField(help_text="of the course, from 1")
    course_phase = models.CharField(max_length=40)
    chair = models.ForeignKey("courses.Chair", on_delete=models.PROTECT, null=True)
    nurse = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    planned_at = models.DateTimeField(db_index=True)
    planned_min = models.PositiveSmallIntegerField(default=120)
    plan = models.CharField(max_length=10, choices=Plan, default=Plan.PLANNED)
    plan_reason = models.TextField(blank=True)
    dose_amount = models.DecimalField(max_digits=7, decimal_places=3)
    dose_unit = models.CharField(max_length=10, choices=[("mg/kg", "mg/kg"), ("mg", "mg")])
    phase = models.CharField(
        max_length=12, choices=[(p.value, p.title) for p in Phase], default=Phase.PLANNED
    )
    last_seq = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["planned_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["course", "number"], name="session_number_once"),
        ]

    def __str__(self) -> str:
        return f"session {self.number} on {self.planned_at:%Y-%m-%d}"


class SessionEvent(Link):
    """One thing that happened in a session. The client makes its `id`, so that a resend is known.

    `at` is when it happened, `entered_at` when the server took it, `client_at` what the tablet's
    clock said when it was tapped.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    client_at = models.DateTimeField(null=True)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT)
    by_name = models.CharField(max_length=200)
    data = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="session_stream_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M}"

    @property
    def patient_id(self) -> UUID:
        """Whose session it is."""
        return self.session.patient_id

    @property
    def plain(self) -> Event:
        """The event without its row: what `state.replay` reads."""
        return Event(
            self.id,
            self.seq,
            self.kind,
            self.at,
            self.entered_at,
            str(self.by_id),
            self.by_name,
            self.data,
        )
