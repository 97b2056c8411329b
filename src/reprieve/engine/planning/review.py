"""Non-response after n sessions: what continuing offers against stopping.

The protocol says when to look; the posterior says what the same people would do with further
sessions and without; published facts stand beside, each with its row.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.future import follow
from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.forecast.rules import Rules, rules
from reprieve.engine.forecast.setting import ensemble_name
from reprieve.engine.planning.constraints import Ground
from reprieve.engine.planning.question import ground_of, posterior_of, sessions_on
from reprieve.engine.planning.wording import in_hundred, treatment
from reprieve.errors import InputError
from reprieve.evidence import cite, observation
from reprieve.evidence.practice import Threshold
from reprieve.version import __version__

VERSION = 1
WEEK_D, MOST_SESSIONS = 7.0, 60
# how each row reads; its numbers are the row's own
FACTS = {
    "E203": "Of {n} people with six infusions, more than {value:g} % of those who responded in the "
    "end had lost a fifth of their MADRS a day after the fourth; those who had not by then "
    "gained nothing from the last two.",
    "E353": "Of people without response on day 2 of the spray with a new antidepressant, "
    "{value:g} % had responded by day {day:g}.",
}
LOOK_D = 1.0  # a score the day after each session, as the early rule of guangzhou_2024
_POINTS = ("dose_step_after", "early_after", "stop_after")  # of a protocol's `review` group


@dataclass(frozen=True, slots=True)
class ReviewPoint:
    """A point at which the protocol asks for a review.

    `reached` by now; `kept` whether the improvement it asks for was there at the last score
    (None: it names none, or no score was seen).
    """

    name: str
    sentence: str
    reached: bool
    kept: bool | None
    standing: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A published number beside the odds: its row, in words, and where it is from."""

    row: str
    sentence: str
    source: str
    citation: str
    status: str


@dataclass(frozen=True, slots=True)
class Review:
    """Continuing against stopping.

    Attributes
    ----------
    sessions : active sessions so far; `improvement` share of the entry score lost at the last one
        (None without a score since); `in_response` whether there is a response already
    days : of the scores looked at, the day after each further session
    continuing, stopping : probability that each of these scores is in response
    ever_continuing, ever_stopping : probability that one of them up to then is
    helps : what continuing adds to the last of these, 0 to 1
    helps_se : Monte Carlo standard error, an upper bound
    """

    version: int
    case: str
    engine: str
    ensemble: str
    seed: int
    asked_at: float
    instrument: str
    treatment: str
    sessions: int
    improvement: float | None
    in_response: bool
    session_days: tuple[float, ...]
    days: tuple[float, ...]
    continuing: tuple[float, ...]
    stopping: tuple[float, ...]
    ever_continuing: tuple[float, ...]
    ever_stopping: tuple[float, ...]
    helps: float
    helps_se: float
    points: tuple[ReviewPoint, ...]
    facts: tuple[Fact, ...]
    sentences: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def review(
    source: Case | Posterior, more: int = 4, *, every_days: float | None = None, seed: int = 0
) -> Review:
    """The odds that further sessions help.

    Parameters
    ----------
    source : a case, or its posterior (then its own seed holds)
    more : further sessions
    every_days : between them; by default as often as the first phase of the protocol has them

    Raises
    ------
    CaseError
        No forecast can be made.
    InputError
        An impossible number or spacing, or nothing active was given or planned.
    """
    if not 1 <= more <= MOST_SESSIONS:
        raise InputError(f"{more} further sessions were asked for; expected 1 to {MOST_SESSIONS}.")
    post = source if isinstance(source, Posterior) else posterior_of(source, seed)
    ground, rule = ground_of(post), rules(post.case)
    every = _spacing(ground) if every_days is None else every_days
    if not LOOK_D <= every <= 90:
        raise InputError(f"Sessions {every} days apart were asked for; expected 1 to 90.")
    first = post.asked_at if ground.last_day is None else ground.last_day + every
    days = np.asarray(max(first, post.asked_at) + every * np.arange(more), float)
    looks = np.asarray(days + LOOK_D, float)
    people, horizon = post.followed(), float(looks[-1] - post.asked_at)
    sittings = sessions_on(days.tolist(), [ground.form] * more, post)
    going = follow(people, sittings, max(horizon, 1.0), grid=looks)
    ending = follow(people, (), max(horizon, 1.0), grid=looks)
    cut = rule.cutoffs[1]
    ever = [np.asarray(f.reached[1]) for f in (going, ending)]
    helps = float(ever[0][-1] - ever[1][-1])
    improvement = _improvement(post, rule, ground)
    return Review(
        VERSION, post.case.id, __version__, ensemble_name(post.world.sets.ensemble), post.seed,
        post.asked_at, rule.instrument, treatment(ground.form), len(ground.given), improvement,
        rule.in_response, tuple(days.tolist()), tuple(looks.tolist()),
        tuple(going.at_most(cut).tolist()), tuple(ending.at_most(cut).tolist()),
        tuple(ever[0].tolist()), tuple(ever[1].tolist()), helps,
        # two shares of the same people differ in at most as many as the difference says
        float(np.sqrt(max(abs(helps) - helps**2, 0.25 / post.ess) / post.ess)),
        _points(ground, post, improvement), facts(),
        _sentences(rule, len(ground.given), more, improvement, ever[0][-1], ever[1][-1]),
    )  # fmt: skip


def _spacing(ground: Ground) -> float:
    """Days between sessions in the protocol's first phase."""
    phases = [p for p in ground.protocol.phases if p.per_week > 0]
    return WEEK_D / phases[0].per_week if phases else WEEK_D


def _improvement(post: Posterior, rule: Rules, ground: Ground) -> float | None:
    """Share of the entry score lost at the last score since the first active session."""
    if not ground.given or rule.entry <= 0:
        return None
    start = ground.given[0][0]
    own = [s for s in post.case.usable if s.instrument == rule.instrument and s.day > start]
    return (rule.entry - own[-1].value) / rule.entry if own else None


def _points(ground: Ground, post: Posterior, improvement: float | None) -> tuple[ReviewPoint, ...]:
    group = ground.protocol.thresholds("review")
    sessions = len(ground.given)
    started = ground.given[0][0] if ground.given else post.asked_at
    found = []
    for name in _POINTS:
        limit = group.get(name)
        if limit is None:
            continue
        done = post.asked_at - started if limit.unit == "d" else float(sessions)
        # an improvement goes with a count of sessions; a label's week has no number of its own
        asked = group.get(name.replace("after", "improvement")) if limit.unit != "d" else None
        kept = None if asked is None or improvement is None else not asked.met(100 * improvement)
        found.append(
            ReviewPoint(
                name.replace("_", " "), _point(ground, limit), done >= limit.value, kept,
                limit.standing, limit.status, limit.source,
            )
        )  # fmt: skip
    return tuple(found)


def _point(ground: Ground, limit: Threshold) -> str:
    unit = "days" if limit.unit == "d" else limit.unit
    note = f": {limit.note}" if limit.note else ""
    return f"Protocol {ground.protocol.name} looks after {limit.value:g} {unit}{note}."


def facts() -> tuple[Fact, ...]:
    """What is published on who responds late, from its rows."""
    return tuple(_fact(row) for row in FACTS)


def _fact(row: str) -> Fact:
    found = observation(row)
    outcome = found.outcome
    sentence = FACTS[row].format(n=found.n, value=outcome.value, day=outcome.time_d)
    return Fact(row, sentence, found.reference, cite(found.reference), outcome.status)


def _so_far(sessions: int, improvement: float | None) -> str:
    if not sessions:
        return "Before the first session"
    after = f"After {sessions} session{'s' * (sessions != 1)}"
    if improvement is None:
        return f"{after} without a score since"
    change = round(100 * improvement)
    if change < 0:
        return f"{after}, the score {-change} % above that at entry"
    return f"{after}, {change} % of the entry score lost"


def _sentences(
    rule: Rules, sessions: int, more: int, improvement: float | None, going: float, ending: float
) -> tuple[str, ...]:
    further = "further " if sessions else ""
    said = [
        f"{_so_far(sessions, improvement)}: a score in response is seen in {in_hundred(going)} "
        f"within {more} {further}session{'s' * (more != 1)}, and in {in_hundred(ending)} over the "
        "same days without.",
        f"Response is a {rule.instrument} of {rule.cutoffs[1]:g} or less, looked at the day after "
        "each session. These are odds to weigh, not an order.",
    ]
    if rule.in_response:
        said.append("There is a response already; spacing is the question, not continuing.")
    return tuple(said)
