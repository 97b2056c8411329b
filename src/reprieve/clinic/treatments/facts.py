"""What a session's record is made of: events, and what single events say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

Data = Mapping[str, Any]


class Phase(StrEnum):
    """Where a session stands."""

    PLANNED = "planned"
    CHECKED_IN = "checked_in"
    READY = "ready"
    IN_SESSION = "in_session"
    RECOVERY = "recovery"
    DISCHARGED = "discharged"
    SIGNED = "signed"
    ABORTED = "aborted"

    @property
    def title(self) -> str:  # type: ignore[override]
        """The phase in words."""
        return self.value.replace("_", " ")

    @property
    def live(self) -> bool:
        """Whether the patient is on the floor."""
        return self in (Phase.CHECKED_IN, Phase.READY, Phase.IN_SESSION, Phase.RECOVERY)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the record holds it; `data` has numbers as decimal text."""

    id: UUID
    seq: int
    kind: str
    at: datetime
    entered_at: datetime
    by: str
    by_name: str
    data: Data

    @property
    def late_min(self) -> float:
        """Minutes between happening and entering."""
        return (self.entered_at - self.at) / timedelta(minutes=1)


# as protocols name them: mmHg, mmHg, /min, %, /min, score, degC; and oxygen given in L/min
READINGS = ("sbp", "dbp", "hr", "spo2", "rr", "moaas", "temp", "o2_l_min")


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of one measure: a vital sign, or the score of a rating."""

    measure: str
    value: Decimal
    event: Event

    @property
    def at(self) -> datetime:
        """When it was taken."""
        return self.event.at


@dataclass(frozen=True, slots=True)
class Vitals:
    """One set of readings, by the names of `READINGS`; what was not taken is left out."""

    event: Event
    values: Mapping[str, Decimal]

    @property
    def at(self) -> datetime:
        """When it was taken."""
        return self.event.at

    def get(self, reading: str) -> Decimal | None:
        """A reading by name, or None."""
        return self.values.get(reading)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of what is given: mg and mL over minutes (0: at once), and the pump's rate."""

    mg: Decimal
    ml: Decimal
    minutes: Decimal
    rate_ml_h: Decimal


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was drawn up for this session, as computed and recorded at that moment."""

    event: Event
    drug: str
    route: str
    unit: str  # what the ledger counts: mL, device, tablet
    weight_kg: Decimal | None
    mg: Decimal
    amount: Decimal  # in `unit`, all steps
    mg_per_unit: Decimal
    steps: tuple[Step, ...]

    @property
    def total_ml(self) -> Decimal:
        """Volume of all steps."""
        return sum((s.ml for s in self.steps), Decimal(0))

    @property
    def minutes(self) -> Decimal:
        """Planned length of giving."""
        return sum((s.minutes for s in self.steps), Decimal(0))


@dataclass(frozen=True, slots=True)
class RateChange:
    """From `at` on the pump runs at `rate_ml_h` (0 while paused or stopped)."""

    at: datetime
    rate_ml_h: Decimal
    event: Event
