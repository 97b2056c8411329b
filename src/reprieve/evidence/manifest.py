"""The manifest: how many rows each file holds, and a checksum of what they say.

`manifest.toml` is committed beside the evidence; a lost or changed row no longer matches it.
Run `python -m reprieve.evidence.manifest` after a deliberate change to write it anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from reprieve.evidence.library import HOME, PAPERS, case, case_names, keys, load
from reprieve.evidence.schema import Table, parse_toml, read_text
from reprieve.evidence.study import Outcome

FILE = HOME / "manifest.toml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file's row count and checksum."""

    rows: int
    checksum: str


def current() -> dict[str, Entry]:
    """What the shipped files hold now, by "kind/name"."""
    found = {
        f"{kind}/{name}": _entry(map(_line, load(f"{kind}/{name}").outcomes))
        for kind in PAPERS
        for name in keys(kind)
    }
    for name in case_names():
        rows = case(name)["source"]["rows"]
        found[f"cases/{name}"] = _entry(_case_line(row) for row in rows)
    return found


def committed() -> dict[str, Entry]:
    """What the manifest says the files hold."""
    table = Table(parse_toml(read_text(FILE), FILE.name), FILE.name)
    entries = {}
    for key in table.left():
        entry = table.sub(key)
        entries[key] = Entry(entry.integer("rows", low=1) or 0, entry.text("checksum"))
        entry.done()
    return entries


def differences(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[str]:
    """One sentence for each file that no longer matches."""
    lines = [f"{key}: file is gone ({old[key].rows} rows)." for key in old if key not in new]
    lines += [f"{key}: not in the manifest." for key in new if key not in old]
    for key in old.keys() & new.keys():
        if old[key] != new[key]:
            lines.append(
                f"{key}: {new[key].rows} rows with checksum {new[key].checksum}; the manifest "
                f"says {old[key].rows} with {old[key].checksum}."
            )
    return sorted(lines)


def _line(row: Outcome) -> str:
    value = row.range if row.value is None else row.value
    return f"{row.id}|{value!r}|{row.time!r}|{row.time_unit}|{row.unit}"


def _case_line(row: Mapping[str, str]) -> str:
    return "|".join(str(value) for value in row.values())


def _entry(lines: Iterable[str]) -> Entry:
    text = list(lines)
    return Entry(len(text), sha256("\n".join(text).encode()).hexdigest()[:16])


def write() -> None:
    """Write the manifest from the files as they are."""
    lines = [
        "# Rows and checksum of every evidence file, by python -m reprieve.evidence.manifest",
        *(
            f'"{key}" = {{ rows = {entry.rows}, checksum = "{entry.checksum}" }}'
            for key, entry in current().items()
        ),
    ]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
