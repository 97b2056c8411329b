"""Dissociation as it is rated: CADSS totals, and who counts as dissociated."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.effects.parameters import AcuteModel, acute_model
from reprieve.engine.patient import Array

if TYPE_CHECKING:
    from reprieve.engine.effects.acute import AcuteEffects


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
    points = model["cadss_cutoff"] + 1.0 + rng.exponential(model["cadss_background_points"], n)
    extra = np.where(strange, points, 0.0)
    rated: Array = np.minimum(model["cadss_most"], np.rint(true + extra[:, None]))
    return rated


def dissociated(ratings: Array, model: AcuteModel | None = None) -> NDArray[np.bool_]:
    """Whether any rating along the last axis counts as dissociation."""
    model = model or acute_model()
    return np.asarray((ratings > model["cadss_cutoff"]).any(axis=-1))
