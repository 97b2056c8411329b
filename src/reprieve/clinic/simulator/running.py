"""`make demo`: the invented clinic, made anew and served."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from reprieve.clinic import running
from reprieve.errors import InputError

OURS = {"mode", "secret.key", "clinic.sqlite3", "clinic.sqlite3-wal", "clinic.sqlite3-shm",
        "backups", "verified.json", "static"}  # fmt: skip


def demo(folder: Path, port: int) -> None:
    """Make the demo clinic in a folder and serve it until stopped."""
    console = Console()
    _empty(folder)
    running.prepare(folder, "demo")
    make(console)
    _welcome(console, port)
    running.serve(port, threads=12, begun=_move)


def make(console: Console, now: datetime | None = None, *, few: bool = False) -> None:
    """Fill an empty database with the invented clinic; `few`: those of today alone."""
    from django.utils import timezone

    from reprieve.clinic.simulator.day import populate
    from reprieve.clinic.simulator.setting_up import set_up

    now = now or timezone.now()
    with Progress(console=console, transient=True) as progress, _unsynced():
        task = progress.add_task("Inventing patients and their sessions", total=None)
        cast = set_up(now)
        stories = populate(
            cast,
            now,
            lambda held, total: progress.update(task, completed=held, total=total),
            few=few,
        )
    console.print(f"{len(stories)} invented patients, four rooms, a day in full swing.")


@contextmanager
def _unsynced() -> Iterator[None]:
    """Thousands of invented events need not wait for the disk one by one; those of today do."""
    from django.db import connection

    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
        try:
            yield
        finally:
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _empty(folder: Path) -> None:
    """Remove an earlier demo; anything else in the folder is left, and refused."""
    if not folder.exists():
        return
    marked = folder / "mode"
    found = {p.name for p in folder.iterdir()}
    if not found:
        return
    if not marked.is_file() or marked.read_text().strip() != "demo" or not found <= OURS:
        raise InputError(
            f"'{folder}' holds something that is not a demo; it is made anew at every start. "
            "Give another folder with --data."
        )
    shutil.rmtree(folder)


def _welcome(console: Console, port: int) -> None:
    from rich.table import Table

    from reprieve.clinic.simulator import PASSWORD
    from reprieve.clinic.simulator.setting_up import PEOPLE

    table = Table("sign in as", "role", "password", box=None, padding=(0, 3))
    for name, role, _, _ in PEOPLE:
        table.add_row(name, role.title, PASSWORD)
    console.print(table)
    console.print(f"\nOpen [bold]http://localhost:{port}/[/bold]  (stop with Ctrl-C)")
    console.print("Nothing here is real: invented people, readings computed by the engine.")


def _move() -> None:
    from reprieve.clinic.simulator.moving import Mover

    Mover().start()
