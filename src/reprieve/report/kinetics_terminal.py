"""The kinetics validation in the terminal."""

import click
from rich.console import Console
from rich.table import Table

from reprieve.engine.kinetics.validation import FAR, KineticValidation, Row, Tally
from reprieve.pictures import terminal
from reprieve.pictures.scale import compact
from reprieve.report import kinetics as report
from reprieve.report.kinetics_figures import CURVES, scatter, steps


def show(found: KineticValidation) -> None:
    """Print tables and plots."""
    console = Console()
    console.print(_rows("Published values", found.of("observed")))
    console.print(_rows("Digitised curves", found.of("curve")))
    console.print(_rows("Typical exposures that verify the code", found.of("code")))
    click.echo(terminal(scatter(found)))
    for figure in steps(found).figures[: len(CURVES)]:
        click.echo(terminal(figure))
    console.print(_studies(found))
    console.print(_reasons(found))
    for row in found.of("defect")[:1]:
        console.print(f"[yellow]{len(found.of('defect'))} rows[/]: {row.why}")
    console.print(_tallies(found))
    console.print(report.verdict(found))
    console.print("[green]pass[/]" if found.passed else "[red]fail[/]")


def _table(title: str, *columns: tuple[str, bool]) -> Table:
    table = Table(title=title, title_justify="left")
    for name, numeric in columns:
        fixed = numeric or name == "Row"
        table.add_column(name, justify="right" if numeric else "left", no_wrap=fixed)
    return table


def _rows(title: str, rows: tuple[Row, ...]) -> Table:
    table = _table(
        title,
        ("Row", False),
        ("What", False),
        ("Observed", True),
        ("Model", True),
        ("Unit", False),
        ("Fold", True),
        ("Predicted by", False),
    )
    for r in rows:
        _, what, measure, observed, predicted, unit, fold, _, model = report.cells(r)
        color = "" if r.fold is None or r.fold <= FAR else "red"
        table.add_row(
            r.id + ("*" if r.own else ""),
            f"{what}, {measure}",
            _number(observed),
            _number(predicted),
            str(unit),
            f"{fold:.2f}" if isinstance(fold, float) else "",
            str(model),
            style=color,
        )
    table.caption = "* the model was fitted to this study, or a parameter taken from it"
    return table


def _number(value: str | float | int | None) -> str:
    return compact(value) if isinstance(value, float | int) else ""


def _studies(found: KineticValidation) -> Table:
    table = _table(
        "Study by study", ("Study", False), ("n", True), ("within 1.25", True), ("within 2", True)
    )
    for study, t, _ in report.by_study(found):
        table.add_row(study, str(t.n), str(t.near), str(t.far))
    return table


def _reasons(found: KineticValidation) -> Table:
    table = _table("Not predicted, and why", ("n", True), ("Rows", False), ("Reason", False))
    for why, ids in report.reasons(found):
        table.add_row(str(len(ids)), ", ".join(ids), why)
    return table


def _tallies(found: KineticValidation) -> Table:
    table = _table(
        "How near (bars: 60 % within 1.25-fold, 90 % within 2-fold)",
        ("Rows", False),
        ("n", True),
        ("within 1.25-fold", True),
        ("within 2-fold", True),
        ("bars", False),
    )
    for name, t in report.tallies(found):
        table.add_row(name, str(t.n), *_shares(t), "met" if t.met else "missed")
    return table


def _shares(t: Tally) -> tuple[str, str]:
    return f"{t.near} ({100 * t.near_share:.1f} %)", f"{t.far} ({100 * t.far_share:.1f} %)"
