"""The ensemble as columns: every parameter set at once, as the kernels read them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.core import mood as core
from reprieve.engine.mood.model import Array, MoodParameters
from reprieve.engine.mood.others import amplitude_and_course
from reprieve.engine.trials.design import Course

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Members:
    """Every set of an ensemble of m sets.

    `value` (m,) by parameter name; `constant` (m, 24) and `effect` (m, 2049) for the kernel;
    `cumulative` (m,) weights summed up; `sets` the same one by one, `best` the mode.
    """

    ensemble: Ensemble
    value: dict[str, Array]
    constant: Array
    effect: Array
    cumulative: Array
    sets: tuple[MoodParameters, ...]
    best: MoodParameters

    def __getitem__(self, name: str) -> Array:
        return self.value[name]

    def __len__(self) -> int:
        return len(self.cumulative)

    def gain(self, awareness: str) -> Array:
        """(m,) context gain of a session under that awareness of allocation."""
        return _gain(self, awareness)

    def others(self, courses: tuple[Course, ...]) -> tuple[Array, Array]:
        """Mean effects (m, k) and courses (m, k, 4) of other treatments."""
        return _others(self, courses)

    def pick(self, uniform: Array) -> Index:
        """(n,) a set for each uniform number, in proportion to the weights."""
        last = len(self) - 1
        return np.minimum(np.searchsorted(self.cumulative, uniform), last).astype(np.int64)


@lru_cache(maxsize=8)
def members(ensemble: Ensemble) -> Members:
    """The columns of an ensemble."""
    sets = list(ensemble)
    constant = np.array([params.constant() for params in sets])
    return Members(
        ensemble,
        {name: np.array([params[name] for params in sets]) for name in sets[0].values},
        constant,
        np.array([core.effect_table(row) for row in constant]),
        ensemble.weights.cumsum(),
        tuple(sets),
        ensemble.best(),
    )


@lru_cache(maxsize=64)
def _gain(members: Members, awareness: str) -> Array:
    return np.array([params.gain(awareness) for params in members.sets])


@lru_cache(maxsize=512)
def _others(members: Members, courses: tuple[Course, ...]) -> tuple[Array, Array]:
    rows = [amplitude_and_course(courses, params) for params in members.sets]
    means = np.array([row[0] for row in rows]).reshape(len(rows), len(courses))
    return means, np.array([row[1] for row in rows])
