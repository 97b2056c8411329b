"""Losses and thefts, and what was done about them by when. Rows are only added."""

from decimal import Decimal
from typing import ClassVar
from uuid import uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link
from reprieve.clinic.ledger.models.counts import CountAnswer
from reprieve.clinic.ledger.models.stock import Lot


class Loss(Link):
    """Drug that is gone: discovered when, how much of what, and how it is thought to have gone."""

    class Kind(models.TextChoices):
        LOSS = "loss", "loss"
        THEFT = "theft", "theft, or theft suspected"
        TRANSIT = "transit", "lost in transit to the clinic"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="losses")
    kind = models.CharField(max_length=10, choices=Kind)
    drug = models.CharField(max_length=30)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="losses")
    amount = models.DecimalField(max_digits=9, decimal_places=3)
    unit = models.CharField(max_length=10, choices=Lot.Unit)
    mg = models.DecimalField(max_digits=13, decimal_places=6, default=Decimal(0))
    discovered_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    description = models.TextField()
    answer = models.OneToOneField(
        CountAnswer, on_delete=models.PROTECT, null=True, related_name="loss"
    )
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-discovered_at", "-seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="loss_stream_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.drug}, {self.discovered_at:%Y-%m-%d}"


class LossStep(Link):
    """Something done about a loss. The clocks stop at the step that answers them."""

    class Kind(models.TextChoices):
        SIGNIFICANT = "significant", "judged significant"
        NOT_SIGNIFICANT = "not_significant", "judged not significant"
        NOTICE = "notice", "written notice sent"
        FORM = "form", "form submitted"
        POLICE = "police", "police told"
        FOUND = "found", "found again"
        NOTE = "note", "note"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    loss = models.ForeignKey(Loss, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    reference = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="loss_step_stream_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d}"
