"""What a forecast says: one frozen object that card, curve, letter and test all read."""

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from reprieve.engine.session.next_session import NextSession
from reprieve.errors import InputError

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Band:
    """The observed score to expect on one day: quantiles and mean, points of the instrument."""

    day: float
    mean: float
    median: float
    p50: Range
    p80: Range
    p95: Range


@dataclass(frozen=True, slots=True)
class Milestone:
    """An improvement and when it comes.

    `rule` in words with its cut-off; `probability_ever` within the horizon; `day_median` and
    `day_80` among the virtual courses that reach it, days from the first treatment; `seen_day`
    when a score of the case has reached it already (then the probability is 1).
    """

    rule: str
    at_most: float
    probability_ever: float
    day_median: float | None
    day_80: Range | None
    seen_day: float | None


@dataclass(frozen=True, slots=True)
class Relapse:
    """Probability of relapse by each day, with the planned doses and with none.

    `plan` is None when nothing is planned: then there is only the other.
    """

    rule: str
    source: str
    days: tuple[float, ...]
    plan: tuple[float, ...] | None
    no_further_dose: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Duration:
    """How long response lasts after one dose if no further one followed.

    `probability` of response (half of the entry score lost) a week after it or sooner; days of
    response among those, `beyond` the share of them still well at the end of `watched_days`.
    """

    day: float
    given: bool
    probability: float
    median_days: float | None
    days_80: Range | None
    beyond: float
    watched_days: float


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the change since entry, points of the instrument; below zero is improvement."""

    name: str
    points: float
    p80: Range


@dataclass(frozen=True, slots=True)
class Moved:
    """What one score taught: how far it lay from what was expected and what it changed.

    `expected` from the scores before it alone; `shift` of the forecast
    score `ahead_days` after the question that hangs on this score, points of the own instrument,
    to first order: a surprising score moves more.
    """

    day: float
    instrument: str
    value: float
    expected: float
    shift: float
    ahead_days: float


@dataclass(frozen=True, slots=True)
class Why:
    """What the change since entry is made of, and what told us.

    `entry` and `now` are true scores on the own instrument; `parts` sum to their difference;
    `drug_share` is the 80 % range of the drug's share of drug and context together.
    """

    entry: float
    now: float
    parts: tuple[Part, ...]
    drug_share: Range | None
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """A fact that would change the answer if it were otherwise: before and after.

    `kind` is `modifiable`, `unknown` (would sharpen the answer) or `assumed`.
    """

    what: str
    kind: str
    quantity: str
    now: float
    then: float
    source: str


@dataclass(frozen=True, slots=True)
class Similar:
    """Virtual people whose course so far resembles this one's, in a sentence."""

    sentence: str
    counted: float
    responding: float | None


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """How the answer was computed and how far chance moves it between seeds.

    `ess` effective number of virtual people; `sd_probability` largest standard error of a shown
    probability, `sd_score` of a mean score; `rounds` how often the search was sharpened.
    """

    particles: int
    ess: float
    sd_probability: float
    sd_score: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A score of the case as the forecast used it (`used` false: kept and shown only)."""

    day: float
    instrument: str
    value: float
    used: bool


@dataclass(frozen=True, slots=True)
class DoseSeen:
    """A dose as text; planned when `given` is false. `mg_per_kg` where it can be said."""

    day: float
    text: str
    given: bool
    mg_per_kg: float | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast. `status` is "ok", or the reason why there is none, said in `sentence`.

    Days count from the first treatment (`origin` is that instant as ISO text when the case has
    dates). `again` is response once more, for a person who had it and lost it. Everything
    after `sentence` is empty or None without a forecast. A `brief` outlook, one of many, was made
    without `duration`, `next_session`, `why` and `sensitivity`.
    """

    version: int
    status: str
    sentence: str
    case: str
    engine: str
    ensemble: str
    seed: int
    asked_at: float
    horizon_days: float
    origin: str | None = None
    instrument: str | None = None
    scale: Range | None = None
    entry: float | None = None
    evidence: tuple[str, ...] = ()
    scores: tuple[Seen, ...] = ()
    doses: tuple[DoseSeen, ...] = ()
    bands: tuple[Band, ...] = ()
    improved_25: Milestone | None = None
    response: Milestone | None = None
    remission: Milestone | None = None
    again: Milestone | None = None
    relapse: Relapse | None = None
    duration: tuple[Duration, ...] = ()
    next_session: NextSession | None = None
    why: Why | None = None
    sensitivity: tuple[Switch, ...] = ()
    similar: Similar | None = None
    monte_carlo: MonteCarlo | None = None
    limits: tuple[str, ...] = ()
    brief: bool = False

    @property
    def ok(self) -> bool:
        """Whether there is a forecast."""
        return self.status == "ok"

    def relapse_by(self, day: float, plan: bool = True) -> float:
        """Probability of relapse by a day, linear between checks; 0 at the question.

        Raises
        ------
        InputError
            There is no relapse forecast, or the day lies outside the horizon.
        """
        if self.relapse is None:
            raise InputError(f"No relapse can be forecast for case {self.case}: {self.sentence}")
        days = (self.asked_at, *self.relapse.days)
        if not days[0] <= day <= days[-1]:
            raise InputError(
                f"Day {day:g} lies outside the forecast, day {days[0]:g} to {days[-1]:g}."
            )
        chosen = self.relapse.plan if plan and self.relapse.plan else self.relapse.no_further_dose
        odds = (0.0, *chosen)
        for k in range(1, len(days)):
            if day <= days[k]:
                share = (day - days[k - 1]) / (days[k] - days[k - 1])
                return odds[k - 1] + share * (odds[k] - odds[k - 1])
        return odds[-1]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `Outlook.from_dict` reads it back."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "Outlook":
        """An outlook from what `to_dict` wrote, unknown keys refused.

        Raises
        ------
        InputError
            A key is unknown or missing, or this engine does not know the version.
        """
        if data.get("version") != VERSION:
            raise InputError(
                f"Outlook version {data.get('version')!r}; this engine reads version {VERSION}."
            )
        try:
            return typing.cast(Outlook, _build(Outlook, data))
        except (TypeError, KeyError, ValueError) as error:
            raise InputError(f"Not an outlook: {error}.") from error


VERSION = 1


def _build(kind: Any, value: Any) -> Any:
    """Data as the dataclass, tuple or number that the annotation `kind` asks for."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
        return _build(kind, value)
    if origin is tuple:
        inner = typing.get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_build(inner[0], v) for v in value)
        return tuple(_build(k, v) for k, v in zip(inner, value, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        names = {f.name for f in fields(kind)}
        if set(value) - names:
            raise KeyError(f"unknown {', '.join(sorted(set(value) - names))}")
        return kind(**{name: _build(hints[name], v) for name, v in value.items()})
    return value
