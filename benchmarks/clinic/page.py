"""Percentiles, bounds, and CLINIC.md."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from benchmarks.clinic.floor import PAST, PATIENTS, STARTS_MIN, TREATED
from benchmarks.clinic.load import BOARDS, NURSES, READERS, Times
from benchmarks.report import machine

TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
BOUNDS_MS = {"event write": 150.0, "board refresh": 200.0, "cockpit refresh": 200.0}
PAGE_MS = 300.0
HEAD = ("asked", "n", "p50 ms", "p95 ms", "p99 ms", "most ms", "p95 bound", "")


def result(times: Times, seconds: float, workers: int, load_before: float) -> dict[str, Any]:
    """What one run found; milliseconds as a client on the same machine waits."""
    return {
        "machine": asdict(machine()),
        "seconds": seconds,
        "workers": workers,
        "load_before": round(load_before, 2),
        "requests": sum(len(v) for v in times.ms.values()),
        "failed": times.failed[:20],
        "ms": {name: _percentiles(found) for name, found in sorted(times.ms.items())},
    }


def _percentiles(found: list[float]) -> dict[str, float]:
    marks = np.percentile(found, [50, 95, 99, 100])
    named = zip(("p50", "p95", "p99", "most"), marks, strict=True)
    return {"n": len(found)} | {k: round(float(v), 1) for k, v in named}


def bound(name: str) -> float:
    """The most milliseconds for the 95th percentile."""
    return BOUNDS_MS.get(name, PAGE_MS)


def passed(found: dict[str, Any]) -> bool:
    """Whether every bound was kept and nothing failed."""
    return not found["failed"] and all(v["p95"] < bound(k) for k, v in found["ms"].items())


def rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """Cells, those with a bound of their own first."""
    names = sorted(found["ms"], key=lambda n: (n not in BOUNDS_MS, n))
    made = []
    for name in names:
        ms = found["ms"][name]
        cells = [f"{ms[k]:.0f}" for k in ("n", "p50", "p95", "p99", "most")]
        kept = "kept" if ms["p95"] < bound(name) else "MISSED"
        made.append((name, *cells, f"{bound(name):.0f}", kept))
    return made


def table(name: str, found: dict[str, Any]) -> Table:
    """For the terminal."""
    made = Table(*HEAD, title=f"{TITLES[name]}, {found['workers']} process(es)")
    for row in rows(found):
        made.add_row(*row)
    for line in found["failed"]:
        made.add_row(line)
    return made


def write(folder: Path, results: dict[str, Any]) -> None:
    """CLINIC.md and `clinic.json`; a database that was not measured keeps its last."""
    kept = folder / "clinic.json"
    runs = json.loads(kept.read_text()) if kept.exists() else {}
    runs |= results
    kept.write_text(json.dumps(runs, indent=1) + "\n")
    (folder / "CLINIC.md").write_text(text(runs))


def text(runs: dict[str, Any]) -> str:
    """The page."""
    parts = [INTRO]
    for name, found in runs.items():
        where = found["machine"]
        lines = [
            f"## {TITLES[name]}, {found['workers']} server process(es)\n",
            f"{where['date']}, {where['processor']}, {where['cores']} cores, Python "
            f"{where['python']}, commit {where['commit']}; {found['requests']:,} requests in "
            f"{found['seconds']:.0f} s, {len(found['failed'])} failed. Load average of the machine "
            f"before the run: {found['load_before']}.\n",
            "| " + " | ".join(HEAD) + " |",
            "| --- |" + " ---: |" * (len(HEAD) - 2) + " --- |",
            *("| " + " | ".join(row) + " |" for row in rows(found)),
            *(f"\n- failed: {line}" for line in found["failed"]),
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


INTRO = f"""# How fast the clinic answers

`make bench-clinic` (or `python -m benchmarks.clinic`). Written by the run; not edited by hand.

{len(STARTS_MIN)} live chairs, {PATIENTS} patients, {TREATED} courses with {PAST} signed session(s)
behind each. {BOARDS} boards and {NURSES} cockpits refresh every 2.5 s as their pages do, each
cockpit writes an event every 10 s, {READERS} people open another page every 3 s:
{BOARDS + NURSES + READERS} people, faster than people are. The server is gunicorn as
`reprieve clinic serve` starts it; load and server share the machine.
Milliseconds are what the client waits, by HTTP on loopback, TLS not included. PDF is not among the
pages: a printed record takes a second or two. The bounds are meant for a machine that does nothing
else: where the load average before a run is above the number of cores, waiting for other programs
is most of what is measured.
"""
