"""One regimen for one kind of patient: when relief comes and how long it lasts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array, Baseline, MoodParameters, Setting
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.population.parallel import Block, map_blocks
from reprieve.engine.trials.design import Course, Design, Plan, sittings
from reprieve.engine.trials.trial import ArmResult, run_trial
from reprieve.errors import ModelError

Progress = Callable[[int, int], None]
HOURS_4 = 4 / 24
BLOCK = 400  # patients at one place under one parameter set
PEOPLE = 204_800  # 512 places: the ends of a 90 % interval move by about a point between seeds
TYPICAL = Baseline(33.0, 5.5, 20.0)  # adults of the trials in resistant depression


@dataclass(frozen=True, slots=True)
class Share:
    """A probability by day: `middle` and 90 % interval over parameter sets and places, (days,)."""

    middle: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Prognosis:
    """What a regimen is expected to do.

    `days` (k,) visits; `response` and `remission` the share that is responding (half of the
    entry score lost) or remitted (MADRS at most 10) at each; `responded` the share that has
    responded at any visit so far; `score` quantiles 10, 25, 50, 75, 90 % of observed MADRS
    (5, k). `last_dose_d` and, among those who respond at the first visit after it,
    `weeks` (w,) and `lasting` the share still responding at every weekly visit until then,
    with no further dose. `soonest_d` quantiles 25, 50, 75 % of the first visit with response
    among those who ever respond during treatment.
    """

    regimen: str
    days: Array
    response: Share
    remission: Share
    responded: Share
    score: Array
    soonest_d: Array
    last_dose_d: float
    weeks: Array
    lasting: Share
    patients: int

    def at(self, share: Share, day: float) -> tuple[float, float, float]:
        """Probability (middle, low, high) at the visit of that day."""
        k = int(np.argmin(np.abs(self.days - day)))
        return float(share.middle[k]), float(share.low[k]), float(share.high[k])


def visits_of(regimen: Regimen, weeks: int) -> Array:
    """Days of rating: 4 h and a day after the first dose, before doses, a day after the last,
    then weekly."""
    doses = sorted({d.time_h / 24 for d in regimen.doses})
    if not doses:
        raise ModelError("The regimen has no session; a course needs at least one.")
    during = {HOURS_4, 1.0, 2.0, *(d for d in doses if d > 0), doses[-1] + 1}
    after = {doses[-1] + 7.0 * k for k in range(1, weeks + 1)}
    return np.array(sorted(during | after))


def course(
    regimen: Regimen,
    ensemble: Ensemble,
    seed: int,
    *,
    awareness: str = "open",
    baseline: Baseline = TYPICAL,
    others: tuple[Course, ...] = (),
    n: int = PEOPLE,
    weeks: int = 12,
    progress: Progress | None = None,
) -> Prognosis:
    """Follow n virtual patients through a regimen and `weeks` weeks beyond its last dose.

    Each block of patients is treated at another place and under another parameter set, so the
    intervals hold doubt about parameters and the spread between places, not only chance. Places and
    sets are spread evenly (a scrambled Sobol sequence), so that few blocks fix the tails.

    Parameters
    ----------
    regimen : sessions; daily medicines of it are not followed here, see `others`
    ensemble : parameter sets
    awareness : what patients know, as in a trial file
    baseline : MADRS at entry
    n : patients, in blocks of 400

    Raises
    ------
    ModelError
        The regimen has no session.
    """
    visits = visits_of(regimen, weeks)
    branch = tuple(sittings(regimen, awareness))
    plan = Plan("course", None, (branch,), others)
    design = Design("course", regimen.text, "none", "MADRS", baseline, tuple(visits), (plan,))
    stimuli = FormStimuli()
    for form in design.forms():  # once, not once a thread
        stimuli(form, np.array([0.5]))

    where = _places(-(-n // BLOCK), seed)
    known = ensemble.weights.cumsum()

    def work(block: Block) -> "_Counts":
        drug, context, shared, member = where[block.index]
        place = Setting(baseline, design.first_line, ndtri(drug), ndtri(context), ndtri(shared))
        chosen = min(int(np.searchsorted(known, member)), len(ensemble) - 1)
        arm = _run(design, ensemble.member(chosen), place, len(block), block.rng(), stimuli)
        return _count(arm, branch[-1].day)

    made = map_blocks(work, n, BLOCK, seed, progress=progress)
    return _summary(regimen.text, visits, branch[-1].day, made, n)


def _places(count: int, seed: int) -> Array:
    """(count, 4) uniforms, evenly spread: a place's drug, context, shared effect, and its set."""
    return mood.quasi_random(1 << max(count - 1, 1).bit_length(), seed)[:count, :4]


def _run(
    design: Design,
    params: MoodParameters,
    place: Setting,
    n: int,
    rng: np.random.Generator,
    stimuli: FormStimuli,
) -> ArmResult:
    uniform = np.clip(rng.random((n, mood.U_COLUMNS)), 1e-9, 1 - 1e-9)
    result = run_trial(design, params, uniform, int(rng.integers(2**31)), stimuli, place)
    return result.arms["course"]


@dataclass(frozen=True, slots=True)
class _Counts:
    """Shares (visits,) of one block, its score quantiles, first responses and survival."""

    response: Array
    remission: Array
    responded: Array
    histogram: Array
    soonest: Array
    lasting: Array


def _count(arm: ArmResult, last_dose: float) -> _Counts:
    responding = arm.scores <= 0.5 * arm.baseline[:, None]
    treated = arm.visits_d <= last_dose + 1.01
    ever = responding[:, treated]
    first = arm.visits_d[treated][ever.argmax(axis=1)][ever.any(axis=1)]
    weekly = _weekly(arm.visits_d, last_dose)
    start = int(np.argmin(np.abs(arm.visits_d - (last_dose + 1))))
    held = responding[responding[:, start]][:, weekly]
    counts = [np.bincount(column.astype(int), minlength=61) for column in arm.scores.T]
    return _Counts(
        responding.mean(axis=0),
        (arm.scores <= 10).mean(axis=0),
        np.logical_or.accumulate(responding, axis=1).mean(axis=0),
        np.array(counts, float),
        first,
        np.logical_and.accumulate(held, axis=1).mean(axis=0)
        if len(held)
        else np.full(len(weekly), np.nan),
    )


def _weekly(visits: Array, last_dose: float) -> NDArray[np.intp]:
    week = (visits - last_dose) / 7
    return np.flatnonzero((week > 0.5) & (np.abs(week - np.round(week)) < 1e-6))


def _summary(text: str, visits: Array, last: float, made: list[_Counts], n: int) -> Prognosis:
    histogram = np.sum([m.histogram for m in made], axis=0)
    cumulative = histogram.cumsum(axis=1) / histogram.sum(axis=1, keepdims=True)
    score = np.array([(cumulative >= q).argmax(axis=1) for q in (0.1, 0.25, 0.5, 0.75, 0.9)])
    return Prognosis(
        text,
        visits,
        _share([m.response for m in made]),
        _share([m.remission for m in made]),
        _share([m.responded for m in made]),
        score.astype(np.float64),
        np.quantile(np.concatenate([m.soonest for m in made]), [0.25, 0.5, 0.75]),
        last,
        visits[_weekly(visits, last)] / 7 - last / 7,
        _share([m.lasting for m in made]),
        n,
    )


def _share(rows: list[Array]) -> Share:
    table = np.array(rows)
    low, high = np.nanquantile(table, [0.05, 0.95], axis=0)
    return Share(np.nanmean(table, axis=0), low, high)
