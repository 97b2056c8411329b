"""The facts and unseen trials beside the model: `reprieve validate` and `validate FILE`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble, ensemble
from reprieve.engine.calibration.validation import (
    FactResult,
    OutcomeResult,
    Progress,
    check_facts,
    coverage,
    predict_trial,
)
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.trials.design import Design, find, shipped, shipped_names
from reprieve.pictures.scale import number
from reprieve.report.asked import Asked
from reprieve.report.blocks import Badge, Block, Column, DataTable, Items, Section, Shown
from reprieve.report.page import page

BAR = 76  # of 81 facts; `reprieve validate` exits 1 below it

# Why a fact is missed: written down where a miss is known, shown beside whatever fails.
REASONS = {
    "F20": "one open-label arm of 24 at two hours; the speed of onset is held by the blinded "
    "arms at 40 minutes and 2 to 4 hours, which ask for less",
    "F59": "continued care and expectancy hold the model's remitters longer than the trial's "
    "placebo spray did; the drug's own share is not identified by these facts",
    "F67": "open-label expectancy is taken as equally strong in every open trial; in ESCAPE-TRD "
    "both arms were active and open",
}


FRESH = 10_000  # added to the asked seed, so that no run repeats the people of the fit


def run(asked: Asked) -> bool:
    """`reprieve validate` and `reprieve validate FILE`: whether every bar is met."""
    return _run_facts(asked) if asked.file is None else _run_trial(asked, asked.file)


def _run_facts(asked: Asked) -> bool:
    from reprieve.report.console import progress_bar, show_facts, show_json

    seed, used = asked.seed + FRESH, ensemble()
    with progress_bar("Facts", asked.as_json) as tick:
        results = check_facts(used, FormStimuli(), seed, asked.patients or 4096, 40, tick)
    record = facts_record(results, used, seed)
    if asked.out:
        with progress_bar("Unseen trials", asked.as_json) as tick:
            trials = unseen(seed, 200, tick)
        record["unseen"] = [trial_record(d, r) for d, r in trials]
        _write_facts(asked.out, results, trials, record, used, seed)
    show_json(record) if asked.as_json else show_facts(results, verdict(results))
    return sum(r.passed for r in results) >= BAR


def _run_trial(asked: Asked, file: str) -> bool:
    from reprieve.report.console import progress_bar, show_json, show_trial

    with progress_bar("Replicates", asked.as_json) as tick:
        design, results = trial(file, asked.seed, asked.patients or 300, tick)
    inside, seen = coverage(results)
    lead = f"{design.title}. {inside} of {seen} observed values inside their 95 % interval."
    record = trial_record(design, results)
    if asked.out:
        blocks: list[Block] = [outcome_table(results), _assumed(design)]
        footer = f"reprieve validate {Path(file).name} --seed {asked.seed}"
        write(asked.out, design.title, lead, [Section("Outcomes", blocks)], footer, record)
    show_json(record) if asked.as_json else show_trial(results, lead)
    return True  # a trial describes; it decides no pass


def _assumed(design: Design) -> Items:
    said = [f"Assumed, {name}: {why}" for name, why in design.assumed.items()]
    return Items(said or ["Nothing about the trial was assumed."])


def _write_facts(
    out: str,
    results: Sequence[FactResult],
    trials: Sequence[tuple[Design, list[OutcomeResult]]],
    record: dict[str, Any],
    used: Ensemble,
    seed: int,
) -> None:
    inside = sum(coverage(r)[0] for _, r in trials)
    seen = sum(coverage(r)[1] for _, r in trials)
    sections = [
        Section("The facts", [picture_of(results), fact_table(results)]),
        Section("What fails", [Items(failures(results) or ["Nothing."])]),
        Section(
            "Trials the fit has never seen",
            [
                f"{inside} of {seen} observed values lie inside the 95 % interval of a new trial "
                "of that size. Rows of one trial are not independent. Contrasts between arms "
                "transfer. Absolute levels do not transfer to people over 65 (TRANSFORM-3), to "
                "self-rated registries, to subcutaneous dosing (KADS) or to ECT outside CORE: "
                "there the model expects more improvement than was seen.",
                *(_unseen_section(d, r) for d, r in trials),
            ],
        ),
    ]
    footer = (
        f"Written by `reprieve validate --seed {seed - FRESH} --out FILE` with the ensemble of "
        f"{used.header['date']} ({used.header['command']}; {len(used)} sets)."
    )
    lead = verdict(results) + "."
    write(out, "Validation: the course of depression", lead, sections, footer, record)


def _unseen_section(design: Design, results: Sequence[OutcomeResult]) -> DataTable:
    table = outcome_table(results)
    return DataTable(table.columns, table.rows, design.title)


def picture_of(results: Sequence[FactResult]) -> Shown:
    """Every fact on one scale: the tolerance is the band from -1 to 1."""
    from reprieve.pictures import Axis, Figure

    shown = [r for r in results if r.fact.tolerance > 0]
    places = list(range(1, len(shown) + 1))
    at = [_scaled(r, r.model) for r in shown]
    low, high = [_scaled(r, r.low) for r in shown], [_scaled(r, r.high) for r in shown]
    fig = Figure(
        "Where the model falls inside each tolerance",
        f"{verdict(results)}. Points between the lines at -1 and 1 are inside.",
        Axis("Fact, in order", ""),
        Axis("Distance from the target, in tolerances", "", low=-3.0, high=3.0),
    )
    fig.hline(-1.0, "tolerance").hline(1.0, "tolerance")
    fig.points(places, _clip(at), "model, 90 % of the ensemble", low=_clip(low), high=_clip(high))
    return Shown(
        fig,
        "0 is the middle of the tolerance (the target, if one side is open), -1 and 1 the edges.",
    )


def _clip(values: list[float]) -> list[float]:
    return [max(-2.9, min(2.9, v)) for v in values]


def _scaled(r: FactResult, value: float) -> float:
    """Distance from the middle of the tolerance in half-widths."""
    f = r.fact
    if f.low is None or f.high is None:
        return (value - f.target) / f.tolerance
    return (value - 0.5 * (f.low + f.high)) / f.tolerance


def verdict(results: Sequence[FactResult]) -> str:
    """One sentence: how many pass, by status and by what the fit has seen."""

    def count(chosen: list[FactResult]) -> str:
        return f"{sum(r.passed for r in chosen)} of {len(chosen)}"

    verified = [r for r in results if r.fact.status == "verified"]
    held = [r for r in results if r.fact.split == "validation"]
    return (
        f"{count(list(results))} facts inside their tolerance ({count(verified)} verified rows; "
        f"{count(held)} of those the fit never read)"
    )


def unseen(
    seed: int, replicates: int, progress: Progress | None = None
) -> list[tuple[Design, list[OutcomeResult]]]:
    """Every shipped design kept for validation, predicted."""
    names = [n for n in shipped_names() if shipped(n).split == "validation"]
    found = []
    for done, name in enumerate(names, 1):
        design = shipped(name)
        if design.outcomes:
            found.append(
                (design, predict_trial(design, ensemble(), FormStimuli(), seed, replicates))
            )
        if progress:
            progress(done, len(names))
    return found


def trial(
    file: str, seed: int, replicates: int, progress: Progress | None = None
) -> tuple[Design, list[OutcomeResult]]:
    """A trial file, or a shipped design by name, predicted."""
    design = find(file)
    return design, predict_trial(design, ensemble(), FormStimuli(), seed, replicates, progress)


def facts_record(results: Sequence[FactResult], used: Ensemble, seed: int) -> dict[str, Any]:
    """What `validate --json` prints."""
    return {
        "facts": [r.record() for r in results],
        "passed": sum(r.passed for r in results),
        "of": len(results),
        "bar": BAR,
        "seed": seed,
        "ensemble": used.header,
    }


def trial_record(design: Design, results: Sequence[OutcomeResult]) -> dict[str, Any]:
    """What `validate FILE --json` prints."""
    inside, seen = coverage(results)
    return {
        "design": design.key, "title": design.title, "split": design.split,
        "outcomes": [r.record() for r in results], "inside_95": inside, "observed": seen,
        "assumed": dict(design.assumed),
    }  # fmt: skip


def fact_table(results: Sequence[FactResult]) -> DataTable:
    """Every fact as a row."""
    heads = [
        Column("Fact"), Column("Quantity"), Column("Published", numeric=True),
        Column("Tolerance", numeric=True), Column("Model", numeric=True),
        Column("90 % of the ensemble", numeric=True), Column(""), Column("Status"),
        Column("Fit"), Column("Rows"),
    ]  # fmt: skip
    rows = [
        [
            r.fact.id, r.fact.quantity, f"{r.fact.target:g}", tolerance(r), reached(r.model),
            f"{reached(r.low)} to {reached(r.high)}", Badge("pass" if r.passed else "fail"),
            Badge(r.fact.status), "seen" if r.fact.split == "calibration" else "held back",
            ranges(r.fact.rows),
        ]
        for r in results
    ]  # fmt: skip
    return DataTable(heads, rows, "Facts, tolerances and the model")


def reached(value: float) -> str:
    """A number, or that a median was not reached within the follow-up."""
    return f"{value:.3g}" if np.isfinite(value) else "not reached"


def sources(r: FactResult) -> str:
    """The first evidence row and how many more; (r) where the number is only recalled."""
    rows = r.fact.rows
    if not rows:
        return "none" if r.fact.status == "verified" else "(r)"
    more = f" +{len(rows) - 1}" if len(rows) > 1 else ""
    return f"{rows[0]}{more}" + (" (r)" if r.fact.status == "recalled" else "")


def ranges(rows: Sequence[str]) -> str:
    """Row ids with runs of neighbours joined: "E118 E136-E139"."""
    runs: list[list[str]] = []
    for row in rows:
        follows = runs and row[1:].isdigit() and runs[-1][-1][1:].isdigit()
        if follows and row[0] == runs[-1][-1][0] and int(row[1:]) == int(runs[-1][-1][1:]) + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return " ".join(r[0] if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)


def tolerance(r: FactResult) -> str:
    """The tolerance in words."""
    low, high = r.fact.low, r.fact.high
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


def outcome_table(results: Sequence[OutcomeResult]) -> DataTable:
    """Every outcome of one trial as a row."""
    heads: list[Column | str] = [
        "Row", "Arm", "Outcome", Column("Day", decimals=2), Column("Observed", decimals=2),
        Column("Expected", decimals=1), Column("50 %", numeric=True),
        Column("95 %", numeric=True), "", "Status",
    ]  # fmt: skip
    rows = [
        [
            r.outcome.id, r.outcome.arm or " against ".join(r.outcome.contrast or ()),
            r.outcome.kind.replace("_", " "), r.outcome.time_d, r.outcome.value, r.median,
            span(r.p50), span(r.p95),
            "" if r.inside is None else Badge("inside" if r.inside else "outside"),
            Badge(r.outcome.status),
        ]
        for r in results
    ]  # fmt: skip
    return DataTable(heads, rows, "Observed and predicted, with trial-to-trial variation")


def described(r: OutcomeResult) -> str:
    """An outcome in words: its row, arm, kind and day."""
    o = r.outcome
    who = o.arm or " against ".join(o.contrast or ())
    when = "" if o.time_d is None else f", day {o.time_d:g}"
    return f"{o.id}: {who}, {o.kind.replace('_', ' ')}{when}"


def span(ends: tuple[float, float]) -> str:
    """An interval in words."""
    return f"{number(ends[0], 1)} to {number(ends[1], 1)}"


def failures(results: Sequence[FactResult]) -> list[str]:
    """What fails and why, as far as it is known."""
    return [
        f"{r.fact.id}, {r.fact.quantity}: model {reached(r.model)}, tolerance {tolerance(r)}. "
        + REASONS.get(r.fact.id, "no reason established") + "."
        for r in results
        if not r.passed
    ]  # fmt: skip


def write(
    out: str, title: str, lead: str, sections: Sequence[Section], footer: str, record: Any
) -> None:
    """The result as a file: JSON, HTML or Markdown by its ending."""
    path = Path(out)
    if path.suffix == ".json":
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    elif path.suffix == ".md":
        from reprieve.report.markdown import markdown

        images = path.parent / "images" / path.stem
        text = markdown(title, lead, sections, footer, images)
        path.write_text(text, encoding="utf-8")
    else:
        path.write_text(page(title, list(sections), footer, lead=lead), encoding="utf-8")
