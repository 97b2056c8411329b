"""Movements of controlled drug."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar
from uuid import uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link
from reprieve.clinic.ledger.models.stock import Vial

LATE = timedelta(minutes=15)  # from here a row is badged as a late entry; nothing depends on it
ACTS = {
    "receive": "receive",
    "draw": "draw",
    "give": "give",
    "waste": "waste",
    "return": "return",
    "send_back": "send back or destroy",
    "break": "record as broken or spilt",
    "adjust": "adjust by count",
    "reverse": "reverse",
}


class LedgerEntry(Link):
    """One movement of drug. Rows are only added; a mistake is undone by a reversing row.

    `amount` is in the lot's unit and signed as the vial sees it: negative leaves it. `held` is
    the same for what a session holds between drawing and giving: positive when drawn.
    """

    class Kind(models.TextChoices):
        RECEIVE = "receive", "received"
        DRAW = "draw", "drawn"
        GIVE = "give", "given"
        WASTE = "waste", "wasted"
        RETURN = "return", "returned to the vial"
        SEND_BACK = "send_back", "sent back or destroyed"
        BREAK = "break", "broken or spilt"
        ADJUST = "adjust", "adjusted by count"
        REVERSE = "reverse", "reversed"

        @property
        def act(self) -> str:
            """The act in words, as a message names it."""
            return ACTS[self.value]

    WITNESSED: ClassVar = frozenset(
        {Kind.WASTE, Kind.SEND_BACK, Kind.BREAK, Kind.ADJUST, Kind.REVERSE}
    )
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="+")
    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="entries")
    session = models.ForeignKey(
        "treatments.TreatmentSession", on_delete=models.PROTECT, null=True, related_name="drug"
    )
    event = models.ForeignKey(
        "treatments.SessionEvent", on_delete=models.PROTECT, null=True, related_name="drug"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.DecimalField(max_digits=9, decimal_places=3)
    held = models.DecimalField(max_digits=9, decimal_places=3, default=Decimal(0))
    balance_before = models.DecimalField(max_digits=9, decimal_places=3)
    balance_after = models.DecimalField(max_digits=9, decimal_places=3)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by"
    )

    class Meta:
        ordering: ClassVar = ["entered_at", "seq"]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "entered_at"], name="ledger_clinic_day"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="ledger_stream_seq"),
            models.CheckConstraint(
                condition=models.Q(balance_after__gte=0), name="ledger_not_below_zero"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["receive", "draw", "give", "return"])
                | models.Q(witness__isnull=False),
                name="ledger_witness_given",
            ),
            models.CheckConstraint(
                condition=models.Q(witness__isnull=True) | ~models.Q(witness=models.F("by")),
                name="ledger_witness_is_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.moved:f}"

    @property
    def moved(self) -> Decimal:
        """How much the row is about, without its sign, in the lot's unit."""
        return abs(self.amount or self.held)

    @property
    def mg(self) -> Decimal:
        """The same in mg."""
        return self.moved * self.vial.lot.mg_per_unit

    @property
    def late(self) -> bool:
        """Whether it was entered so long after it happened that a page badges it."""
        return self.entered_at - self.at > LATE
