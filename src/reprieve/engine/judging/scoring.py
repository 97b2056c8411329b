"""Hide the future of a record, forecast it, and compare with what came.

Sessions and other treatments that the record gives after the question are taken as the plan: what
was done is what the forecast is asked about, and only scores are foretold.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case, Score
from reprieve.engine.cases.checks import not_forecastable
from reprieve.engine.forecast.future import LONGEST_D, Future, follow
from reprieve.engine.forecast.posterior import PARTICLES, Posterior, posterior
from reprieve.engine.forecast.timeline import on_day
from reprieve.engine.forecast.traits import Place
from reprieve.engine.judging import baselines
from reprieve.engine.judging.baselines import Known
from reprieve.engine.judging.measures import judge
from reprieve.engine.judging.scores import CARRIED, CURVE, MIXED, MODEL, Question, Scores, gathered
from reprieve.engine.judging.situations import is_active, situation_of
from reprieve.engine.patient import Array
from reprieve.engine.population.parallel import Block, Progress, map_blocks
from reprieve.engine.trials.design import Course, Sitting
from reprieve.errors import InputError
from reprieve.evidence import instrument

AsOf = float | date | Literal["each"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How forecasts are made: people, seed, parameter sets, place; whether baselines are wanted.

    `place` are a clinic's own effects; None for the average place.
    """

    seed: int = 1
    particles: int = PARTICLES
    ensemble: Ensemble | None = None
    compare: bool = True
    place: Place | None = None


def score(
    cases: Sequence[Case],
    as_of: AsOf = "each",
    *,
    seed: int = 1,
    particles: int = PARTICLES,
    ensemble: Ensemble | None = None,
    place: Place | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Scores:
    """Forecasts of records whose later scores are known, beside those scores.

    Parameters
    ----------
    cases : whole records; what lies after each question is hidden from the forecast
    as_of : a day from the first treatment; a date, whose end is meant, for records with dates;
        or "each": after every score that another follows (scores before the first treatment are
        asked about together, on its day)
    seed : of the quasi-random draws; the same numbers for any number of workers
    place : a clinic's own effects, learned from other courses than these; the baselines have none

    Raises
    ------
    InputError
        No case, or a date for a record without dates.
    """
    if not cases:
        raise InputError("No case was given; give at least one case file.")
    settings = Settings(seed, particles, ensemble, place=place)

    def one(block: Block) -> list[Scores]:
        return [
            ask(cases[k], times(cases[k], as_of), settings) for k in range(block.start, block.stop)
        ]

    found = map_blocks(one, len(cases), 4, seed, workers, progress=progress)
    return gathered([scores for part in found for scores in part])


def times(record: Case, as_of: AsOf) -> list[float]:
    """The days on which to ask about a record."""
    if isinstance(as_of, date):
        return [_end_of(record, as_of)]
    if as_of != "each":
        return [float(as_of)]
    first = record.given[0].day if record.given else -np.inf
    days = {max(s.day, first) for s in record.usable if s.day <= record.asked_at}
    last = record.usable[-1].day if record.usable else -np.inf
    return sorted(d for d in days if d < last)


def _end_of(record: Case, day: date) -> float:
    if record.origin is None:
        raise InputError(
            f"Case {record.id} has day numbers and no dates; give --as-of a day, or 'each'."
        )
    end = datetime.combine(day, time(23, 59, 59), record.origin.tzinfo)
    return (end - record.origin).total_seconds() / 86400.0


def ask(record: Case, days: Sequence[float], settings: Settings) -> Scores:
    """Every question about one record."""
    found: list[Question] = []
    refused: Counter[str] = Counter()
    elsewhere = 0
    for day in days:
        why = _why_not(record, day)
        if why is not None:
            refused[why] += 1
            continue
        made, others = question(record, posterior_of(record.until(day), settings), settings)
        found += [made] if len(made.days) else []
        refused["no_later_score"] += not len(made.days)
        elsewhere += others
    return Scores(tuple(found), {k: n for k, n in refused.items() if n}, elsewhere)


def _why_not(record: Case, day: float) -> str | None:
    """A reason code when nothing can be asked about a record on a day."""
    if not record.usable:
        why = not_forecastable(record)
        return why[0] if why else "no_usable_instrument"
    if day >= record.usable[-1].day:
        return "no_later_score"
    why = not_forecastable(record.until(day))
    return None if why is None else why[0]


def question(record: Case, post: Posterior, settings: Settings) -> tuple[Question, int]:
    """The question of a posterior, and how many later scores are on another instrument."""
    case = post.case
    day, name = case.asked_at, str(case.own_instrument)
    later = [s for s in record.usable if day < s.day <= day + LONGEST_D]
    mine = [s for s in later if s.instrument == name]
    days, values = np.array([s.day for s in mine]), np.array([s.value for s in mine])
    situation = situation_of(record, day)
    laws: dict[str, Array] = {}
    if mine:
        laws[MODEL] = ahead(record, post, days).pmf
        if settings.compare:
            laws |= _baselines(record, case, situation, days, settings)
    low = instrument(name).low
    judged = {method: judge(law, low, values) for method, law in laws.items()}
    groups = _groups(case)
    made = Question(record.id, situation, day, name, len(case.usable), days, groups, judged)
    return made, len(later) - len(mine)


def posterior_of(case: Case, settings: Settings) -> Posterior:
    """The virtual people of a case."""
    return posterior(
        case, settings.seed, particles=settings.particles, ensemble=settings.ensemble,
        place=settings.place,
    )  # fmt: skip


def ahead(record: Case, post: Posterior, days: Array) -> Future:
    """What follows the question on `days`, with all that the record says was done later."""
    asked = post.asked_at
    sessions: list[Sitting] = [
        s for t in record.given if t.day > asked for s in on_day(t.regimen, t.day, post.awareness)
    ]
    begun = [
        Course(o.kind, o.from_day, o.to_day)
        for o in record.other
        if o.kind is not None and o.from_day is not None and o.from_day > asked
    ]
    return follow(post, sessions, max(days[-1] - asked, 1.0), others=begun, grid=days)


def _baselines(
    record: Case, case: Case, situation: str, days: Array, settings: Settings
) -> dict[str, Array]:
    known = _known(record, case, situation)
    laws = {
        CARRIED: baselines.carried_forward(known, days),
        MIXED: baselines.mixed_model(known, days),
    }
    curve = population_curve(record, known.instrument, days, settings)
    return laws if curve is None else {**laws, CURVE: curve}


def _known(record: Case, case: Case, situation: str) -> Known:
    """Scores on the own instrument alone, as the baselines were fitted."""
    name = str(case.own_instrument)
    mine = [s for s in case.usable if s.instrument == name]
    return Known(
        situation,
        name,
        np.array([s.day for s in mine]),
        np.array([s.value for s in mine]),
        np.array([t.day for t in record.given if is_active(t)]),
    )


def population_curve(record: Case, name: str, days: Array, settings: Settings) -> Array | None:
    """(k, points) the model's own law for a person with this start and this treatment.

    Only the scores up to the first treatment are seen (the first score where there is none);
    None when those are on other instruments.
    """
    first = record.given[0].day if record.given else record.usable[0].day
    start = record.until(max(first, record.usable[0].day))
    entry = tuple(s for s in start.scores if s.instrument == name)
    if not entry or start.asked_at >= days[0]:
        return None
    return ahead(record, _start(replace(start, scores=entry), settings), days).pmf


@lru_cache(maxsize=8)
def _start(case: Case, settings: Settings) -> Posterior:
    """The people before the first treatment: the same for every question about a record."""
    return posterior_of(case, settings)


def _groups(case: Case) -> dict[str, str]:
    """What a patient belongs to; the unknown is a group of its own."""
    age, seen = case.person.age, len(case.usable)
    return {
        "severity": _severity(case.usable[0]),
        "sex": {"F": "women", "M": "men"}.get(str(case.person.sex), "not told"),
        "age": "not told" if age is None else _cut_at(age, (40, 60)),
        "instruments": " and ".join(sorted({s.instrument for s in case.usable})),
        "scores seen": _cut_at(seen, (2, 4, 8)),
    }


def _severity(first: Score) -> str:
    """The band of the first score on its own instrument."""
    bands = instrument(first.instrument).bands
    return next((b.name for b in bands if b.low <= first.value <= b.high), "not told")


def _cut_at(value: float, cuts: tuple[int, ...]) -> str:
    """A number as a range: "below 40", "40 to 59", "60 or more"."""
    if value < cuts[0]:
        return f"below {cuts[0]}"
    for low, high in pairwise(cuts):
        if value < high:
            return f"{low} to {high - 1}"
    return f"{cuts[-1]} or more"
