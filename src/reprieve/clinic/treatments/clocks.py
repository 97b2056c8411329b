"""Times of a session in the units that protocols speak."""

from datetime import datetime, timedelta
from decimal import Decimal

from reprieve.clinic.treatments.state import SessionState
from reprieve.evidence.practice import Protocol

PER_UNIT = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
TENTH = Decimal("0.1")


def span(protocol: Protocol, group: str, name: str) -> timedelta | None:
    """A threshold that is a length of time; None where the protocol says nothing."""
    found = protocol.thresholds(group).get(name)
    return None if found is None else found.value * PER_UNIT[found.unit]


def age_min(at: datetime, now: datetime) -> float:
    """Minutes from a time to now."""
    return (now - at) / timedelta(minutes=1)


def since(state: SessionState, measure: str, now: datetime) -> datetime | None:
    """When the clock of a measure began to run: the start, the end, the last food ..."""
    if measure == "since_start":
        return state.started_at
    if measure == "since_end":
        return state.ended_at
    said = state.check_in.data if state.check_in else {}
    found = said.get(_ASKED[measure])
    return datetime.fromisoformat(found) if found else None


_ASKED = {
    "since_solids": "last_solids_at",
    "since_fluids": "last_fluids_at",
    "since_nasal_medicine": "last_nasal_at",
}


def elapsed(began: datetime, now: datetime, unit: str) -> Decimal:
    """Time gone by in a unit, to a tenth, never rounded up to a limit that is not reached."""
    tenths = (now - began) / PER_UNIT[unit] * 10
    return Decimal(int(tenths // 1)) * TENTH
