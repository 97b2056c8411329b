"""What was acknowledged beside what the database holds. Pure: a test shows that it can fail."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An event whose storing the server confirmed to a tablet.

    `content` is what the record keeps of the form as it was sent, `at` when it happened, `seq`
    the place in the session that the answer named.
    """

    id: UUID
    session: UUID
    kind: str
    content: Mapping[str, Any]
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as its row has it; `audited` counts the audit rows that tell of its storing."""

    id: UUID
    session: UUID
    kind: str
    content: Mapping[str, Any]
    at: datetime
    seq: int
    audited: int


def faults(acknowledged: Sequence[Acknowledged], stored: Sequence[Stored]) -> list[str]:
    """Lost, changed and doubled events; nothing where every acknowledged one is there once.

    Ask when everything that was sent has been acknowledged: a row that no tablet knows of is a
    fault then too.
    """
    rows = {row.id: row for row in stored}
    told = {event.id: event for event in acknowledged}
    found = [f"{i} is stored {n} times" for i, n in Counter(r.id for r in stored).items() if n > 1]
    for event in told.values():
        row = rows.get(event.id)
        found += [f"lost: {event.kind} {event.id}"] if row is None else _changed(event, row)
    found += [f"nobody sent {r.kind} {r.id}" for r in rows.values() if r.id not in told]
    return found + _gaps(rows.values())


def _changed(event: Acknowledged, row: Stored) -> list[str]:
    name = f"{event.kind} {event.id}"
    found = [
        f"{name}: {part} is {is_} where {was} was acknowledged"
        for part, was, is_ in (
            ("session", event.session, row.session),
            ("kind", event.kind, row.kind),
            ("time", event.at, row.at),
            ("place", event.seq, row.seq),
        )
        if was != is_
    ]
    found += [
        f"{name}: {key} is {row.content.get(key)!r} where {value!r} was sent"
        for key, value in event.content.items()
        if row.content.get(key) != value
    ]
    if row.audited != 1:
        found.append(f"{name}: {row.audited} audit rows tell of it where 1 was expected")
    return found


def _gaps(rows: Iterable[Stored]) -> list[str]:
    places: dict[UUID, list[int]] = {}
    for row in rows:
        places.setdefault(row.session, []).append(row.seq)
    return [
        f"session {session}: its events are numbered {sorted(found)}"
        for session, found in places.items()
        if sorted(found) != list(range(min(found), min(found) + len(found)))
    ]
