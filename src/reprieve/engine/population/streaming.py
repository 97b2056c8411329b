"""Very large populations: kinetics summed up as they are computed, never stored.

For linear models with a 3-compartment parent and a 2-compartment metabolite, one intravenous
schedule for everybody and a uniform grid of times. A virtual trial asks for mean and spread over
time, and for each patient's peak, its time and the area under the curve: one pass gives all of
it, in memory that does not grow with patients times time points.
`reprieve.engine.kinetics.concentrations` answers everything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.core.stream import store_block, stream_block
from reprieve.engine.population.parallel import Block, map_blocks
from reprieve.engine.population.schedule import Schedule
from reprieve.errors import InputError

Array = NDArray[np.float64]

BLOCK = 512  # patients: small enough to keep two cores even on 10,000 people


@dataclass(frozen=True, slots=True)
class ParentMetabolite:
    """Parameters of n patients as columns (n,): L/h for clearances, L for volumes.

    A 3-compartment parent (`vc`, `vp1`, `vp2`) all of whose clearance forms a 2-compartment
    metabolite (`vc_m`, `vp_m`), as Otto 2021 describe S-ketamine and S-norketamine.

    References
    ----------
    otto_2021, fanta_2015
    """

    cl: Array
    vc: Array
    q1: Array
    vp1: Array
    q2: Array
    vp2: Array
    cl_m: Array
    vc_m: Array
    q_m: Array
    vp_m: Array

    def __post_init__(self) -> None:
        for f in fields(self):
            column = getattr(self, f.name)
            if column.shape != self.cl.shape or column.ndim != 1:
                raise InputError(
                    f"{f.name} has shape {column.shape}; expected one value a patient, "
                    f"{self.cl.shape}."
                )
            if not (np.isfinite(column) & (column > 0)).all():
                raise InputError(f"{f.name} must be positive and finite for every patient.")

    @classmethod
    def of(cls, values: Mapping[str, Array]) -> "ParentMetabolite":
        """From the values of `otto_2021_s_ketamine` that `kinetic_models.Individuals` draws."""
        names = (f.name.replace("_m", "_nk") for f in fields(cls))
        return cls(*(np.ascontiguousarray(values[name]) for name in names))

    def __len__(self) -> int:
        return len(self.cl)

    def table(self) -> Array:
        """The columns side by side (n, 10), in the order the kernels read them."""
        columns: list[Array] = [getattr(self, f.name) for f in fields(self)]
        return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True)
class AnalyteSummary:
    """One analyte in a population: over time (n_times,) and by patient (n,).

    `mean` and `sd` in mg/L. `peak` (mg/L) and `peak_time_h` look at the grid and at every time
    an infusion or bolus starts or ends; `area` (mg h/L) is the exact integral from 0 to the end.
    """

    mean: Array
    sd: Array
    peak: Array
    peak_time_h: Array
    area: Array


@dataclass(frozen=True, slots=True)
class KineticSummary:
    """What a streamed population leaves behind."""

    times_h: Array
    parent: AnalyteSummary
    metabolite: AnalyteSummary


def stream_kinetics(
    people: ParentMetabolite,
    plan: Schedule,
    weight_kg: Array | None = None,
    workers: int | None = None,
) -> KineticSummary:
    """Mean and SD over time, peak, its time and area by patient, in one pass.

    Parameters
    ----------
    people : parameters of n patients
    plan : see `stream_schedule`
    weight_kg : array (n,), needed when the plan is per kg
    workers : threads; all cores of the process when None. The result does not depend on it.
    """
    theta, scale = people.table(), _scale(people, plan, weight_kg)
    single = np.empty((len(people), 6))

    def one(block: Block) -> tuple[int, Array]:
        part, sums = slice(block.start, block.stop), np.zeros((4, len(plan.times_h)))
        stream_block(theta[part], scale[part], plan.cut, plan.times_h, sums, single[part])
        return len(block), sums

    moments = _Moments(len(plan.times_h))
    for count, sums in map_blocks(one, len(people), BLOCK, workers=workers):
        moments.add(count, sums)
    mean, sd = moments.mean, moments.sd()
    parent, metabolite = (
        AnalyteSummary(mean[a], sd[a], single[:, 3 * a], single[:, 3 * a + 1], single[:, 3 * a + 2])
        for a in (0, 1)
    )
    return KineticSummary(plan.times_h, parent, metabolite)


def store_kinetics(
    people: ParentMetabolite,
    plan: Schedule,
    weight_kg: Array | None = None,
    workers: int | None = None,
    out: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """Every concentration of parent and metabolite, two arrays (n, n_times) in mg/L.

    `out` gives arrays to fill, which spares the operating system the handing out of fresh memory.
    """
    theta, scale = people.table(), _scale(people, plan, weight_kg)
    shape = (len(people), len(plan.times_h))
    parent, metabolite = out or (np.empty(shape), np.empty(shape))
    if parent.shape != shape or metabolite.shape != shape:
        raise InputError(f"out has shapes {parent.shape} and {metabolite.shape}; expected {shape}.")

    def one(block: Block) -> None:
        part = slice(block.start, block.stop)
        store_block(theta[part], scale[part], plan.cut, parent[part], metabolite[part])

    map_blocks(one, len(people), BLOCK, workers=workers)
    return parent, metabolite


def _scale(people: ParentMetabolite, plan: Schedule, weight_kg: Array | None) -> Array:
    if not plan.per_kg:
        return np.ones(len(people))
    if weight_kg is None or len(weight_kg) != len(people):
        raise InputError("Doses per kg need the weight of every patient in kg.")
    return np.ascontiguousarray(weight_kg, dtype=float)


class _Moments:
    """Means and sums of squared deviations of two analytes, merged block by block.

    Pairwise updating, as Chan, Golub and LeVeque describe it, loses nothing to large means.
    """

    def __init__(self, n_times: int) -> None:
        self.n = 0
        self.mean = np.zeros((2, n_times))
        self._squares = np.zeros((2, n_times))

    def add(self, n: int, sums: Array) -> None:
        mean = sums[0::2] / n
        shift, total = mean - self.mean, self.n + n
        self._squares += sums[1::2] - n * mean**2 + shift**2 * (self.n * n / total)
        self.mean += shift * (n / total)
        self.n = total

    def sd(self) -> Array:
        """Sample standard deviation; zero for one patient."""
        spread: Array = np.sqrt(np.maximum(self._squares, 0.0) / max(self.n - 1, 1))
        return spread
