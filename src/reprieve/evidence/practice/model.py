"""A protocol: how one drug is given by one route."""

from collections.abc import Mapping
from dataclasses import dataclass

from reprieve.evidence.practice.entries import (
    ConsentText,
    Criterion,
    Observation,
    Rescue,
    Screen,
    Symptom,
    Workup,
)
from reprieve.evidence.practice.thresholds import Bounds, DoseRange, Phase, Threshold, Vitals

# groups whose every rule says what it is read against and what follows
RULED = ("before", "stop", "discharge")
GROUPS = (
    "duration",
    "spacing",
    *RULED,
    "review",
    "exposure",
    "eligibility",
    "titration",
    "preparation",
    "stale",
    "prompts",
    "range",
    "consent",
)
ROUTES = ("iv", "im", "sc", "nasal", "oral", "sublingual", "any")
ACTIVE = ("ketamine", "esketamine", "arketamine")


@dataclass(frozen=True, slots=True)
class Protocol:
    """How one drug is given by one route, with every threshold and its standing.

    The groups of thresholds: `duration` of administration, `spacing` of devices and sessions,
    holds `before` a dose, reasons to `stop`, `discharge`, `review` of benefit, `exposure` that
    adds up over sessions, `eligibility` for a course, `titration` of the dose, `preparation` of
    what is given, how old a finding may be (`stale`), when the clock `prompts`, the `range` of
    each reading, and how long a `consent` lasts.
    """

    name: str
    version: int
    title: str
    drugs: tuple[str, ...]
    route: str
    form: str
    use: str
    level: str
    doses: tuple[DoseRange, ...]
    phases: tuple[Phase, ...]
    vitals: Vitals
    groups: Mapping[str, Mapping[str, Threshold]]
    references: tuple[str, ...]
    note: str = ""
    rems: bool = False
    observations: tuple[Observation, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    screens: tuple[Screen, ...] = ()
    workups: tuple[Workup, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    rescues: tuple[Rescue, ...] = ()
    consent_text: ConsentText | None = None

    def thresholds(self, group: str) -> Mapping[str, Threshold]:
        """The thresholds of one group, by name."""
        return self.groups[group]

    def dose(self, unit: str) -> DoseRange | None:
        """The dose range in a unit, if the protocol has one."""
        return next((found for found in self.doses if found.unit == unit), None)

    def bounds(self, reading: str) -> Bounds:
        """What is possible, abnormal and critical for a reading ("sbp")."""
        found = self.groups["range"]
        ends = {end: found.get(f"{reading}_{end}") for end in Bounds.__slots__}
        return Bounds(**{end: None if t is None else t.value for end, t in ends.items()})

    def criteria_at(self, when: str) -> tuple[Criterion, ...]:
        """The statements to confirm, `before` the dose or at `discharge`."""
        return tuple(c for c in self.criteria if c.when == when)

    def screens_for(self, age: float | None, sex: str = "") -> tuple[Screen, ...]:
        """The questions that are asked of a person of an age in years and a sex."""
        return tuple(s for s in self.screens if s.applies(age, sex))

    @property
    def duration_h(self) -> float:
        """Usual length of the administration in hours; 0 where it is not an infusion."""
        given = self.groups["duration"].get("given")
        return 0.0 if given is None else given.value / 60.0

    @property
    def applies_above_h(self) -> float:
        """Length of infusion in hours above which this protocol governs; 0 for the usual ones."""
        above = self.groups["duration"].get("applies_above")
        return 0.0 if above is None else above.value / 60.0
