"""PostgreSQL's own tools for its own format."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from psycopg.conninfo import make_conninfo

from reprieve.errors import InputError


def dump(target: Path, *, snapshot: str) -> None:
    """Write the database as one transaction saw it, in PostgreSQL's custom format."""
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
         f"--file={target}")  # fmt: skip


def load(source: Path) -> None:
    """Fill an empty database, whole or not at all."""
    _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
         str(source))  # fmt: skip


def _run(program: str, *arguments: str) -> None:
    """Run one of them on the clinic's database; its password stands in no list of processes.

    Raises
    ------
    InputError
        It is not installed, or it failed.
    """
    database = settings.DATABASES["default"]
    password = database.get("PASSWORD")
    try:
        subprocess.run(
            [program, f"--dbname={_address(database)}", *arguments],
            env={**os.environ, **({"PGPASSWORD": password} if password else {})},
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise InputError(
            f"{program} is not installed; on Debian: apt-get install postgresql-client."
        ) from error
    except subprocess.CalledProcessError as error:
        raise InputError(f"{program} failed: {error.stderr.strip()[-400:]}") from error


def _address(database: Mapping[str, Any]) -> str:
    """Where the database is, with every option of its address, without the password."""
    named = {"dbname": "NAME", "user": "USER", "host": "HOST", "port": "PORT"}
    given = {key: database.get(name) for key, name in named.items()}
    options = {k: v for k, v in database.get("OPTIONS", {}).items() if isinstance(v, str)}
    return make_conninfo(**{k: v for k, v in (given | options).items() if v})
