"""Dissociation as it is rated: CADSS totals, and who counts as dissociated."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.effects.parameters import AcuteModel, acute_model
from reprieve.engine.patient import Array

if TYPE_CHECKING:
    from reprieve.engine.effects.acute import AcuteEffects

CADSS_MOST = 92.0  # 23 items of 0 to 4
DISSOCIATED = 4.0  # the registration trials count totals above this that exceed the pre-dose one


def rated_cadss(
    effects: "AcuteEffects",
    minutes: tuple[float, ...],
    rng: np.random.Generator,
    model: AcuteModel | None = None,
) -> Array:
    """CADSS totals as a rater would write them, whole points, (n, n_minutes).

    Some people score without any drug: with the background chance of the session, a few points
    are added throughout (exponential above the cut-off, so that placebo has its own rate).
    """
    model = model or acute_model()
    true = effects.at_minutes("cadss", minutes)
    n = len(true)
    strange = rng.random(n) < model["cadss_background"]
    extra = np.where(strange, DISSOCIATED + 1.0 + rng.exponential(3.0, n), 0.0)
    rated: Array = np.minimum(CADSS_MOST, np.rint(true + extra[:, None]))
    return rated


def dissociated(ratings: Array) -> NDArray[np.bool_]:
    """Whether any rating along the last axis counts as dissociation."""
    return np.asarray((ratings > DISSOCIATED).any(axis=-1))
