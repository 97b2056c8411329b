"""Corrections: new events that say what another should have said. Nothing is ever changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from reprieve.clinic.errors import WitnessError
from reprieve.clinic.ledger import postings
from reprieve.clinic.patients.models import WeightReading
from reprieve.clinic.patients.weights import counting
from reprieve.clinic.treatments import arriving, closing, giving, readings
from reprieve.clinic.treatments.entry import AHEAD, Entry, check_time, kind_of
from reprieve.clinic.treatments.forms import FORMS
from reprieve.clinic.treatments.kinds import Kind
from reprieve.clinic.treatments.models import SessionEvent
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse
from reprieve.clinic.treatments.state import Event, Phase, SessionState, replay

NEVER = ("correction", "prompt", "sign", "countersign", "addendum", "abort", "assign")
CLOCKS = ("start", "device", "stop")  # what the times of leaving are counted from
# how the new content of a kind is checked, beside its form
CHECKED: dict[str, Callable[[Entry], dict[str, Any]]] = {
    "vitals": readings.entered_vitals,
    "rating": readings.entered_rating,
    "observation": readings.entered_observation,
    "weight": arriving.entered_weight,
    "criterion": closing.entered_criterion,
    "stop": giving.entered_stop,
}


def entered_correction(entry: Entry) -> dict[str, Any]:
    """The new content, checked as if it had been entered so."""
    of = next((e for e in entry.state.events if str(e.id) == entry.data["of"]), None)
    if of is None:
        raise refuse("The event to correct is not in this session, or was taken out.", "of")
    kind = kind_of(of.kind)
    entry.by.require(kind.permission)
    if kind.key == "note" and of.by != str(entry.by.user.pk):
        raise refuse(f"{of.by_name} wrote this note and alone corrects it. Add your own.", "of")
    if kind.key in NEVER:
        raise refuse(f"A {kind.title} is not corrected; enter a new one.", "of")
    found = dict(entry.data)
    if found.get("void"):
        _check_void(entry, kind)
    if "data" in found:
        found["data"] = _checked(entry, of, kind)
    if moves_ledger(kind, found):
        found |= _witness(entry)
    if "new_at" in found:
        found["at"] = min(datetime.fromisoformat(found["new_at"]), entry.now).isoformat()
        _check_moved(entry, of, kind, datetime.fromisoformat(found["new_at"]), found)
    return found


def moves_ledger(kind: Kind, correction: dict[str, Any]) -> bool:
    """Whether a correction has to undo what the ledger did with the event."""
    return (kind.moves and bool(correction.get("void"))) or (
        kind.key == "stop" and "given" in (correction.get("data") or {})
    )


def _check_void(entry: Entry, kind: Kind) -> None:
    begun = entry.state.phase not in (Phase.CHECKED_IN, Phase.READY, Phase.ABORTED)
    if kind.structural and (not kind.moves or (kind.key == "prepare" and begun)):
        raise refuse(
            f"A {kind.title} cannot be taken out of the record: what followed rests on it.", "void"
        )


def _checked(entry: Entry, of: Event, kind: Kind) -> dict[str, Any]:
    form_class, new = FORMS[kind.key], entry.data["data"]
    fields = set(form_class.base_fields) - set(form_class.secret)
    allowed = set(kind.mend) if kind.structural else fields
    if other := sorted(set(new) - allowed):
        may = ", ".join(sorted(allowed)) or "its time only"
        raise refuse(f"{', '.join(other)}: no such field to correct; {may} can be.", "data")
    form = form_class({k: v for k, v in of.data.items() if k in fields} | new)
    if not form.is_valid():
        raise EntryRefusedError({k: [str(m) for m in v] for k, v in form.errors.items()})
    payload = form.payload()
    check = CHECKED.get(kind.key)
    made = check(replace(entry, kind=kind, data=payload, at=of.at)) if check else payload
    more = {"given": made["given"]} if kind.key == "stop" and "volume_ml" in new else {}
    return {name: payload.get(name) for name in new} | more


def _witness(entry: Entry) -> dict[str, str]:
    if entry.second is None:
        raise WitnessError("This moves the drug ledger back: a witness enters name and password.")
    return {"witness": str(entry.second.pk), "witness_name": str(entry.second)}


def _check_moved(entry: Entry, of: Event, kind: Kind, at: datetime, found: dict[str, Any]) -> None:
    if kind.key in CLOCKS and at < of.at and not entry.by.may("session.decide"):
        raise refuse(
            f"An earlier {kind.title} brings the end of the stay nearer. Only a prescriber "
            "corrects it so.",
            "new_at",
        )
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
                f"Then the {after} at {entry.clock(other)} would come before the {before} at "
                f"{entry.clock(one)}. Correct that one first.",
                "new_at",
            )


def _line(state: SessionState) -> list[tuple[str, datetime]]:
    """The structural events in the order in which they have to have happened."""
    pump = [e for e in state.events if e.kind in ("start", "device", "pause", "resume", "rate")]
    found = [
        ("check-in", state.check_in.at if state.check_in else None),
        ("decision", state.decision.at if state.decision else None),
        ("preparation", state.preparation.event.at if state.preparation else None),
        ("second check", state.second_check.at if state.second_check else None),
        *((e.kind, e.at) for e in sorted(pump, key=lambda e: e.seq)),
        ("stop", state.stop.at if state.stop else None),
        ("discharge", state.discharged_at),
    ]
    return [(name, at) for name, at in found if at is not None]


def keep_corrected(entry: Entry, event: SessionEvent) -> None:
    """What else moves: the drug ledger goes back, a weight is replaced in the history."""
    of = next(e for e in entry.state.events if str(e.id) == event.data["of"])
    if moves_ledger(kind_of(of.kind), event.data):
        _move_back(entry, of, event)
    if of.kind == "weight":
        _replace_weight(entry, of, event)


def _move_back(entry: Entry, of: Event, event: SessionEvent) -> None:
    """Reverse the ledger's rows of an event, and give anew what a corrected stop says."""
    postings.undo_event(
        entry.by,
        SessionEvent.objects.get(pk=of.id),
        correction=event,
        at=event.at,
        witness=entry.second,
        reason=event.data["reason"],
    )
    given = Decimal((event.data.get("data") or {}).get("given", "0"))
    if given:
        postings.give(entry.by, entry.session, given, event=event, at=of.at)


def _replace_weight(entry: Entry, of: Event, event: SessionEvent) -> None:
    """The patient's history follows: another weight, another time, or none."""
    void = bool(event.data.get("void"))
    kg = Decimal((event.data.get("data") or of.data).get("kg") or of.data["kg"])
    at = datetime.fromisoformat(event.data["at"]) if "at" in event.data else of.at
    wrong = counting(entry.session.patient).filter(at=of.at, kg=Decimal(of.data["kg"])).first()
    if wrong is None:  # replaced in the patient's chart since
        return
    WeightReading.objects.create(
        patient=entry.session.patient,
        kg=kg,
        at=at,
        entered_at=entry.now,
        by=entry.by.user,
        replaces=wrong,
        withdrawn=void or None,
    )
