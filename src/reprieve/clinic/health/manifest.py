"""What a backup says of itself."""

import json
import tarfile
import zlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from reprieve.errors import InputError

FORMAT = 1
DATA = {"sqlite": "clinic.sqlite3", "postgresql": "clinic.dump"}
KEY = "secret.key"
MANIFEST = "manifest.json"
# what reading a damaged archive raises: the tar, its compression, a member that is missing
DAMAGED = (tarfile.TarError, zlib.error, EOFError, KeyError, TypeError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: rows by table, the audit's last digests, the database's digest."""

    format: int
    version: str
    mode: str
    made_at: str
    database: str
    sha256: str
    rows: dict[str, int]
    audit_heads: dict[str, str]
    with_key: bool

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return json.dumps(asdict(self), indent=1)


def read_manifest(source: Path) -> Manifest:
    """What a backup says of itself.

    Raises
    ------
    InputError
        The file is not a backup of this format.
    """
    try:
        with tarfile.open(source) as tar:
            found = tar.extractfile(MANIFEST)
            told = json.loads(found.read()) if found else {}
        if told.get("format") != FORMAT:
            raise InputError(
                f"'{source}' has format {told.get('format')}; this version reads {FORMAT}. It was "
                f"made by Reprieve {told.get('version')}: restore it with that, then upgrade."
            )
        manifest = Manifest(**{f.name: told[f.name] for f in fields(Manifest)})
    except (*DAMAGED, AttributeError) as error:
        raise InputError(
            f"'{source}' is not a backup, or is damaged: expected a file made by "
            f"`reprieve clinic backup` ({type(error).__name__})."
        ) from error
    if manifest.database not in DATA or manifest.mode not in ("production", "demo", "test"):
        raise InputError(f"'{source}' is not a backup: its manifest names no database or mode.")
    return manifest
