"""What makes one person: independent standard normals, and the traits they stand for.

The prior of every coordinate is a standard normal whatever the parameter set, so a search among
people is a search in one plain space. The person's own deviation and that of the place where they
are treated act in the same way on a score and are drawn as one.
"""

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from scipy.special import ndtri

from reprieve.engine.core import mood as core
from reprieve.engine.core import people as people_core
from reprieve.engine.forecast.members import Index, Members
from reprieve.engine.mood.model import MADRS_MAX, OTHERS, Array

# coordinates of a person that are spoken of elsewhere
STIMULUS, OTHER = people_core.STIMULUS, people_core.OTHER
DIMS = OTHER + OTHERS


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of the place's own effects: drug, context, shared, in SD between trials.

    `mean` (3,) and `cov` (3, 3) of a normal; nothing known is zero and one.
    """

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    cov: tuple[tuple[float, float, float], ...] = (
        (1.0, 0.0, 0.0),
        (0.0, 1.0, 0.0),
        (0.0, 0.0, 1.0),
    )


@dataclass(frozen=True, slots=True)
class Prior:
    """Where a person's traits come from.

    `drug_shift` and `context_shift` are mean and SD of what covariates add to the log of the
    effect (`predictors.shift_prior`); `other` (m, k) mean effects of other treatments under
    each parameter set.
    """

    members: Members
    place: Place
    drug_shift: tuple[float, float]
    context_shift: tuple[float, float]
    other: Array

    def patients(self, z: Array, member: Index) -> tuple[Array, Array]:
        """People of coordinates z (n, DIMS) under the sets `member` (n,).

        Returns
        -------
        patient : (n, 11) the kernel's columns, baseline and fluctuation zero
        amplitude : (n, k) latent effect of the other treatments
        """
        patient = np.empty((len(z), core.TRAITS))
        amplitude = np.empty((len(z), self.other.shape[1]))
        joint = _joint(self.members, self.place, self.drug_shift, self.context_shift)
        people_core.live(z, member, _values(self.members), joint, self.other, patient, amplitude)
        return patient, amplitude


_NEEDED = (
    "emax", "pnr", "x0", "wx", "h", "taup", "wtau", "tauc", "wtauc", "rho_frailty", "wfrail",
    "loss", "wloss", "wa",
)  # fmt: skip


@lru_cache(maxsize=8)
def _values(sets: Members) -> Array:
    """(m, 14) what the kernel of traits needs of every set."""
    found = np.column_stack([sets[name] for name in _NEEDED])
    # a rank is reached where its normal is
    found[:, people_core.UNMOVED] = ndtri(sets["pnr"])
    return found


@lru_cache(maxsize=256)
def _joint(
    sets: Members,
    place: Place,
    drug_shift: tuple[float, float],
    context_shift: tuple[float, float],
) -> Array:
    """(m, 16) the kernel's columns of `factors`."""
    low, mean, row, own = factors(sets, place, drug_shift, context_shift)
    return np.column_stack([low.reshape(len(sets), 9), mean, row, own])


@lru_cache(maxsize=256)
def factors(
    sets: Members,
    place: Place,
    drug_shift: tuple[float, float],
    context_shift: tuple[float, float],
) -> tuple[Array, Array, Array, Array]:
    """Of the three joint effects, for every set: factor (m, 3, 3) and mean (m, 3) so that effects
    are mean + factor z; row (m, 3) and variance (m,) of the person's own part of the first."""
    own = np.stack([sets["we"], sets["wx"], sets["wh"]], axis=1)
    between = np.stack([sets["trial_drug"], sets["trial_context"], sets["trial_shared"]], axis=1)
    cov = between[:, :, None] * np.asarray(place.cov) * between[:, None, :]
    told = np.array([drug_shift[1] ** 2, context_shift[1] ** 2, 0.0])
    cov = cov + np.eye(3) * (own**2 + told)[:, None, :]
    mean = between * np.asarray(place.mean) + np.array([drug_shift[0], context_shift[0], 0.0])
    low = np.linalg.cholesky(cov)
    # the person's own normal given the effects: weight we on the first of them
    inverse = np.linalg.inv(low)
    row = own[:, :1] * inverse[:, :, 0]
    return low, mean, row, 1.0 - (row**2).sum(axis=1)


def entry_constants(sets: Members) -> Array:
    """(m, 7) what the score filter (`core.filter`) needs of every set.

    Entrants stand `entry` SD above their own mean with variance 1 - entry^2 / 2 (the mood
    model's law); told as a reading of the stationary fluctuation, that is a value of
    `mean` give or take `sd`.
    """
    entry = sets["entry"]
    precision = 1.0 / (1.0 - entry**2 / 2) - 1.0
    mean = entry / (1.0 - entry**2 / 2) / precision
    names = ("sw", "tw", "sv", "tv", "sm")
    return np.column_stack([*(sets[name] for name in names), mean, 1.0 / np.sqrt(precision)])


def baseline() -> tuple[float, float]:
    """Mean and SD of the latent baseline before any score is seen, logit."""
    mean, sd = forecast_value("baseline_mean"), forecast_value("baseline_sd")
    return float(np.log(mean / (MADRS_MAX - mean))), sd


@cache
def forecast_value(name: str) -> float:
    """A number of `evidence/models/forecast.toml`."""
    text = (files("reprieve.evidence") / "models" / "forecast.toml").read_text(encoding="utf-8")
    return float(tomllib.loads(text)[name]["value"])


def draw_fluctuation(rng: np.random.Generator, sets: Members, member: Index) -> tuple[Array, Array]:
    """(n,) slow and fast fluctuation on the day of the first treatment, logit."""
    entry, n = sets["entry"][member], len(member)
    above = entry[:, None] + np.sqrt(1 - entry[:, None] ** 2 / 2) * rng.standard_normal((n, 2))
    return sets["sw"][member] * above[:, 0], sets["sv"][member] * above[:, 1]
