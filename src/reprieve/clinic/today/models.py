"""Days that were closed."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link


class DayClosed(Link):
    """One closing of a day: who, what was still open, and the head of the audit's chain.

    Rows are only added; a day that is closed again has a second row. Printed and kept on paper,
    the digest proves later that the audit up to that row is the one of that evening.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=170)
    held = models.PositiveSmallIntegerField(help_text="sessions in which drug was given")
    open_items = models.JSONField(default=list)
    note = models.TextField(blank=True)
    audit_seq = models.PositiveIntegerField()
    audit_digest = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["-seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="day_stream_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.day} closed by {self.printed_name}"
