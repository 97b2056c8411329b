"""Where the time of one patient goes, on one core."""

import cProfile
import pstats
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.timing import best
from benchmarks.workload import Chain, Kinetics
from reprieve.engine.core import stream
from reprieve.engine.core.stream_modes import modes
from reprieve.engine.population.chain import stream_chain

Array = NDArray[np.float64]
STAGES = (
    "rates and amplitudes",
    "exponentials of the schedule's distinct times",
    "powers of a tile",
    "modes from cut to cut, and the curves",
    "sums and sums of squares",
    "peaks and their times",
)
KERNELS = {
    "acute_extremes": "acute effects",
    "session_plasma": "plasma around the sessions",
    "blocked_hours": "receptor occupancy",
    "run_arm": "plasticity, mood",
}


def streaming(work: Kinetics) -> dict[str, float]:
    """ns a patient by stage of workload (a), streaming."""
    theta, scale, grid = work.people.table(), work.weight_kg, work.plan.times_h
    sums, single = np.zeros((4, len(grid))), np.empty((len(scale), 4))
    curves = np.zeros((2, len(grid)))
    reached = [
        best(
            lambda depth=depth: _upto(
                depth, theta, scale, work.plan.cut, curves, grid, sums, single
            )
        )
        for depth in range(len(STAGES) + 1)
    ]
    per_patient = 1e9 / len(scale)
    return {
        name: (after - before) * per_patient
        for name, (before, after) in zip(STAGES, pairwise(reached), strict=True)
    }


@njit(nogil=True, error_model="numpy")
def _upto(
    depth: int,
    theta: Array,
    scale: Array,
    cut: stream.Cut,
    curves: Array,
    grid: Array,
    sums: Array,
    single: Array,
) -> None:
    """`stream.stream_block`, left after so many stages."""
    work, parent, metabolite = stream.work_space(cut), curves[0], curves[1]
    for i in range(len(scale)):
        if depth > 0:
            modes(theta[i], work.rate, work.amplitude)
        if depth > 1:
            stream.decays(work.rate, cut.distinct, work.decay, work.gain)
        if depth > 2:
            stream.tile_powers(work.rate, cut.spacing, work.power)
        if depth > 3:
            stream.modal_profile(scale[i], cut, work, parent, metabolite)
        if depth > 4:
            stream.accumulate(parent, metabolite, sums)
        if depth > 5:
            edges = work.edges
            single[i, 0], single[i, 1] = stream.peak(parent, grid, edges[:, 0], cut.segments)
            single[i, 2], single[i, 3] = stream.peak(metabolite, grid, edges[:, 1], cut.segments)


def chain(work: Chain) -> dict[str, float]:
    """ns a patient by kernel of workload (b); the rest is drawing, events and sums, in numpy."""
    found: list[dict[str, float]] = []
    for _ in range(4):
        profiler = cProfile.Profile()
        profiler.runcall(stream_chain, work.people, work.course, 1, 1)
        stats = pstats.Stats(profiler)
        own = {key[2]: row[2] for key, row in stats.stats.items()}  # type: ignore[attr-defined]
        times = {label: own[name] for name, label in KERNELS.items()}
        total = stats.total_tt  # type: ignore[attr-defined]
        found.append({**times, "draws, events, sums": total - sum(times.values())})
    quickest = min(found, key=lambda times: sum(times.values()))
    return {name: seconds * 1e9 / len(work.people) for name, seconds in quickest.items()}
