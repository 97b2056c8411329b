"""Rules of the ledger that law or policy sets: data in a file, with source and standing.

A site's own `ledger-rules.toml` in the data folder takes the place of the shipped `us.toml`.
"""

import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from reprieve.clinic.accounts.models import Clinic
from reprieve.errors import EvidenceError

SHIPPED = Path(__file__).with_name("us.toml")
OWN = "ledger-rules.toml"
STANDINGS = ("regulation", "clinic")
STATUSES = ("verified", "secondary", "recalled", "assumed")
UNITS = ("mL", "device", "tablet")


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that law or policy sets, and what it stands on."""

    value: int
    unit: str
    standing: str
    status: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """Which forms may go back to the stock, and what that stands on."""

    units: tuple[str, ...]
    standing: str
    status: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of the ledger at a site."""

    title: str
    authority: str
    loss_form: str
    inventory: Rule
    keep_records: Rule
    loss_notice: Rule
    loss_form_due: Rule
    expiring_soon: Rule
    counts_a_day: Rule
    put_back: PutBack


def rules_of(clinic: Clinic) -> Rules:
    """The rules that hold at a clinic: its installation's own file, or the shipped one.

    Raises
    ------
    EvidenceError
        The site's file breaks the schema; the message names the entry.
    """
    own = Path(settings.DATA_DIR) / OWN
    path = own if own.is_file() else SHIPPED
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, mtime_ns: int) -> Rules:
    return parse_rules(path.read_text(encoding="utf-8"), str(path.name))


def parse_rules(text: str, name: str) -> Rules:
    """Rules of a TOML text; see `rules_of`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EvidenceError(f"{name} is not TOML: {error}.") from error
    known = [f.name for f in fields(Rules)]
    wrong = sorted(set(data) ^ set(known))
    if wrong:
        raise EvidenceError(f"{name}: {', '.join(wrong)}; expected exactly {', '.join(known)}.")
    made: dict[str, Any] = {}
    for key, value in data.items():
        if key in ("title", "authority", "loss_form"):
            made[key] = _text(name, key, value)
        else:
            made[key] = _rule(f"{name} [{key}]", value, put_back=key == "put_back")
    return Rules(**made)


def _rule(where: str, entry: object, *, put_back: bool) -> Rule | PutBack:
    wanted = {f.name for f in fields(PutBack if put_back else Rule)}
    if not isinstance(entry, dict) or set(entry) != wanted:
        raise EvidenceError(f"{where}: expected a table with {', '.join(sorted(wanted))}.")
    for name, known in (("standing", STANDINGS), ("status", STATUSES)):
        if entry[name] not in known:
            raise EvidenceError(
                f"{where}: {name} '{entry[name]}'; expected one of {', '.join(known)}."
            )
    if entry["status"] != "assumed" and not entry["source"]:
        raise EvidenceError(f"{where}: {entry['status']}, but names no source.")
    if put_back:
        units = entry["units"]
        if not isinstance(units, list) or not set(units) <= set(UNITS):
            raise EvidenceError(f"{where}: units {units}; expected some of {', '.join(UNITS)}.")
        return PutBack(**{**entry, "units": tuple(units)})
    if type(entry["value"]) is not int or not 0 <= entry["value"] <= 3660:
        raise EvidenceError(
            f"{where}: value {entry['value']!r}; expected a whole number from 0 to 3660."
        )
    return Rule(**entry)


def _text(name: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise EvidenceError(f"{name}: {key} is {value!r}; expected words.")
    return value
