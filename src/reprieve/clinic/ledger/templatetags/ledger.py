"""Amounts with their units, as the ledger's pages and papers show them."""

from decimal import Decimal

from django import template

from reprieve.clinic.ledger import amounts

register = template.Library()


@register.filter
def in_unit(amount: Decimal, unit: str) -> str:
    """An amount with its unit: 2.5 mL, 1 device, 12 devices."""
    return amounts.in_unit(amount, unit)


@register.filter
def unit_words(value: int, unit: str) -> str:
    """A rule's number with its unit, which the file names in the plural: 1 business day."""
    return f"{value} {unit.removesuffix('s') if value == 1 else unit}"
