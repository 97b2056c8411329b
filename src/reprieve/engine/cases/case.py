"""A case: one patient's record as a forecast reads it, frozen and writable as JSON.

Days are floats from the first treatment given; a case with dates keeps the instant of day 0 and
is shown in dates. The format stands in `evidence/schemas/case.v1.json` and docs/case.md.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from reprieve.engine.cases.concomitant import BENZODIAZEPINE, Other
from reprieve.engine.cases.ratings import Score
from reprieve.engine.cases.refusals import CaseError
from reprieve.engine.cases.sessions import Treatment
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.mood.predictors import CheckIn, columns_of
from reprieve.engine.patient import Patient

__all__ = [
    "Case", "CaseError", "CaseSetting", "CheckIn", "Event", "History", "Other", "Person", "Score",
    "Treatment",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Who is treated. None is unknown. Years, kg, cm, kg/m2."""

    age: float | None = None
    sex: Literal["F", "M"] | None = None
    weight_kg: float | None = None
    height_cm: float | None = None
    ancestry: str | None = None
    bmi_kg_m2: float | None = None
    liver: str | None = None
    hypertension: bool | None = None
    pregnant: bool | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The illness so far. None is unknown."""

    failed_trials: int | None = None
    episode_months: float | None = None
    age_at_onset: float | None = None
    family_alcohol: bool | None = None
    anxious: bool | None = None
    diagnosis: str | None = None


@dataclass(frozen=True, slots=True)
class CaseSetting:
    """Where, what the person knows of the allocation, and the kind of visits."""

    id: str | None = None
    awareness: str | None = None
    visits: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An adverse event; severity mild, moderate, severe or unknown."""

    day: float
    what: str
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one patient at `asked_at`, in days from the first treatment given.

    `origin` is the instant of day 0 of a case with dates. `plan` is a text of the regimen
    language whose day 0 is `plan_from` (`asked_at` if None). `other_known` is False when nobody
    asked about other treatments. `notes` are sentences about what is kept and not used.

    `from_json` and `from_dict` check a record; building one directly checks nothing.
    """

    id: str
    asked_at: float
    version: int = 1
    clock: str = "day"
    person: Person = field(default_factory=Person)
    history: History = field(default_factory=History)
    setting: CaseSetting = field(default_factory=CaseSetting)
    treatments: tuple[Treatment, ...] = ()
    other: tuple[Other, ...] = ()
    scores: tuple[Score, ...] = ()
    events: tuple[Event, ...] = ()
    plan: str | None = None
    plan_from: float | None = None
    checkin: CheckIn = field(default_factory=CheckIn)
    origin: datetime | None = None
    assumed: tuple[str, ...] = ()
    other_known: bool = True
    notes: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, source: str | Path) -> "Case":
        """A case from a file, or from JSON text (a string that begins with a brace).

        Raises
        ------
        CaseError
            The first problem, as one sentence with a reason code.
        """
        from reprieve.engine.cases.reading import read_json

        return read_json(source)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Case":
        """A case from the values of its JSON; see `from_json`."""
        from reprieve.engine.cases.reading import read_case

        return read_case(data)

    def to_dict(self) -> dict[str, Any]:
        """The case as JSON values: `Case.from_dict(case.to_dict()) == case`."""
        from reprieve.engine.cases.writing import written

        return written(self)

    @property
    def given(self) -> tuple[Treatment, ...]:
        """The sessions that took place."""
        return tuple(treatment for treatment in self.treatments if treatment.given)

    @property
    def usable(self) -> tuple[Score, ...]:
        """Scores on scales that are linked to MADRS, in order of time."""
        return tuple(score for score in self.scores if score.usable)

    @property
    def own_instrument(self) -> str | None:
        """The scale of the latest usable score: of several the one used most, then MADRS."""
        if not self.usable:
            return None
        last = self.usable[-1].day
        used = Counter(score.instrument for score in self.usable)
        names = {score.instrument for score in self.usable if score.day == last}
        return min(names, key=lambda name: (-used[name], name != "MADRS", name))

    @property
    def plan_day(self) -> float:
        """Day 0 of the plan."""
        return self.asked_at if self.plan_from is None else self.plan_from

    @property
    def planned(self) -> Regimen | None:
        """The plan on its own clock, which starts at `plan_day`."""
        from reprieve.engine.cases.sessions import plan

        return None if self.plan is None else plan(self.plan)

    def date(self, day: float) -> datetime | None:
        """The instant of a day, if the case has dates."""
        return None if self.origin is None else self.origin + timedelta(days=day)

    def patient(self) -> Patient:
        """The engine's patient: what is known at `asked_at`.

        Raises
        ------
        InputError
            A person the engine does not treat (younger than 18).
        """
        person, history = self.person, self.history
        interactions = [name for other in self._active() for name in other.interactions]
        return Patient(
            age_y=person.age,
            sex=person.sex,
            weight_kg=person.weight_kg,
            height_cm=person.height_cm,
            ancestry=person.ancestry,
            liver=person.liver or "normal",
            hypertension=person.hypertension,
            interactions=tuple(dict.fromkeys(interactions)),
            benzodiazepine_mg=self._benzodiazepine_mg(),
            failed_trials=history.failed_trials,
            age_at_onset_y=history.age_at_onset,
            family_alcohol=history.family_alcohol,
            anxious=history.anxious,
        )

    def predictors(self) -> dict[str, float]:
        """What is known, by column of `mood.predictors`; the unknown is left out."""
        known = columns_of(self.patient(), self.checkin)
        if self.person.bmi_kg_m2 is not None:
            known.setdefault("bmi", self.person.bmi_kg_m2)
        return known

    def _active(self) -> tuple[Other, ...]:
        return tuple(other for other in self.other if other.active(self.asked_at))

    def _benzodiazepine_mg(self) -> float | None:
        """Diazepam equivalents a day at `asked_at`; None if nobody asked or a dose is unknown."""
        mine = [other for other in self._active() if BENZODIAZEPINE in other.interactions]
        if not self.other_known or any(other.benzodiazepine_mg is None for other in mine):
            return None
        return sum((other.benzodiazepine_mg or 0.0 for other in mine), 0.0)

    def until(self, day: float) -> "Case":
        """The case as it was known on `day`: what came later is hidden.

        Later scores, sessions, events and beginnings go; an end that lies ahead is unknown, and
        so are plan and check-in, which belong to `asked_at`.

        Raises
        ------
        CaseError
            `future_entry`: `day` lies after `asked_at`.
        """
        from reprieve.engine.cases.reading import hidden_after

        return hidden_after(self, day)
