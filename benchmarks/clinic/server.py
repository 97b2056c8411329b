"""The clinic's server as `reprieve clinic serve` starts it: `... FOLDER PORT WORKERS`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.tablet import GONE, Tablet

ROOT = Path(__file__).parents[2]
WAIT_S = 120.0


@contextmanager
def served(folder: Path, port: int, workers: int, environment: dict[str, str]) -> Iterator[None]:
    """A server of this folder's clinic that answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.clinic.server", str(folder), str(port), str(workers)],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )
    try:
        _wait(port)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait(port: int) -> None:
    probe, began = Tablet(port, "nobody"), time.perf_counter()
    while time.perf_counter() - began < WAIT_S:
        try:
            if probe.get("/health/live/").status == 200:
                return
        except GONE:
            time.sleep(0.1)
    raise TimeoutError(f"The server did not answer within {WAIT_S:.0f} s.")


if __name__ == "__main__":
    from reprieve.clinic import running

    running.begin(Path(sys.argv[1]))
    running.serve(int(sys.argv[2]), workers=int(sys.argv[3]), threads=8)
