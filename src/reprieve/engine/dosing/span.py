"""Lengths of time as people write them."""

import re

from reprieve.errors import InputError

DAYS_IN = {"d": 1.0, "w": 7.0, "m": 30.4375}


def days_of(text: str) -> float:
    """Days in "12 weeks", "84d" or "6m".

    Raises
    ------
    InputError
        Anything else.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([dwm])[a-z]*\s*", text.lower())
    if not found:
        raise InputError(
            f"The horizon was '{text}'; expected days, weeks or months, like '12 weeks', 84d or 6m."
        )
    return float(found[1]) * DAYS_IN[found[2]]
