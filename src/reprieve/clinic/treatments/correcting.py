"""Corrections: new events that say what another should have said. Nothing is ever changed."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reprieve.clinic.patients.models import WeightReading
from reprieve.clinic.treatments.entry import AHEAD, Entry, check_time, kind_of
from reprieve.clinic.treatments.models import SessionEvent
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse
from reprieve.clinic.treatments.state import Event, SessionState, replay

if TYPE_CHECKING:
    from reprieve.clinic.treatments.kinds import Kind

NEVER = ("correction", "prompt", "sign", "countersign", "addendum", "discharge")


def entered_correction(entry: Entry) -> dict[str, Any]:
    """The new content, checked as if it had been entered so."""
    of = next((e for e in entry.state.events if str(e.id) == entry.data["of"]), None)
    if of is None:
        raise refuse("The event to correct is not in this session, or was taken out.", "of")
    kind = kind_of(of.kind)
    entry.by.require(kind.permission)
    if kind.key in NEVER and not kind.mend:
        raise refuse(f"A {kind.title} is not corrected; enter a new one.", "of")
    found = dict(entry.data)
    if kind.structural:
        _check_structural(entry, kind)
    elif "data" in found:
        found["data"] = _checked(entry, of, kind)
    if "new_at" in found:
        found["at"] = found["new_at"]
        _check_moved(entry, of, kind, datetime.fromisoformat(found["new_at"]), found)
    return found


def _check_structural(entry: Entry, kind: "Kind") -> None:
    if entry.data.get("void"):
        raise refuse(
            f"A {kind.title} cannot be taken out of the record: what followed rests on it.", "void"
        )
    if other := sorted(set(entry.data.get("data", {})) - set(kind.mend)):
        allowed = ", ".join(kind.mend) or "its time only"
        raise refuse(f"{', '.join(other)} cannot be corrected here; {allowed} can.", "data")


def _checked(entry: Entry, of: Event, kind: "Kind") -> dict[str, Any]:
    from reprieve.clinic.treatments.forms import FORMS
    from reprieve.clinic.treatments.handlers import ENTERED

    form_class = FORMS[kind.key]
    fields = set(form_class.base_fields)
    new = entry.data["data"]
    if other := sorted(set(new) - fields):
        raise refuse(f"{', '.join(other)}: no such field.", "data")
    form = form_class({k: v for k, v in of.data.items() if k in fields} | new)
    if not form.is_valid():
        raise EntryRefusedError({k: [str(m) for m in v] for k, v in form.errors.items()})
    payload = form.payload()
    check = ENTERED.get(kind.key)
    if check is not None:
        check(replace(entry, kind=kind, data=payload, at=of.at))
    return {name: payload.get(name) for name in new}


def _check_moved(
    entry: Entry, of: Event, kind: "Kind", at: datetime, found: dict[str, Any]
) -> None:
    if at > entry.now + AHEAD:
        raise refuse("The new time is in the future. Enter when it happened.", "new_at")
    if not kind.structural:
        check_time(replace(entry, kind=kind, at=at))
        return
    trial = Event(
        of.id, len(entry.state.record) + 1, "correction", entry.at, entry.now, "", "", found
    )
    line = _line(replay((*entry.state.record, trial)))
    for (before, one), (after, other) in pairwise(line):
        if other < one:
            raise refuse(
                f"Then the {after} at {other:%H:%M:%S} would come before the {before} at "
                f"{one:%H:%M:%S} UTC. Correct that one first.",
                "new_at",
            )


def _line(state: SessionState) -> list[tuple[str, datetime]]:
    """The structural events in the order in which they have to have happened."""
    by_seq = [e for e in state.events if e.kind in ("start", "device", "pause", "resume", "rate")]
    found = [
        ("check-in", state.check_in.at if state.check_in else None),
        ("decision", state.decision.at if state.decision else None),
        ("preparation", state.preparation.event.at if state.preparation else None),
        ("second check", state.second_check.at if state.second_check else None),
        *((e.kind, e.at) for e in sorted(by_seq, key=lambda e: e.seq)),
        ("stop", state.stop.at if state.stop else None),
        ("discharge", state.discharged_at),
    ]
    return [(name, at) for name, at in found if at is not None]


def keep_corrected(entry: Entry, event: SessionEvent) -> None:
    """A corrected weight takes the place of the wrong one in the patient's history as well."""
    of = next(e for e in entry.state.events if str(e.id) == event.data["of"])
    data = event.data.get("data") or {}
    if of.kind == "weight" and "kg" in data:
        wrong = WeightReading.objects.filter(
            patient=entry.session.patient, at=of.at, kg=Decimal(of.data["kg"]), replaced_by=None
        ).first()
        WeightReading.objects.create(
            patient=entry.session.patient,
            kg=Decimal(data["kg"]),
            at=of.at,
            entered_at=entry.now,
            by=entry.by.user,
            replaces=wrong,
        )
