"""Counts of what is there, entered before what should be there is shown. Rows are only added."""

from decimal import Decimal
from typing import ClassVar
from uuid import uuid4

from django.db import models

from reprieve.clinic.audit.chain import Link
from reprieve.clinic.ledger.models.entries import LedgerEntry
from reprieve.clinic.ledger.models.stock import Vial


class Count(Link):
    """A count by two people: opening, closing, of one vial, or the inventory the law asks for.

    It is closed when each line that differs from the ledger has an answer.
    """

    class Kind(models.TextChoices):
        OPENING = "opening", "opening count"
        CLOSING = "closing", "closing count"
        SPOT = "spot", "count of one vial"
        INVENTORY = "inventory", "inventory"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="counts")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="count_stream_seq"),
            models.CheckConstraint(
                condition=~models.Q(second=models.F("by")), name="count_by_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.at:%Y-%m-%d}"

    @property
    def open_lines(self) -> list["CountLine"]:
        """Lines whose difference nobody has explained yet."""
        return [line for line in self.lines.all() if line.differs and not line.answered]

    @property
    def closed(self) -> bool:
        """Whether nothing is left to explain."""
        return not self.open_lines


class CountLine(Link):
    """One vial of a count: what was found, and what the ledger said at that moment."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="lines")
    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="counted")
    counted = models.DecimalField(max_digits=9, decimal_places=3)
    expected = models.DecimalField(max_digits=9, decimal_places=3)

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="count_line_stream_seq"),
            models.UniqueConstraint(fields=["count", "vial"], name="count_line_vial_once"),
            models.CheckConstraint(
                condition=models.Q(counted__gte=0), name="count_line_not_below_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vial}: {self.counted:f}"

    @property
    def variance(self) -> Decimal:
        """Counted less expected, in the lot's unit."""
        return self.counted - self.expected

    @property
    def differs(self) -> bool:
        """Whether the count and the ledger disagree."""
        return self.variance != 0

    @property
    def answered(self) -> bool:
        """Whether the difference has been explained."""
        return hasattr(self, "answer")


class CountAnswer(Link):
    """Why a line differed, by two people, after counting again; it may adjust the balance."""

    class Cause(models.TextChoices):
        MISCOUNT = "miscount", "counted wrongly the first time"
        ENTRY = "entry", "a mistake or gap in what was recorded"
        FILL = "fill", "more or less in the vial than its label says"
        BREAK = "break", "broken or spilt, not recorded"
        LOSS = "loss", "lost, or cannot be explained"
        THEFT = "theft", "theft suspected"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    line = models.OneToOneField(CountLine, on_delete=models.PROTECT, related_name="answer")
    counted_again = models.DecimalField(max_digits=9, decimal_places=3)
    cause = models.CharField(max_length=10, choices=Cause)
    reason = models.TextField()
    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, null=True, related_name="count_answer"
    )
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="count_answer_stream_seq"),
            models.CheckConstraint(
                condition=~models.Q(witness=models.F("by")), name="count_answer_by_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}"
