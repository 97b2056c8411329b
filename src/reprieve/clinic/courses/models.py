"""Chairs, shifts, courses of treatment and what happened to them."""

from typing import ClassVar
from uuid import UUID, uuid4

from django.db import models


class Chair(models.Model):
    """A place where a session is held."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="chairs")
    name = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["order", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name"], name="chair_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """When a nurse is on the floor; `starts` and `ends` are wall-clock times of the clinic."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="shifts")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="shifts")
    day = models.DateField(db_index=True)
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering: ClassVar = ["day", "starts"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")), name="shift_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.starts:%H:%M} to {self.ends:%H:%M}"


class Course(models.Model):
    """A patient's treatment by one version of a protocol, in phases."""

    class Status(models.TextChoices):
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        STOPPED = "stopped", "stopped"
        FINISHED = "finished", "finished"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.PROTECT, related_name="courses"
    )
    protocol_version = models.ForeignKey(
        "protocols.ProtocolVersion", on_delete=models.PROTECT, related_name="courses"
    )
    drug = models.CharField(max_length=30)
    dose_amount = models.DecimalField(max_digits=7, decimal_places=3)
    dose_unit = models.CharField(max_length=10, choices=[("mg/kg", "mg/kg"), ("mg", "mg")])
    phase = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    prescriber = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    started_on = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-started_on"]

    def __str__(self) -> str:
        return f"{self.protocol_version.title}, from {self.started_on}"

    @property
    def runs(self) -> bool:
        """Whether the course is under way, paused or not."""
        return self.status in (self.Status.ACTIVE, self.Status.PAUSED)

    @property
    def dose(self) -> str:
        """The dose as the prescriber gave it: 0.5 mg/kg."""
        return f"{self.dose_amount.normalize():f} {self.dose_unit}"


class CourseEvent(models.Model):
    """A change to a course or to its plan. Rows are only added.

    `kind` is one of `KINDS`; `data` says what changed, numbers as decimal text.
    """

    KINDS: ClassVar = {
        "start": "started",
        "phase": "phase changed",
        "dose": "dose changed",
        "protocol": "moved to another version",
        "pause": "paused",
        "resume": "resumed",
        "stop": "stopped",
        "finish": "finished",
        "review": "reviewed",
        "plan": "sessions planned",
        "move": "session moved",
        "miss": "session missed",
        "cancel": "session cancelled",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["at"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def title(self) -> str:
        """The kind in words."""
        return self.KINDS.get(self.kind, self.kind)

    @property
    def patient_id(self) -> UUID:
        """Whose course it is."""
        return self.course.patient_id
