"""A simulation as tables, pictures and a page."""

from typing import Any

import numpy as np

from reprieve.engine.effects.exposure import cumulative_exposure
from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.effects.thresholds import counted_by_label, label_minutes
from reprieve.engine.population.block import DISSOCIATED
from reprieve.engine.population.simulate import Simulation
from reprieve.engine.population.summaries import Spread
from reprieve.pictures import Axis, Figure
from reprieve.report.blocks import Aside, Cell, Column, DataTable, Items, Section, Shown
from reprieve.report.page import page

SHOWN_D = (4 / 24, 1, 2, 7, 14, 21, 28, 42, 56, 84, 126, 182, 364)
MOST_EVENTS = 10
MOST_MINUTES = 12
TYPICAL_KG = 76.0
WATCHED_MIN = 240.0
_LEVELS = {"ketamine": "Ketamine", "norketamine": "Norketamine", "hnk": "Hydroxynorketamine"}
_PEAKS = {
    "cadss": ("Dissociation, highest CADSS", "points", 1),
    "moaas": ("Sedation, lowest MOAA/S", "0-5", 1),
    "sbp": ("Systolic pressure, highest reading", "mmHg", 0),
    "sbp_rise": ("Systolic pressure, largest rise of {n} readings", "mmHg", 0),
    "sbp_rise_true": ("Systolic pressure, true peak rise", "mmHg", 1),
    "dbp": ("Diastolic pressure, highest reading", "mmHg", 0),
    "dbp_rise": ("Diastolic pressure, largest rise of {n} readings", "mmHg", 0),
    "dbp_rise_true": ("Diastolic pressure, true peak rise", "mmHg", 1),
    "hr": ("Heart rate, highest reading", "1/min", 0),
    "spo2": ("Oxygen saturation, lowest reading", "%", 0),
}
NO_EVENTS = (
    "no rates. They rest on sessions of two hours with the spray and say nothing of an infusion "
    "that goes on for many hours; CADSS and the thresholds are read to its end"
)
_SIGN = {"above": ">", "at_least": "≥", "below": "<", "at_most": "≤", "is": "="}
_READ = {"sbp": "Systolic pressure", "dbp": "Diastolic pressure", "hr_high": "Heart rate",
         "hr_low": "Heart rate", "spo2": "Oxygen saturation", "spo2_uncorrected":
         "Oxygen saturation", "moaas": "MOAA/S", "sbp_rise_with_symptoms": "Systolic rise",
         "sbp_rise": "Systolic rise", "dbp_rise": "Diastolic rise"}  # fmt: skip


def _middle(spread: Spread, k: int, decimals: int) -> list[Cell]:
    low, high = spread.quantile(0.05)[k], spread.quantile(0.95)[k]
    return [
        f"{spread.mean[k]:.{decimals}f}",
        f"{spread.sd[k]:.{decimals}f}",
        f"{spread.quantile(0.5)[k]:.{decimals}f}",
        f"{low:.{decimals}f} to {high:.{decimals}f}",
    ]


_SPREAD = [Column(name, numeric=True) for name in ("Mean", "SD", "Median", "5 to 95 %")]


def level_table(s: Simulation) -> DataTable:
    """Peaks, areas and occupancy of the first session."""
    rows: list[list[Cell]] = []
    for key, label in _LEVELS.items():
        rows.append([f"{label}, peak", "ng/mL", *_middle(s.spread(f"cmax:{key}"), 0, 0)])
        rows.append([f"{label}, area over the session", "ng·h/mL",
                     *_middle(s.spread(f"auc:{key}"), 0, 0)])  # fmt: skip
    rows.append(["NMDA receptors blocked, peak", "%", *_middle(s.spread("cmax:occupancy"), 0, 1)])
    rows.append(["NMDA receptors blocked, integral", "h", *_middle(s.spread("occupancy_h"), 0, 2)])
    rows.append(["Drug over the whole course", "mg", *_middle(s.spread("total_mg"), 0, 0)])
    return DataTable(["Levels, first session", "Unit", *_SPREAD], rows, "Levels in plasma")


def peak_table(s: Simulation) -> DataTable:
    """Extremes of the first and the last session."""
    rows: list[list[Cell]] = []
    last = len(s.session_d) - 1
    for key, (label, unit, decimals) in _PEAKS.items():
        for k in dict.fromkeys((0, last)):
            where = "first" if k == 0 else f"session {last + 1}"
            spread = s.spread(f"peak:{key}")
            name = label.format(n=len(s.readings_min))
            rows.append([name, unit, where, *_middle(spread, k, decimals)])
    return DataTable(["Per session", "Unit", "Session", *_SPREAD], rows,
                     f"Acute effects, read {_when(s.readings_min)} by {s.protocol.name}; more "
                     "readings make a larger rise, so compare routes by the true peak",
                     )  # fmt: skip


def _when(minutes: tuple[float, ...]) -> str:
    """Reading times in a few words."""
    if len(minutes) > MOST_MINUTES:
        return f"{len(minutes)} times until {minutes[-1] / 60:.3g} h"
    return f"at {', '.join(f'{m:g}' for m in minutes)} min"


def crossing_table(s: Simulation) -> DataTable:
    """Probability that a session's readings meet a threshold, and of that ever happening."""
    rows: dict[tuple[str, str], list[Cell]] = {}
    for key in sorted(n for n in s.tally.sums if n.startswith("crossed:")):
        label, rule, whose = _rule(s, key.removeprefix("crossed:"))
        by_session, ever = 100 * s.share(key), 100 * s.share(f"ever_{key}")[0]
        if (label, rule) in rows:
            rows[label, rule][2] = f"{rows[label, rule][2]}, {whose}"
            continue
        figures = [f"{by_session[0]:.2f}", f"{by_session[-1]:.2f}", f"{ever:.1f}"]
        rows[label, rule] = [label, rule, whose, *figures]
    heads = [Column(h, "%", numeric=True) for h in ("First session", "Last session", "Ever")]
    return DataTable(["Reading", "Rule", "Whose", *heads], list(rows.values()),
                     "Thresholds crossed by one reading; what a rule needs beside it (symptoms, a "
                     "second reading) is not modelled")  # fmt: skip


def _rule(s: Simulation, name: str) -> tuple[str, str, str]:
    if name == DISSOCIATED:
        return "Dissociation", f"CADSS > {acute_model()['cadss_cutoff']:g}", "trials"
    stop = s.protocol.thresholds("stop")
    found = stop[name] if name in stop else counted_by_label()[name]
    rule = f"{_SIGN[found.rule]} {found.value:g} {found.unit}"
    if found.needs:
        rule += f", {found.needs}"
    if name not in stop:
        return _READ.get(name, name), rule, f"label, read {_when(label_minutes(name))}"
    if name == "moaas":
        rule += " (rate assumed)"  # only below 5 and 0 were published
    return _READ.get(name, name), rule, f"stop rule ({found.standing})"


def event_table(s: Simulation) -> DataTable:
    """Adverse events: probability in the first and last session and ever."""
    names = sorted(
        (n.removeprefix("event:") for n in s.tally.sums if n.startswith("event:")),
        key=lambda n: -s.share(f"ever_event:{n}")[0],
    )
    rows: list[list[Cell]] = [
        [
            name.replace("_", " "),
            f"{100 * s.share(f'event:{name}')[0]:.1f}",
            f"{100 * s.share(f'event:{name}')[-1]:.1f}",
            f"{100 * s.share(f'ever_event:{name}')[0]:.1f}",
        ]
        for name in names[:MOST_EVENTS]
    ]
    heads = [Column(h, "%", numeric=True) for h in ("First session", "Last session", "Ever")]
    caption = "Adverse events" if rows else f"Adverse events: {NO_EVENTS}"
    return DataTable(["Reported event", *heads], rows, caption)


def score_table(s: Simulation) -> DataTable:
    """Score, response and remission by day."""
    days = s.visits_d
    asked = [d for d in SHOWN_D if d <= days[-1] + 0.5] + [float(days[-1])]
    chosen = list(dict.fromkeys(int(np.argmin(np.abs(days - d))) for d in asked))
    score, change = s.spread("score"), s.spread("change")
    low, high = score.quantile(0.1), score.quantile(0.9)
    rows: list[list[Cell]] = [
        [
            f"{days[k]:.3g}",
            f"{score.mean[k]:.1f}",
            f"{low[k]:.0f} to {high[k]:.0f}",
            f"{change.mean[k]:+.1f} ({change.sd[k]:.1f})",
            f"{100 * s.share('response')[k]:.1f}",
            f"{100 * s.share('response_so_far')[k]:.1f}",
            f"{100 * s.share('remission')[k]:.1f}",
            f"{100 * s.share('inert:response')[k]:.1f}",
            f"{score.mean[k] - s.share('inert:score')[k]:+.1f}",
        ]
        for k in chosen
    ]
    heads = [
        Column("Day", "d", numeric=True),
        Column("MADRS, mean", "points", numeric=True),
        Column("10 to 90 %", "points", numeric=True),
        Column("Change (SD)", "points", numeric=True),
        Column("In response", "%", numeric=True),
        Column("Has responded", "%", numeric=True),
        Column("In remission", "%", numeric=True),
        Column("Response without drug", "%", numeric=True),
        Column("MADRS, drug's part", "points", numeric=True),
    ]
    caption = "Mood; beside it the same people, equally hopeful and cared for, without active drug"
    return DataTable(heads, rows, caption)


def level_figure(s: Simulation) -> Figure:
    """Ketamine over the first session."""
    spread, minutes, keep = _early(s, "level:ketamine", s.times_h)
    median = spread.quantile(0.5)[keep]
    fig = Figure(
        "Ketamine in plasma, first session",
        f"Median and middle 90 % of {s.n:,} people; median peak {median.max():.0f} ng/mL.",
        Axis("Time", "min"),
        Axis("Ketamine", "ng/mL"),
    )
    low, high = spread.quantile(0.05)[keep], spread.quantile(0.95)[keep]
    return fig.band(minutes, low, high, "ketamine").line(minutes, median, "ketamine")


def acute_figure(s: Simulation) -> Figure:
    """Dissociation and systolic pressure over the first session."""
    fig = Figure(
        "Dissociation, first and last session",
        "Mean CADSS over time.",
        Axis("Time", "min"),
        Axis("CADSS", "points"),
    )
    for when, times in (("first", s.times_h), ("last", s.last_times_h)):
        spread, minutes, keep = _early(s, f"{when}:cadss", times)
        fig.line(minutes, spread.mean[keep], f"{when} session")
    return fig


def pressure_figure(s: Simulation) -> Figure:
    """Systolic pressure over the first session."""
    spread, minutes, keep = _early(s, "first:sbp", s.times_h)
    fig = Figure(
        "Systolic pressure, first session",
        "Mean and middle 90 % of the true course, without reading error.",
        Axis("Time", "min"),
        Axis("Systolic pressure", "mmHg"),
    )
    low, high = spread.quantile(0.05)[keep], spread.quantile(0.95)[keep]
    return fig.band(minutes, low, high, "systolic").line(minutes, spread.mean[keep], "systolic")


def _early(s: Simulation, name: str, times: Any) -> tuple[Spread, Any, Any]:
    keep = times * 60 <= max(WATCHED_MIN, 60 * times[-1] - 480)
    return s.spread(name), 60 * times[keep], keep


def score_figure(s: Simulation) -> Figure:
    """The score over days, with doses as stems."""
    score, days = s.spread("score"), s.visits_d
    fig = Figure(
        "Depression score",
        f"Mean MADRS and middle 80 % of {s.n:,} virtual patients.",
        Axis("Day", "d"),
        Axis("MADRS", "points"),
    )
    fig.band(days, score.quantile(0.1), score.quantile(0.9), "score")
    fig.line([0.0, *days], [s.spread("baseline").mean[0], *score.mean], "score")
    return fig.stems(s.session_d, np.full(len(s.session_d), 3.0), "session")


def response_figure(s: Simulation) -> Figure:
    """Response and remission over days."""
    fig = Figure(
        "Response and remission",
        "Share of everybody who started, by day.",
        Axis("Day", "d"),
        Axis("Patients", "%"),
    )
    for name in ("response", "remission"):
        fig.line([0.0, *s.visits_d], [0.0, *(100 * s.share(name))], name)
    without = [0.0, *(100 * s.share("inert:response"))]
    return fig.line([0.0, *s.visits_d], without, "response without active drug", color="muted")


def tables(s: Simulation) -> list[DataTable]:
    """Every table, in reading order."""
    return [level_table(s), peak_table(s), crossing_table(s), event_table(s), score_table(s)]


def header(s: Simulation) -> list[str]:
    """What a reader needs first: how the use stands to its label, and the level of the protocol."""
    said = list(s.use)
    if s.protocol.level != "usual" and not any(s.protocol.note in line for line in said):
        said.append(f"Protocol {s.protocol.name}: {s.protocol.level}-level. {s.protocol.note}")
    return said


def remarks(s: Simulation) -> list[str]:
    """What was taken for granted, and what the numbers are not."""
    said = [f"Taken for granted: {sentence}." for sentence in s.assumptions]
    said += s.kinetics
    if s.protocol.level != "usual":
        said.append(
            "Dissociation, sedation and pressure rest on an adaptation fitted to sessions of two "
            "hours; over many hours they are extrapolated (assumed)."
        )
    active = [d for d in s.regimen.doses if d.drug not in ("saline", "midazolam", "placebo")]
    if active:
        exposure = cumulative_exposure(active, TYPICAL_KG, s.protocol)
        said += [
            f"Check due by the last session ({f.organ}): {f.text}" for f in exposure.flags if f.due
        ]
    said.append(
        f"Readings and rules: protocol {s.protocol.name} v{s.protocol.version} "
        f"({s.protocol.level} level); awareness "
        f"'{s.awareness}'; MADRS at entry {s.baseline.mean:g} (SD {s.baseline.sd:g})."
    )
    said.append("A population, not a patient: nothing here tells anybody to take a dose.")
    return said


def lead(s: Simulation) -> str:
    """The answer in a sentence."""
    day = s.session_d[-1] + 1
    k = int(np.argmin(np.abs(s.visits_d - day)))
    return (
        f"Of {s.n:,} virtual patients, {100 * s.share('response')[k]:.0f} % are in response and "
        f"{100 * s.share('remission')[k]:.0f} % in remission on day {s.visits_d[k]:.3g}, and "
        f"{100 * s.share('response')[-1]:.0f} % are in response on day {s.visits_d[-1]:.3g}. "
        f"Equally hopeful and cared for but without active drug, "
        f"{100 * s.share('inert:response')[k]:.0f} % would be in response on day "
        f"{s.visits_d[k]:.3g}: the facts separate drug and expectancy poorly."
    )


def html(s: Simulation) -> str:
    """A self-contained page."""
    level, peak, crossing, event, score = tables(s)
    sections = [
        Section("Mood", [Shown(score_figure(s)), Shown(response_figure(s)), score]),
        Section("Levels", [Shown(level_figure(s)), level]),
        Section(
            "Acute effects",
            [Shown(acute_figure(s)), Shown(pressure_figure(s)), peak, crossing, event],
        ),
        Section("What this rests on", [Items(remarks(s)), Aside(_LIMIT, "Limits", "warn")]),
    ]
    return page(
        s.regimen.text or s.regimen.format(),
        sections,
        f"reprieve simulate, n {s.n:,}, seed {s.seed}.",
        lead=" ".join((*header(s), lead(s))),
    )


_LIMIT = (
    "Each session's kinetics stand alone. Scores hold differences between patients, between "
    "places and between parameter sets that the evidence allows."
)
