"""Amounts of controlled drug: exact, positive, countable. No database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from reprieve.clinic.errors import RefusedError

PLACES = Decimal("0.001")  # what the register counts to, in mL
LARGEST = Decimal("999999.999")
WHOLE = frozenset({"device", "tablet"})
Key = TypeVar("Key")


def shown(amount: Decimal) -> str:
    """An amount without trailing zeros: 2.500 -> 2.5, 10.000 -> 10."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_unit(amount: Decimal, unit: str) -> str:
    """An amount with its unit in words: 2.5 mL, 1 device, 12 devices."""
    plural = unit in WHOLE and abs(amount) != 1
    return f"{shown(amount)} {unit}{'s' if plural else ''}"


def checked(amount: Decimal, unit: str, *, what: str = "The amount", zero: bool = False) -> Decimal:
    """An amount as the register takes it.

    Parameters
    ----------
    amount : in `unit` (mL, device, tablet)
    zero : whether nothing is an answer, as it is for a count

    Raises
    ------
    RefusedError
        Not a number, not above zero, finer than 0.001, or a part of a device or tablet.
    """
    if not amount.is_finite():
        raise RefusedError(f"{what} is '{amount}'; give a number of {unit}, like 2.5.")
    if amount < 0 or (amount == 0 and not zero) or amount > LARGEST:
        floor = "0 or more" if zero else "more than 0"
        raise RefusedError(f"{what} is {amount:f} {unit}; expected {floor}, up to {LARGEST:f}.")
    if amount != amount.quantize(PLACES):
        raise RefusedError(
            f"{what} is {amount:f} {unit}; the register counts to 0.001 {unit}. Round it."
        )
    if unit in WHOLE and amount != amount.to_integral_value():
        raise RefusedError(
            f"{what} is {amount:f} {unit}; a {unit} is counted whole. Give a whole number."
        )
    return amount.quantize(PLACES)


@dataclass(frozen=True, slots=True)
class Share(Generic[Key]):
    """A part of an amount that belongs to one vial."""

    key: Key
    amount: Decimal


def spread(amount: Decimal, held: Iterable[tuple[Key, Decimal]]) -> tuple[Share[Key], ...]:
    """Take an amount from what is held, vial by vial in the order given, to the last 0.001.

    Raises
    ------
    RefusedError
        More than is held.
    """
    parts = tuple((key, has) for key, has in held if has > 0)
    total = sum((has for _, has in parts), Decimal(0))
    if amount > total:
        raise RefusedError(
            f"{shown(amount)} is more than the {shown(total)} that the session still holds. "
            "Check the amount, or draw first."
        )
    found: list[Share[Key]] = []
    for key, has in parts:
        taken = min(has, amount)
        if taken > 0:
            found.append(Share(key, taken))
            amount -= taken
    return tuple(found)
