"""Reading TOML tables strictly: every key is known, every number is possible.

`Table` wraps one table of one file. Each getter takes a key out; `done` refuses what is left.
A refusal is one sentence that names the file, the table and the key.
"""

import math
import os
import stat
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from reprieve.errors import EvidenceError

STATUSES = ("verified", "recalled", "digitised", "derived", "assumed")
MOST_TOML_BYTES = 20_000_000
STANDINGS = ("label", "guideline", "clinic", "assumed")

NOTHING: Mapping[str, Any] = MappingProxyType({})


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The tables of a TOML text, or one sentence about why it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = " ".join(str(error).split())
        raise EvidenceError(f"{where}: this is not valid TOML: {reason}.") from None


def read_text(path: Path) -> str:
    """The text of an evidence file; a missing, special or undecodable file is refused."""
    try:
        check_file(path, MOST_TOML_BYTES)
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise EvidenceError(f"{path}: no such file; give the path of a TOML file.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise EvidenceError(f"{path}: cannot be read as UTF-8 text: {reason}.") from None


def check_file(path: str | Path, most_bytes: int) -> None:
    """Refuse what a reader would hang on: no name, a folder, a device or pipe, a giant file.

    Raises
    ------
    EvidenceError
        Naming the file and what it is.
    OSError
        The file does not exist or may not be looked at.
    """
    if str(path) in ("", "."):
        raise EvidenceError("No file name was given; give the path of a file.")
    found = os.stat(path)
    if stat.S_ISDIR(found.st_mode):
        raise EvidenceError(f"{path}: this is a folder; give the path of a file.")
    if not stat.S_ISREG(found.st_mode):
        raise EvidenceError(f"{path}: this is a device or a pipe; give the path of a file.")
    if found.st_size > most_bytes:
        raise EvidenceError(
            f"{path}: the file holds {found.st_size / 1e6:,.0f} MB; "
            f"at most {most_bytes / 1e6:g} MB are read."
        )


def freeze(value: Any) -> Any:
    """A read-only view of nested TOML values."""
    if isinstance(value, dict):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: Any) -> Any:
    """Plain dicts and lists again, for JSON."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [thaw(item) for item in value]
    return value


class Table:
    """One TOML table on its way to becoming a dataclass.

    Parameters
    ----------
    data : the table as tomllib gave it
    where : file and table, as a message should name them ("berman_2000.toml: [[arm]] 2")
    """

    def __init__(self, data: Any, where: str) -> None:
        self.where = where
        if not isinstance(data, dict):
            self.refuse(f"is {_shown(data)}; a table was expected")
        self._left: dict[str, Any] = dict(data)

    def refuse(self, what: str, key: str | None = None) -> NoReturn:
        subject = f"{self.where}: " + (f"{key} " if key else "")
        raise EvidenceError(f"{subject}{what}.")

    def has(self, key: str) -> bool:
        return key in self._left

    def left(self) -> tuple[str, ...]:
        """The keys that nobody has taken yet."""
        return tuple(self._left)

    def take(self, key: str, default: Any = None) -> Any:
        return self._left.pop(key, default)

    def need(self, key: str) -> Any:
        if key not in self._left:
            self.refuse("is missing; add it", key)
        return self._left.pop(key)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.need(key) if default is None else self.take(key, default)
        if not isinstance(value, str):
            self.refuse(f"is {_shown(value)}; a text was expected", key)
        if default is None and not value.strip():
            self.refuse("is empty; write something", key)
        return value

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value != default and value not in allowed:
            self.refuse(f"is '{value}'; known are {', '.join(sorted(allowed))}", key)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            self.refuse(f"is {_shown(value)}; true or false was expected", key)
        return value

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> float:
        value = self.need(key) if default is None else self.take(key, default)
        return self.checked(value, key, low=low, high=high)

    def optional(self, key: str, *, low: float = -math.inf, high: float = math.inf) -> float | None:
        if key not in self._left:
            return None
        return self.checked(self.take(key), key, low=low, high=high)

    def integer(self, key: str, *, low: int = 0) -> int | None:
        if key not in self._left:
            return None
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(f"is {_shown(value)}; a whole number was expected", key)
        if value < low:
            self.refuse(f"is {value}; it must be at least {low}", key)
        return value

    def numbers(self, key: str) -> tuple[float, ...]:
        values = self.take(key, [])
        if not isinstance(values, list):
            self.refuse(f"is {_shown(values)}; a list of numbers was expected", key)
        return tuple(self.checked(value, key) for value in values)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.take(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            self.refuse(f"is {_shown(values)}; a list of texts was expected", key)
        return tuple(values)

    def interval(self, key: str, *, open_top: bool = False) -> tuple[float, float] | None:
        """A [low, high] pair; `open_top` lets the upper end be inf (not reached)."""
        if key not in self._left:
            return None
        pair = self.take(key)
        if not isinstance(pair, list) or len(pair) != 2:
            self.refuse(f"is {_shown(pair)}; two numbers [low, high] were expected", key)
        low = self.checked(pair[0], key)
        high = math.inf if open_top and pair[1] == math.inf else self.checked(pair[1], key)
        if low > high:
            self.refuse(f"has its low end {low:g} above its high end {high:g}", key)
        return low, high

    def checked(
        self, value: Any, key: str, *, low: float = -math.inf, high: float = math.inf
    ) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(f"is {_shown(value)}; a number was expected", key)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.refuse(f"is {number}; a finite number was expected", key)
        if not low <= number <= high:
            self.refuse(f"is {number:g}; {_bounds(low, high)}", key)
        return number

    def sub(self, key: str) -> "Table":
        return Table(self.take(key, {}), f"{self.where}: [{key}]")

    def subs(self, key: str) -> "Sequence[Table]":
        """The entries of an array of tables, each with its place in the message."""
        entries = self.take(key, [])
        if not isinstance(entries, list):
            self.refuse(f"is {_shown(entries)}; write it as [[{key}]]", key)
        return [Table(entry, f"{self.where}: [[{key}]] {n}") for n, entry in enumerate(entries, 1)]

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A free table whose consumer checks it; NaN and infinity are refused all the same."""
        value = self.take(key, {})
        if not isinstance(value, dict):
            self.refuse(f"is {_shown(value)}; a table was expected", key)
        self._finite(value, key)
        frozen: Mapping[str, Any] = freeze(value)
        return frozen

    def raw(self, key: str) -> Any:
        """A value whose consumer checks it; NaN and infinity are refused all the same."""
        value = self.need(key)
        self._finite(value, key)
        return value

    def _finite(self, value: Any, key: str) -> None:
        if isinstance(value, float) and not math.isfinite(value):
            self.refuse(f"is {value}; a finite number was expected", key)
        if isinstance(value, dict):
            for name, item in value.items():
                self._finite(item, f"{key}.{name}")
        if isinstance(value, list):
            for item in value:
                self._finite(item, key)

    def done(self) -> None:
        """Refuse whatever nobody asked for: most often a misspelt key."""
        for key in self._left:
            self.refuse("is not a known key here; check its spelling", key)


def _shown(value: Any) -> str:
    shown = f"'{value}'" if isinstance(value, str) else repr(value)
    shown = " ".join(shown.split())
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _bounds(low: float, high: float) -> str:
    if math.isinf(high):
        return f"it must be at least {low:g}"
    if math.isinf(low):
        return f"it must be at most {high:g}"
    return f"it must lie between {low:g} and {high:g}"
