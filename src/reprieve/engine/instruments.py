"""From MADRS to another instrument and back, by the crosswalk of its file."""

from functools import cache

import numpy as np

from reprieve.engine.mood import Array
from reprieve.evidence import instrument


@cache
def _table(name: str) -> Array:
    """(61,) score on the instrument at each whole MADRS point."""
    return np.asarray([instrument(name).from_madrs(float(x)) for x in range(61)])


def on_instrument(madrs: Array, name: str) -> Array:
    """MADRS scores as whole points of another instrument."""
    if name.upper() == "MADRS":
        return madrs
    return np.round(np.interp(madrs, np.arange(61.0), _table(name)))
