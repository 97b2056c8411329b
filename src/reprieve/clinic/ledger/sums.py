"""Sums of amounts in the database, exact to the 0.001 that the ledger counts to."""

from django.db.models import Sum
from django.db.models.functions import Round


def exact_sum(column: str) -> Round:
    """A sum of amounts. SQLite adds decimals as floats: 4.45 - 4.316 - 0.134 is not 0 there."""
    return Round(Sum(column), precision=3)
