"""Nobody waits to read the help. Bounds are generous: the exact numbers are in benchmarks/."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

REPEATS = 3
HEAVY = ("numba", "scipy", "numpy", "rich", "plotext", "jinja2", "distributed")


def seconds(*command: str) -> float:
    """Shortest of several runs of a process, less the start of the interpreter itself."""
    bare = min(_once(sys.executable, "-c", "pass") for _ in range(REPEATS))
    return min(_once(*command) for _ in range(REPEATS)) - bare


def _once(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def test_import_is_instant():
    assert seconds(sys.executable, "-c", "import reprieve") < 0.3


def test_help_is_instant():
    reprieve = str(Path(sys.executable).with_name("reprieve"))
    assert seconds(reprieve, "--help") < 0.3


@pytest.mark.parametrize("what", ["import reprieve", "from reprieve.cli import main"])
def test_nothing_heavy_is_imported_until_it_is_needed(what):
    code = f"import sys; {what}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
