"""Results as a page: RELIABILITY.md, the last run of each database."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.report import machine

TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
LINES = {
    "asked_cycles": "cycles asked for",
    "cycles": "cycles run",
    "kills": "servers killed with SIGKILL",
    "backends_ended": "database backends ended under the server",
    "kills_with_requests_in_flight": "kills while a request was on its way",
    "acknowledged": "events acknowledged",
    "sessions": "sessions played to the signature",
    "handed_over": "times another tablet went on with a session",
    "unanswered_and_sent_again": "requests without an answer, sent again",
    "stored_though_never_answered": "events stored by a server that died before it answered",
    "answered_and_sent_again": "answered events sent once more, answered the same",
    "server_errors": "answers that the database had gone",
    "start_median_s": "median start of a preloaded server, s",
    "took_s": "whole run, s",
}
INTRO = """# Reliability: the clinic's server killed again and again

`make bench-reliability` (or `python -m benchmarks.reliability --cycles 1000 --postgres URL`).
Written by the run; not edited by hand.

Three tablets enter treatment sessions of invented patients by HTTP, drug ledger included: one
from the door to the second check and called off there, its drug wasted before a witness; the next
from the running drug to the countersignature. The server (gunicorn as `reprieve clinic serve`
starts it, with all its processes) is killed with SIGKILL at a random moment 0 to 0.4 s after its
first answer, started again, and killed again. On PostgreSQL every fifth cycle ends the server's
database backends instead. What a tablet got no answer for, it sends again under the same id; now
and then it sends again what was answered; sessions change to another tablet with another sign-in.
At the end every acknowledged event is compared with its row: id, session, kind, content, time and
place in the record; nothing may be there twice, in the record, the audit or the ledger; sessions
are replayed; the whole record is verified.

A killed process is what this shows. A power cut is not: that SQLite and PostgreSQL have a commit
on disk before they confirm it (`synchronous=FULL`, `synchronous_commit=on`) is their own promise,
which the health page asks for. To spare seconds of imports, each server is forked from a parent
that has imported the program and holds no connection.
"""


def write(folder: Path, results: list[dict[str, Any]]) -> None:
    """RELIABILITY.md and `reliability.json`; a database that was not run keeps its last."""
    kept = folder / "reliability.json"
    runs: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    for result in results:
        runs[result["database"]] = {"machine": asdict(machine()), "result": result}
    kept.write_text(json.dumps(runs, indent=1) + "\n")
    (folder / "RELIABILITY.md").write_text(text(runs))


def text(runs: dict[str, Any]) -> str:
    """The page."""
    parts = [INTRO]
    for database, run in runs.items():
        found, where = run["result"], run["machine"]
        parts.append(
            f"## {TITLES[database]}: {_verdict(found)}\n\n{where['date']}, {where['processor']}, "
            f"{where['cores']} cores, Python {where['python']}, commit {where['commit']}, seed "
            f"{found['seed']}.\n\n| | |\n| --- | ---: |\n"
            + "".join(f"| {said} | {found[key]} |\n" for key, said in LINES.items())
            + "".join(f"\n- {fault}" for fault in found["faults"])
        )
    return "\n".join(parts)


def _verdict(found: dict[str, Any]) -> str:
    if found["faults"]:
        return f"{len(found['faults'])} faults"
    return f"{found['cycles']:,} cycles, none of {found['acknowledged']:,} events lost or doubled"
