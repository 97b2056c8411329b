"""Backup and restore: one file with the database, and a manifest that says what is in it.

The secret key is not in the file unless asked for: psychotherapy notes and sessions are worth
nothing without it, and a stolen backup with it is worth everything. Keep it apart.
"""

import hashlib
import json
import sqlite3
import subprocess
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

from reprieve.errors import InputError

FORMAT = 1
SQLITE = "clinic.sqlite3"
DUMP = "clinic.dump"
KEY = "secret.key"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: rows by table, the audit's last digest, the file's digest."""

    format: int
    version: str
    made_at: str
    database: str
    sha256: str
    rows: dict[str, int]
    audit_heads: dict[str, str]
    with_key: bool


def backup(target: Path, *, with_key: bool = False) -> Manifest:
    """Write a backup of the whole clinic; it may go on working meanwhile.

    Raises
    ------
    InputError
        The target exists already: a backup never overwrites another.
    """
    if target.exists():
        raise InputError(f"'{target}' exists; a backup never overwrites. Give another name.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as room:
        data = Path(room) / (SQLITE if connection.vendor == "sqlite" else DUMP)
        _dump(data)
        manifest = Manifest(
            FORMAT,
            settings.VERSION,
            datetime.now(UTC).isoformat(timespec="seconds"),
            connection.vendor,
            _digest(data),
            _rows(),
            _heads(),
            with_key,
        )
        made = Path(room) / "whole.tar.gz"
        with tarfile.open(made, "w:gz", compresslevel=6) as tar:
            tar.add(data, data.name)
            if with_key:
                tar.add(Path(settings.DATA_DIR) / KEY, KEY)
            told = Path(room) / "manifest.json"
            told.write_text(json.dumps(asdict(manifest), indent=1))
            tar.add(told, told.name)
        made.chmod(0o600)
        made.rename(target)  # whole or not at all
    return manifest


def read_manifest(source: Path) -> Manifest:
    """What a backup says of itself.

    Raises
    ------
    InputError
        The file is not a backup of this format.
    """
    try:
        with tarfile.open(source) as tar:
            found = tar.extractfile("manifest.json")
            told = json.loads(found.read()) if found else {}
        manifest = Manifest(**told)
    except (tarfile.TarError, KeyError, TypeError, ValueError, EOFError) as error:
        raise InputError(
            f"'{source}' is not a backup: expected a file made by `reprieve clinic backup` "
            f"({type(error).__name__})."
        ) from error
    if manifest.format != FORMAT:
        raise InputError(
            f"'{source}' has format {manifest.format}; this version reads {FORMAT}. "
            f"It was made by {manifest.version}: restore it there and upgrade."
        )
    return manifest


def restore(source: Path, folder: Path) -> Manifest:
    """Put a backup into an empty database, whole or not at all; the caller verifies after.

    Raises
    ------
    InputError
        The database is not empty, the file is damaged, or it belongs to the other database.
    """
    manifest = read_manifest(source)
    with tempfile.TemporaryDirectory(dir=folder) as room:
        with tarfile.open(source) as tar:
            tar.extractall(room, filter="data")
        data = Path(room) / (SQLITE if manifest.database == "sqlite" else DUMP)
        if not data.is_file() or _digest(data) != manifest.sha256:
            raise InputError(f"'{source}' is damaged: its digest is not the one it was made with.")
        _load(data, folder, manifest)
        key, kept = Path(room) / KEY, folder / KEY
        if manifest.with_key and not kept.exists():
            key.chmod(0o600)
            key.rename(kept)
    return manifest


def _dump(data: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        copy = sqlite3.connect(data)
        with copy:
            connection.connection.backup(copy)
        copy.close()
    else:
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={data}")


def _load(data: Path, folder: Path, manifest: Manifest) -> None:
    if manifest.database == "sqlite":
        target = folder / SQLITE
        if target.exists():
            raise InputError(f"'{target}' exists; restore into an empty folder, then change over.")
        data.rename(target)
        return
    with connection.cursor() as cursor:
        if connection.introspection.table_names(cursor):
            raise InputError("The database is not empty; restore into a new one, then change over.")
    _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(data))


def _run(program: str, *arguments: str) -> None:
    database = settings.DATABASES["default"]
    url = {
        "PGHOST": database.get("HOST") or "",
        "PGPORT": str(database.get("PORT") or ""),
        "PGUSER": database.get("USER") or "",
        "PGPASSWORD": database.get("PASSWORD") or "",
    }
    import os

    name = ["--dbname", str(database["NAME"])]
    try:
        subprocess.run(
            [program, *name, *arguments],
            env={**os.environ, **{k: v for k, v in url.items() if v}},
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


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows() -> dict[str, int]:
    return {
        model._meta.label_lower: model._default_manager.count()
        for model in apps.get_models()
        if model.__module__.startswith("reprieve.clinic")
    }


def _heads() -> dict[str, str]:
    from reprieve.clinic.audit.models import AuditEvent

    streams = AuditEvent.objects.order_by().values_list("stream", flat=True).distinct()
    return {
        stream: str(
            AuditEvent.objects.filter(stream=stream).order_by("-seq").values_list("digest")[0][0]
        )
        for stream in streams
    }
