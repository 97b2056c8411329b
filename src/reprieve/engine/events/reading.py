"""Reading event tables: every cell checked, every refusal with its line and column."""

import csv
import math
from collections.abc import Callable
from pathlib import Path

from reprieve.engine.events.table import COLUMNS, Event, EventTable
from reprieve.errors import InputError
from reprieve.evidence.schema import check_file

MOST_BYTES = 200_000_000
MOST_ROWS = 5_000_000
MOST_ADDITIONAL = 100_000
LONGEST_H = 1e6

_ALIASES = {
    "SUBJ": "ID", "TINF": "DUR", "LAG": "ALAG", "TLAG": "ALAG", "ALAG1": "ALAG", "F1": "F",
    "BIO": "F", "BIOAV": "F",
}  # fmt: skip
_NOT_GIVEN = ("", ".", "NA", "na")
_IGNORED = ("PRED", "IPRED")  # an earlier prediction is no covariate


def read(path: str | Path) -> EventTable:
    """Read and check a table.

    Raises
    ------
    InputError
        Naming the line and the column: what stood there and what was expected.
    """
    try:
        check_file(path, MOST_BYTES)
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not a text file; expected CSV in UTF-8.") from error
    except OSError as error:
        raise InputError(f"Cannot read '{path}': {error.strerror}.") from error
    return parse(text, str(path))


def raw_rows(path: str | Path) -> list[list[str]]:
    """Header and cells of a table as they stand in the file, which `read` has accepted."""
    text = Path(path).read_text(encoding="utf-8-sig")
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    delimiter = next((d for d in ",;\t" if d in lines[0]), ",")
    return [_cells(line, delimiter, k) for k, line in enumerate(lines, 1)]


def parse(text: str, name: str = "table") -> EventTable:
    """Read and check the text of a table; see `read`."""
    if "\0" in text:
        raise InputError(f"'{name}' is not a text file; expected CSV in UTF-8.")
    numbered = enumerate(text.split("\n"), 1)
    lines = [(k, line) for k, line in numbered if line.strip() and not line.startswith("#")]
    if not lines:
        raise InputError(f"'{name}' is empty; expected a header such as ID,TIME,AMT,EVID,DV.")
    if len(lines) == 1:
        raise InputError(f"'{name}' has a header and no rows.")
    if len(lines) > MOST_ROWS:
        raise InputError(f"'{name}' has {len(lines):,} rows; at most {MOST_ROWS:,} are read.")
    delimiter = next((d for d in ",;\t" if d in lines[0][1]), ",")
    header, columns = _header(_cells(lines[0][1], delimiter, lines[0][0]), lines[0][0])
    events = []
    for line, raw in lines[1:]:
        cells = _cells(raw, delimiter, line)
        if len(cells) != len(header):
            raise InputError(
                f"line {line}: {len(cells)} cells under a header of {len(header)}; "
                "give every column a cell, a dot for nothing."
            )
        events.append(_event(_Row(dict(zip(header, cells, strict=True)), columns, line)))
    _check_order(events)
    return EventTable(tuple(events), tuple(c for c in header if c not in columns.values()
                                           and c.upper() not in _IGNORED))  # fmt: skip


def _cells(raw: str, delimiter: str, line: int) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([raw], delimiter=delimiter, strict=True))]
    except (csv.Error, StopIteration) as error:
        raise InputError(f"line {line}: not CSV ({error}).") from error


def _header(names: list[str], line: int) -> tuple[list[str], dict[str, str]]:
    """The header, and under which of its names each known column stands."""
    columns: dict[str, str] = {}
    for name in names:
        known = _ALIASES.get(name.upper(), name.upper())
        if not name or names.count(name) > 1 or known in columns:
            raise InputError(
                f"line {line}: column '{name}' stands in the header twice or without a name."
            )
        if known in COLUMNS:
            columns[known] = name
    for needed in ("ID", "TIME"):
        if needed not in columns:
            raise InputError(
                f"line {line}: no column {needed} in the header '{','.join(names)[:80]}'; "
                "expected at least ID, TIME and AMT."
            )
    return names, columns


class _Row:
    """Cells of one line, asked by column."""

    def __init__(self, cells: dict[str, str], columns: dict[str, str], line: int) -> None:
        self.cells, self.columns, self.line = cells, columns, line

    def text(self, column: str) -> str:
        return self.cells.get(self.columns.get(column, ""), "")

    def given(self, column: str) -> bool:
        return self.text(column) not in _NOT_GIVEN

    def refuse(self, column: str, expected: str) -> InputError:
        shown = self.text(column) or self.cells.get(column, "")
        return InputError(
            f"line {self.line}, column {column}: '{shown}' was given; expected {expected}."
        )

    def number(self, column: str, plain: float = 0.0) -> float:
        if not self.given(column):
            return plain
        return self.as_number(column, self.text(column))

    def as_number(self, column: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(
                f"line {self.line}, column {column}: '{text}' was given; expected a number."
            )
        return value

    def whole(self, column: str, allowed: Callable[[int], bool], expected: str) -> int:
        value = self.number(column)
        if value != int(value) or not allowed(int(value)):
            raise self.refuse(column, expected)
        return int(value)

    def at_least_0(self, column: str, plain: float = 0.0) -> float:
        value = self.number(column, plain)
        if value < 0:
            raise self.refuse(column, "0 or more")
        return value


def _event(row: _Row) -> Event:
    if not row.given("ID"):
        raise row.refuse("ID", "a name or number for the person")
    if not row.given("TIME"):
        raise row.refuse("TIME", "hours")
    time = row.at_least_0("TIME")
    if time > LONGEST_H:
        raise row.refuse("TIME", f"hours up to {LONGEST_H:g}")
    evid = _evid(row)
    known = set(row.columns.values())
    event = Event(
        id=row.text("ID"),
        time_h=time,
        evid=evid,
        amt=row.at_least_0("AMT"),
        rate=row.number("RATE"),
        dur=row.at_least_0("DUR"),
        ii=row.at_least_0("II"),
        addl=row.whole("ADDL", lambda k: 0 <= k <= MOST_ADDITIONAL,
                       f"a whole number from 0 to {MOST_ADDITIONAL:,}"),
        ss=row.whole("SS", lambda k: k in (0, 1, 2), "0, 1 or 2"),
        cmt=_compartment(row),
        dv=row.number("DV") if row.given("DV") else None,
        mdv=row.whole("MDV", lambda k: k in (0, 1), "0 or 1"),
        lag=row.at_least_0("ALAG"),
        f=row.at_least_0("F", 1.0),
        covariates={
            name: row.as_number(name, text)
            for name, text in row.cells.items()
            if name not in known and name.upper() not in _IGNORED and text not in _NOT_GIVEN
        },
        line=row.line,
    )  # fmt: skip
    return _checked_dose(row, event) if event.is_dose else _checked_other(row, event)


def _evid(row: _Row) -> int:
    if row.given("EVID"):
        return row.whole("EVID", lambda k: 0 <= k <= 4, "0, 1, 2, 3 or 4")
    if row.number("AMT") or row.number("RATE") or row.number("SS"):
        return 1
    return 2 if row.number("MDV") else 0


def _compartment(row: _Row) -> str | None:
    """The number or name of a compartment, None where none is given (0 is NONMEM's default)."""
    text = row.text("CMT")
    if not row.given("CMT"):
        return None
    try:
        value = float(text)
    except ValueError:
        return text
    if not (value >= 0 and value == math.floor(value) and value < 1000):
        raise row.refuse("CMT", "a compartment's number from 1 (switching off is not supported)")
    return str(int(value)) if value else None


def _checked_other(row: _Row, event: Event) -> Event:
    for column in ("AMT", "RATE", "II", "ADDL", "SS"):
        if row.number(column):
            raise row.refuse(column, f"0 or a dot, because EVID {event.evid} gives no dose")
    return event


def _checked_dose(row: _Row, event: Event) -> Event:
    if event.rate == -1:
        raise row.refuse("RATE", "mg/h or -2; no column gives a modelled rate")
    if event.rate < 0 and event.rate != -2:
        raise row.refuse("RATE", "mg/h, 0 or -2")
    if event.rate == -2 and event.dur <= 0:
        raise row.refuse("RATE", "a duration in column DUR beside -2")
    if event.amt == 0 and not event.constant:
        raise row.refuse("AMT", "mg above 0 on a row that gives a dose")
    if event.rate > 0 and event.dur > 0 and not math.isclose(event.rate * event.dur, event.amt,
                                                              rel_tol=1e-6):  # fmt: skip
        raise row.refuse(
            "RATE", f"AMT / DUR = {event.amt / event.dur:g} mg/h; leave one of them out"
        )
    if event.addl and event.ii <= 0:
        raise row.refuse("ADDL", "an interval in column II beside it")
    if event.time_h + event.addl * event.ii > LONGEST_H:
        raise row.refuse("II", f"additional doses before {LONGEST_H:g} h")
    return _checked_steady(row, event)


def _checked_steady(row: _Row, event: Event) -> Event:
    if not event.ss:
        return event
    if event.constant:
        if event.ii or event.addl:
            raise row.refuse("II", "0 (and ADDL 0) for a constant infusion at steady state")
        return event
    if event.ii <= 0:
        raise row.refuse("SS", "an interval in column II beside it")
    if event.lag >= event.ii:
        raise row.refuse("ALAG", "a lag shorter than II at steady state")
    return event


def _check_order(events: list[Event]) -> None:
    seen: set[str] = set()
    before: Event | None = None
    for event in events:
        if before is None or event.id != before.id:
            if event.id in seen:
                raise InputError(
                    f"line {event.line}, column ID: '{event.id}' comes back after another person; "
                    "keep each person's rows together."
                )
            seen.add(event.id)
        elif event.time_h < before.time_h and not event.resets:
            raise InputError(
                f"line {event.line}, column TIME: {event.time_h:g} comes after {before.time_h:g}; "
                "time may start again only at a reset (EVID 3 or 4)."
            )
        before = event
