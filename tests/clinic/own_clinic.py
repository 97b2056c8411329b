"""A clinic in a data folder of its own, asked through the terminal as its keeper asks it.

It stands on the database of this run of the tests: SQLite in its folder, or a new PostgreSQL
database beside the one that `REPRIEVE_TEST_DATABASE` names, dropped at the end.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

SERVER = os.environ.get("REPRIEVE_TEST_DATABASE", "")
TESTS = Path(__file__).parents[1]
POSTGRES_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
Tables = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class OwnClinic:
    """A data folder, and the address of its database where that is PostgreSQL's."""

    folder: Path
    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What a program that works on this clinic is started with."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("REPRIEVE_", "DJANGO_"))}
        kept.pop("DATABASE_URL", None)
        paths = os.pathsep.join([str(TESTS), kept.get("PYTHONPATH", "")])
        return {**kept, "PYTHONPATH": paths, **({"DATABASE_URL": self.url} if self.url else {})}

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """`reprieve clinic ...` on this clinic."""
        return self.python("-m", "reprieve.cli", "clinic", *arguments, "--data", self.folder)

    def python(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Another program on this clinic."""
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def begin(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Another program on this clinic that goes on until it is stopped."""
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tables(self) -> Tables:
        """Every row of every table, in an order that does not depend on the database."""
        with closing(self.connection()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(POSTGRES_TABLES if self.url else SQLITE_TABLES)
            names = sorted(row[0] for row in cursor.fetchall())
            found: Tables = {}
            for name in names:
                cursor.execute(f'SELECT * FROM "{name}"')
                found[name] = sorted(cursor.fetchall(), key=repr)
        return found

    def connection(self) -> Any:
        """A connection past the program: what a test compares with, and what an intruder has."""
        if self.url:
            return psycopg.connect(self.url, autocommit=True)
        return sqlite3.connect(self.folder / "clinic.sqlite3", isolation_level=None)


@contextmanager
def empty_clinic(folder: Path) -> Iterator[OwnClinic]:
    """A folder that does not exist yet, and an empty database."""
    if not SERVER:
        yield OwnClinic(folder)
        return
    name = f"reprieve_own_{uuid4().hex[:12]}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield OwnClinic(folder, urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}")))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
