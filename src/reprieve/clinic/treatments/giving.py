"""Start, devices, the pump and the stop."""

from decimal import Decimal
from typing import Any

from reprieve.clinic.treatments.caps import limit
from reprieve.clinic.treatments.clocks import span
from reprieve.clinic.treatments.entry import Entry
from reprieve.clinic.treatments.holds import open_holds
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.preparing import part_given
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse
from reprieve.clinic.treatments.state import Preparation, SessionState, known_at


def _prepared(entry: Entry) -> Preparation:
    found = entry.state.preparation
    if found is None:
        raise refuse("Nothing is drawn up for this session.")
    return found


def entered_start(entry: Entry) -> dict[str, Any]:
    """Giving begins, unless a hold has come to stand since the decision."""
    prepared = _prepared(entry)
    weight = entry.state.known_weight
    if prepared.weight_kg is not None and (weight is None or weight[0] != prepared.weight_kg):
        raise refuse(
            f"The dose was computed from {said(prepared.weight_kg)} kg, and the weight is another "
            "now. Waste or put back what was drawn and prepare anew."
        )
    known = known_at(entry.state, entry.at)
    found = open_holds(known, entry.protocol, entry.at)
    if found:
        what = [f"{h.title}: {h.verdict} ({h.rule})." for h in found]
        raise EntryRefusedError({"": [*what, "Take it anew, or ask the prescriber to decide."]})
    _check_late_start(entry, known)
    if prepared.unit == "device":
        return entry.data | {"given": "1", "number": "1"}
    at_once = not prepared.steps[0].rate_ml_h
    return entry.data | ({"given": said(prepared.amount)} if at_once else {})


def _check_late_start(entry: Entry, known: SessionState) -> None:
    """An earlier time is no way past a value that has grown too old: a prescriber says why."""
    old = [h for h in open_holds(known, entry.protocol, entry.now) if h.verdict == "stale"]
    if not old or (entry.data.get("reason") and entry.by.may("session.decide")):
        return
    what = ", ".join(h.title for h in old)
    raise refuse(
        f"The start at {entry.clock(entry.at)} is entered at {entry.clock(entry.now)}, and since "
        f"then has become too old: {what}. If it was so, a prescriber enters it with the reason "
        "why it comes late."
    )


def entered_device(entry: Entry) -> dict[str, Any]:
    """The next device, after the protocol's rest."""
    prepared, given = _prepared(entry), entry.state.devices
    if prepared.unit != "device":
        raise refuse("This dose is not given by devices.")
    rest = span(entry.protocol, "spacing", "between_devices")
    last = given[-1].at
    if rest is not None and entry.at < last + rest:
        raise refuse(
            f"{rest.total_seconds() / 60:g} min pass between devices; the last was at "
            f"{entry.clock(last)}, so the next is due at {entry.clock(last + rest)}.",
            "at",
        )
    return entry.data | {"given": "1", "number": str(len(given) + 1)}


def entered_pause(entry: Entry) -> dict[str, Any]:
    """The pump is interrupted."""
    if not entry.state.running:
        raise refuse("No infusion is running; there is nothing to pause.")
    return entry.data


def entered_resume(entry: Entry) -> dict[str, Any]:
    """The pump runs again; faster than the protocol's restart needs a reason."""
    if not entry.state.paused:
        raise refuse("The infusion is not paused.")
    rate = _checked_rate(entry)
    before = next(r.rate_ml_h for r in reversed(entry.state.rates) if r.rate_ml_h)
    part = limit(entry.protocol, "restart_rate")
    if part is not None and rate * 100 > before * part and not entry.data.get("reason"):
        raise refuse(
            f"{said(rate)} mL/h is more than {said(part)} % of the former {said(before)} mL/h. "
            "Give the prescriber's reason, or a lower rate.",
            "reason",
        )
    return entry.data


def entered_rate(entry: Entry) -> dict[str, Any]:
    """Another rate; a pause is the way to 0."""
    if not entry.state.running:
        raise refuse("No infusion is running. Resume it first.")
    _checked_rate(entry)
    return entry.data


def _checked_rate(entry: Entry) -> Decimal:
    rate, fastest = Decimal(entry.data["rate_ml_h"]), limit(entry.protocol, "max_rate")
    if rate <= 0:
        raise refuse("A rate above 0 is expected; pause or stop instead.", "rate_ml_h")
    if fastest is not None and rate > fastest:
        raise refuse(
            f"{said(rate)} mL/h came; the protocol allows at most {said(fastest)} mL/h.",
            "rate_ml_h",
        )
    return rate


def entered_stop(entry: Entry) -> dict[str, Any]:
    """The end of giving, with what was given by the pump's reading or by its rates."""
    prepared = _prepared(entry)
    if prepared.unit == "device":
        return entry.data
    total = prepared.total_ml
    volume = entry.state.given_ml(entry.at)
    if "volume_ml" in entry.data:
        volume = Decimal(entry.data["volume_ml"])
        if volume > total:
            raise refuse(
                f"{said(volume)} mL came; {said(total)} mL were made up. Read the pump again.",
                "volume_ml",
            )
    return entry.data | {"given": said(part_given(prepared, volume))}
