"""Check-in, weight, the decision, who looks after the chair."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from reprieve.clinic.accounts.models import User
from reprieve.clinic.patients.models import WeightReading
from reprieve.clinic.patients.readiness import gaps
from reprieve.clinic.patients.weights import counting
from reprieve.clinic.treatments.caps import check_ordered
from reprieve.clinic.treatments.entry import Entry
from reprieve.clinic.treatments.holds import Hold, judge, standing
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.readings import check_weight
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse
from reprieve.clinic.treatments.state import Phase

NEAR = timedelta(days=1)  # a check-in further from its plan belongs to another session
LIVE = [p.value for p in Phase if p.live]


def entered_check_in(entry: Entry) -> dict[str, Any]:
    """Arrival, with the last weight that is known of the patient."""
    session, data = entry.session, entry.data
    if abs(entry.at - session.planned_at) > NEAR:
        raise refuse(
            f"The session is planned for {entry.clock(session.planned_at)}, more than a day "
            "from this check-in. Reschedule the session, or correct the time.",
            "at",
        )
    if session.course.status != "active":
        raise refuse(f"The course is {session.course.status}. Resume it before a session.")
    others = TreatmentSession.objects.filter(patient=session.patient, phase__in=LIVE)
    if others.exclude(pk=session.pk).exists():
        raise refuse("This patient is in another session now. End that one first.")
    for name in ("last_solids_at", "last_fluids_at", "last_nasal_at"):
        if name in data and datetime.fromisoformat(data[name]) > entry.at:
            raise refuse("This time lies after the check-in; enter when it was.", name)
    _check_confirmed(entry)
    return data | _last_weight(entry)


def _check_confirmed(entry: Entry) -> None:
    confirmed = entry.data.get("confirmed", [])
    known = {c.key for c in entry.protocol.criteria_at("before")}
    if unknown := sorted(set(confirmed) - known):
        raise refuse(f"The protocol has no criterion {', '.join(unknown)}.", "confirmed")
    if confirmed and not entry.by.may("session.chart"):
        raise refuse("A nurse or the prescriber confirms these; leave them empty.", "confirmed")


def _last_weight(entry: Entry) -> dict[str, str]:
    found = counting(entry.session.patient).filter(at__lte=entry.at).first()
    if found is None:
        return {}
    return {"last_kg": said(found.kg), "last_kg_at": found.at.isoformat()}


def entered_weight(entry: Entry) -> dict[str, Any]:
    """A weighing, beside the weight known at check-in."""
    arrived = entry.state.check_in
    last = {k: v for k, v in (arrived.data if arrived else {}).items() if k.startswith("last_kg")}
    last_kg = Decimal(last["last_kg"]) if last else None
    check_weight(Decimal(entry.data["kg"]), last_kg, entry.protocol)
    return entry.data | last


def keep_weight(entry: Entry, event: SessionEvent) -> None:
    """The patient's own history has every weighing."""
    WeightReading.objects.create(
        patient=entry.session.patient,
        kg=Decimal(event.data["kg"]),
        at=event.at,
        entered_at=entry.now,
        by=entry.by.user,
    )


def entered_decision(entry: Entry) -> dict[str, Any]:
    """Go, hold or no-go; a go beside a standing hold has the prescriber's reason for each."""
    data = entry.data
    found = judge(
        entry.state,
        entry.protocol,
        entry.at,
        gaps(entry.session.patient, entry.protocol, entry.at),
    )
    if "dose_amount" in data:
        check_ordered(Decimal(data["dose_amount"]), data["dose_unit"], entry.protocol)
    if data["decision"] == "go":
        given = data.get("overrides", {})
        open_ones = [h for h in standing(found) if h.key not in given]
        if open_ones:
            raise EntryRefusedError({"overrides": [_asks(h) for h in open_ones]})
    return data | {"holds": [snapshot(h) for h in found]}


def _asks(hold: Hold) -> str:
    value = f" {hold.value} {hold.unit}".rstrip() if hold.value else ""
    return (
        f"{hold.title}:{value} {hold.verdict} ({hold.rule}). Take it anew, or give a reason for "
        f"going ahead ({hold.key})."
    )


def snapshot(hold: Hold) -> dict[str, Any]:
    """A hold as the record keeps it: value, rule and age at the moment of deciding."""
    age = None if hold.age_min is None else str(int(hold.age_min))
    return {
        "key": hold.key,
        "title": hold.title,
        "value": hold.value,
        "unit": hold.unit,
        "age_min": age,
        "rule": hold.rule,
        "standing": hold.standing,
        "status": hold.status,
        "source": hold.source,
        "verdict": hold.verdict,
    }


def entered_assign(entry: Entry) -> dict[str, Any]:
    """Who looks after the chair: somebody of this clinic who may chart."""
    people = User.objects.filter(clinic=entry.by.clinic, is_active=True)
    nurse = people.filter(pk=entry.data["nurse"]).first()
    if nurse is None or not {"nurse", "prescriber"} & set(nurse.roles):
        raise refuse("Choose a nurse or prescriber of this clinic.", "nurse")
    return entry.data | {"nurse_name": str(nurse)}


def keep_nurse(entry: Entry, event: SessionEvent) -> None:
    """Lists show the nurse without reading events."""
    entry.session.nurse_id = event.data["nurse"]
