"""The safety validation in the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from reprieve.engine.effects.validation import SafetyFact, SafetyReport
from reprieve.pictures import terminal
from reprieve.report import safety as report
from reprieve.report.safety_figures import beside, courses


@contextmanager
def watched() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, as a function that hears (done, all)."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Simulating the settings", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show(found: SafetyReport) -> None:
    """Print tables and plots."""
    console = Console()
    for title, rows in report.groups(found):
        console.print(_rows(title, rows))
    for figure in (*courses(found).figures, beside(found)):
        drawn = terminal(figure, min(90, console.width), color=console.is_terminal)
        console.print(Text.from_ansi(drawn))
    table = Table("Rows", "Why not", title="Not predicted", title_justify="left")
    for why, ids in report.reasons(found):
        table.add_row(str(len(ids)), why)
    console.print(table)
    for note in report.NOTES:
        console.print(note, style="dim")
    console.print(report.verdict(found))
    console.print("[green]pass[/]" if report.passed(found) else "[red]fail[/]")


def _rows(title: str, rows: list[SafetyFact]) -> Table:
    table = Table(title=title, title_justify="left")
    for head in report.HEADS:
        table.add_column(head, justify="right" if head in ("Published", "Model") else "left")
    for f in rows:
        cells = [str(c) for c in report.cells(f)]
        table.add_row(*cells, style="" if f.passed else "red")
    return table
