"""Who is treated: one patient, or many as columns."""

from dataclasses import dataclass, field, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reprieve.errors import InputError

Array = NDArray[np.float64]

ANCESTRIES = ("caucasian", "japanese", "other_asian", "other")
LIVER = ("normal", "moderate", "severe")


@dataclass(frozen=True, slots=True)
class Patient:
    """One adult. `None` is unknown and is integrated over, never guessed.

    Ages in years, weight in kg, height in cm, `benzodiazepine_mg` in diazepam equivalents a day.
    `interactions` names files of `reprieve.evidence.interactions` ("rifampicin", "ticlopidine").
    """

    age_y: float | None = None
    sex: Literal["F", "M"] | None = None
    weight_kg: float | None = None
    height_cm: float | None = None
    ancestry: str | None = None
    liver: str = "normal"
    hypertension: bool | None = None
    interactions: tuple[str, ...] = ()
    benzodiazepine_mg: float | None = None
    failed_trials: int | None = None
    age_at_onset_y: float | None = None
    family_alcohol: bool | None = None
    anxious: bool | None = None

    def __post_init__(self) -> None:
        _within("age_y", self.age_y, 18, 110, "years; Reprieve treats adults")
        _within("weight_kg", self.weight_kg, 25, 350, "kg")
        _within("height_cm", self.height_cm, 100, 250, "cm")
        _within("benzodiazepine_mg", self.benzodiazepine_mg, 0, 400, "mg diazepam a day")
        _within("failed_trials", self.failed_trials, 0, 60, "failed antidepressant trials")
        _within("age_at_onset_y", self.age_at_onset_y, 0, 110, "years")
        if self.ancestry is not None and self.ancestry not in ANCESTRIES:
            raise InputError(
                f"ancestry was '{self.ancestry}'; expected one of {', '.join(ANCESTRIES)}."
            )
        if self.liver not in LIVER:
            raise InputError(f"liver was '{self.liver}'; expected one of {', '.join(LIVER)}.")


def _within(name: str, value: float | None, low: float, high: float, unit: str) -> None:
    if value is not None and not low <= value <= high:  # NaN fails the comparison too
        raise InputError(f"{name} was {value}; expected {low} to {high} {unit}.")


@dataclass(frozen=True, slots=True)
class People:
    """Many patients as columns of the same length n, every value known.

    Shapes are (n,). Units as in `Patient`; flags are 0.0 or 1.0.
    """

    age_y: Array
    female: Array
    weight_kg: Array
    height_cm: Array
    japanese: Array
    asian: Array
    hypertension: Array
    liver: str = "normal"
    interactions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lengths = {f.name: len(getattr(self, f.name)) for f in fields(self) if f.type is Array}
        if len(set(lengths.values())) > 1:
            raise InputError(f"columns of unequal length: {lengths}.")

    def __len__(self) -> int:
        return len(self.weight_kg)


@dataclass(frozen=True, slots=True)
class Demography:
    """Where unknown columns of a population are drawn from.

    Defaults describe the adults of the esketamine depression trials: a US/European weight
    distribution with the median of Perez-Ruixo 2021 (74 kg, 39-170 kg, age 18-86, 58 % women).
    Spreads are assumed.
    """

    age_mean: float = 46.0
    age_sd: float = 12.0
    age_low: float = 18.0
    age_high: float = 86.0
    female: float = 0.6
    weight_median: float = 76.0
    weight_log_sd: float = 0.22
    height_mean_f: float = 164.0
    height_mean_m: float = 177.0
    height_sd: float = 7.0
    hypertension: float = 0.2
    japanese: float = 0.0
    asian: float = 0.0
    interactions: tuple[str, ...] = field(default=())


def draw_people(
    n: int,
    rng: np.random.Generator,
    patient: Patient | None = None,
    where: Demography | None = None,
) -> People:
    """n people like `patient`: what is known of the patient is fixed, the rest is drawn.

    The number of draws does not depend on what is known, so that learning one covariate
    changes no other.
    """
    who, where = patient or Patient(), where or Demography()
    z = rng.standard_normal((n, 3))
    u = rng.random((n, 4))
    age = np.clip(where.age_mean + where.age_sd * z[:, 0], where.age_low, where.age_high)
    female = (u[:, 0] < where.female).astype(float)
    if who.sex is not None:
        female = np.full(n, float(who.sex == "F"))
    weight = np.clip(where.weight_median * np.exp(where.weight_log_sd * z[:, 1]), 39.0, 170.0)
    height = (
        np.where(female > 0, where.height_mean_f, where.height_mean_m) + where.height_sd * z[:, 2]
    )
    japanese = (u[:, 1] < where.japanese).astype(float)
    asian = np.maximum(japanese, (u[:, 2] < where.asian).astype(float))
    if who.ancestry is not None:
        japanese = np.full(n, float(who.ancestry == "japanese"))
        asian = np.full(n, float(who.ancestry in ("japanese", "other_asian")))
    hypertension = (u[:, 3] < where.hypertension).astype(float)
    return People(
        age_y=_known(who.age_y, age),
        female=female,
        weight_kg=_known(who.weight_kg, weight),
        height_cm=_known(who.height_cm, height),
        japanese=japanese,
        asian=asian,
        hypertension=_known(
            None if who.hypertension is None else float(who.hypertension), hypertension
        ),
        liver=who.liver,
        interactions=who.interactions or where.interactions,
    )


def _known(value: float | None, drawn: Array) -> Array:
    return drawn if value is None else np.full(len(drawn), float(value))
