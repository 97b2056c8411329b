"""Lots and vials: what a balance is kept of."""

from decimal import Decimal
from typing import ClassVar
from uuid import uuid4

from django.db import models


class Lot(models.Model):
    """A delivery of one product: drug, form, strength, lot number and expiry.

    Amounts are counted in the lot's own `unit`: mL of a solution, devices of a spray, tablets;
    `mg_per_unit` turns them into mg exactly.
    """

    class Unit(models.TextChoices):
        ML = "mL", "mL"
        DEVICE = "device", "device"
        TABLET = "tablet", "tablet"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="lots")
    drug = models.CharField(max_length=30)
    product = models.CharField(max_length=120)
    manufacturer = models.CharField(max_length=120, blank=True)
    number = models.CharField(max_length=60)
    unit = models.CharField(max_length=10, choices=Unit)
    mg_per_unit = models.DecimalField(max_digits=9, decimal_places=3)
    units_per_vial = models.DecimalField(max_digits=9, decimal_places=3)
    expires_on = models.DateField()
    opened_lasts_h = models.PositiveIntegerField(null=True, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    invoice = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering: ClassVar = ["expires_on", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "drug", "number"], name="lot_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product}, lot {self.number}"


class Vial(models.Model):
    """One vial, device kit or box: what a balance is kept of.

    `balance` repeats the last ledger row's, written in its transaction and held above zero by
    the database; `reprieve clinic verify` compares.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="vials")
    label = models.CharField(max_length=40)
    balance = models.DecimalField(max_digits=9, decimal_places=3, default=Decimal(0))
    opened_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["label"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lot", "label"], name="vial_label_once"),
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="vial_not_below_zero"),
        ]

    def __str__(self) -> str:
        return self.label
