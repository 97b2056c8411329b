"""Criteria, discharge, signatures and the end of a session that did not go ahead."""

from typing import Any

from reprieve.clinic.ledger import postings
from reprieve.clinic.treatments.discharge import Criterion, criteria, unmet
from reprieve.clinic.treatments.entry import Entry
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse
from reprieve.clinic.treatments.state import known_at


def entered_criterion(entry: Entry) -> dict[str, Any]:
    """A statement of the protocol; what should be measured takes a prescriber and a note."""
    protocol, key = entry.protocol, entry.data["key"]
    statements = {c.key for c in protocol.criteria}
    measured = {k for k, t in protocol.thresholds("discharge").items() if t.action == "require"}
    if key not in statements | measured:
        raise refuse(f"The protocol has no criterion '{key}'.", "key")
    if key in measured:
        if not entry.by.may("session.decide"):
            raise refuse("This is measured. Only a prescriber settles it otherwise.", "key")
        if not entry.data.get("note"):
            raise refuse("Say why it cannot be measured and what was found.", "note")
    return entry.data


def check_ledger(entry: Entry) -> None:
    """Refuse to close while drug is drawn and not accounted for."""
    held = postings.held(entry.session)
    if held:
        raise refuse(
            f"{said(held)} units are drawn and neither given, wasted nor put back. Account for "
            "them first."
        )


def entered_discharge(entry: Entry) -> dict[str, Any]:
    """Leaving: every criterion met, or against advice by a prescriber with what was said."""
    check_ledger(entry)
    found = criteria(known_at(entry.state, entry.at), entry.protocol, entry.at)
    lacking = unmet(found)
    if lacking and not entry.data.get("against_advice"):
        raise EntryRefusedError({"": [_lack(c) for c in lacking]})
    if lacking and not entry.by.may("session.decide"):
        raise refuse("Only a prescriber records a leave against advice.", "against_advice")
    if entry.protocol.rems and not entry.data.get("ready_when"):
        raise refuse(
            "Say when the patient would have been ready without a shortest stay; the REMS form "
            "asks for it.",
            "ready_when",
        )
    return entry.data | {"criteria": [snapshot(c) for c in found]}


def _lack(c: Criterion) -> str:
    value = f" {c.value}" if c.value else ""
    return f"{c.text}:{value} ({c.lacks or c.rule})."


def snapshot(c: Criterion) -> dict[str, Any]:
    """A criterion as the record keeps it at the moment of leaving."""
    return {
        "key": c.key,
        "text": c.text,
        "met": c.met,
        "value": c.value,
        "at": c.at.isoformat() if c.at else None,
        "rule": c.rule,
        "standing": c.standing,
        "status": c.status,
        "source": c.source,
    }


def entered_signature(entry: Entry) -> dict[str, Any]:
    """A signature: printed name, time and meaning, and whether a prescriber gave it."""
    check_ledger(entry)
    prescriber = entry.by.may("session.decide")
    if entry.data["meaning"] == "responsible prescriber" and not prescriber:
        raise refuse("Only a prescriber signs as the responsible prescriber.", "meaning")
    mine = str(entry.by.user.pk)
    if any(e.by == mine for e in entry.state.signatures):
        raise refuse("You have signed this session already.")
    return entry.data | {
        "printed_name": entry.by.user.signature_name,
        "prescriber": prescriber,
    }
