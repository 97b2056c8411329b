"""A session as its events leave it: what every page and every rule asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from reprieve.clinic.treatments.facts import (
    Event,
    Phase,
    Preparation,
    RateChange,
    Reading,
    Vitals,
)


@dataclass(frozen=True, slots=True)
class SessionState:
    """Everything a page or a rule asks of a session."""

    phase: Phase = Phase.PLANNED
    events: tuple[Event, ...] = ()  # as they count: corrected, without the voided ones
    record: tuple[Event, ...] = ()  # as they came, corrections among them
    voided: frozenset[UUID] = frozenset()
    corrected: Mapping[UUID, tuple[Event, ...]] = field(default_factory=dict)
    check_in: Event | None = None
    weight_kg: Decimal | None = None  # of this session; see `known_weight`
    weight_at: datetime | None = None
    weights: tuple[Event, ...] = ()
    vitals: tuple[Vitals, ...] = ()
    decision: Event | None = None
    preparation: Preparation | None = None
    second_check: Event | None = None  # the last one; it counts only where it matched
    started_at: datetime | None = None
    ended_at: datetime | None = None  # of giving
    stop: Event | None = None
    rates: tuple[RateChange, ...] = ()
    devices: tuple[Event, ...] = ()
    criteria: Mapping[str, Event] = field(default_factory=dict)
    ratings: tuple[Event, ...] = ()
    nurse: str | None = None
    nurse_name: str = ""
    left_over: Decimal = Decimal(0)  # drawn, and by the record neither given, wasted nor put back
    recovery_at: datetime | None = None
    discharged_at: datetime | None = None
    signatures: tuple[Event, ...] = ()
    aborted: Event | None = None
    series: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)

    def of(self, *kinds: str) -> tuple[Event, ...]:
        """Events of some kinds that count, by time of happening."""
        return tuple(sorted((e for e in self.events if e.kind in kinds), key=lambda e: e.at))

    def readings(self, measure: str) -> tuple[Reading, ...]:
        """All that was read of a measure, a vital sign or a rating, by time of taking."""
        return self.series.get(measure, ())

    def before_dose(self, measure: str) -> Reading | None:
        """The last reading of a measure before the drug began."""
        start = self.started_at
        found = [r for r in self.readings(measure) if start is None or r.at <= start]
        return found[-1] if found else None

    @property
    def known_weight(self) -> tuple[Decimal, datetime] | None:
        """The weight a dose may be computed from, and when it was taken: today's or the last."""
        if self.weight_kg is not None and self.weight_at is not None:
            return self.weight_kg, self.weight_at
        said = self.check_in.data if self.check_in else {}
        if said.get("last_kg"):
            return Decimal(said["last_kg"]), datetime.fromisoformat(said["last_kg_at"])
        return None

    @property
    def go(self) -> bool:
        """Whether the last decision lets the session go ahead."""
        return self.decision is not None and self.decision.data["decision"] == "go"

    @property
    def checked(self) -> bool:
        """Whether the preparation stands with a second check that matched."""
        return self.second_check is not None and bool(self.second_check.data["matched"])

    @property
    def running(self) -> bool:
        """Whether drug is flowing now."""
        return self.phase is Phase.IN_SESSION and bool(self.rates) and self.rates[-1].rate_ml_h > 0

    @property
    def paused(self) -> bool:
        """Whether an infusion was interrupted and not ended."""
        return self.phase is Phase.IN_SESSION and bool(self.rates) and not self.rates[-1].rate_ml_h

    def last(self, reading: str, before: datetime | None = None) -> Vitals | None:
        """The last set that has a reading, at or before a time."""
        found = [
            v
            for v in self.vitals
            if v.get(reading) is not None and (before is None or v.at <= before)
        ]
        return found[-1] if found else None

    def baseline(self, reading: str) -> Vitals | None:
        """The last set with a reading before the drug began."""
        return self.last(reading, self.started_at) if self.started_at else self.last(reading)

    def given_ml(self, now: datetime) -> Decimal:
        """Volume that has flowed by a time, exact to the pump's rates, at most what was drawn."""
        if self.preparation is None or self.started_at is None:
            return Decimal(0)
        if self.stop is not None and self.stop.data.get("volume_ml") is not None:
            return Decimal(self.stop.data["volume_ml"])
        if not self.rates:  # given at once
            return self.preparation.total_ml
        end = min(now, self.ended_at) if self.ended_at else now
        total = Decimal(0)
        for change, following in zip(self.rates, (*self.rates[1:], None), strict=True):
            until = min(end, following.at) if following else end
            hours = Decimal(max(0, round((until - change.at).total_seconds()))) / 3600
            total += change.rate_ml_h * hours
        return min(total, self.preparation.total_ml)
