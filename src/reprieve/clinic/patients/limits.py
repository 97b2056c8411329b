"""What cannot be true of a patient: refused at entry, with what was expected."""

from datetime import date
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from reprieve.evidence.practice import protocol

OLDEST = 120  # years; nobody on record was older than 122
LB_PER_KG = Decimal("2.20462")
CM_PER_IN = Decimal("2.54")
# Ratios of a weight to the one before it that look like pounds, or like a slip of the hand. They
# ask a question and refuse nothing: no dose depends on them.
POUNDS = Decimal("1.9"), Decimal("2.5")
JUMP = Decimal("0.75"), Decimal("1.33")


def birth_date_fault(born: date, today: date) -> str:
    """What is wrong with a birth date, or nothing."""
    return day_fault(born, today)


def day_fault(day: date, today: date) -> str:
    """What is wrong with the day of something that happened, or nothing."""
    if day > today:
        return f"{day} is in the future; give a day up to {today}."
    if today.year - day.year > OLDEST:
        return f"{day} is more than {OLDEST} years ago; check the year."
    return ""


@cache
def zones() -> tuple[str, ...]:
    """Time zones by the name of a place, and UTC."""
    return tuple(sorted(z for z in available_timezones() if "/" in z or z == "UTC"))


def height_fault(cm: Decimal) -> str:
    """What is wrong with a height, or nothing; metres and inches are guessed at, never taken."""
    bounds = protocol("general").bounds("height")
    if bounds.judge(float(cm)) != "impossible":
        return ""
    low, high = bounds.possible_low or 0, bounds.possible_high or 0
    said = f"{cm:f} is not a height in cm (expected {low:g} to {high:g})."
    if low <= cm * 100 <= high:
        return f"{said} In metres it would be {cm * 100:.0f} cm."
    if low <= cm * CM_PER_IN <= high:
        return f"{said} In inches it would be {cm * CM_PER_IN:.0f} cm."
    return said


def weight_fault(kg: Decimal) -> str:
    """What makes a weight impossible, or nothing."""
    bounds = protocol("general").bounds("weight")
    if bounds.judge(float(kg)) != "impossible":
        return ""
    low, high = bounds.possible_low or 0, bounds.possible_high or 0
    said = f"{kg:f} is not a weight in kg (expected {low:g} to {high:g})."
    in_kg = kg / LB_PER_KG
    return f"{said} In lb it would be {in_kg:.1f} kg." if low <= in_kg <= high else said


def weight_doubt(kg: Decimal, last: Decimal | None) -> str:
    """What is doubtful about a weight beside the last one: to be confirmed, not refused."""
    if last is None:
        return ""
    ratio = kg / last
    if POUNDS[0] <= ratio <= POUNDS[1]:
        return (
            f"{kg:f} kg after {last:f} kg: is it in lb? Then it is {kg / LB_PER_KG:.1f} kg. "
            "Correct it, or confirm that it is right."
        )
    if not JUMP[0] <= ratio <= JUMP[1]:
        return f"{kg:f} kg after {last:f} kg: correct it, or confirm that it is right."
    return ""
