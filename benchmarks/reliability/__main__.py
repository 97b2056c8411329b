"""Kill the clinic's server on both databases, and write down what was found.

`python -m benchmarks.reliability --cycles 1000 --postgres postgres://...`; without an address of a
PostgreSQL server, SQLite alone. Exit 1 where an acknowledged event was lost, changed or doubled.
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

from benchmarks.reliability import page, postgres

HERE = Path(__file__).parents[1]


def main() -> int:
    """Each database in a process of its own."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--cycles", type=int, default=1000)
    read.add_argument("--minutes", type=float, default=1e9, help="stop each after so long")
    read.add_argument("--postgres", default="", help="a server on which databases may be made")
    read.add_argument("--only", choices=("sqlite", "postgresql"), help="one of the two")
    read.add_argument("--port", type=int, default=8120)
    read.add_argument("--seed", type=int, default=1)
    read.add_argument("--no-write", action="store_true", help="print, change no file")
    asked = read.parse_args()
    addresses = {"sqlite": "", "postgresql": asked.postgres}
    results = [
        _run(asked, addresses[name])
        for name in (["sqlite", "postgresql"] if asked.only is None else [asked.only])
        if name == "sqlite" or asked.postgres
    ]
    if not asked.no_write:
        page.write(HERE, results)
    return 1 if any(r["faults"] for r in results) else 0


def _run(asked: argparse.Namespace, server: str) -> dict[str, Any]:
    with _environment(server) as environment, tempfile.TemporaryDirectory() as room:
        told = Path(room) / "result.json"
        subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.reliability.run"),
                *("--cycles", str(asked.cycles), "--port", str(asked.port)),
                *("--seed", str(asked.seed), "--minutes", str(asked.minutes)),
                *("--json", str(told)),
            ],
            cwd=HERE.parent,
            env=environment,
            check=False,  # 1 is a fault, which the result tells
        )
        found: dict[str, Any] = json.loads(told.read_text())
        return found


@contextmanager
def _environment(server: str) -> Iterator[dict[str, str]]:
    """This one, with a database of its own."""
    ours = ("REPRIEVE_", "DJANGO_", "DATABASE_URL")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    if not server:
        yield kept
        return
    with postgres.new_database(server) as address:
        yield kept | {"DATABASE_URL": address}


if __name__ == "__main__":
    raise SystemExit(main())
