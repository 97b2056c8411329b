"""What a comparison of schedules says: options with odds, never an order."""

from dataclasses import asdict, dataclass
from typing import Any

from reprieve.errors import UnknownNameError

VERSION = 1
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to treat from here on.

    `kind` is `none`, `every` (so many days between doses), `dates` (chosen days), `planned` (as
    the case has it) or `rule` (a dose when a weekly check shows a rise of so many points). `days`
    count from the first treatment; those of a rule are not known in advance and stay empty.
    """

    name: str
    kind: str
    days: tuple[float, ...] = ()
    every_days: float | None = None
    rise: float | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A limit that a schedule does not keep, in a sentence, and whose word the limit is.

    `hard` limits come from the user and exclude the schedule; those of the protocol are shown.
    `standing` is "label", "guideline", "clinic", "assumed" or "user", empty where nobody need
    say it; `source` a bibliography key or empty. `untried` when nobody has had so much, so that
    the odds are the model's alone.
    """

    sentence: str
    hard: bool
    standing: str
    source: str = ""
    untried: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """The chance that a reading crosses a threshold of the protocol: at one session, at any.

    `name` is the limit in words; `standing` and `source` say whose it is. `any_session` counts
    every session of the schedule within the horizon; 0 where there is none.
    """

    name: str
    standing: str
    source: str
    one_session: float
    any_session: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One schedule with its odds.

    Attributes
    ----------
    schedule : what is compared
    relapse : probability of relapse by each of the comparison's `check_days`; None when the person
        is not in response, so that there is nothing to relapse from
    relapse_se : Monte Carlo standard error of each
    well_days : expected days in response within the horizon, `well_share` the same as a share
    score : expected observed score at the end of the horizon, points of the own instrument
    score_80 : 80 % range of it
    response : probability that the score at the end is in response
    remission : the same for remission
    sessions : expected number of sessions; whole unless a rule decides, then `sessions_80`
    milligrams : expected dose within the horizon, mg; None where body weight is unknown
    mg_per_kg : the same per kg; None where it cannot be told
    thresholds : chances of crossing the protocol's limits of blood pressure
    broken : limits of the protocol that it does not keep
    frontier : no other schedule compared has both fewer sessions and lower odds of relapse (days
        well where relapse cannot be told); an untried one is never on it
    sentence : all this in words
    """

    schedule: Schedule
    relapse: tuple[float, ...] | None
    relapse_se: tuple[float, ...] | None
    well_days: float
    well_share: float
    score: float
    score_80: Range
    response: float
    remission: float
    sessions: float
    sessions_80: Range
    milligrams: float | None
    mg_per_kg: float | None
    thresholds: tuple[Threshold, ...]
    broken: tuple[Broken, ...]
    frontier: bool
    sentence: str

    @property
    def relapse_at_end(self) -> float | None:
        """Probability of relapse by the last check."""
        return self.relapse[-1] if self.relapse else None

    @property
    def untried(self) -> bool:
        """Whether it repeats what was never given so often."""
        return any(b.untried for b in self.broken)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A schedule that was not compared, because it breaks a hard limit."""

    schedule: Schedule
    reasons: tuple[Broken, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Schedules side by side, from one posterior and the same draws.

    Days count from the first treatment (`origin` is that instant as ISO text when the case has
    dates). `check_days` are the weekly checks at which relapse is said; `relapse_rule` names the
    rule and whose it is. `given_sessions`, `given_mg` and `given_mg_per_kg` are what the person
    has had already. `sentences` open with what the figures are, `limits` say what they are not.
    """

    version: int
    case: str
    engine: str
    ensemble: str
    seed: int
    asked_at: float
    horizon_days: float
    origin: str | None
    instrument: str
    scale: Range
    entry: float
    treatment: str
    relapse_rule: str | None
    relapse_source: str
    check_days: tuple[float, ...]
    given_sessions: int
    given_mg: float | None
    given_mg_per_kg: float | None
    choices: tuple[Choice, ...]
    excluded: tuple[Excluded, ...]
    sentences: tuple[str, ...]
    limits: tuple[str, ...]
    particles: int
    ess: float

    def choice(self, name: str) -> Choice:
        """The schedule of that name.

        Raises
        ------
        UnknownNameError
            It was not compared.
        """
        for found in self.choices:
            if found.schedule.name == name:
                return found
        raise UnknownNameError("schedule", name, [c.schedule.name for c in self.choices])

    @property
    def frontier(self) -> tuple[Choice, ...]:
        """What nothing else beats on relapse and sessions together, fewest sessions first."""
        return tuple(sorted((c for c in self.choices if c.frontier), key=lambda c: c.sessions))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)
