"""The audit: one row for every write, and for every read of patient data."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link, canonical

if TYPE_CHECKING:
    from reprieve.clinic.actor import Actor


class AuditEvent(Link):
    """Who did or read what, when and from where. One stream a clinic."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    at = models.DateTimeField(db_index=True)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True)
    user_name = models.CharField(max_length=150)
    kind = models.CharField(max_length=10, choices=[(k, k) for k in ("read", "write", "sign-in")])
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
        return cls(
            stream=f"audit:{by.clinic.pk}",
            at=by.now,
            clinic=by.clinic,
            user=by.user,
            user_name=by.user.username,
            kind=kind,
            verb=verb,
            object_type=on._meta.label_lower if on is not None else "",
            object_id=str(on.pk) if on is not None else "",
            patient_id=patient or _patient_of(on),
            address=by.address,
            detail=canonical(detail),
        ).append()


def _patient_of(on: models.Model | None) -> UUID | None:
    """The patient an object is about: itself, or the one it names."""
    if on is None:
        return None
    if on._meta.label_lower == "patients.patient":
        return UUID(str(on.pk))
    found = getattr(on, "patient_id", None)
    return found if isinstance(found, UUID) else None
