"""Controlled drugs: what came in, where every unit of it went, and what was found by counting."""

from reprieve.clinic.ledger.models.counts import Count, CountAnswer, CountLine
from reprieve.clinic.ledger.models.entries import LATE, LedgerEntry
from reprieve.clinic.ledger.models.losses import Loss, LossStep
from reprieve.clinic.ledger.models.stock import Lot, Vial

__all__ = [
    "LATE",
    "Count",
    "CountAnswer",
    "CountLine",
    "LedgerEntry",
    "Loss",
    "LossStep",
    "Lot",
    "Vial",
]
