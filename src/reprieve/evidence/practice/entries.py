"""Entries of a protocol that are not numbers: questions, checks, symptoms, rescue, consent."""

from dataclasses import dataclass
from typing import Literal

from reprieve.evidence.practice.thresholds import Standing, Vitals

When = Literal["before", "discharge"]
Kind = Literal["hard", "caution"]
Sex = Literal["", "female", "male"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every entry has: a key, whose word it is, how well it is known, and from where."""

    key: str
    standing: Standing
    status: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion(Entry):
    """A statement that a person confirms at a time, `before` the dose or at `discharge`."""

    text: str
    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen(Entry):
    """A question whose "yes" is a contraindication (`hard`) or a `caution`.

    `sex`, `age_min` and `age_max` (years) say who is asked; empty is everyone.
    """

    question: str
    kind: Kind
    sex: Sex = ""
    age_min: float | None = None
    age_max: float | None = None

    def applies(self, age: float | None, sex: str = "") -> bool:
        """Whether the question is asked of a person; what is unknown about them excludes none."""
        old_enough = age is None or self.age_min is None or age >= self.age_min
        young_enough = age is None or self.age_max is None or age <= self.age_max
        same_sex = not self.sex or sex not in ("female", "male") or sex == self.sex
        return old_enough and young_enough and same_sex


@dataclass(frozen=True, slots=True, kw_only=True)
class Workup(Entry):
    """An examination before treatment: when it is indicated and for how many days it counts."""

    title: str
    indicated: str
    required: bool
    valid_days: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom(Entry):
    """A side effect that the cockpit offers.

    `alarm` symptoms are those that a rule "with symptoms" waits for; `stops` ends the dose by
    itself. `graded` ones have a severity, the others are there or not.
    """

    label: str
    alarm: bool = False
    stops: bool = False
    graded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue(Entry):
    """A drug that a prescriber may order: information on usual practice, never an order."""

    drug: str
    indication: str
    route: str
    usual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Entry):
    """Readings beside the vital signs, with a clock of their own."""

    title: str
    schedule: Vitals


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSection(Entry):
    """One heading of what a patient reads and signs; `further_sources` beside `source`."""

    heading: str
    paragraphs: tuple[str, ...]
    further_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What a patient reads and signs. A changed wording is a new `version`."""

    version: int
    title: str
    sections: tuple[ConsentSection, ...]
