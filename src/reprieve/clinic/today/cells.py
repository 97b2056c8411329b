"""Numbers about few people are not shown: what a summary may say of a group."""

from dataclasses import dataclass
from decimal import Decimal

FEW = 5
HIDDEN = f"<{FEW}"
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, as it may be shown."""

    count: str
    percent: str


def count(n: int) -> str:
    """A count, or that it is small."""
    return HIDDEN if 0 < n < FEW else str(n)


def share(n: int, of: int) -> Share:
    """A count and its percentage; withheld where it, or the rest, would single people out."""
    if 0 < n < FEW or 0 < of - n < FEW or of < FEW:
        return Share(HIDDEN if 0 < n < FEW else WITHHELD, WITHHELD)
    return Share(str(n), f"{Decimal(100 * n) / of:.0f} %")
