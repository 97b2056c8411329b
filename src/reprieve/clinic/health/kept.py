"""What was last backed up and verified, kept as files beside the database."""

import json
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

BACKUPS = "backups"
VERIFIED = "verified.json"


def backups() -> Path:
    """Where backups go unless told otherwise."""
    return Path(settings.DATA_DIR) / BACKUPS


def last_backup() -> tuple[str, datetime] | None:
    """Name and time of the newest backup in the data folder."""
    found = sorted(backups().glob("*.tar.gz"), key=lambda p: p.stat().st_mtime)
    if not found:
        return None
    return found[-1].name, datetime.fromtimestamp(found[-1].stat().st_mtime, UTC)


def note_verified(at: datetime, faults: list[str]) -> None:
    """Keep the outcome of a verification."""
    text = json.dumps({"at": at.isoformat(), "faults": len(faults), "first": faults[:1]})
    (Path(settings.DATA_DIR) / VERIFIED).write_text(text)


def last_verified() -> tuple[datetime, int, str] | None:
    """When the record was last verified, how many faults, and the first of them."""
    path = Path(settings.DATA_DIR) / VERIFIED
    if not path.is_file():
        return None
    found = json.loads(path.read_text())
    return datetime.fromisoformat(found["at"]), found["faults"], "".join(found["first"])
