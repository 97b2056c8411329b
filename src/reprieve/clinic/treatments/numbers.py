"""Numbers as the record keeps them: decimals, written without an exponent."""

from decimal import Decimal


def exact(value: float | int) -> Decimal:
    """A protocol's number as the decimal that its file says."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def said(value: Decimal) -> str:
    """A decimal as people write it: no exponent, no zeros at its end."""
    return format(value.normalize() + 0, "f")
