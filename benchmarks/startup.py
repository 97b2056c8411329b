"""How long a user waits: import, help, the first simulation ever and the first of a process."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPEATS = 5
FIRST = """
from reprieve.engine.dosing.doses import Dose
from reprieve.engine.population.schedule import schedule
from benchmarks.workload import chain, kinetics
from reprieve.engine.population.chain import stream_chain
from reprieve.engine.population.streaming import stream_kinetics
work = kinetics(1000)
stream_kinetics(work.people, work.plan, work.weight_kg)
work = chain(1000)
stream_chain(work.people, work.course, seed=1)
"""
SIMULATE = ["simulate", "ketamine 0.5 mg/kg IV over 40 min, once", "-n", "1000", "--json"]


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds, interpreter start included (`python` is that start alone)."""

    python: float
    imports: float
    help: float
    streaming_first: float
    streaming_later: float
    simulate_first: float | None
    simulate_later: float | None


def measure() -> Waits:
    """Run each in a process of its own; the first ones with an empty cache of compiled code."""
    command = str(Path(sys.executable).with_name("reprieve"))
    cache = tempfile.mkdtemp(prefix="reprieve-cache-")
    try:
        fresh = {**os.environ, "NUMBA_CACHE_DIR": cache}
        streaming = [_run([sys.executable, "-c", FIRST], fresh) for _ in range(3)]
        simulate = [_run([command, *SIMULATE], fresh) for _ in range(3)]
    finally:
        shutil.rmtree(cache)
    return Waits(
        python=_best([sys.executable, "-c", "pass"]),
        imports=_best([sys.executable, "-c", "import reprieve"]),
        help=_best([command, "--help"]),
        streaming_first=streaming[0] or 0.0,
        streaming_later=min(t or 0.0 for t in streaming[1:]),
        simulate_first=simulate[0],
        simulate_later=simulate[2] if None in simulate else min(t for t in simulate[1:] if t),
    )


def _best(command: list[str]) -> float:
    return min(_run(command, dict(os.environ)) or 0.0 for _ in range(REPEATS))


def _run(command: list[str], environment: dict[str, str]) -> float | None:
    """Seconds of a process, None when it failed."""
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
    return time.perf_counter() - start if done.returncode == 0 else None
