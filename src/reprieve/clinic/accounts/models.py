"""Clinics, the people who work in them, and the one-time links that let a person in."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models

from reprieve.clinic.access import Role


class Clinic(models.Model):
    """A site: its own people, patients, chairs, drugs and protocols."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, default="UTC")
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    crisis_line = models.CharField(max_length=120, blank=True)
    lock_after_min = models.PositiveSmallIntegerField(default=5)
    patients_per_nurse = models.PositiveSmallIntegerField(default=2)
    inpatient = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


def valid_roles(roles: object) -> None:
    """Refuse what is not a list of known roles."""
    known = {r.value for r in Role}
    if not isinstance(roles, list) or not set(roles) <= known:
        raise ValidationError(f"Roles are a list of {', '.join(sorted(known))}.")


class User(AbstractUser):
    """A person with an account; an account belongs to one clinic."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="people")
    roles = models.JSONField(default=list, validators=[valid_roles])
    printed_name = models.CharField(max_length=120)
    credential = models.CharField(max_length=40, blank=True, help_text="RN, MD, PharmD ...")
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.printed_name or self.username

    @property
    def signature_name(self) -> str:
        """Name and credential as a signature prints them."""
        return f"{self}, {self.credential}" if self.credential else str(self)


class Invitation(models.Model):
    """A one-time link with which a person sets a password. Only the digest of it is stored."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at"]

    def __str__(self) -> str:
        return f"invitation of {self.made_at:%Y-%m-%d}"
