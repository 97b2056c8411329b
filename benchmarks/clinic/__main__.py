"""Measure the clinic and write CLINIC.md: `python -m benchmarks.clinic [--postgres URL]`.

SQLite with one process, as `reprieve clinic serve` starts; PostgreSQL with two. Exit 1 where a
bound is missed or a request failed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.clinic import load, page
from benchmarks.clinic.floor import Floor
from benchmarks.clinic.server import served
from benchmarks.reliability.postgres import new_database

HERE = Path(__file__).parents[1]
WORKERS = {"sqlite": 1, "postgresql": 2}


def main() -> int:
    """One database after the other."""
    asked = _options()
    results = {}
    for name in [asked.only] if asked.only else ["sqlite", "postgresql"]:
        server = asked.postgres or _found() if name == "postgresql" else ""
        if name == "postgresql" and not server:
            print("No PostgreSQL was found: SQLite alone is measured.", file=sys.stderr)
            continue
        results[name] = _measure(name, server, asked)
        Console(width=100).print(page.table(name, results[name]))
    if not asked.no_write:
        page.write(HERE, results)
    return 0 if all(page.passed(r) for r in results.values()) else 1


def _options() -> argparse.Namespace:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--postgres", default="", help="a server on which databases may be made")
    read.add_argument("--only", choices=("sqlite", "postgresql"))
    read.add_argument("--seconds", type=float, default=120.0)
    read.add_argument("--port", type=int, default=8130)
    read.add_argument("--no-write", action="store_true", help="print, change no file")
    return read.parse_args()


def _found() -> str:
    """The server that the tests use, if there is one."""
    told = subprocess.run([HERE.parent / "tools" / "system.sh"], capture_output=True, text=True)
    return told.stdout.strip()


def _measure(name: str, server: str, asked: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="reprieve-floor-") as room, _database(server) as env:
        folder = Path(room) / "clinic"
        built = subprocess.run(
            [sys.executable, "-m", "benchmarks.clinic.floor", str(folder)],
            cwd=HERE.parent,
            env=env,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        floor = Floor(**json.loads(built.stdout.splitlines()[-1]))
        before = os.getloadavg()[0]
        with served(folder, asked.port, WORKERS[name], env):
            times = load.run(asked.port, floor, asked.seconds)
    return page.result(times, asked.seconds, WORKERS[name], before)


@contextmanager
def _database(server: str) -> Iterator[dict[str, str]]:
    ours = ("REPRIEVE_", "DJANGO_", "DATABASE_URL")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    if not server:
        yield kept
        return
    with new_database(server) as address:
        yield kept | {"DATABASE_URL": address}


if __name__ == "__main__":
    raise SystemExit(main())
