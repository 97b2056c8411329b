"""The kinetics validation as a page, as Markdown, as JSON and in the terminal."""

import json
from collections.abc import Iterable
from pathlib import Path

from reprieve.engine.kinetics.models import kinetic_model, model_keys
from reprieve.engine.kinetics.validation import (
    FAR,
    NEAR,
    KineticValidation,
    Row,
    Tally,
    tally,
    validate_kinetics,
)
from reprieve.pictures import Picture
from reprieve.pictures.scale import compact
from reprieve.report.asked import Asked
from reprieve.report.blocks import Aside, Badge, Card, Cards, Column, DataTable, Section, Shown
from reprieve.report.kinetics_figures import scatter, spread, steps
from reprieve.report.page import page

TITLE = "Kinetics beside what was published"
COMMAND = "reprieve validate --kinetics"
Cells = list[str | float | int | None]
HEADS = ("Row", "What", "Measure", "Observed", "Model", "Unit", "Fold", "Built on", "Predicted by")


def run(asked: Asked) -> bool:
    """Validate, print, write; whether every bar is met."""
    from reprieve.report.kinetics_terminal import show

    found = validate_kinetics()
    text = json.dumps(found.record(), indent=1)
    if asked.out:
        _write(found, Path(asked.out), text)
    if asked.as_json:
        print(text)
    else:
        show(found)
    return found.passed


def _write(found: KineticValidation, out: Path, text: str) -> None:
    if out.suffix in (".html", ".htm"):
        out.write_text(html(found), encoding="utf-8")
    elif out.suffix == ".md":
        images = out.parent / "images"
        images.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures(found).items():
            (images / f"kinetics-{name}.svg").write_text(picture.svg() + "\n", encoding="utf-8")
        out.write_text(markdown(found), encoding="utf-8")
    else:
        out.write_text(text + "\n", encoding="utf-8")


def pictures(found: KineticValidation) -> dict[str, Picture]:
    """The three pictures by name."""
    return {"scatter": scatter(found), "spread": spread(found), "steps": steps(found)}


def verdict(found: KineticValidation) -> str:
    """The outcome in two sentences."""
    t, c = found.observed, found.code_worst
    return (
        f"{t.near} of {t.n} published values ({100 * t.near_share:.0f} %) are predicted within "
        f"1.25-fold and {t.far} ({100 * t.far_share:.0f} %) within 2-fold; the bars are 60 % and "
        f"90 %. The {len(found.of('code'))} typical exposures that verify the code agree within "
        f"{100 * c:.2f} % (bar 1 %)."
    )


def tallies(found: KineticValidation) -> list[tuple[str, Tally]]:
    """Counts by group of rows, each with what it holds."""
    return [
        ("tables and text of papers", found.observed),
        ("of these, read at the source (not recalled)", found.seen),
        ("of these, foreign: no part of the model was taken from the study", found.foreign),
        ("points of digitised curves", found.curves),
        ("tables and curves together", found.together),
    ]


def by_study(found: KineticValidation) -> list[tuple[str, Tally, str]]:
    """Counts by study with the models that predicted it."""
    rows = found.of("observed", "curve")
    out = []
    for study in dict.fromkeys(r.study for r in rows):
        mine = [r for r in rows if r.study == study]
        out.append((study, tally(mine), ", ".join(sorted({r.model for r in mine}))))
    return out


def reasons(found: KineticValidation) -> list[tuple[str, list[str]]]:
    """Rows that are not predicted, by reason."""
    by_why: dict[str, list[str]] = {}
    for r in found.of("unpredicted"):
        by_why.setdefault(r.why, []).append(r.id)
    return sorted(by_why.items(), key=lambda item: -len(item[1]))


def cells(row: Row) -> Cells:
    """A row for a table, as `HEADS`."""
    return [
        row.id,
        row.what,
        row.measure + _when(row),
        row.observed,
        row.predicted,
        row.unit,
        None if row.fold is None else round(row.fold, 2),
        "this study" if row.own else "",
        row.model,
    ]


def _when(row: Row) -> str:
    if row.time_h is None or not row.measure.startswith("concentration"):
        return ""
    return f" at {compact(row.time_h)} h"


def html(found: KineticValidation) -> str:
    """The whole validation as one page."""
    return page(
        TITLE,
        [
            _answer(found),
            Section("Predicted against observed", [Shown(scatter(found)), Shown(spread(found))]),
            Section("Stepped infusions", [Shown(steps(found))]),
            Section("Study by study", [_studies(found)]),
            Section("Beyond two-fold", [_rows(_beyond(found))]),
            Section("Every published value", [_rows(found.of("observed"))]),
            Section("Verification of the code", [_rows(found.of("code"))]),
            Section("A defect that is not ours to tune", [_defect(found)]),
            Section("Not predicted, and why", [_reasons(found)]),
            Section("Parameters", [_parameters()]),
        ],
        f"Made by `{COMMAND}`.",
        lead=verdict(found),
    )


def _answer(found: KineticValidation) -> Section:
    t = found.observed
    cards = Cards(
        [
            Card("within 1.25-fold", f"{100 * t.near_share:.0f} %", f"{t.near} of {t.n}; bar 60 %"),
            Card("within 2-fold", f"{100 * t.far_share:.0f} %", f"{t.far} of {t.n}; bar 90 %"),
            Card("code", f"{100 * found.code_worst:.2f} %", "largest difference; bar 1 %"),
        ]
    )
    table = DataTable(
        ["Rows", Column("n"), Column("1.25-fold", "%", 1), Column("2-fold", "%", 1), "Bars"],
        [
            [n, c.n, 100 * c.near_share, 100 * c.far_share, Badge("pass" if c.met else "fail")]
            for n, c in tallies(found)
        ],
    )
    return Section("Answer", [cards, table])


def _studies(found: KineticValidation) -> DataTable:
    return DataTable(
        ["Study", "n", "Within 1.25", "Within 2", "Predicted by"],
        [[s, t.n, t.near, t.far, models] for s, t, models in by_study(found)],
    )


def _rows(rows: Iterable[Row]) -> DataTable:
    return DataTable(list(HEADS), [cells(r) for r in rows])


def _beyond(found: KineticValidation) -> list[Row]:
    rows = [r for r in found.of("observed", "curve") if r.fold is not None and r.fold > FAR]
    return sorted(rows, key=lambda r: -(r.fold or 0.0))


def _defect(found: KineticValidation) -> Aside:
    rows = found.of("defect")
    folds = [r.fold for r in rows if r.fold is not None]
    span = f"{len(rows)} rows, {min(folds):.2f} to {max(folds):.2f}-fold. " if folds else ""
    return Aside(span + (rows[0].why if rows else ""), "Noresketamine area", "warn")


def _reasons(found: KineticValidation) -> DataTable:
    return DataTable(
        ["Rows", "n", "Reason"], [[", ".join(ids), len(ids), why] for why, ids in reasons(found)]
    )


def parameters() -> list[Cells]:
    """Every parameter of every shipped model with its source and status."""
    rows: list[Cells] = []
    for key in model_keys():
        model = kinetic_model(key)
        for name, p in model.parameters.items():
            if model.roots[name] == key:
                spread_ = f"{100 * p.variance**0.5:.0f} %" if p.variance else ""
                rows.append([key, name, p.value, p.unit, spread_, p.status, p.source])
    return rows


def _parameters() -> DataTable:
    heads = ["Model", "Parameter", "Value", "Unit", "SD, log scale", "Status", "Source"]
    return DataTable(heads, parameters())


def markdown(found: KineticValidation) -> str:
    """The validation as a page of the documentation."""
    rows = found.of("observed")
    parts = [
        "# Kinetics: validation",
        f"*Written by `{COMMAND} --out docs/kinetics-validation.md`; do not edit.*",
        verdict(found),
        _md(
            ("Rows", "n", "within 1.25-fold", "within 2-fold", "bars met"),
            [
                [n, c.n, _share(c.near, c.n), _share(c.far, c.n), "yes" if c.met else "no"]
                for n, c in tallies(found)
            ],
        ),
        "![Predicted over observed](images/kinetics-scatter.svg)",
        "![Share of rows within a given fold](images/kinetics-spread.svg)",
        "## Stepped infusions",
        "![Stepped infusions beside the model](images/kinetics-steps.svg)",
        "## Study by study",
        _md(
            ("Study", "n", "within 1.25", "within 2", "predicted by"),
            [[s, t.n, t.near, t.far, m] for s, t, m in by_study(found)],
        ),
        "## Beyond two-fold",
        _md(HEADS, [cells(r) for r in _beyond(found)]),
        "## A defect that is not ours to tune",
        f"{_defect(found).text}",
        "## Not predicted, and why",
        _md(("n", "Rows", "Reason"), [[len(i), ", ".join(i), why] for why, i in reasons(found)]),
        "## Every published value",
        f"Fold {NEAR} and {FAR} are the bars. 'This study' marks a value that the model was "
        "fitted to or that one of its parameters was taken from.",
        _md(HEADS, [cells(r) for r in rows]),
        "## Verification of the code",
        _md(HEADS, [cells(r) for r in found.of("code")]),
    ]
    return "\n\n".join(parts) + "\n"


def _share(part: int, n: int) -> str:
    return f"{part} ({100 * part / n:.1f} %)" if n else "0"


def _md(heads: Iterable[str], rows: Iterable[Cells]) -> str:
    heads = list(heads)
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(_cell(c) for c in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: str | float | int | None) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else compact(value)
    return text.replace("|", "\\|")
