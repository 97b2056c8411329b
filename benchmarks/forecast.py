"""How fast one patient's forecast is, beside other ways to it: `python -m benchmarks.forecast`.

The workload: people drawn from the model, eight infusions and twelve scores, asked about on day
28 with more infusions planned. The batch is `forecast_many` of a thousand of them, and of a
thousand whose days of treatment and rating differ too, beside one `forecast` after another on as
many processes. `--quick` takes few people and leaves out the peers, `--no-write` changes no file.
The peers need the extra "reference".
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.reference_posterior import members, peers
from benchmarks.report import Machine, machine
from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.forecast import forecast
from reprieve.engine.forecast.many import forecast_many
from reprieve.engine.forecast.posterior import PARTICLES, posterior
from reprieve.engine.judging.truth import course_of, draw_truth
from reprieve.engine.mood.model import Array
from reprieve.engine.planning.plan import plan
from reprieve.engine.planning.schedules import PlanOptions

HERE = Path(__file__).parent
INFUSION = "ketamine 0.5 mg/kg IV over 40 min"
DOSES = (0, 2, 4, 7, 9, 11, 18, 25)
SCORES = (-3, 0, 2, 4, 7, 9, 11, 14, 18, 21, 25, 28)
ASKED_AT = 28
HORIZON = "12 weeks"
SEVEN = PlanOptions(every_weeks=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), planned=False)
TARGETS = {"forecast p50": 50.0, "forecast p95": 150.0, "plan p50": 500.0, "batch": 60.0}
CORES = 2
SEED = 20261122


@dataclass(frozen=True, slots=True)
class Ours:
    """Milliseconds on one core (p50, p95), and cases a second on two.

    `batch` brief forecasts together, `batch_days` of people whose days differ, `each` whole
    forecasts one by one on two processes.
    """

    posterior: tuple[float, float]
    forecast: tuple[float, float]
    plan: tuple[float, float]
    people: int
    batch: float
    batch_days: float
    each: float
    batch_people: int
    particles: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run."""

    machine: Machine
    ours: Ours
    peers: tuple[peers.Peer, ...]
    seconds: float


def people(count: int, own_days: bool = False) -> list[Case]:
    """People of the workload whom the model has drawn.

    With days of their own, each is treated and rated up to a day sooner or later than planned.
    """
    rng = np.random.default_rng(SEED)
    found: list[Case] = []
    while len(found) < count:
        doses, days = np.array(DOSES, float), np.array(SCORES, float)
        if own_days:
            doses[1:] += rng.choice([-1, 0, 1], len(doses) - 1) * (np.diff(doses) > 2)
            days[1:-1] += rng.choice([-0.5, 0, 0.5], len(days) - 2)
        if (case := _drawn(rng, doses, days, f"drawn-{len(found)}")) is not None:
            found.append(case)
    return found


def _drawn(rng: np.random.Generator, doses: Array, days: Array, name: str) -> Case | None:
    """A person with those days, or None for one who had no depression to treat."""
    body: dict[str, Any] = {
        "version": 1,
        "clock": "day",
        "asked_at": ASKED_AT,
        "person": {"age": 45, "sex": "F", "weight_kg": 75.0},
        "history": {"failed_trials": 3, "diagnosis": "MDD"},
        "setting": {"awareness": "open"},
        "treatments": [{"day": day, "regimen": INFUSION, "given": True} for day in doses],
        "scores": [],
        "plan": f"{INFUSION}, every 2 weeks for 8 weeks",
    }
    course = course_of(Case.from_dict({**body, "id": name}), days, float(ASKED_AT))
    values = draw_truth(rng, course).rated("MADRS", rng)
    if values[:2].max() < 20:
        return None
    scores = [
        {"day": float(day), "instrument": "MADRS", "value": float(value)}
        for day, value in zip(days, values, strict=True)
    ]
    return Case.from_dict({**body, "id": name, "scores": scores})


def measure(few: list[Case], many: list[Case], apart: list[Case]) -> Ours:
    """Warm up, then everybody once."""
    return Ours(
        _waits(lambda case: posterior(case, 1), few),
        _waits(lambda case: forecast(case, HORIZON, 1), few),
        _waits(lambda case: plan(case, SEVEN, 1), few),
        len(few),
        _batch(many),
        _batch(apart),
        _each(many),
        len(many),
        PARTICLES,
    )


def _waits(work: Callable[[Case], object], cases: list[Case]) -> tuple[float, float]:
    for case in cases[:3]:
        work(case)
    took = []
    for case in cases:
        began = time.perf_counter()
        work(case)
        took.append(1e3 * (time.perf_counter() - began))
    return float(np.quantile(took, 0.5)), float(np.quantile(took, 0.95))


def _one(case: Case) -> str:
    return forecast(case, HORIZON, 1).status


def _batch(cases: list[Case]) -> float:
    """Cases a second on two cores, after the kernels are compiled."""
    forecast_many(cases[:2], HORIZON, 1, workers=CORES)
    began = time.perf_counter()
    forecast_many(cases, HORIZON, 1, workers=CORES)
    return len(cases) / (time.perf_counter() - began)


def _each(cases: list[Case]) -> float:
    """Cases a second, one whole forecast after another on two processes, each of them warm."""
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        list(pool.map(_one, cases[: 4 * CORES], chunksize=1))
        began = time.perf_counter()
        list(pool.map(_one, cases, chunksize=8))
        return len(cases) / (time.perf_counter() - began)


def beside(few: list[Case], many: list[Case]) -> tuple[peers.Peer, ...]:
    """The other ways, on the first person."""
    sets = members.stored()
    return (
        peers.reference_sampler(few[0], sets),
        peers.nuts(few[0], sets),
        peers.mixed_model(few[0], many),
    )


HEADS = {
    "One patient, eight doses, twelve scores": ["what", "p50", "p95", "target"],
    "Beside other ways to the same patient": [
        "tool", "version", "seconds", "first time", "Reprieve is faster by", "what it does",
    ],
}  # fmt: skip


def content(run: Run) -> dict[str, list[list[str]]]:
    """Both tables."""
    ours = run.ours
    rows = [
        ["posterior alone, ms", *_pair(ours.posterior), ""],
        ["forecast, ms", *_pair(ours.forecast), "50, 150"],
        ["plan, seven schedules, ms", *_pair(ours.plan), "500"],
        [
            f"{ours.batch_people:,} cases in a batch, two cores, cases/s",
            f"{ours.batch:.0f}",
            "",
            "60",
        ],
        ["the same with days that differ, cases/s", f"{ours.batch_days:.0f}", "", ""],
        ["whole forecasts on two processes, cases/s", f"{ours.each:.0f}", "", ""],
    ]
    own = ["Reprieve, the whole forecast", "", f"{ours.forecast[0] / 1e3:.3f}", "", "1", ""]
    other = [own]
    for p in run.peers:
        if p.seconds is None or p.first is None:
            other.append([p.name, p.version, "-", "-", "-", p.note])
            continue
        ratio = f"{1e3 * p.seconds / ours.forecast[0]:,.0f}"
        other.append([p.name, p.version, f"{p.seconds:.1f}", f"{p.first:.1f}", ratio, p.note])
    tables = dict(zip(HEADS, (rows, other), strict=True))
    return tables if run.peers else {title: tables[title] for title in list(HEADS)[:1]}


def _pair(both: tuple[float, float]) -> list[str]:
    return [f"{ms:.0f}" for ms in both]


def markdown(run: Run) -> str:
    """For FORECAST.md."""
    m, ours = run.machine, run.ours
    text = [
        "# Forecasts: results of one run",
        "",
        f"`python -m benchmarks.forecast`, {m.date}, commit {m.commit}. {m.processor}, {m.cores} "
        f"cores; Python {m.python}, numpy {m.numpy}, numba {m.numba}. {ours.people} people drawn "
        f"from the model, {len(DOSES)} infusions and {len(SCORES)} MADRS scores each, one core "
        f"after warm-up, {ours.particles:,} virtual people a forecast. The run took "
        f"{run.seconds:.0f} s.",
        "",
        "<!-- --8<-- [start:tables] -->",
    ]
    for title, rows in content(run).items():
        heads = HEADS[title]
        text += ["", f"### {title}", "", "| " + " | ".join(heads) + " |"]
        text.append("|" + "|".join(["---"] + ["---:"] * (len(heads) - 1)) + "|")
        text += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*text, "", "<!-- --8<-- [end:tables] -->"]) + "\n"


def main(arguments: list[str]) -> None:
    """Measure, print, keep."""
    # one core is one core: libraries that start threads of their own are told so before they start
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    console, began, quick = Console(width=110), time.perf_counter(), "--quick" in arguments
    many = people(24 if quick else 1000)
    few = many[: 8 if quick else 100]
    found = measure(few, many, people(len(many), own_days=True))
    others = () if quick else beside(few, many)
    run = Run(machine(), found, others, time.perf_counter() - began)
    for title, rows in content(run).items():
        table = Table(title=title, title_justify="left")
        for k, head in enumerate(HEADS[title]):
            table.add_column(head, justify="right" if k else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    if quick or "--no-write" in arguments:
        return
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    name = f"forecast-{run.machine.date.replace(':', '')}.json"
    (folder / name).write_text(json.dumps(asdict(run), indent=1) + "\n")
    (HERE / "FORECAST.md").write_text(markdown(run))
    console.print(f"Written: benchmarks/FORECAST.md and benchmarks/results/{name}")


if __name__ == "__main__":
    main(sys.argv[1:])
