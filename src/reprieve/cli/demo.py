"""`reprieve demo`: the main job on real input, written as one page."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reprieve.cli.options import SEED
from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.report.demo import Demo


@click.command()
@click.option(
    "--out", default="reprieve-demo", show_default=True, help="Folder for the report; made if new."
)
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a summary.")
@click.option(
    "--open/--no-open", "show", default=True, help="Open the page where there is a display."
)
def command(out: str, seed: int, as_json: bool, show: bool) -> None:
    """One real patient unfolding, then two courses, unseen trials, eight real people.

    Writes OUT/index.html, one file that needs no network, and OUT/demo.json with the numbers.
    """
    import json

    from reprieve.report import demo, demo_page
    from reprieve.report.console import show_json, show_table

    folder = _folder(out)
    found = _gather(seed, quiet=as_json)
    record = demo.record(found)
    target = folder / "index.html"
    target.write_text(demo_page.write(found), encoding="utf-8")
    (folder / "demo.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if as_json:
        show_json(record)
        return
    _show_patient(found)
    show_table(demo.summary(found))
    for line in demo.warnings(found):
        click.echo(f"Warning: {line}")
    click.echo(f"Report: {target.resolve()}")
    if show:
        _open(target)


def _show_patient(found: "Demo") -> None:
    import sys

    from reprieve.pictures.characters import terminal
    from reprieve.report.console import show_table
    from reprieve.report.forecast_pictures import fan
    from reprieve.report.unfolding_page import kept_promise, step_table

    last = found.unfolded.steps[-1]
    click.echo(terminal(fan(last.outlook), color=sys.stdout.isatty()))
    click.echo(f"{last.outlook.sentence}\n")
    show_table(step_table(found.unfolded))
    click.echo(f"{kept_promise(found.unfolded)}\n")


def _folder(out: str) -> Path:
    if not out.strip():
        raise InputError("--out is empty; give a folder.")
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {out} is a file; give a folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out} cannot be made: {error.strerror}.") from error
    return folder


def _gather(seed: int, quiet: bool) -> "Demo":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from reprieve.report import demo

    if quiet:
        return demo.gather(seed)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tick(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        return demo.gather(seed, tick)


def _open(page: Path) -> None:
    """Show the page, only where somebody can see it."""
    import os
    import sys
    import webbrowser

    seen = (
        sys.platform in ("darwin", "win32")
        or os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
    )
    if seen and sys.stdout.isatty():
        webbrowser.open(page.resolve().as_uri())
