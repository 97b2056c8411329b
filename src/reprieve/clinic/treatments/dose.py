"""From a dose per kg to what is drawn up and how the pump is set, in exact decimals.

What is drawn (`amount`) is counted as the ledger counts it: mL of the vial, devices, tablets. An
infusion is made up to the protocol's volume, and its steps are in mL of that.
"""

from dataclasses import dataclass
from decimal import Decimal

from reprieve.clinic.errors import RefusedError
from reprieve.clinic.treatments.caps import (
    ZERO,
    check_form,
    check_made,
    check_ordered,
    check_per_kg,
    check_strength,
    limit,
    round_to,
    unusual,
)
from reprieve.clinic.treatments.numbers import exact, said
from reprieve.clinic.treatments.state import Step
from reprieve.evidence.practice import Protocol

HOUR_MIN = Decimal(60)
MILLI = Decimal("0.001")  # the ledger's last place


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What to draw up, each step of the calculation in words, and what is unusual about it.

    `mg` is what the amount drawn holds, `steps` add up to it.
    """

    mg: Decimal
    amount: Decimal
    steps: tuple[Step, ...]
    lines: tuple[str, ...]
    warnings: tuple[str, ...]
    volume_ml: Decimal = ZERO  # of the infusion, made up
    continuation_min: Decimal = ZERO


def arithmetic(
    amount: Decimal,
    unit: str,
    weight_kg: Decimal | None,
    protocol: Protocol,
    mg_per_unit: Decimal,
    ledger_unit: str,
    *,
    continuation_min: Decimal = ZERO,
) -> Arithmetic:
    """The preparation of a dose.

    Parameters
    ----------
    amount, unit : the dose ordered, in mg/kg or mg
    weight_kg : needed for a dose per kg and for a continuation
    protocol : caps, rounding, volume and length of giving
    mg_per_unit : strength of the vial, device or tablet in hand, mg
    ledger_unit : mL, device or tablet
    continuation_min : minutes at the protocol's rate per hour after the first part

    Raises
    ------
    RefusedError
        A cap of the protocol is passed, or the dose cannot be made of what is in hand.
    """
    check_ordered(amount, unit, protocol)
    wanted, lines = _wanted(amount, unit, weight_kg)
    check_form(ledger_unit, protocol)
    check_strength(mg_per_unit, ledger_unit, protocol)
    if ledger_unit != "mL":
        mg = wanted if unit == "mg" else _rounded_mg(wanted, protocol, lines)
        made = _counted(mg, lines, mg_per_unit, ledger_unit, protocol)
    elif infused(protocol):
        made = _infusion(wanted, lines, weight_kg, protocol, mg_per_unit, continuation_min)
    else:
        made = _drawn(wanted, lines, protocol, mg_per_unit)
    check_made(made.mg, made.steps, bool(made.continuation_min), protocol)
    if not made.continuation_min:
        check_per_kg(made.mg, weight_kg, protocol)
    return Arithmetic(
        made.mg,
        made.amount,
        made.steps,
        made.lines,
        unusual(amount, unit, made.mg, weight_kg, protocol),
        made.volume_ml,
        made.continuation_min,
    )


def infused(protocol: Protocol) -> bool:
    """Whether the protocol gives the drug over a time, by vein."""
    return protocol.route == "iv" and protocol.duration_h > 0


def _wanted(amount: Decimal, unit: str, weight_kg: Decimal | None) -> tuple[Decimal, list[str]]:
    if unit == "mg":
        return amount, [f"ordered: {said(amount)} mg"]
    if weight_kg is None:
        raise RefusedError("A dose per kg needs a weight; none is recorded. Weigh the patient.")
    mg = amount * weight_kg
    return mg, [f"{said(amount)} mg/kg × {said(weight_kg)} kg = {said(mg)} mg"]


def _rounded_mg(mg: Decimal, protocol: Protocol, lines: list[str]) -> Decimal:
    step = limit(protocol, "round_mg")
    if step is None or round_to(mg, step) == mg:
        return mg
    found = round_to(mg, step)
    lines.append(f"rounded to a multiple of {said(step)} mg: {said(found)} mg")
    return found


def _rounded_ml(mg: Decimal, strength: Decimal, protocol: Protocol, lines: list[str]) -> Decimal:
    step = limit(protocol, "round_ml") or MILLI
    ml = round_to(mg / strength, step)
    if ml <= 0:
        raise RefusedError(
            f"{said(mg)} mg of a vial with {said(strength)} mg/mL is less than {said(step)} mL. "
            "Use a weaker vial."
        )
    lines.append(f"{said(mg)} mg ÷ {said(strength)} mg/mL = {said(ml)} mL from the vial")
    if ml * strength != mg:
        lines.append(f"{said(ml)} mL holds {said(ml * strength)} mg")
    return ml


def _counted(
    mg: Decimal, lines: list[str], each: Decimal, unit: str, protocol: Protocol
) -> Arithmetic:
    """Devices and tablets: whole ones (or the part of a tablet that the protocol allows).

    A dose ordered in mg is never rounded to what happens to be in the drawer.
    """
    part = limit(protocol, "tablet_part") if unit == "tablet" else None
    step = part or Decimal(1)
    count = mg / each
    if count <= 0 or count % step:
        below = (count // step) * step
        near = [n for n in (below, below + step) if n > 0]
        offer = " or ".join(f"{said(n * each)} mg ({said(n)})" for n in near)
        raise RefusedError(
            f"{said(mg)} mg cannot be made of {unit}s of {said(each)} mg. Order {offer}."
        )
    lines.append(f"{said(mg)} mg ÷ {said(each)} mg a {unit} = {said(count)} {unit}(s)")
    step_of = Step(mg, ZERO, ZERO, ZERO)
    return Arithmetic(mg, count, (step_of,), tuple(lines), ())


def _drawn(wanted: Decimal, lines: list[str], protocol: Protocol, strength: Decimal) -> Arithmetic:
    """Given at once: injected, or swallowed as a liquid."""
    ml = _rounded_ml(_rounded_mg(wanted, protocol, lines), strength, protocol, lines)
    mg = ml * strength
    return Arithmetic(mg, ml, (Step(mg, ml, ZERO, ZERO),), tuple(lines), ())


def _infusion(
    wanted: Decimal,
    lines: list[str],
    weight_kg: Decimal | None,
    protocol: Protocol,
    strength: Decimal,
    continuation_min: Decimal,
) -> Arithmetic:
    mg = _rounded_mg(wanted, protocol, lines)
    minutes = exact(protocol.thresholds("duration")["given"].value)
    volume = limit(protocol, "volume") or round_to(
        mg / strength, limit(protocol, "round_ml") or MILLI
    )
    first = _first(mg, volume, minutes, protocol)
    second = None
    if continuation_min:
        second = _continuation(first, weight_kg, protocol, continuation_min, lines)
    amount = _rounded_ml(mg + (second.mg if second else ZERO), strength, protocol, lines)
    steps = _settled(first, second, amount * strength)
    total = sum((s.ml for s in steps), ZERO)
    lines.append(
        f"made up to {said(total)} mL: {said(round_to(amount * strength / total, MILLI))} mg/mL"
    )
    lines += [
        f"{said(s.ml)} mL over {said(s.minutes)} min = {said(s.rate_ml_h)} mL/h" for s in steps
    ]
    return Arithmetic(amount * strength, amount, steps, tuple(lines), (), total, continuation_min)


def _rate(ml: Decimal, minutes: Decimal, protocol: Protocol) -> Decimal:
    step = limit(protocol, "round_rate") or limit(protocol, "round_ml") or MILLI
    return round_to(ml * HOUR_MIN / minutes, step)


def _first(mg: Decimal, volume: Decimal, minutes: Decimal, protocol: Protocol) -> Step:
    return Step(mg, volume, minutes, _rate(volume, minutes, protocol))


def _continuation(
    first: Step,
    weight_kg: Decimal | None,
    protocol: Protocol,
    minutes: Decimal,
    lines: list[str],
) -> Step:
    """The same bag at a slower rate, so that mg a kg and hour are what the protocol says."""
    longest = protocol.thresholds("duration").get("continuation")
    hourly = protocol.dose("mg/kg/h")
    if longest is None or hourly is None or hourly.default is None:
        raise RefusedError(f"{protocol.title} has no continuation. Leave its minutes empty.")
    if minutes < 0 or minutes > exact(longest.value):
        raise RefusedError(
            f"A continuation of {said(minutes)} min was asked for; {protocol.title} allows up to "
            f"{said(exact(longest.value))} min."
        )
    if weight_kg is None:
        raise RefusedError("A continuation per kg needs a weight; none is recorded. Weigh first.")
    mg_h = exact(hourly.default) * weight_kg
    rate = _rate(first.ml * mg_h / first.mg, HOUR_MIN, protocol)
    ml = rate * minutes / HOUR_MIN
    mg = (ml * first.mg / first.ml).quantize(MILLI)
    lines.append(
        f"then {said(exact(hourly.default))} mg/kg/h × {said(weight_kg)} kg = {said(mg_h)} mg/h "
        f"for {said(minutes)} min: {said(mg)} mg"
    )
    return Step(mg, ml, minutes, rate)


def _settled(first: Step, second: Step | None, mg: Decimal) -> tuple[Step, ...]:
    """Steps that add up to what the syringe holds: its last mark falls to the last step."""
    if second is None:
        return (Step(mg, first.ml, first.minutes, first.rate_ml_h),)
    return first, Step(mg - first.mg, second.ml, second.minutes, second.rate_ml_h)
