"""What the protocol lets a dose be: refused beyond its caps, said where it is unusual."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from reprieve.clinic.errors import RefusedError
from reprieve.clinic.treatments.numbers import exact, said
from reprieve.clinic.treatments.state import Step
from reprieve.evidence.practice import Protocol

ZERO = Decimal(0)
HUNDREDTH = Decimal("0.01")
# forms that a route can take, by the unit the ledger counts them in: what is injected is a solution
FORMS = {
    "iv": ("mL",),
    "im": ("mL",),
    "sc": ("mL",),
    "nasal": ("device", "mL"),
    "oral": ("tablet", "mL"),
    "sublingual": ("tablet", "mL"),
}
EVERY_FORM = ("mL", "device", "tablet")


def round_to(value: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to a value, halves up."""
    return (value / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def limit(protocol: Protocol, name: str) -> Decimal | None:
    """A number of the protocol's preparation, if it has it."""
    found = protocol.thresholds("preparation").get(name)
    return None if found is None else exact(found.value)


def check_ordered(amount: Decimal, unit: str, protocol: Protocol) -> None:
    """Refuse an order that the protocol has no range for, or that lies beyond it."""
    found = protocol.dose(unit)
    if found is None or unit not in ("mg/kg", "mg"):
        known = ", ".join(d.unit for d in protocol.doses)
        raise RefusedError(
            f"A dose in {unit} was ordered; {protocol.title} has doses in {known}. Order in one."
        )
    if amount <= 0:
        raise RefusedError(f"A dose of {said(amount)} {unit} was ordered; expected more than 0.")
    if found.judge(float(amount)) == "refuse":
        raise RefusedError(
            f"{said(amount)} {unit} was ordered; {protocol.title} refuses more than "
            f"{said(exact(found.refuse_above))} {unit}. Correct the order."
        )


def forms(protocol: Protocol) -> tuple[str, ...]:
    """Ledger units from which a dose of the protocol may be prepared."""
    if "device" in protocol.thresholds("spacing"):
        return ("device",)
    return FORMS.get(protocol.route, EVERY_FORM)


def check_form(ledger_unit: str, protocol: Protocol) -> None:
    """Refuse a form that the route cannot take: no tablet into a vein."""
    if ledger_unit not in forms(protocol):
        raise RefusedError(
            f"What was chosen is counted in {ledger_unit}; {protocol.title} is prepared from "
            f"{' or '.join(forms(protocol))}. Choose another."
        )


def check_strength(mg_per_unit: Decimal, ledger_unit: str, protocol: Protocol) -> None:
    """Refuse a vial or device of a strength that the protocol does not know."""
    if mg_per_unit <= 0:
        raise RefusedError(f"A strength of {said(mg_per_unit)} mg/{ledger_unit} cannot be used.")
    device = protocol.thresholds("spacing").get("device")
    if ledger_unit == "device" and device is not None and exact(device.value) != mg_per_unit:
        raise RefusedError(
            f"The device in hand holds {said(mg_per_unit)} mg; {protocol.title} is written for "
            f"devices of {said(exact(device.value))} mg."
        )
    low, high = limit(protocol, "stock_lowest"), limit(protocol, "stock_highest")
    if ledger_unit == "mL" and not (
        (low is None or low <= mg_per_unit) and (high is None or mg_per_unit <= high)
    ):
        raise RefusedError(
            f"The vial in hand holds {said(mg_per_unit)} mg/mL; {protocol.title} expects "
            f"{said(low or ZERO)} to {said(high) if high else 'any'} mg/mL. Check the label."
        )


def check_made(mg: Decimal, steps: Sequence[Step], continued: bool, protocol: Protocol) -> None:
    """Refuse more in a session than the protocol allows, and a pump set too fast."""
    most, fastest = limit(protocol, "most_mg"), limit(protocol, "max_rate")
    whole = protocol.dose("mg")
    caps = [most, exact(whole.refuse_above) if whole and not continued else None]
    for cap in caps:
        if cap is not None and mg > cap:
            raise RefusedError(
                f"{said(mg)} mg would be given; {protocol.title} allows at most {said(cap)} "
                "mg in a session. Check weight and dose, or have the protocol revised."
            )
    for step in steps:
        if fastest is not None and step.rate_ml_h > fastest:
            raise RefusedError(
                f"The pump would run at {said(step.rate_ml_h)} mL/h; {protocol.title} allows at "
                f"most {said(fastest)} mL/h."
            )


def check_per_kg(mg: Decimal, weight_kg: Decimal | None, protocol: Protocol) -> None:
    """An order in mg is held to the cap a kg as well, where the weight is known."""
    cap = protocol.dose("mg/kg")
    if cap is None or weight_kg is None:
        return
    if mg > exact(cap.refuse_above) * weight_kg:
        raise RefusedError(
            f"{said(mg)} mg for {said(weight_kg)} kg is more than the "
            f"{said(exact(cap.refuse_above))} mg/kg that {protocol.title} refuses above. "
            "Correct the order."
        )


def unusual(
    amount: Decimal, unit: str, mg: Decimal, weight_kg: Decimal | None, protocol: Protocol
) -> tuple[str, ...]:
    """What lies outside the usual ranges, as ordered and a kg: said, not refused."""
    asked = [(unit, amount)]
    if unit == "mg" and weight_kg:
        asked.append(("mg/kg", round_to(mg / weight_kg, HUNDREDTH)))
    found = []
    for name, value in asked:
        range_ = protocol.dose(name)
        if range_ is not None and not range_.usual[0] <= value <= range_.usual[1]:
            low, high = (said(exact(x)) for x in range_.usual)
            found.append(
                f"{said(value)} {name} is outside the usual {low} to {high} {name} "
                f"({range_.standing}, {range_.status})."
            )
    return tuple(found)


def older_warning(
    protocol: Protocol, age: int, session_number: int, mg: Decimal
) -> tuple[str, ...]:
    """What the protocol says about the first dose of an older person, where it is passed."""
    found = protocol.thresholds("titration")
    since, first = found.get("older_from"), found.get("first_older")
    if since is None or first is None or session_number != 1 or not since.met(age):
        return ()
    if mg <= exact(first.value):
        return ()
    return (
        f"{said(mg)} mg as a first dose at {age} years: {protocol.title} starts at "
        f"{said(exact(first.value))} mg from {said(exact(since.value))} ({first.standing}: "
        f"{first.note or first.source}).",
    )
