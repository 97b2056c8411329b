"""Chairs, courses of treatment and what happened to them."""

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


class Course(models.Model):
    """A patient's treatment by one version of a protocol, in phases."""

    class Status(models.TextChoices):
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        STOPPED = "stopped", "stopped"
        FINISHED = "finished", "finished"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="courses")
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


class CourseEvent(models.Model):
    """A change to a course: phase, pause, resume, stop, dose, protocol. Rows are only added."""

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
    def patient_id(self) -> UUID:
        """Whose course it is."""
        return self.course.patient_id
