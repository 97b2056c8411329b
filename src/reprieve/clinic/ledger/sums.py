"""Sums of amounts in the database, exact to the 0.001 that the ledger counts to."""

from django.db.models import Q, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Round


def exact_sum(what: str | Combinable, *, filter: Q | None = None) -> Round:
    """A sum of amounts. SQLite adds decimals as floats: 4.45 - 4.316 - 0.134 is not 0 there."""
    return Round(Sum(what, filter=filter), precision=3)
