"""Days of a case as options give them: numbers where it counts days, dates where it has dates."""

import math
from datetime import date
from typing import TYPE_CHECKING

from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.engine.cases.case import Case


def weeks(text: str) -> tuple[float, ...]:
    """Spacings in "1,2,4"."""
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise InputError(f"--every was '{text}'; expected weeks such as 1,2,4.") from None


def maybe_day(text: str | None, record: "Case", option: str) -> float | None:
    """`day_of`, or None where the option was left out."""
    return None if text is None else day_of(text, record, option)


def day_of(text: str, record: "Case", option: str) -> float:
    """A day number, or a date at the time of day of the case's first treatment.

    Raises
    ------
    InputError
        A date in a case that counts days, a number in one with dates, or neither.
    """
    if record.origin is None:
        try:
            day = float(text)
        except ValueError:
            day = math.nan
        if not math.isfinite(day):
            raise InputError(f"{option} was '{text}', but the case counts days; give a day number.")
        return day
    try:
        return float((date.fromisoformat(text) - record.origin.date()).days)
    except ValueError:
        raise InputError(
            f"{option} was '{text}', but the case has dates; give one such as 2026-12-01."
        ) from None
