"""Reading a case: JSON, shape, clock, words, and then whether it can be true.

The first problem found refuses the whole record with one sentence; nothing is repaired.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from reprieve.engine.cases import clock, contradictions, shape
from reprieve.engine.cases.case import Case, CaseSetting, CheckIn, Event, History, Person
from reprieve.engine.cases.concomitant import Other, followed, notes_on, read_other
from reprieve.engine.cases.ratings import Score, read_score
from reprieve.engine.cases.refusals import CaseError
from reprieve.engine.cases.sessions import Treatment, plan, session
from reprieve.errors import EvidenceError
from reprieve.evidence.schema import check_file

MOST_BYTES = 4_000_000
Row = Mapping[str, Any]


def read_json(source: str | Path) -> Case:
    """A case from a file or from JSON text; see `Case.from_json`."""
    text = source if isinstance(source, str) and _is_json(source) else _file_text(Path(source))
    if len(text) > MOST_BYTES:
        raise CaseError(
            "unreadable_case",
            f"The case holds {len(text) / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:g} MB are read.",
        )
    return read_case(_loaded(text))


def _is_json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", "") or "\n" in text


def _file_text(path: Path) -> str:
    try:
        check_file(path, MOST_BYTES)
        return path.read_text(encoding="utf-8-sig")
    except EvidenceError as error:
        raise CaseError("unreadable_case", str(error)) from None
    except UnicodeDecodeError as error:
        raise CaseError(
            "unreadable_case",
            f"The case file cannot be read: byte {error.start + 1} is no text in UTF-8; give a "
            "JSON file.",
        ) from None
    except OSError as error:
        raise CaseError(
            "unreadable_case",
            f"The case file cannot be read: {error.strerror or 'no reason given'}; give a JSON "
            "file.",
        ) from None
    except ValueError:  # a name with a null byte
        raise CaseError(
            "unreadable_case", "The case file cannot be read: its name cannot be; give a JSON file."
        ) from None


def _loaded(text: str) -> Any:
    try:
        return json.loads(
            text.lstrip("\ufeff"), object_pairs_hook=_no_key_twice, parse_constant=_no_constant
        )
    except RecursionError:
        raise CaseError("unreadable_case", "The case is nested too deep to be a record.") from None
    except json.JSONDecodeError as error:
        raise CaseError(
            "unreadable_case",
            f"The case is not JSON: {error.msg} at line {error.lineno}, column {error.colno}; "
            "export it again.",
        ) from None
    except ValueError:  # more digits than are ever turned into a number
        raise CaseError(
            "unreadable_case",
            "The case holds a whole number of more digits than are ever read; export it again.",
        ) from None


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise CaseError(
            "unreadable_case", f"The key {shape.shown(twice)} stands twice in one object; keep one."
        )
    return found


def _no_constant(name: str) -> NoReturn:
    raise CaseError("unreadable_case", f"{name} is no number; write null for what is unknown.")


def read_case(data: Any) -> Case:
    """A case from JSON values; see `Case.from_dict`."""
    _check_version(data)
    shape.check(data, shape.schema(), "The case")
    origin = clock.origin_of(data)
    other = _others(data, origin)
    case = Case(
        id=data["id"],
        asked_at=clock.day_of(data["asked_at"], origin, "asked_at"),
        clock=data["clock"],
        person=Person(**(data.get("person") or {})),
        history=_history(data.get("history") or {}),
        setting=CaseSetting(**(data.get("setting") or {})),
        treatments=tuple(_treatments(data, origin)),
        other=other,
        scores=tuple(_scores(data, origin)),
        events=tuple(_events(data, origin)),
        plan=data.get("plan"),
        plan_from=_optional_day(data.get("plan_from"), origin, "plan_from"),
        checkin=CheckIn(**(data.get("checkin") or {})),
        origin=origin,
        assumed=tuple(data.get("assumed") or ()),
        other_known=data.get("other") is not None,
    )
    contradictions.check(case)
    return replace(case, notes=tuple(_notes(case)))


def _check_version(data: Any) -> None:
    if not isinstance(data, Mapping):
        raise CaseError("unreadable_case", f"The case is {shape.shown(data)}; expected an object.")
    version = data.get("version", shape.VERSION)
    if type(version) in (int, float) and version != shape.VERSION:
        raise CaseError(
            "unsupported_version",
            f"The case has version {shape.shown(version)}; this program reads version "
            f"{shape.VERSION}, so write it in that form.",
        )


def _history(row: Row) -> History:
    trials = row.get("failed_trials")
    return History(**{**row, "failed_trials": None if trials is None else int(trials)})


def _rows(data: Row, key: str, origin: Any) -> Iterator[tuple[str, float, Row]]:
    for place, row in enumerate(data.get(key) or ()):
        where = f"{key}[{place}]"
        yield where, clock.day_of(row["day"], origin, f"{where}.day"), row


def _treatments(data: Row, origin: Any) -> Iterator[Treatment]:
    for where, day, row in _rows(data, "treatments", origin):
        text = row["regimen"]
        yield Treatment(day, session(text, f"{where}.regimen"), text, row.get("given", True))


def _scores(data: Row, origin: Any) -> Iterator[Score]:
    rows = list(_rows(data, "scores", origin))
    contradictions.check_swapped([(day, row["instrument"], row["value"]) for _, day, row in rows])
    for where, day, row in rows:
        items = row.get("items")
        listed = None if items is None else tuple(None if i is None else float(i) for i in items)
        yield read_score(day, row["instrument"], float(row["value"]), listed, where)


def _events(data: Row, origin: Any) -> Iterator[Event]:
    for _, day, row in _rows(data, "events", origin):
        yield Event(day, row["what"], row.get("severity"))


def _others(data: Row, origin: Any) -> tuple[Other, ...]:
    found = []
    for place, row in enumerate(data.get("other") or ()):
        begin, end = (
            _optional_day(row.get(key), origin, f"other[{place}].{key}") for key in ("from", "to")
        )
        found.append(read_other(row["what"], begin, end))
    return followed(tuple(found))


def _optional_day(value: Any, origin: Any, where: str) -> float | None:
    return None if value is None else clock.day_of(value, origin, where)


def _notes(case: Case) -> Iterator[str]:
    """What is kept and not used, and what a regimen left out."""
    unused = dict.fromkeys(score.instrument for score in case.scores if not score.usable)
    for name in unused:
        yield f"{name} is not linked to MADRS: its scores are kept and shown, not used."
    missed = sum(not treatment.given for treatment in case.treatments)
    if missed:
        yield f"{missed} planned session{'s' * (missed > 1)} did not take place: kept, not used."
    texts = [t.regimen.assumptions for t in case.treatments if t.given]
    yield from dict.fromkeys(f"{line}." for lines in texts for line in lines)
    if case.plan is not None:
        yield from (f"Plan: {line}." for line in plan(case.plan).assumptions)
    yield from notes_on(case.other)


def hidden_after(case: Case, day: float) -> Case:
    """The case as it was known on a day; see `Case.until`."""
    if not day <= case.asked_at:  # NaN fails the comparison too
        raise CaseError(
            "future_entry",
            f"The case is known until day {case.asked_at:g}; day {day:g} lies after it.",
        )
    if day == case.asked_at:
        return case
    others = [
        read_other(o.what, o.from_day, o.to_day if o.to_day is None or o.to_day <= day else None)
        for o in case.other
        if o.from_day is None or o.from_day <= day
    ]
    earlier = replace(
        case,
        asked_at=float(day),
        treatments=tuple(t for t in case.treatments if t.day <= day),
        other=followed(tuple(others)),
        scores=tuple(s for s in case.scores if s.day <= day),
        events=tuple(e for e in case.events if e.day <= day),
        plan=None,
        plan_from=None,
        checkin=CheckIn(),
    )
    return replace(earlier, notes=tuple(_notes(earlier)))
