"""Restore: a backup into an empty clinic, whole or not at all, and compared with what it said."""

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from reprieve.clinic import running
from reprieve.clinic.health import postgres
from reprieve.clinic.health.backup import digest, heads, rows, sync
from reprieve.clinic.health.manifest import DAMAGED, DATA, KEY, Manifest, read_manifest
from reprieve.errors import InputError


@contextmanager
def folder_for(source: Path, folder: Path) -> Iterator[Manifest]:
    """A data folder of the backup's mode, with its key if it holds one, and Django started on it.

    What was made is taken away again where the restore fails.

    Raises
    ------
    InputError
        The folder holds a clinic of another mode, or the file is no backup.
    """
    manifest = read_manifest(source)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = not any(folder.iterdir())
    try:
        if manifest.with_key:
            _put_key(source, folder)
        running.make_folder(folder, manifest.mode)
        running.begin(folder)
        yield manifest
    except BaseException:
        if fresh:
            for found in folder.iterdir():
                shutil.rmtree(found) if found.is_dir() else found.unlink()
        raise


def _put_key(source: Path, folder: Path) -> None:
    kept = folder / KEY
    with tempfile.TemporaryDirectory(dir=folder) as room:
        _unpack(source, Path(room))
        key = Path(room) / KEY
        if kept.exists() and kept.read_bytes() != key.read_bytes():
            raise InputError(f"'{kept}' is another key than the backup's; move one of them away.")
        key.chmod(0o600)
        key.rename(kept)


def restore(source: Path, folder: Path) -> Manifest:
    """Put a backup into an empty database; the caller verifies the record after.

    Raises
    ------
    InputError
        The database is not empty, the file is damaged, or it belongs to the other database.
    """
    manifest = read_manifest(source)
    if manifest.database != connection.vendor:
        raise InputError(
            f"'{source}' is a backup of {manifest.database}; this clinic is to stand on "
            f"{connection.vendor}. "
            + (
                "Set DATABASE_URL to an empty PostgreSQL database."
                if manifest.database == "postgresql"
                else "Restore it without DATABASE_URL."
            )
        )
    _refuse_occupied(folder)
    with tempfile.TemporaryDirectory(dir=folder) as room:
        _unpack(source, Path(room))
        data = Path(room) / DATA[manifest.database]
        if not data.is_file() or digest(data) != manifest.sha256:
            raise InputError(f"'{source}' is damaged: its digest is not the one it was made with.")
        _load(data, folder)
    return manifest


def differences(manifest: Manifest) -> list[str]:
    """Where the database differs from what the backup says of itself; before any migration."""
    with connection.cursor() as cursor:
        found, ends = rows(cursor, manifest.rows), heads(cursor)
    lines = [
        f"{table}: {found[table]} rows where the backup says {said}"
        for table, said in manifest.rows.items()
        if found[table] != said
    ]
    if ends != manifest.audit_heads:
        lines.append("audit_auditevent: the last digests are not those of the backup")
    return lines


def _unpack(source: Path, room: Path) -> None:
    try:
        with tarfile.open(source) as tar:
            tar.extractall(room, filter="data")
    except DAMAGED as error:
        raise InputError(
            f"'{source}' is damaged: it cannot be unpacked ({type(error).__name__})."
        ) from error


def _refuse_occupied(folder: Path) -> None:
    if connection.vendor == "sqlite":
        # a write-ahead log left behind would be read into the restored database
        for found in sorted(folder.glob(f"{DATA['sqlite']}*")):
            raise InputError(f"'{found}' exists; restore into an empty folder, then change over.")
        return
    with connection.cursor() as cursor:
        if connection.introspection.table_names(cursor):
            raise InputError("The database is not empty; restore into a new one, then change over.")


def _load(data: Path, folder: Path) -> None:
    if connection.vendor != "sqlite":
        postgres.load(data)
        return
    target = folder / DATA["sqlite"]
    data.chmod(0o600)
    sync(data)
    data.rename(target)
    sync(folder)
