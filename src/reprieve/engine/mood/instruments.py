"""Scores on other instruments than MADRS: crosswalk, personal offset, own error.

Two scales rank people differently: somebody may always score higher on the one than the other.
Each person keeps one offset on the link between the scales; on top of it each rating has the
instrument's own error.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from reprieve.engine.mood.model import MADRS_MAX, Array
from reprieve.evidence import instrument
from reprieve.evidence.scales import Instrument

FINE = np.linspace(0.0, MADRS_MAX, 241)


@dataclass(frozen=True, slots=True)
class Link:
    """From true MADRS to one instrument. SDs in MADRS points (`personal`) and own points."""

    name: str
    table: Array
    personal: float
    error: float
    low: float
    high: float


@cache
def link(name: str, sm: float = 2.5) -> Link:
    """The link to an instrument by name.

    The published scatter of one scale around the other holds both scales' rating errors; what
    is left of it after taking those out (`sm`, twice) is the person's own offset.
    """
    scale: Instrument = instrument(name)
    scatter = scale.crosswalk.error_sd if scale.crosswalk else 0.0
    table = np.asarray([scale.from_madrs(float(x)) for x in FINE])
    personal = float(np.sqrt(max(0.0, scatter**2 - 2 * sm**2)))
    return Link(
        scale.name, table, personal, float(scale.measurement_sd.value), scale.low, scale.high
    )


def is_madrs(name: str) -> bool:
    """Whether the name means MADRS itself."""
    return name.upper() == "MADRS"


def rate(true_madrs: Array, name: str, offset: Array, noise: Array) -> Array:
    """Whole-point ratings on an instrument.

    Parameters
    ----------
    true_madrs : (n,) or (n, visits), 0-60
    offset : (n,) standard normals, one a person
    noise : standard normals of the shape of `true_madrs`
    """
    scale = link(name)
    shift = scale.personal * (offset if true_madrs.ndim == 1 else offset[:, None])
    linked = np.interp(true_madrs + shift, FINE, scale.table)
    return np.asarray(np.round(np.clip(linked + scale.error * noise, scale.low, scale.high)), float)
