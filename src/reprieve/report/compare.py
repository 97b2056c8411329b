"""A comparison of treatments as tables, a picture and a page."""

from typing import Any

import numpy as np

from reprieve.engine.trials.comparators import Event
from reprieve.engine.trials.comparison import Compared, Comparison, Estimate
from reprieve.evidence import reference
from reprieve.pictures import Axis, Figure, Grid
from reprieve.report.beside import beside_record, beside_table, brackets, disagreements, verdicts
from reprieve.report.blocks import (
    Aside,
    Block,
    Cell,
    Column,
    DataTable,
    Items,
    Link,
    Section,
    Shown,
)
from reprieve.report.page import page

TITLE = "Response over time"
NO_ROW = "no row in the evidence"
WHOM = "Effect measured in"
SHOWN_D = (1.0, 7.0, 14.0, 28.0, 56.0, 84.0, 182.0, 364.0)
PER_PANEL = 5
MOST_EVENTS = 6


def shown(result: Comparison) -> list[int]:
    """Columns of the days that a table shows: a few early ones and the last."""
    days = result.rows[0].days
    last = len(days) - 1
    close = [int(np.argmin(np.abs(days - d))) for d in SHOWN_D if d < days[last] - 3]
    return [*dict.fromkeys(close), last]


def _day(e: Estimate) -> str:
    return "-" if np.isnan(e.value) else f"{float(e.value):.0f}"


def response_table(result: Comparison) -> DataTable:
    """Response by day, percent of all who start, with intervals."""
    columns: list[Column | str] = ["Treatment", WHOM]
    chosen = shown(result)
    columns += [Column(f"Day {result.rows[0].days[k]:.0f}", "%", numeric=True) for k in chosen]
    rows: list[list[Cell]] = [
        [r.comparator.label, r.comparator.whom, *(brackets(r.response.at(k)) for k in chosen)]
        for r in result.rows
    ]
    return DataTable(columns, rows, f"Response: half the entry score or less ({_people(result)})")


def remission_table(result: Comparison) -> DataTable:
    """Remission by day, percent of all who start."""
    chosen = [k for k in shown(result) if result.rows[0].days[k] >= 7]
    columns: list[Column | str] = ["Treatment", WHOM]
    columns += [Column(f"Day {result.rows[0].days[k]:.0f}", "%", numeric=True) for k in chosen]
    rows: list[list[Cell]] = [
        [r.comparator.label, r.comparator.whom, *(brackets(r.remission.at(k)) for k in chosen)]
        for r in result.rows
    ]
    return DataTable(columns, rows, f"Remission: MADRS at most {result.remission_at_most:g}")


def course_table(result: Comparison) -> DataTable:
    """How soon, how long, at how many visits."""
    columns: list[Column | str] = [
        "Treatment",
        WHOM,
        Column("Ever responds", "%", numeric=True),
        Column("Half of those by", "d", numeric=True),
        Column("80 % of those by", "d", numeric=True),
        Column("Relapse after response", "%", numeric=True),
        Column("Visits", numeric=True),
    ]
    rows: list[list[Cell]] = [
        [
            r.comparator.label, r.comparator.whom, brackets(r.ever), _day(r.half_d),
            _day(r.most_d), brackets(r.relapse), str(r.comparator.visits),
        ]
        for r in result.rows
    ]  # fmt: skip
    rule = (
        f"Within {result.horizon_d:.0f} days; relapse: MADRS at least "
        f"{result.relapse_at_least:g} at two consecutive weekly visits after a response"
    )
    return DataTable(columns, rows, rule)


def uses(result: Comparison) -> list[str]:
    """How each drug stands to its label."""
    return [f"{r.comparator.label}: {use}" for r in result.rows for use in r.comparator.uses]


def setting_table(result: Comparison) -> DataTable:
    """Where each effect was measured: settings differ."""
    rows: list[list[Cell]] = [
        [
            r.comparator.label, r.comparator.setting, r.comparator.tested_in,
            r.comparator.awareness, ", ".join(r.comparator.sources) or NO_ROW,
        ]
        for r in result.rows
    ]  # fmt: skip
    heads = ["Treatment", "Effect measured in", "Tested in", "Here", "Sources"]
    return DataTable(heads, rows, "Settings differ between trials; compare with that in mind")


def event_table(result: Comparison, most: int = MOST_EVENTS) -> DataTable:
    """Side effects that the evidence holds, the most frequent first."""
    rows: list[list[Cell]] = []
    for r in result.rows:
        events = r.comparator.events
        if not events:
            rows.append([r.comparator.label, NO_ROW, "", "", ""])
        for k, e in enumerate(events[:most]):
            rows.append([r.comparator.label if k == 0 else "", e.what, *_amounts(e), e.reference])
        if len(events) > most:
            rows.append(["", f"and {len(events) - most} more rows", "", "", ""])
    columns: list[Column | str] = [
        "Treatment",
        "Side effect",
        Column("Share", numeric=True),
        "Beside",
        "Source",
    ]
    return DataTable(columns, rows, "Side effects as published, each in its own trial")


def _amounts(e: Event) -> tuple[str, str]:
    value = f"{e.value:g} {e.unit}"
    beside = f"{e.control:g} {e.unit} with {e.control_arm}" if e.control is not None else ""
    return value, beside


def remarks(result: Comparison) -> list[str]:
    """What a reader must know about single treatments."""
    return [f"{r.comparator.label}: {text}" for r in result.rows for text in r.comparator.remarks]


def lead(result: Comparison) -> str:
    """How the numbers were made, in two sentences."""
    return (
        f"{result.n:,} virtual patients a treatment, the same people for each; population: "
        f"{result.population.text} (MADRS at entry {result.population.baseline.mean:g}, assumed). "
        f"Numbers: median of {result.members} parameter sets and, in brackets, 90 % of them, for "
        f"an average place; a single clinic varies more. A dose on a day of rating comes after it; "
        f"where doses are more than a week apart, response and remission are means over the last "
        f"interval between doses. Nobody stops early here. Seed {result.seed}."
    )


def figure(result: Comparison, bands: bool = True) -> Grid | Figure:
    """Response over time; more than five treatments are dealt out to several panels."""
    panels = -(-len(result.rows) // PER_PANEL)
    size = -(-len(result.rows) // panels)
    groups = [result.rows[k : k + size] for k in range(0, len(result.rows), size)]
    figures = [_panel(group, bands, "" if panels > 1 else TITLE) for group in groups]
    if len(figures) == 1:
        return figures[0]
    desc = "Share of patients in response over time, several treatments a panel."
    return Grid(TITLE, desc, figures, columns=1, key=False)


def _panel(rows: tuple[Compared, ...], bands: bool, title: str) -> Figure:
    best = max(rows, key=lambda r: float(r.response.value[-1]))
    desc = (
        f"At the last day {best.comparator.label} has the largest share in response, "
        f"{float(best.response.value[-1]):.0f} %."
    )
    y = Axis("In response", "%", low=0.0, high=100.0)
    fig = Figure(title, desc, Axis("Time", "d"), y)
    for r in rows:
        label = r.comparator.label
        days = np.concatenate([[0.0], r.days])
        curve, low, high = (
            np.concatenate([[0.0], part])
            for part in (r.response.value, r.response.low, r.response.high)
        )
        if bands:
            fig.band(days, low, high, label)
        fig.line(days, curve, label)
    return fig


def cited(result: Comparison) -> list[str]:
    """Every reference that the comparison rests on, by key, in order of first use."""
    keys: dict[str, None] = {}
    for r in result.rows:
        keys |= dict.fromkeys(r.comparator.sources)
        keys |= dict.fromkeys(e.reference for e in r.comparator.events)
    keys |= dict.fromkeys(side.seen.reference for b in result.beside for side in b.sides)
    return list(keys)


def html(result: Comparison, title: str = "Treatments side by side") -> str:
    """The whole comparison as one page."""
    sources = Items([_source(key) for key in cited(result)])
    table = beside_table(result)
    beside: list[Block] = [table] if table else []
    beside.append(Items(verdicts(result)))
    sections = [
        Section("How soon, how likely", [Shown(figure(result)), response_table(result)]),
        Section("Remission", [remission_table(result)]),
        Section("Seen side by side", beside),
        Section("How long, how many visits", [course_table(result)]),
        Section("Where each effect was measured", [_limits(), setting_table(result)]),
        Section("Side effects", [event_table(result, most=30)]),
        Section("Label", [Items(uses(result) or ["No ketamine among these treatments."])]),
        Section("Remarks", [Items(remarks(result) or ["None."])]),
        Section("Sources", [sources]),
    ]
    footer = f"Seed {result.seed}, {result.n:,} patients, {result.members} parameter sets."
    return page(title, sections, footer, lead=lead(result))


def _source(key: str) -> tuple[str | Link, ...]:
    found = reference(key)
    text = f"{key}: {found.get('title') or found}. "
    return (text, Link(found.url, found.url)) if found.url else (text,)


def _limits() -> Aside:
    return Aside(
        "Groups, not persons. Trials differ in who took part, what they knew and how they were "
        "rated; a small difference between two treatments here is not a finding. Nothing on "
        "this page is advice to take or to stop anything."
    )


def _people(result: Comparison) -> str:
    return f"% of all who start, {result.population.name}"


def record(result: Comparison) -> dict[str, Any]:
    """The comparison as plain values for JSON."""
    return {
        "population": result.population.name, "horizon_d": result.horizon_d, "n": result.n,
        "members": result.members, "seed": result.seed, "interval": 0.9,
        "remission_at_most": result.remission_at_most,
        "relapse_at_least": result.relapse_at_least,
        "treatments": [_one(r) for r in result.rows],
        "side_by_side": [beside_record(b) for b in result.beside],
        "disagreements": disagreements(result), "sources": cited(result),
    }  # fmt: skip


def _one(r: Compared) -> dict[str, Any]:
    c = r.comparator
    return {
        "treatment": c.label, "day": r.days.tolist(), "response": _numbers(r.response),
        "remission": _numbers(r.remission), "ever_response": _numbers(r.ever),
        "response_day_median": _numbers(r.half_d), "response_day_80": _numbers(r.most_d),
        "relapse": _numbers(r.relapse), "visits": c.visits, "setting": c.setting,
        "tested_in": c.tested_in, "awareness": c.awareness, "sources": list(c.sources),
        "measured_in": c.whom, "label_status": list(c.uses), "remarks": list(c.remarks),
        "side_effects": [
            {
                "what": e.what, "value": e.value, "unit": e.unit, "beside": e.control,
                "beside_arm": e.control_arm or None, "source": e.reference, "row": e.row,
                "status": e.status,
            }
            for e in c.events
        ] or NO_ROW,
    }  # fmt: skip


def _numbers(e: Estimate) -> dict[str, Any]:
    return {name: _plain(getattr(e, name)) for name in ("value", "low", "high")}


def _plain(x: Any) -> Any:
    values = np.round(np.asarray(x, float), 2)
    if values.ndim == 0:
        return None if np.isnan(values) else float(values)
    return [None if np.isnan(v) else float(v) for v in values]
