"""The audit: one row for every write, every read of patient data, every sign-in and refusal."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link, canonical

if TYPE_CHECKING:
    from reprieve.clinic.accounts.models import Clinic, User
    from reprieve.clinic.actor import Actor


class AuditEvent(Link):
    """Who did or read what, when and from where. One stream a clinic."""

    class Kind(models.TextChoices):
        READ = "read", "read"
        WRITE = "write", "write"
        SIGN_IN = "sign-in", "sign-in"
        REFUSED = "refused", "refused"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    at = models.DateTimeField(db_index=True)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True)
    user_name = models.CharField(max_length=150)
    kind = models.CharField(max_length=10, choices=Kind)
    verb = models.CharField(max_length=120)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    patient_id = models.UUIDField(null=True, db_index=True)
    address = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="audit_stream_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.verb}"

    @classmethod
    def record(
        cls,
        by: "Actor",
        kind: str,
        verb: str,
        on: models.Model | None,
        patient: UUID | None,
        detail: dict[str, Any],
    ) -> "AuditEvent":
        """Append a row; call inside the transaction of what it tells."""
        return cls.note(
            by.clinic,
            by.user,
            kind,
            verb,
            at=by.now,
            on=on,
            patient=patient,
            address=by.address,
            detail=detail,
        )

    @classmethod
    def note(
        cls,
        clinic: "Clinic",
        user: "User | None",
        kind: str,
        verb: str,
        *,
        at: datetime,
        on: models.Model | None = None,
        patient: UUID | None = None,
        address: str = "",
        detail: dict[str, Any] | None = None,
    ) -> "AuditEvent":
        """Append a row where nobody may be known yet: a failed sign-in has no actor."""
        return cls(
            stream=f"audit:{clinic.pk}",
            at=at,
            clinic=clinic,
            user=user,
            user_name=user.username if user else "nobody known",
            kind=kind,
            verb=verb,
            object_type=on._meta.label_lower if on is not None else "",
            object_id=str(on.pk) if on is not None else "",
            patient_id=patient or _patient_of(on),
            address=address,
            detail=canonical(detail or {}),
        ).append()


def _patient_of(on: models.Model | None) -> UUID | None:
    """The patient an object is about: itself, or the one it names."""
    if on is None:
        return None
    if on._meta.label_lower == "patients.patient":
        return UUID(str(on.pk))
    found = getattr(on, "patient_id", None)
    return found if isinstance(found, UUID) else None
