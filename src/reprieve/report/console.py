"""Results in the terminal: tables, progress, JSON."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from reprieve.engine.calibration.validation import FactResult, OutcomeResult
    from reprieve.report.blocks import DataTable


@contextmanager
def progress_bar(what: str, quiet: bool = False) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error; yields `tick(done, total)`, or None when quiet."""
    if quiet:
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def tick(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield tick


def show_json(record: Any) -> None:
    """JSON on standard output."""
    import click

    click.echo(json.dumps(record, indent=1))


def show_table(table: "DataTable", title: str = "") -> None:
    """A table with its numbers aligned."""
    from rich.console import Console
    from rich.table import Table

    from reprieve.report.markdown import plain

    shown = Table(
        title=title or table.caption, title_justify="left", box=None, padding=(0, 2, 0, 0),
        header_style="bold",
    )  # fmt: skip
    for column in table.columns:
        assert not isinstance(column, str)
        head = f"{column.label} ({column.unit})" if column.unit else column.label
        side: Literal["left", "right"] = "right" if column.numeric else "left"
        shown.add_column(head, justify=side, overflow="fold")
    for row in table.cells():
        shown.add_row(*(plain(cell) for cell in row))
    Console().print(shown)


def show_facts(results: "Sequence[FactResult]", lead: str) -> None:
    """The facts one a line, what fails and why."""
    import click
    from rich.console import Console
    from rich.table import Table

    from reprieve.report.facts import failures, reached, sources, tolerance

    shown = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for head in ("Fact", "Quantity", "Published", "Tolerance", "Model", "90 %", "", "Source"):
        numeric = head in ("Published", "Tolerance", "Model", "90 %")
        shown.add_column(head, justify="right" if numeric else "left", overflow="fold")
    for r in results:
        f = r.fact
        mark = "*" if f.split == "validation" else ""
        word = "[green]pass[/]" if r.passed else "[bold red]FAIL[/]"
        shown.add_row(
            f.id + mark, f.quantity, f"{f.target:g}", tolerance(r), reached(r.model),
            f"{reached(r.low)} to {reached(r.high)}", word, sources(r),
        )  # fmt: skip
    Console().print(shown)
    click.echo("* never read by the fit; (r) recalled, source not seen.")
    for line in failures(results):
        click.echo(f"- {line}")
    click.echo(f"{lead}.")


def show_trial(results: "Sequence[OutcomeResult]", lead: str) -> None:
    """One trial's outcomes, one a line."""
    import click
    from rich.console import Console
    from rich.table import Table

    from reprieve.report.facts import described, span

    shown = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("Outcome", "Observed", "Expected", "50 %", "95 %", ""):
        shown.add_column(head, justify="right" if head[:1] not in ("O", "") else "left")
    for r in results:
        value = r.outcome.value
        inside = "" if r.inside is None else "inside" if r.inside else "[bold red]outside[/]"
        shown.add_row(
            described(r), "" if value is None else f"{value:g}", f"{r.median:.1f}",
            span(r.p50), span(r.p95), inside,
        )  # fmt: skip
    Console().print(shown)
    click.echo(lead)
