"""What several treatments do to the same virtual patients: response, remission, relapse.

Every treatment is given to the same people with the same chance, so that a difference between
two treatments holds less noise than either. Places differ as trials do: each patient draws one.

Between doses that are more than a week apart the share in response swings. From the fourth session
on, such a visit is reported as the mean over the visits of the interval that ends there, so that
neither the peak nor the trough stands for the whole (`smoothing`).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array
from reprieve.engine.population.parallel import Progress, usable_cores
from reprieve.engine.trials.beside import SideBySide, seen_beside
from reprieve.engine.trials.comparators import Comparator, Population
from reprieve.engine.trials.design import Design
from reprieve.engine.trials.trial import ArmResult, Stimuli, run_trial
from reprieve.errors import InputError
from reprieve.evidence import instrument

EARLY_D = (1.0, 3.0)
LONGEST_D = 730.0
LEVEL = 0.9
WEEK_D = 7.0
STEADY_FROM = 3  # sessions that must lie behind before an interval counts as maintenance


@dataclass(frozen=True, slots=True)
class Estimate:
    """Median and 90 % interval over the ensemble's sets; arrays over days, or one number."""

    value: Array
    low: Array
    high: Array

    def at(self, k: int) -> "Estimate":
        """The same at one day."""
        return Estimate(self.value[k], self.low[k], self.high[k])


@dataclass(frozen=True, slots=True)
class Compared:
    """One treatment's course. Percentages of all who start, except where said.

    `response` and `remission` at each day of `days` (means over the last interval where doses
    are more than a week apart, see `smoothing`); `ever` responded by the last day, and
    `half_d` and `most_d` the days by which half and four fifths of those had (NaN where nobody
    responds); `relapse` percent of those who ever responded that then scored at the relapse
    level at two consecutive weekly visits.
    """

    comparator: Comparator
    days: Array
    response: Estimate
    remission: Estimate
    ever: Estimate
    half_d: Estimate
    most_d: Estimate
    relapse: Estimate


@dataclass(frozen=True, slots=True)
class Comparison:
    """All treatments, who was treated and how it was computed."""

    rows: tuple[Compared, ...]
    population: Population
    horizon_d: float
    n: int
    members: int
    seed: int
    remission_at_most: float
    relapse_at_least: float
    beside: tuple[SideBySide, ...] = ()


def visit_days(horizon_d: float) -> tuple[float, ...]:
    """Days at which everybody is rated: 1, 3, then weekly, and the last day.

    Raises
    ------
    InputError
        A horizon under a week or over two years.
    """
    if not 7.0 <= horizon_d <= LONGEST_D:
        raise InputError(f"The horizon was {horizon_d:g} days; expected 7 to {LONGEST_D:g}.")
    weekly = np.arange(7.0, horizon_d - 1.0, 7.0).tolist()
    return (*EARLY_D, *weekly, float(horizon_d))


def compare(
    treatments: Sequence[Comparator],
    people: Population,
    horizon_d: float,
    ensemble: Ensemble,
    stimuli: Stimuli,
    n: int = 2048,
    members: int = 24,
    seed: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Run every treatment on n patients for each of several parameter sets.

    Parameters
    ----------
    ensemble : its members give the central values (median) and the intervals (5 to 95 %)
    n : patients a treatment and set
    members : sets drawn from the ensemble by weight

    Raises
    ------
    InputError
        No treatment, one treatment twice, fewer than 100 patients or 2 members.
    """
    labels = [t.label for t in treatments]
    for label in labels:
        if labels.count(label) > 1:
            raise InputError(f"'{label}' is asked for twice; name each treatment once.")
    if not treatments or n < 100 or members < 2:
        raise InputError("Give at least one treatment, 100 patients and 2 parameter sets.")
    design = Design(
        "compare", "Comparison", "none", "MADRS", people.baseline, visit_days(horizon_d),
        tuple(t.plan for t in treatments), first_line=people.first_line, pooled=True,
    )  # fmt: skip
    scale = instrument("MADRS")
    cuts = (scale.remission.value, scale.relapse.value)
    rng = np.random.default_rng([seed, 13])
    drawn = rng.choice(len(ensemble), members, p=ensemble.weights)
    sets = [ensemble.member(int(k)) for k in drawn]
    days = np.asarray(design.visits_d)
    even = [smoothing(days, sessions_of(t)) for t in treatments]

    def one(k: int) -> list[Array]:
        uniform = people_of(n, seed + k)
        result = run_trial(design, sets[k], uniform, seed + k, stimuli)
        return [
            summary(arm, *cuts, weights)
            for arm, weights in zip(result.arms.values(), even, strict=True)
        ]

    found = np.array(_gather(one, len(sets), progress))
    rows = tuple(_row(t, days, found[:, i]) for i, t in enumerate(treatments))
    beside = seen_beside(treatments, ensemble, stimuli, seed)
    return Comparison(rows, people, horizon_d, n, members, seed, *cuts, beside)


def sessions_of(treatment: Comparator) -> Array:
    """(k,) days of the sessions of any branch, in order."""
    return np.array(sorted({s.day for branch in treatment.plan.branches for s in branch}))


def smoothing(days: Array, sessions: Array) -> Array:
    """(visits, visits) rows that sum to one: how a reported share is made from visits.

    A visit inside an interval of more than a week between maintenance sessions becomes the mean
    over the visits of the last stretch of that length; every other visit stands for itself.

    Parameters
    ----------
    days : (visits,) days of rating, in order
    sessions : (k,) days of treatment, in order
    """
    weights = np.eye(len(days))
    for k, day in enumerate(days):
        behind = int(np.searchsorted(sessions, day))  # a dose on the day follows the rating
        if behind <= STEADY_FROM:
            continue
        last = sessions[behind - 1]
        goes_on = behind < len(sessions)
        interval = sessions[behind] - last if goes_on else last - sessions[behind - 2]
        if day - last > interval:
            continue  # treatment has ended
        if interval > WEEK_D:
            inside = (days > day - interval) & (days <= day)
            weights[k] = inside / inside.sum()
    return weights


def people_of(n: int, seed: int) -> Array:
    """(n, U_COLUMNS) quasi-random people; any n, though powers of two spread best."""
    return mood.quasi_random(1 << (n - 1).bit_length(), seed)[:n]


def _gather(
    work: Callable[[int], list[Array]], jobs: int, progress: Progress | None
) -> list[list[Array]]:
    made = []
    with ThreadPoolExecutor(usable_cores()) as pool:
        for done, result in enumerate(pool.map(work, range(jobs)), 1):
            made.append(result)
            if progress:
                progress(done, jobs)
    return made


def summary(
    arm: ArmResult,
    remission_at_most: float,
    relapse_at_least: float,
    weights: Array | None = None,
) -> Array:
    """One arm's numbers in a row: response and remission by visit (%), then ever responded (%),
    days by which half and four fifths of those had, and relapsed (% of those).

    `weights` (visits, visits) as from `smoothing`; None takes every visit as it is.
    """
    days, scores = arm.visits_d, arm.scores
    responds = scores <= 0.5 * arm.baseline[:, None]
    ever = responds.any(axis=1)
    first = np.where(ever, responds.argmax(axis=1), len(days))
    when = days[first[ever]]
    even = np.eye(len(days)) if weights is None else weights
    return np.concatenate(
        [
            100 * (even @ responds.mean(axis=0)),
            100 * (even @ (scores <= remission_at_most).mean(axis=0)),
            [100 * ever.mean()],
            np.quantile(when, [0.5, 0.8], method="inverted_cdf") if ever.any() else [np.nan] * 2,
            [_relapsed(scores[ever], days, first[ever], relapse_at_least)],
        ]
    )


def _relapsed(scores: Array, days: Array, first: Array, at_least: float) -> float:
    """Percent at the relapse level at two consecutive weekly visits after the first response."""
    if not len(scores):
        return float("nan")
    weekly = np.flatnonzero(days >= 7.0)
    bad = scores[:, weekly] >= at_least
    twice = bad[:, :-1] & bad[:, 1:]
    after = weekly[:-1][None, :] > first[:, None]
    return float(100 * (twice & after).any(axis=1).mean())


def _row(comparator: Comparator, days: Array, found: Array) -> Compared:
    """`found` (sets, numbers)."""
    tail = (1 - LEVEL) / 2
    low, middle, high = np.nanquantile(found, [tail, 0.5, 1 - tail], axis=0)
    t = len(days)

    def part(begin: int, end: int) -> Estimate:
        return Estimate(middle[begin:end], low[begin:end], high[begin:end])

    single = [part(k, k + 1).at(0) for k in range(2 * t, 2 * t + 4)]
    return Compared(comparator, days, part(0, t), part(t, 2 * t), *single)
