"""One run as tables: for the terminal, and as Markdown for RESULTS.md."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from benchmarks.chain_peer import ChainMeasured
from benchmarks.ours import (
    FLOP_PROFILE,
    FLOP_SUMMARY,
    Rates,
    gflops,
    gigabytes,
    gigabytes_near,
)
from benchmarks.peers import Measured
from benchmarks.roofline import Limits
from benchmarks.startup import Waits
from benchmarks.workload import PATIENTS, TIMES, TOLERANCE

TARGETS = {"streaming": 250_000, "stored": 60_000, "chain": 20_000}
QUOTED = (  # read elsewhere, for two cores at 1e-8; not measured here
    ("mrgsolve 2.0 (quoted, not measured)", 1000, 700),
    ("rxode2 5.1 (quoted, not measured)", 1200, 360),
)
AGREEMENT = 1e-6
FOOTNOTE = (
    "[1] Off by more than 1e-6 of a patient's peak at its nominal tolerance: it interpolates "
    "between long steps. The others, and an independent matrix exponential in the tests, agree."
)
Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when."""

    date: str
    processor: str
    cores: int
    python: str
    numpy: str
    numba: str
    commit: str


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one run measured."""

    machine: Machine
    limits: Limits
    rates: Rates
    peers: list[Measured]
    chain: ChainMeasured | None
    waits: Waits | None
    anatomy: dict[str, dict[str, float]]
    seconds: float


def machine() -> Machine:
    """This machine, now."""
    here = Path(__file__).parent
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=here, capture_output=True, text=True
    )
    return Machine(
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        _processor(),
        os.cpu_count() or 1,
        platform.python_version(),
        version("numpy"),
        version("numba"),
        found.stdout.strip() or "unknown",
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def speeds(run: Run) -> Rows:
    """Reprieve's own rates beside the targets."""
    names = {
        "streaming": "(a) kinetics, streaming",
        "stored": "(a) kinetics, every float64 stored",
        "stored_again": "(a) the same into arrays that are used again",
        "chain": "(b) full chain, streaming",
    }
    rows = []
    for key, name in names.items():
        rates = getattr(run.rates, key)
        target = f"{TARGETS[key]:,}" if key in TARGETS else ""
        rows.append([name, f"{rates[1]:,.0f}", f"{rates[2]:,.0f}", target])
    return rows


def beside(run: Run) -> Rows:
    """Workload (a) beside the peers."""
    ours = run.rates.streaming[2]
    rows = [["Reprieve, streaming", version("reprieve"), f"{ours:,.0f}", "1", "-", ""]]
    for p in run.peers:
        if p.rate:
            ratio, apart = f"{ours / p.rate:,.0f}", f"{p.difference:.0e}"
            note = p.note or ("" if p.difference <= AGREEMENT else "[1]")
            rows.append([p.name, p.version, f"{p.rate:,.0f}", ratio, apart, note])
        else:
            rows.append([p.name, p.version or "-", "-", "-", "-", p.note])
    rows += [[n, "-", f"{a:,}", f"{ours / a:,.0f}", "-", f"(b) {b}/s"] for n, a, b in QUOTED]
    return rows


def beside_chain(found: ChainMeasured | None) -> Rows:
    """Workload (b) beside an ODE engine."""
    if found is None:
        return []
    apart = f"{found.plasma:.0e}", f"{found.site:.0e}", f"{found.stimulus:.0e}"
    ratio = f"{found.ours / found.rate:,.0f}"
    return [
        ["Reprieve, the whole chain", f"{found.ours:,.0f}", "1", "-", "-", "-"],
        ["numbalsoda, pharmacology only", f"{found.rate:,.0f}", ratio, *apart],
    ]


def bounds(run: Run) -> Rows:
    """What the rates on one core amount to, beside what one core can do."""
    rates, limits = run.rates, run.limits
    work = gflops(rates.streaming[1], TIMES, FLOP_PROFILE + FLOP_SUMMARY)
    profile = gflops(rates.stored_again[1], TIMES, FLOP_PROFILE)
    near = gigabytes_near(rates.streaming[1], TIMES)
    fresh, again = (gigabytes(r[1], TIMES) for r in (rates.stored, rates.stored_again))
    rows = [
        ("(a) streaming, GFLOP/s", work, limits.multiply_add, "multiply-adds in registers"),
        ("(a) streaming, GB/s", near, limits.near, "triad in the first cache"),
        ("(a) stored again, GFLOP/s", profile, limits.multiply_add, "multiply-adds in registers"),
        ("(a) stored again, GB/s written", again, limits.fill, "writing memory in use"),
        ("(a) stored, GB/s written", fresh, limits.fresh, "writing fresh memory"),
    ]
    return [[n, f"{a:.1f}", f"{b:.1f}", f"{a / b:.0%}", limit] for n, a, b, limit in rows]


def parts(times: dict[str, float]) -> Rows:
    """Stages of one patient's time."""
    total = sum(times.values())
    rows = [[name, f"{ns:,.0f}", f"{ns / total:.0%}"] for name, ns in times.items()]
    return [*rows, ["together", f"{total:,.0f}", ""]]


def waiting(waits: Waits) -> Rows:
    """What a user waits for, s."""
    rows = [
        ["python starts", waits.python, ""],
        ["import reprieve", waits.imports, "0.3"],
        ["reprieve --help", waits.help, "0.3"],
        ["workloads (a) and (b), first ever: compiles", waits.streaming_first, "10"],
        ["workloads (a) and (b), later processes", waits.streaming_later, "1"],
        ["reprieve simulate -n 1000, first ever: compiles", waits.simulate_first, "10"],
        ["reprieve simulate -n 1000, later processes", waits.simulate_later, "1"],
    ]
    return [[n, "failed" if s is None else f"{s:.2f}", target] for n, s, target in rows]


HEADS = {
    "Reprieve, patients/s": ["workload", "one core", "two cores", "target"],
    "Workload (a) beside other engines, two cores": [
        "engine",
        "version",
        "patients/s",
        "Reprieve is faster by",
        "difference / peak",
        "note",
    ],
    "Workload (b) beside an ODE engine, one core": [
        "engine",
        "patients/s",
        "Reprieve is faster by",
        "difference: plasma peak",
        "effect site",
        "occupancy integral",
    ],
    "What bounds it, one core": ["quantity", "Reprieve", "machine", "share", "limit"],
    "One patient of (a), streaming, one core": ["stage", "ns", "share"],
    "One patient of (b), streaming, one core": ["stage", "ns", "share"],
    "What a user waits for": ["what", "seconds", "target"],
}


def content(run: Run) -> dict[str, Rows]:
    """Every table of a run by title."""
    a, b = run.anatomy["streaming"], run.anatomy["chain"]
    waits = [] if run.waits is None else waiting(run.waits)
    rows = [
        speeds(run),
        beside(run),
        beside_chain(run.chain),
        bounds(run),
        parts(a),
        parts(b),
        waits,
    ]
    return {title: found for title, found in zip(HEADS, rows, strict=True) if found}


def tables(run: Run) -> list[Table]:
    """For the terminal."""
    found = []
    for title, rows in content(run).items():
        table = Table(title=title, title_justify="left", caption_justify="left")
        for k, head in enumerate(HEADS[title]):
            table.add_column(head, justify="left" if k == 0 or head == "note" else "right")
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        table.caption = FOOTNOTE if any(row[-1] == "[1]" for row in rows) else None
        found.append(table)
    return found


def markdown(run: Run) -> str:
    """For RESULTS.md."""
    m = run.machine
    text = [
        "# Results of one run",
        "",
        f"`python -m benchmarks`, {m.date}, commit {m.commit}. {m.processor}, {m.cores} cores; "
        f"Python {m.python}, numpy {m.numpy}, numba {m.numba}. {PATIENTS:,} patients, "
        f"{TIMES:,} times; ODE solvers at a tolerance of {TOLERANCE:g}. The whole run took "
        f"{run.seconds:.0f} s. Workloads and their fine print: `workload.py`, `docs/speed.md`.",
        "",
        "<!-- --8<-- [start:tables] -->",
    ]
    for title, rows in content(run).items():
        heads = HEADS[title]
        text += ["", f"## {title}", "", "| " + " | ".join(heads) + " |"]
        text.append("|" + "|".join(["---"] + ["---:"] * (len(heads) - 1)) + "|")
        text += ["| " + " | ".join(row) + " |" for row in rows]
        if any(row[-1] == "[1]" for row in rows):
            text += ["", FOOTNOTE]
    text += ["", "<!-- --8<-- [end:tables] -->"]
    return "\n".join(text) + "\n"
