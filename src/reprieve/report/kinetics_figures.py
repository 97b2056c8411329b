"""Pictures of the kinetics validation: predicted against observed, and stepped infusions."""

import numpy as np

from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.kinetics.predictions import MOLAR
from reprieve.engine.kinetics.settings import shipped_settings
from reprieve.engine.kinetics.validation import FAR, NEAR, KineticValidation, Row
from reprieve.pictures import Axis, Figure, Grid

GROUPS = (
    ("concentrations and peaks", ("Cmax", "Cpeak", "concentration", "Css"), ("ratio",)),
    ("areas", ("AUC",), ("ratio",)),
    ("times and half-lives", ("Tmax", "t_half"), ("ratio",)),
    ("bioavailability, clearance, volume", ("F_", "fraction", "CL", "V"), ("factor",)),
    ("ratios", ("",), ()),
)
CURVES = (
    ("S-ketamine", "esketamine", "s_ketamine", "ketamine"),
    ("S-norketamine", "esketamine", "s_norketamine", "norketamine"),
    ("S-ketamine", "racemic", "s_ketamine", "ketamine"),
    ("S-norketamine", "racemic", "s_norketamine", "norketamine"),
    ("R-ketamine", "racemic", "r_ketamine", "ketamine"),
    ("R-norketamine", "racemic", "r_norketamine", "norketamine"),
    ("HNK-total", "racemic", "hnk", "hnk"),
)


def group_of(row: Row) -> str:
    """Which kind of quantity a row is."""
    for name, starts, without in GROUPS:
        inside = any(row.measure.startswith(s) for s in starts)
        if inside and not any(w in row.measure for w in without):
            return name
    return GROUPS[-1][0]


def scatter(found: KineticValidation) -> Figure:
    """Every predicted table row as predicted over observed, against the observed value."""
    t = found.observed
    fig = Figure(
        f"{t.near} of {t.n} published values within 1.25-fold, {t.far} within 2-fold",
        "Predicted over observed against the observed value, by kind of quantity; the band is "
        "1.25-fold and the dashed rules are 2-fold.",
        Axis("Observed, in the unit printed", log=True),
        Axis("Predicted / observed", log=True, ticks=(0.5, 1.0, 2.0, 4.0, 8.0)),
        height=420,
    )
    rows = found.of("observed")
    ends = [min(_observed(r) for r in rows) / 1.5, max(_observed(r) for r in rows) * 1.5]
    fig.band(ends, [1 / NEAR] * 2, [NEAR] * 2, "within 1.25-fold", color="muted")
    fig.hline(FAR).hline(1 / FAR)
    for name, _, _ in GROUPS:
        members = [r for r in rows if group_of(r) == name]
        fig.points(
            [_observed(r) for r in members],
            [_ratio(r) for r in members],
            name,
            names=[r.id for r in members],
        )
    return fig


def spread(found: KineticValidation) -> Figure:
    """Cumulative share of rows by fold."""
    fig = Figure(
        "How far apart, row by row",
        "Share of rows whose prediction lies within a given fold of the observed value, for "
        "published tables, for tables of studies no part of the model was taken from, and for "
        "the digitised curves.",
        Axis("Fold between predicted and observed", log=True, ticks=(1, 2, 3, 4, 8)),
        Axis("Rows within", "%", low=0.0, high=100.0),
    )
    sets = {
        "tables": found.of("observed"),
        "tables, foreign to the model": tuple(r for r in found.of("observed") if not r.own),
        "digitised curves": found.of("curve"),
    }
    for label, rows in sets.items():
        folds = np.sort([r.fold for r in rows if r.fold is not None and np.isfinite(r.fold)])
        share = 100.0 * np.arange(1, len(folds) + 1) / len(rows)
        fig.steps(folds, share, label)
    return fig.vline(NEAR, "1.25").vline(FAR, "2")


def steps(found: KineticValidation) -> Grid:
    """The stepped infusions: digitised points over the model's curves."""
    rows = found.of("curve")
    figures = []
    for what, arm, name, species in CURVES:
        setting = next(s for s in shipped_settings().settings if s.arm == arm)
        times = np.linspace(0.0, 5.0, 301)
        solved = concentrations(
            setting.doses, setting.people(), times, sampling=setting.sampling, model=setting.model
        )
        model = getattr(solved, name)[0] * 1000.0 / MOLAR[species]
        mine = [r for r in rows if r.what == what and r.arm == arm]
        drug = "esketamine" if arm == "esketamine" else "racemate"
        fig = Figure(
            f"{what}, {drug}",
            f"{what} in arterial plasma over three one-hour steps of {drug}: model and points.",
            Axis("Time", "h"),
            Axis("Concentration", "nmol/mL", low=0.0),
            height=230,
        )
        fig.line(times, model, "model", color=1)
        fig.points(
            [r.time_h or 0.0 for r in mine], [_observed(r) for r in mine], "kamp_2020", color=2
        )
        figures.append(fig)
    return Grid(
        "Stepped infusions beside the arterial model",
        "Seven panels: ketamine, norketamine and hydroxynorketamine during and after three "
        "60-minute steps of esketamine or racemate in twenty men.",
        figures,
        columns=2,
    )


def _observed(row: Row) -> float:
    return row.observed or float("nan")


def _ratio(row: Row) -> float:
    return (row.predicted or float("nan")) / _observed(row)
