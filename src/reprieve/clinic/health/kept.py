"""What was last backed up and verified, kept as files beside the database."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

BACKUPS = "backups"
LAST = "last.json"
VERIFIED = "verified.json"


def backups() -> Path:
    """Where backups go unless told otherwise."""
    return Path(settings.DATA_DIR) / BACKUPS


def note_backup(file: Path, at: datetime) -> None:
    """Keep where and when a backup was made, wherever it went."""
    backups().mkdir(exist_ok=True)
    _write(backups() / LAST, {"file": str(file.absolute()), "at": at.isoformat()})


def last_backup() -> tuple[Path, datetime] | None:
    """File and time of the last backup made from this folder."""
    found = _read(backups() / LAST)
    try:
        return Path(found["file"]), _time(found["at"])
    except (KeyError, TypeError, ValueError):
        return None


def note_verified(at: datetime, faults: list[str]) -> None:
    """Keep the outcome of a verification."""
    told = {"at": at.isoformat(), "faults": len(faults), "first": faults[:1]}
    _write(Path(settings.DATA_DIR) / VERIFIED, told)


def last_verified() -> tuple[datetime, int, str] | None:
    """When the record was last verified, how many faults, and the first of them."""
    found = _read(Path(settings.DATA_DIR) / VERIFIED)
    try:
        return _time(found["at"]), int(found["faults"]), "".join(found["first"])
    except (KeyError, TypeError, ValueError):
        return None


def _write(path: Path, told: dict[str, Any]) -> None:
    """A small file, whole or as it was."""
    made = path.with_suffix(f".{os.getpid()}")
    made.write_text(json.dumps(told))
    made.replace(path)


def _read(path: Path) -> Any:
    """What a small file says; nothing where it is missing or was tampered with."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
