"""Signatures: drawn on the pad, or a typed name for people who cannot draw."""

import re
from typing import Any

from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients.models.people import folded

PAD = 600, 180  # the pad's own units, whatever the tablet's pixels
LONGEST = 60_000  # characters of path data
FEWEST = 6  # points: a dot or a slip of the finger is no signature
_PATH = re.compile(
    r"(M\d{1,3} \d{1,3}( L\d{1,3} \d{1,3})*)( M\d{1,3} \d{1,3}( L\d{1,3} \d{1,3})*)*"
)
_POINT = re.compile(r"(\d+) (\d+)")

Signature = dict[str, Any]


def signature(drawn: str, typed: str, printed: str, whose: str) -> Signature:
    """A signature as it is stored.

    Parameters
    ----------
    drawn : SVG path data of the strokes on a 600 by 180 pad, lines only; empty if none
    typed : the name typed instead; empty if none
    printed : the name it belongs to; a typed one must be the same
    whose : "The patient" or "The witness", for what is refused

    Raises
    ------
    RefusedError
        Neither was given, or what was drawn is no strokes on the pad.
    """
    if drawn.strip():
        return {"kind": "drawn", "path": _strokes(drawn.strip(), whose)}
    if not typed.strip():
        raise RefusedError(f"{whose} has not signed: draw on the pad, or type the name instead.")
    if folded(typed) != folded(printed):
        raise RefusedError(
            f"{whose} typed “{typed.strip()}”; as a signature it must be the printed name, "
            f"“{printed}”."
        )
    return {"kind": "typed", "name": " ".join(typed.split())}


def _strokes(path: str, whose: str) -> str:
    wide, high = PAD
    if len(path) > LONGEST or not _PATH.fullmatch(path):
        raise RefusedError(f"{whose}'s drawing could not be read as strokes; clear it, draw again.")
    points = [(int(x), int(y)) for x, y in _POINT.findall(path)]
    if any(x > wide or y > high for x, y in points):
        raise RefusedError(f"{whose}'s drawing leaves the pad; clear it and draw again.")
    if len(points) < FEWEST:
        raise RefusedError(f"{whose}'s drawing is too short to be a signature; draw again.")
    return path
