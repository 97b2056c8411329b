"""A course's dose, judged by its protocol."""

from collections.abc import Iterator
from decimal import Decimal

from reprieve.clinic.courses.findings import Finding, Weight, against
from reprieve.evidence.practice import Protocol

UNITS = ("mg/kg", "mg")  # what a session is ordered in; a rate continues one of these


def units(protocol: Protocol) -> tuple[str, ...]:
    """Units in which the protocol has a dose that a course can be ordered in."""
    return tuple(u for u in UNITS if protocol.dose(u) is not None)


def findings(
    protocol: Protocol, amount: Decimal, unit: str, age: int | None = None
) -> tuple[Finding, ...]:
    """What the protocol says against a dose for a person of an age in years."""
    return (*_ranged(protocol, amount, unit), *_older(protocol, amount, unit, age))


def _ranged(protocol: Protocol, amount: Decimal, unit: str) -> Iterator[Finding]:
    found = protocol.dose(unit)
    if unit not in UNITS or found is None:
        known = " or ".join(units(protocol)) or "none that a course can be ordered in"
        yield Finding(Weight.REFUSE, f"The protocol has no dose in {unit}; its units: {known}.")
        return
    said = f"{amount.normalize():f} {unit}"
    if amount <= 0:
        yield Finding(Weight.REFUSE, f"A dose of {said} is none; give an amount above zero.")
        return
    low, high = found.usual
    judged = found.judge(float(amount))
    if judged == "refuse":
        yield Finding(
            Weight.REFUSE,
            f"{said} is refused: the protocol ends at {found.refuse_above:g} {unit} "
            f"({found.standing}, {found.status}).",
        )
    elif judged == "unusual":
        yield Finding(
            Weight.REASON,
            f"{said} is not usual: the protocol has {low:g} to {high:g} {unit} "
            f"({found.standing}, {found.status}).",
        )


def _older(protocol: Protocol, amount: Decimal, unit: str, age: int | None) -> Iterator[Finding]:
    rules = protocol.thresholds("titration")
    since, first = rules.get("older_from"), rules.get("first_older")
    if age is None or since is None or first is None or not since.met(age):
        return
    if first.unit == unit and amount > Decimal(str(first.value)):
        what = f"The patient is {age}, and {amount.normalize():f} {unit} is above the first dose"
        yield against(Weight.WARN, what, first)
