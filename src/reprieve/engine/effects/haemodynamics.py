"""Resting vital signs, readings with their scatter, and what a monitor would see."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reprieve.engine.effects.parameters import AcuteModel, acute_model
from reprieve.engine.patient import Array, People

if TYPE_CHECKING:
    from reprieve.engine.effects.acute import AcuteEffects

SIGNS = ("sbp", "dbp", "hr")


@dataclass(frozen=True, slots=True)
class Vitals:
    """Resting vital signs before the dose, (n,) each: mmHg, mmHg, 1/min, %."""

    sbp: Array
    dbp: Array
    hr: Array
    spo2: Array

    def columns(self) -> Array:
        """(n, 4), in the kernels' order."""
        return np.column_stack((self.sbp, self.dbp, self.hr, self.spo2))


def typical_vitals(people: People, model: AcuteModel | None = None) -> Vitals:
    """Mean resting vital signs for age and blood-pressure history."""
    model = model or acute_model()
    n = len(people)
    older = people.age_y - model["reference_age"]
    return Vitals(
        sbp=model["resting_sbp"]
        + model["resting_sbp_age"] * older
        + model["resting_sbp_hypertension"] * people.hypertension,
        dbp=model["resting_dbp"]
        + model["resting_dbp_age"] * older
        + model["resting_dbp_hypertension"] * people.hypertension,
        hr=np.full(n, model["resting_hr"]),
        spo2=np.full(n, model["resting_spo2"]),
    )


def draw_vitals(
    people: People, rng: np.random.Generator, model: AcuteModel | None = None
) -> Vitals:
    """Resting vital signs of people who may start, drawn."""
    return vitals_of(people, rng.standard_normal((len(people), 4)), model)


def vitals_of(people: People, z: Array, model: AcuteModel | None = None) -> Vitals:
    """Resting vital signs of people who may start: those above the hold limit are brought down.

    `z` (n, 4) are independent standard-normal scores; systolic and diastolic pressure are made to
    correlate. A session does not start above the label's 140/90 mmHg, so larger resting values
    become the limit less the overshoot.
    """
    model = model or acute_model()
    mean = typical_vitals(people, model)
    rho = model["resting_correlation"]
    diastolic = rho * z[:, 0] + np.sqrt(1.0 - rho**2) * z[:, 1]
    return Vitals(
        sbp=_folded(
            mean.sbp + model["resting_sbp_sd"] * z[:, 0], model["lowest_sbp"], model["start_sbp"]
        ),
        dbp=_folded(
            mean.dbp + model["resting_dbp_sd"] * diastolic, model["lowest_dbp"], model["start_dbp"]
        ),
        hr=_folded(
            mean.hr + model["resting_hr_sd"] * z[:, 2], model["lowest_hr"], model["start_hr"]
        ),
        spo2=np.minimum(100.0, mean.spo2 + model["resting_spo2_sd"] * z[:, 3]),
    )


def _folded(value: Array, low: float, high: float) -> Array:
    """Values reflected at the limits, so that nobody is outside and none piles up there."""
    inside: Array = np.clip(high - np.abs(high - value), low, high)
    return inside


def readings(
    effects: "AcuteEffects", sign: str, minutes: "tuple[float, ...]", rng: np.random.Generator
) -> Array:
    """What a monitor shows at these minutes, (n, n_minutes): the true value and its scatter."""
    true = effects.at_minutes(sign, minutes)
    sd = effects.reading_sd[:, [SIGNS.index(sign)]]
    return true + sd * rng.standard_normal(true.shape)


def change_readings(
    effects: "AcuteEffects", sign: str, minutes: "tuple[float, ...]", rng: np.random.Generator
) -> tuple[Array, Array]:
    """One reading before the dose (n,), and the later readings less it (n, n_minutes).

    Row means are the fixed-minute means of a paper; row maxima are its peaks, which scatter
    alone makes positive: placebo has peaks too.
    """
    sd = effects.reading_sd[:, SIGNS.index(sign)]
    before = getattr(effects.baseline, sign) + sd * rng.standard_normal(len(sd))
    return before, readings(effects, sign, minutes, rng) - before[:, None]


def oximetry(
    effects: "AcuteEffects",
    minutes: "tuple[float, ...]",
    rng: np.random.Generator,
    model: AcuteModel | None = None,
) -> Array:
    """Oxygen saturation readings, %, (n, n_minutes), never above 100."""
    model = model or acute_model()
    true = effects.at_minutes("spo2", minutes)
    return np.minimum(100.0, true + model["spo2_reading_sd"] * rng.standard_normal(true.shape))
