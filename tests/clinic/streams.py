"""Event streams and protocols made by hand, without a database: what pure rules are asked with."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from reprieve.clinic.treatments.state import Event, SessionState, replay
from reprieve.evidence.practice import Protocol, parse_protocol, protocol, protocol_toml

BEGIN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CALM = {"sbp": "124", "dbp": "78", "hr": "72", "spo2": "98", "rr": "14", "moaas": "5"}
INFUSION = {
    "drug": "ketamine",
    "route": "iv",
    "unit": "mL",
    "weight_kg": "70",
    "mg": "35",
    "amount": "0.7",
    "mg_per_unit": "50",
    "steps": [{"mg": "35", "ml": "50", "minutes": "40", "rate_ml_h": "75"}],
    "draws": [{"vial": "v", "amount": "0.7"}],
}
SPRAY = INFUSION | {
    "drug": "esketamine",
    "route": "nasal",
    "unit": "device",
    "mg": "56",
    "amount": "2",
    "mg_per_unit": "28",
    "steps": [{"mg": "56", "ml": "0", "minutes": "0", "rate_ml_h": "0"}],
    "draws": [{"vial": "v", "amount": "2"}],
}


def clock(minute: float) -> datetime:
    """A minute of the morning."""
    return BEGIN + timedelta(minutes=minute)


class Stream:
    """Events of one session, each at a minute."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(
        self, minute: float, kind: str, by: str = "nurse", late: float = 0, **data: Any
    ) -> UUID:
        id = uuid4()
        seq = len(self.events) + 1
        self.events.append(
            Event(id, seq, kind, clock(minute), clock(minute + late), by, by.title(), data)
        )
        return id

    def vitals(self, minute: float, **changed: str) -> UUID:
        return self.add(minute, "vitals", **(CALM | changed))

    def arrived(self, protocol_: Protocol, minute: float = 0) -> "Stream":
        """Checked in, all confirmed, weighed and measured."""
        self.add(
            minute,
            "check_in",
            confirmed=[c.key for c in protocol_.criteria_at("before")],
            last_solids_at=clock(-480).isoformat(),
            last_fluids_at=clock(-180).isoformat(),
            last_kg="70",
            last_kg_at=clock(-7 * 1440).isoformat(),
        )
        self.add(minute + 1, "weight", kg="70", last_kg="70")
        self.vitals(minute + 2, temp="36.6")
        self.add(minute + 2, "rating", instrument="cadss6", value="0")
        return self

    def started(
        self, protocol_: Protocol, minute: float = 10, prepared: Any = INFUSION
    ) -> "Stream":
        """Arrived at 0, drawn up, checked, and begun at a minute."""
        self.arrived(protocol_)
        self.add(3, "decision", by="prescriber", decision="go")
        self.add(4, "prepare", **prepared)
        self.add(5, "second_check", by="nurse2", matched=True)
        self.add(minute, "start")
        return self

    @property
    def state(self) -> SessionState:
        return replay(self.events)


def revised(name: str, **values: float) -> Protocol:
    """A shipped protocol with other numbers in its text: `before__sbp_hold=150`."""
    text = protocol_toml(protocol(name))
    for key, value in values.items():
        section = re.escape("[" + key.replace("__", ".") + "]")
        found = re.search(rf"{section}\n(?:[^\[]*?\n)??value = ([^\n]+)", text)
        assert found is not None, key
        text = text[: found.start(1)] + f"{value:g}" + text[found.end(1) :]
    return parse_protocol(text, name, f"protocol {name}")
