"""`reprieve clinic`: serve it, try it, keep it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from reprieve.errors import InputError

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reprieve-clinic"),
    show_default=True,
    help="The clinic's data folder.",
)
PORT = click.option(
    "--port", type=click.IntRange(1024, 65535), default=8000, show_default=True, help="On loopback."
)


@click.group()
def command() -> None:
    """Run a clinic: patients, sessions, drugs and their record, in the browser.

    \b
    reprieve clinic demo        an invented clinic, in the middle of its day
    reprieve clinic serve       your clinic; the first start leads to the first account
    """
    _installed()


@command.command()
@DATA
@PORT
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Processes; more than one only with PostgreSQL.",
)
def serve(data: Path, port: int, workers: int) -> None:
    """Serve the clinic in DATA, made on first use, in production mode."""
    from reprieve.clinic import running

    running.require_free(port)
    running.prepare(data, "production")
    running.require_one_writer(workers)
    from reprieve.clinic.accounts.first import setup_path

    path = setup_path(data)
    address = f"http://localhost:{port}"
    click.echo(f"Reprieve answers at {address}/ (stop with Ctrl-C).")
    if path:
        click.echo(f"No account yet. Make the owner's here, once:\n\n  {address}{path}\n")
    running.serve(port, workers=workers, threads=8)


@command.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reprieve-demo/clinic"),
    show_default=True,
    help="Made anew at every start.",
)
@PORT
def demo(data: Path, port: int) -> None:
    """An invented clinic in the middle of its day, with a login for each role."""
    from reprieve.clinic import running
    from reprieve.clinic.simulator.running import demo as run

    running.require_free(port)
    run(data, port)


@command.command()
@DATA
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def verify(data: Path, as_json: bool) -> None:
    """Check the audit chain, ledger balances and session events; exit 1 at the first bad row."""
    _begin(data, current=True)
    found = _verified()
    if as_json:
        import json

        click.echo(json.dumps({"faults": found}))
    elif found:
        click.echo(f"{len(found)} faults. The first:\n  {found[0]}")
        for line in found[1:20]:
            click.echo(f"  {line}")
    else:
        click.echo("No fault: the chains hold, balances and events agree.")
    if found:
        raise SystemExit(1)


@command.command()
@DATA
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@click.option("--with-key", is_flag=True, help="Put the secret key in the file too.")
def backup(data: Path, out: Path | None, with_key: bool) -> None:
    """Write everything into one file, while the clinic goes on working."""
    _begin(data)
    from reprieve.clinic.health.backup import backup as write
    from reprieve.clinic.health.kept import backups

    target = out or backups() / f"reprieve-{datetime.now(UTC):%Y%m%dT%H%M%S}.tar.gz"
    made = write(target, with_key=with_key)
    click.echo(f"{target}: {sum(made.rows.values())} rows of {len(made.rows)} tables.")
    if not with_key:
        click.echo("The secret key is not in it. Keep a copy of secret.key apart.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@DATA
def restore(file: Path, data: Path) -> None:
    """Put a backup FILE into a new, empty DATA folder (or an empty PostgreSQL database)."""
    from reprieve.clinic import running
    from reprieve.clinic.health.restore import differences, folder_for
    from reprieve.clinic.health.restore import restore as put_back

    with folder_for(file, data):
        made = put_back(file, data)
    found = differences(made)
    running.migrate()
    found += _verified()
    click.echo(f"{sum(made.rows.values())} rows of {made.made_at} are back in '{data}'.")
    if not made.with_key:
        click.echo(
            "The backup holds no key. Put the clinic's own in the place of "
            f"'{data / 'secret.key'}' before serving, or psychotherapy notes cannot be read."
        )
    if found:
        click.echo(f"But the record does not verify; the first fault:\n  {found[0]}")
        raise SystemExit(1)
    click.echo("The record verifies: chains, balances and events agree.")


@command.command("database-role")
@click.argument("name")
@DATA
def database_role(name: str, data: Path) -> None:
    """Give the PostgreSQL role NAME everything but changing audit, events and ledger."""
    _begin(data)
    from reprieve.clinic.audit.roles import grant

    for line in grant(name):
        click.echo(line)


@command.command("let-in")
@click.argument("username")
@DATA
@PORT
def let_in(username: str, data: Path, port: int) -> None:
    """Print a one-time link for USERNAME, when no owner is left who could make one.

    Password and second factor are removed; the link leads to new ones.
    """
    _begin(data, current=True)
    from django.urls import reverse

    from reprieve.clinic.accounts.people import let_in as start_over

    path = reverse("accounts:invitation", args=[start_over(username)])
    click.echo(f"Open this once, within three days:\n\n  http://localhost:{port}{path}\n")


def _begin(data: Path, *, current: bool = False) -> None:
    """Start on a clinic that exists; `current` where its tables must be this version's."""
    from reprieve.clinic import running

    running.begin(data)
    running.require_tables(current=current)


def _verified() -> list[str]:
    """Every fault of the record, the outcome kept for the health page."""
    from reprieve.clinic.audit.verify import faults
    from reprieve.clinic.health.kept import note_verified

    found = list(faults())
    note_verified(datetime.now(UTC), found)
    return found


def _installed() -> None:
    try:
        import django  # noqa: F401
    except ImportError:
        _missing()


def _missing() -> NoReturn:
    raise InputError(
        "The clinic's libraries are not installed. Install them with "
        "`pip install 'reprieve[clinic]'`, or run `make serve` in a clone."
    )
