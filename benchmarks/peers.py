"""Reprieve beside other engines on workload (a): what a user would pick today.

The peers return both concentrations at the 1,001 times. That is less than Reprieve's streaming
does (no summaries, no areas), so ratios favour the peers. Two processes each take half of the
people, at the same moment; imports and compilation are not counted.
"""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from benchmarks import engines
from benchmarks.workload import Kinetics, kinetics
from reprieve.engine.population.streaming import store_kinetics

CORES = 2
PATIENCE_S = 120.0  # for one peer, imports and compilation included


@dataclass(frozen=True, slots=True)
class Peer:
    """An engine: the package it needs, patients for each core, and a maker of its solver."""

    package: str
    patients: int
    make: Callable[[], engines.Solver]


PEERS = {
    "SciPy solve_ivp, LSODA": Peer("scipy", 40, engines.scipy_ivp("LSODA")),
    "SciPy solve_ivp, DOP853": Peer("scipy", 20, engines.scipy_ivp("DOP853")),
    "numbalsoda, LSODA": Peer("numbalsoda", 2000, engines.numbalsoda),
    "diffsol, Tsit45 (Rust, compiled equations)": Peer("pydiffsol", 500, engines.diffsol),
    "diffrax, Dopri8 (JAX, compiled, batched)": Peer("diffrax", 400, engines.diffrax),
    "libRoadRunner, CVODE (compiled SBML)": Peer("libroadrunner", 200, engines.roadrunner),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Patients a second on two cores, and the largest difference from Reprieve, by peak."""

    name: str
    version: str
    rate: float
    difference: float
    note: str = ""


def installed(package: str) -> str:
    """Version of a package, empty when it is absent."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def measure(name: str) -> Measured:
    """Run one peer on two cores. A peer that is absent or fails is reported, not hidden."""
    peer = PEERS[name]
    found = installed(peer.package)
    if not found:
        return Measured(name, "", 0.0, 0.0, "not installed: see benchmarks/requirements.txt")
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(CORES), context.Queue()
    workers = [
        context.Process(target=_work, args=(name, core, barrier, results)) for core in range(CORES)
    ]
    for worker in workers:
        worker.start()
    try:
        outcomes = [results.get(timeout=PATIENCE_S) for _ in workers]
    except Exception as error:
        return Measured(name, found, 0.0, 0.0, f"gave no result: {type(error).__name__}")
    finally:
        for worker in workers:
            worker.join(timeout=5.0)
            if worker.is_alive():
                worker.terminate()
    failed = [text for _, _, text in outcomes if text]
    if failed:
        return Measured(name, found, 0.0, 0.0, f"failed: {failed[0]}")
    slowest = max(took for took, _, _ in outcomes)
    return Measured(name, found, CORES * peer.patients / slowest, max(d for _, d, _ in outcomes))


def _work(name: str, core: int, barrier: Any, results: Any) -> None:
    """One core's half: warm up on the same shapes, wait for the other core, solve, compare."""
    try:
        peer = PEERS[name]
        mine = part(core * peer.patients, peer.patients)
        solve = peer.make()
        solve(mine if peer.package == "diffrax" else mine.first(2))  # shapes are compiled in
        barrier.wait(timeout=PATIENCE_S)
        start = time.perf_counter()
        profiles = solve(mine)
        results.put((time.perf_counter() - start, difference(profiles, mine), ""))
    except Exception as error:
        barrier.abort()
        results.put((0.0, 0.0, f"{type(error).__name__}: {error}"[:200]))


def part(start: int, n: int) -> Kinetics:
    """People start..start+n of the workload."""
    return kinetics().some(slice(start, start + n))


def difference(profiles: engines.Profiles, work: Kinetics) -> float:
    """Largest difference from Reprieve as a fraction of each patient's own peak."""
    ours = store_kinetics(work.people, work.plan, work.weight_kg)
    return max(
        float((np.abs(a - b).max(axis=1) / b.max(axis=1)).max())
        for a, b in zip(profiles, ours, strict=True)
    )
