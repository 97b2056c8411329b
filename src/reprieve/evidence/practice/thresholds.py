"""Numbers of a protocol: what each is read against, what follows, and whose word it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType
from typing import Literal

Standing = Literal["label", "guideline", "clinic", "assumed"]
RULES = ("above", "below", "at_least", "at_most", "is")
ACTIONS = ("require", "repeat", "hold", "stop", "warn", "escalate")
RELATIVE = ("", "rise", "rise_percent")
_SAID = {
    "above": "above",
    "below": "below",
    "at_least": "at least",
    "at_most": "at most",
    "is": "",
}
_RISEN = {"": "", "rise": " above baseline", "rise_percent": " above baseline"}


@dataclass(frozen=True, slots=True)
class Measure:
    """Something a rule can be read against.

    `kind` is `reading` (taken at the chair), `clock` (time gone by) or `record` (in the chart).
    """

    title: str
    unit: str
    kind: Literal["reading", "clock", "record"]


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "sbp": Measure("Systolic pressure", "mmHg", "reading"),
        "dbp": Measure("Diastolic pressure", "mmHg", "reading"),
        "hr": Measure("Heart rate", "bpm", "reading"),
        "spo2": Measure("Oxygen saturation", "%", "reading"),
        "rr": Measure("Breaths", "/min", "reading"),
        "temp": Measure("Temperature", "°C", "reading"),
        "o2_l_min": Measure("Oxygen given", "L/min", "reading"),
        "moaas": Measure("MOAA/S", "score", "reading"),
        "cadss": Measure("CADSS", "points", "reading"),
        "cadss6": Measure("CADSS-6", "points", "reading"),
        "aldrete": Measure("Aldrete", "points", "reading"),
        "padss": Measure("PADSS", "points", "reading"),
        "weight": Measure("Weight", "kg", "reading"),
        "height": Measure("Height", "cm", "reading"),
        "since_start": Measure("Time from the start", "h", "clock"),
        "since_end": Measure("Time from the end of the dose", "h", "clock"),
        "since_solids": Measure("Time from the last food", "h", "clock"),
        "since_fluids": Measure("Time from the last drink", "h", "clock"),
        "since_nasal_medicine": Measure("Time from another nasal medicine", "h", "clock"),
        "age": Measure("Age", "y", "record"),
        "adequate_trials": Measure("Adequate antidepressant trials", "trials", "record"),
        "trial_weeks": Measure("Length of a trial", "weeks", "record"),
        "trial_adherence": Measure("Adherence in a trial", "%", "record"),
    }
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of a protocol and where it comes from.

    `rule` says how it is read: a reading `above`, `below`, `at_least` or `at_most` the value
    meets it; `is` states a setting. `standing` says whose word it is, `status` how well the
    number itself is known. `needs` is what the rule asks for beside the number, in words.

    The rest is what a rules engine reads: `measures` names what is compared (a key of
    `MEASURES`), `relative` whether it is a rise from the reading before the dose, `action` what
    follows where the rule is met (`require`: what follows where it is not). A rule counts once
    `sustained_readings` readings in a row over at least `sustained_min` minutes meet it, and
    where `with_symptoms` is set only beside an alarm symptom.
    """

    value: float
    unit: str
    standing: Standing
    status: str
    source: str = ""
    rule: str = "is"
    note: str = ""
    needs: str = ""
    measures: str = ""
    relative: str = ""
    action: str = ""
    sustained_readings: int = 1
    sustained_min: float = 0.0
    with_symptoms: bool = False

    def met(self, reading: float) -> bool:
        """Whether a reading meets the threshold."""
        return {
            "above": reading > self.value,
            "below": reading < self.value,
            "at_least": reading >= self.value,
            "at_most": reading <= self.value,
            "is": reading == self.value,
        }[self.rule]

    def compared(self, reading: float, baseline: float | None) -> float | None:
        """What is held against the value: the reading, or its rise; None without a baseline."""
        if not self.relative:
            return reading
        if baseline is None or (self.relative == "rise_percent" and baseline == 0):
            return None
        rise = reading - baseline
        return rise if self.relative == "rise" else 100.0 * rise / baseline

    def words(self) -> str:
        """The rule as a person would say it ("Systolic pressure at least 180 mmHg")."""
        what = MEASURES[self.measures].title + " " if self.measures else ""
        said = " ".join(filter(None, [_SAID[self.rule], f"{self.value:g}", self.unit]))
        return f"{what}{said}{_RISEN[self.relative]}" + (f", {self.needs}" if self.needs else "")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is possible, abnormal and critical for one reading; None where nothing is said."""

    possible_low: float | None = None
    possible_high: float | None = None
    critical_low: float | None = None
    critical_high: float | None = None
    abnormal_low: float | None = None
    abnormal_high: float | None = None

    def judge(self, value: float) -> Literal["impossible", "critical", "abnormal", "usual"]:
        """How a value stands: a bound itself is still possible, but already critical or abnormal.

        >>> Bounds(possible_high=300, critical_high=180, abnormal_high=140).judge(180)
        'critical'
        """
        if _beyond(value, self.possible_low, self.possible_high):
            return "impossible"
        if _reaches(value, self.critical_low, self.critical_high):
            return "critical"
        return "abnormal" if _reaches(value, self.abnormal_low, self.abnormal_high) else "usual"


def _beyond(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def _reaches(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value <= low) or (high is not None and value >= high)


@dataclass(frozen=True, slots=True)
class DoseRange:
    """Doses of one unit: the default, what is usual, and what is refused as impossible."""

    unit: str
    default: float | None
    usual: tuple[float, float]
    refuse_above: float
    standing: Standing
    status: str
    source: str = ""
    note: str = ""

    def judge(self, amount: float) -> Literal["usual", "unusual", "refuse"]:
        """How an amount stands to the range."""
        if amount > self.refuse_above:
            return "refuse"
        return "usual" if self.usual[0] <= amount <= self.usual[1] else "unusual"


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a course: so many sessions a week for so many weeks (None: open end)."""

    name: str
    per_week: float
    weeks: float | None
    standing: Standing
    status: str
    source: str = ""
    note: str = ""

    @property
    def sessions(self) -> int | None:
        """Sessions of the phase; None where it has no end. A single session counts as one."""
        if self.weeks is None:
            return None
        return max(1, round(self.per_week * self.weeks))

    @property
    def interval_d(self) -> float | None:
        """Mean days from one session to the next; None for a single session."""
        return 7.0 / self.per_week if self.per_week else None


@dataclass(frozen=True, slots=True)
class Vitals:
    """Minutes from the start at which each reading is taken.

    Where an infusion outlasts `times_min`, readings go on `then_every_min` until
    `until_after_end_min` past its end; 0 leaves it at `times_min`.
    """

    times_min: tuple[float, ...]
    readings: tuple[str, ...]
    standing: Standing
    status: str
    source: str = ""
    note: str = ""
    then_every_min: float = 0.0
    until_after_end_min: float = 0.0

    def minutes(self, duration_h: float = 0.0) -> tuple[float, ...]:
        """Minutes of the readings after the start, for an infusion of a length in h."""
        listed = tuple(m for m in self.times_min if m > 0)
        end = 60.0 * duration_h + self.until_after_end_min
        if duration_h <= 0 or self.then_every_min <= 0 or not listed:
            return listed
        steps = ceil((end - listed[-1]) / self.then_every_min - 1e-9)
        more = (listed[-1] + self.then_every_min * k for k in range(1, steps + 1))
        return listed + tuple(min(m, end) for m in more)
