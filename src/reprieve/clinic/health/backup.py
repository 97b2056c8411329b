"""Backup: one file with the database, and a manifest that says what is in it.

The secret key is not in the file unless asked for: psychotherapy notes and sessions are worth
nothing without it, and a stolen backup with it is worth everything. Keep it apart.
"""

import hashlib
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from reprieve.clinic.health import postgres
from reprieve.clinic.health.kept import note_backup
from reprieve.clinic.health.manifest import DATA, FORMAT, KEY, MANIFEST, Manifest
from reprieve.errors import InputError


def backup(target: Path, *, with_key: bool = False) -> Manifest:
    """Write a backup of the whole clinic; it may go on working meanwhile.

    The database and what the manifest says of it are of one moment.

    Raises
    ------
    InputError
        The target exists already: a backup never overwrites another. Or there is no key to put in.
    """
    if target.exists():
        raise InputError(f"'{target}' exists; a backup never overwrites. Give another name.")
    key = Path(settings.DATA_DIR) / KEY
    if with_key and not key.is_file():
        raise InputError(f"There is no '{key}': the key comes from REPRIEVE_SECRET_KEY. Keep that.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as room:
        data = Path(room) / DATA[connection.vendor]
        at, tables = datetime.now(UTC), connection.introspection.table_names()
        with _copied(data) as cursor:
            manifest = Manifest(
                FORMAT,
                settings.VERSION,
                settings.MODE,
                at.isoformat(timespec="seconds"),
                connection.vendor,
                digest(data),
                rows(cursor, tables),
                heads(cursor),
                with_key,
            )
        told = Path(room) / MANIFEST
        told.write_text(manifest.text)
        made = Path(room) / "whole.tar.gz"
        _pack(made, [told, data, *([key] if with_key else [])])
        made.rename(target)  # whole or not at all
        sync(target.parent)
    note_backup(target, at)
    return manifest


def rows(cursor: Any, tables: Iterable[str]) -> dict[str, int]:
    """Rows of each table. `cursor` is that of any database which Python can ask."""
    found = {}
    for table in tables:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        found[table] = int(cursor.fetchone()[0])
    return found


def heads(cursor: Any) -> dict[str, str]:
    """The audit's last digest of each clinic, by the name of its stream."""
    cursor.execute(
        "SELECT stream, digest FROM audit_auditevent AS a WHERE seq = "
        "(SELECT max(seq) FROM audit_auditevent AS b WHERE b.stream = a.stream) ORDER BY stream"
    )
    return {str(stream): str(found) for stream, found in cursor.fetchall()}


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have a file or folder on disk before going on."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _copied(data: Path) -> Iterator[Any]:
    """Copy the database into a file, and a cursor that sees exactly what was copied."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(data)) as copy:
            connection.connection.backup(copy)
            # in one file: readable where no log can be written beside it
            copy.execute("PRAGMA journal_mode=DELETE")
            yield copy.cursor()
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        postgres.dump(data, snapshot=cursor.fetchone()[0])
        yield cursor


def _pack(made: Path, files: list[Path]) -> None:
    with tarfile.open(made, "w:gz", compresslevel=6) as tar:
        for file in files:
            tar.add(file, file.name)
    made.chmod(0o600)
    sync(made)
