"""What several treatments do to the same virtual patients: response, remission, relapse.

Every treatment is given to the same people with the same chance, so that a difference between
two treatments holds less noise than either. Places differ as trials do: each patient draws one.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array
from reprieve.engine.population.parallel import Progress, usable_cores
from reprieve.engine.trials.comparators import Comparator, Population
from reprieve.engine.trials.design import Design
from reprieve.engine.trials.trial import ArmResult, Stimuli, run_trial
from reprieve.errors import InputError
from reprieve.evidence import instrument

EARLY_D = (1.0, 3.0)
LONGEST_D = 730.0
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A central value and its interval over the ensemble; arrays over days, or one number."""

    value: Array
    low: Array
    high: Array

    def at(self, k: int) -> "Estimate":
        """The same at one day."""
        return Estimate(self.value[k], self.low[k], self.high[k])


@dataclass(frozen=True, slots=True)
class Compared:
    """One treatment's course. Percentages of all who start, except where said.

    `response` and `remission` at each day of `days`; `ever` responded by the last day, and
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
    ensemble : its mode gives the central values, its members the intervals (5 to 95 %)
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
    sets = [ensemble.best(), *(ensemble.member(int(k)) for k in drawn)]

    def one(k: int) -> list[Array]:
        uniform = people_of(n, seed + k)
        result = run_trial(design, sets[k], uniform, seed + k, stimuli)
        return [summary(arm, *cuts) for arm in result.arms.values()]

    found = np.array(_gather(one, len(sets), progress))
    rows = tuple(
        _row(t, np.asarray(design.visits_d), found[:, i]) for i, t in enumerate(treatments)
    )
    return Comparison(rows, people, horizon_d, n, members, seed, *cuts)


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


def summary(arm: ArmResult, remission_at_most: float, relapse_at_least: float) -> Array:
    """One arm's numbers in a row: response and remission by visit (%), then ever responded (%),
    days by which half and four fifths of those had, and relapsed (% of those)."""
    days, scores = arm.visits_d, arm.scores
    responds = scores <= 0.5 * arm.baseline[:, None]
    ever = responds.any(axis=1)
    first = np.where(ever, responds.argmax(axis=1), len(days))
    when = days[first[ever]]
    return np.concatenate(
        [
            100 * responds.mean(axis=0),
            100 * (scores <= remission_at_most).mean(axis=0),
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
    """`found` (sets, numbers), the mode first."""
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(found[1:], [tail, 1 - tail], axis=0)
    # the mode's own value is one draw of its people; it may stand outside a narrow interval
    low, high = np.fmin(low, found[0]), np.fmax(high, found[0])
    t = len(days)

    def part(begin: int, end: int) -> Estimate:
        return Estimate(found[0, begin:end], low[begin:end], high[begin:end])

    single = [part(k, k + 1).at(0) for k in range(2 * t, 2 * t + 4)]
    return Compared(comparator, days, part(0, t), part(t, 2 * t), *single)
