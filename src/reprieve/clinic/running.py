"""Making a clinic's folder ready, and serving it."""

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reprieve.errors import InputError

FOLDER = Path("reprieve-clinic")


def prepare(folder: Path, mode: str) -> None:
    """Set up a data folder: the folder itself, its key, the database and its tables.

    Safe to call again: what exists is kept, what a newer version added is migrated.

    Parameters
    ----------
    folder : made when missing, readable by its owner only
    mode : `production` or `demo`

    Raises
    ------
    InputError
        The folder holds a clinic of the other mode.
    """
    make_folder(folder, mode)
    begin(folder, mode)
    migrate()


def migrate() -> None:
    """Bring the tables to what this version expects."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def begin(folder: Path, mode: str | None = None) -> None:
    """Start Django on a data folder that exists.

    Raises
    ------
    InputError
        There is no clinic in the folder.
    """
    marked = folder / "mode"
    if not marked.is_file():
        raise InputError(
            f"No clinic in '{folder}': expected a folder made by `reprieve clinic serve` or "
            "`reprieve clinic demo`; give it with --data."
        )
    os.environ["REPRIEVE_DATA"] = str(folder.absolute())
    os.environ["REPRIEVE_MODE"] = mode or marked.read_text().strip()
    os.environ["DJANGO_SETTINGS_MODULE"] = "reprieve.clinic.settings"
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise InputError(str(error)) from error


def require_tables(*, current: bool = False) -> None:
    """Refuse a database that does not answer or holds no clinic.

    Parameters
    ----------
    current : refuse also the tables of another version

    Raises
    ------
    InputError
        With what to do about it.
    """
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(name).is_file():
        raise InputError(f"There is no database '{name}': start `reprieve clinic serve` once.")
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        empty = not executor.loader.applied_migrations
    except DatabaseError as error:
        said = " ".join(str(error).split())
        raise InputError(f"The database '{name}' does not answer: {said}") from error
    if empty:
        raise InputError(f"The database '{name}' is empty: start `reprieve clinic serve` once.")
    if current and missing:
        raise InputError(
            f"The tables in '{name}' are not those of this version ({len(missing)} changes are "
            "missing). Back up, then start `reprieve clinic serve` once: it brings them up to date."
        )


def require_free(port: int) -> None:
    """Refuse a port that something answers on already.

    Raises
    ------
    InputError
        It is taken.
    """
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise InputError(
                f"Port {port} is taken by another program; choose another with --port."
            ) from error


def require_one_writer(workers: int) -> None:
    """Refuse several processes on SQLite, whose writes queue anyway.

    Raises
    ------
    InputError
        More than one is asked for.
    """
    from django.db import connection

    if workers > 1 and connection.vendor == "sqlite":
        raise InputError(
            f"{workers} processes need PostgreSQL: set DATABASE_URL, or leave --workers at 1."
        )


def make_folder(folder: Path, mode: str) -> None:
    """Make a data folder with its mode and its key; keep what exists.

    Raises
    ------
    InputError
        The folder holds a clinic of the other mode.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    marked = folder / "mode"
    if marked.exists() and marked.read_text().strip() != mode:
        raise InputError(
            f"'{folder}' holds a {marked.read_text().strip()} clinic; choose another folder for "
            f"a {mode} one with --data."
        )
    marked.write_text(mode + "\n")
    (folder / "static").mkdir(exist_ok=True)
    key = folder / "secret.key"
    if not key.exists() and "REPRIEVE_SECRET_KEY" not in os.environ:
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")


def serve(
    port: int, *, workers: int = 1, threads: int = 8, begun: Callable[[], None] | None = None
) -> None:
    """Answer on loopback until stopped. TLS is the work of a proxy in front.

    One process is enough for SQLite, whose writes queue anyway; a PostgreSQL clinic takes more.
    `begun` runs in each process once it answers.
    """
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn with its settings given here."""

        def load_config(self) -> None:
            settings: dict[str, Any] = {
                "bind": f"127.0.0.1:{port}",
                "workers": workers,
                "threads": threads,
                "worker_class": "gthread",
                "keepalive": 15,
                "timeout": 60,
                "graceful_timeout": 5,
                "loglevel": "warning",
                "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,
            }
            if begun is not None:
                settings["post_worker_init"] = lambda _worker: begun()
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from reprieve.clinic.wsgi import application

            return application

    Server().run()
