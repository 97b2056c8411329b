"""A case as plain numbers: what the reference model needs to know of it.

Texts, dates and kinetics are read by Reprieve (sessions, courses of other treatments, quantiles of
receptor occupancy); what follows from them is not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.timeline import timeline
from reprieve.engine.forecast.traits import forecast_value
from reprieve.engine.mood.model import MoodParameters
from reprieve.engine.mood.others import amplitude_and_course
from reprieve.engine.mood.predictors import CONTEXT, DRUG, shift_prior
from reprieve.engine.mood.stimuli import quantiles
from reprieve.engine.trials.design import Form, Sitting
from reprieve.engine.trials.trial import input_h
from reprieve.evidence import instrument

Array = NDArray[np.float64]
AT_ONCE_H, PIECE_H = 2.0, 2.0
LONG_H, LONG_PIECE_H = 24.0, 12.0
AHEAD_D = (7.0, 28.0, 84.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """An instrument: crosswalk points, SDs of the personal offset (MADRS points) and of the
    rating (own points; None for MADRS, whose error is the model's), ends."""

    score: Array
    madrs: Array
    personal: float
    error: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Input:
    """Drug that arrives, or a session that is attended, on a day: form (-1 none), share of the
    form's stimulus, context gain under each parameter set (None: no session)."""

    day: float
    form: int
    share: float
    gain: Array | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One case under m parameter sets.

    `value` (m,) by parameter; `stimulus` (forms, 201) quantiles, h; `other_mean` (m, k) and
    `other_course` (m, k, 4) start, stop, onset, offset; `score_*` (scores,) with `score_scale`
    an index of `scales`; `own` the scale of the answer, `entry` its score at entry; `shift_*`
    mean and SD of what covariates add.
    """

    id: str
    weight: Array
    value: dict[str, Array]
    inputs: tuple[Input, ...]
    stimulus: Array
    other_mean: Array
    other_course: Array
    score_day: Array
    score_value: Array
    score_scale: NDArray[np.int64]
    scales: tuple[Scale, ...]
    names: tuple[str, ...]
    own: int
    asked_at: float
    cutoff: float
    shift_drug: tuple[float, float]
    shift_context: tuple[float, float]
    base_mean: float
    base_sd: float


def problem(case: Case, ensemble: Ensemble) -> Problem:
    """The numbers of a case."""
    line, sets, who = timeline(case), list(ensemble), case.patient()
    inputs, forms = _inputs(line.given, sets, line.asked_at)
    rows = [amplitude_and_course(line.others, params) for params in sets]
    shifts = shift_prior(who, case.checkin)
    scales = tuple(_scale(name) for name in line.names)
    mean = forecast_value("baseline_mean")
    return Problem(
        case.id,
        ensemble.weights,
        {name: np.array([params[name] for params in sets]) for name in sets[0].values},
        inputs,
        np.array([quantiles(form, who) for form in forms]).reshape(-1, 201),
        np.array([row[0] for row in rows]).reshape(len(sets), -1),
        np.array([row[1] for row in rows]).reshape(len(sets), -1, 4),
        line.score[:, 0],
        line.score[:, 1],
        line.score[:, 2].astype(np.int64),
        scales,
        line.names,
        line.names.index(case.own_instrument or "MADRS"),
        line.asked_at,
        cutoff(case),
        shifts[DRUG],
        shifts[CONTEXT],
        float(np.log(mean / (60.0 - mean))),
        forecast_value("baseline_sd"),
    )


def cutoff(case: Case) -> float:
    """Half of the first score on the own instrument, rounded down."""
    first = next(s for s in case.usable if s.instrument == case.own_instrument)
    return float(np.floor(first.value / 2))


def _inputs(
    given: tuple[Sitting, ...], sets: list[MoodParameters], end: float
) -> tuple[tuple[Input, ...], list[Form]]:
    forms = list(dict.fromkeys(s.form for s in given if s.form is not None))
    made = []
    for sitting in given:
        gain = np.array([params.gain(sitting.awareness) for params in sets])
        form = -1 if sitting.form is None else forms.index(sitting.form)
        hours = 0.0 if sitting.form is None else input_h(sitting.form)
        at_once = hours <= AT_ONCE_H
        made.append(Input(sitting.day, form, 1.0 if at_once else 0.0, gain))
        if at_once:
            continue
        pieces = int(np.ceil(hours / (PIECE_H if hours <= LONG_H else LONG_PIECE_H)))
        width = hours / 24.0 / pieces
        for k in range(pieces):
            day = min(sitting.day + (k + 0.5) * width, end)
            made.append(Input(day, form, 1.0 / pieces, None))
    return tuple(sorted(made, key=lambda i: i.day)), forms


def _scale(name: str) -> Scale:
    found = instrument(name)
    if name == "MADRS" or found.crosswalk is None:
        ends = np.array([0.0, 60.0])
        return Scale(ends, ends, 0.0, None, 0.0, 60.0)
    walk = found.crosswalk
    personal = float(np.sqrt(max(0.0, walk.error_sd**2 - 2 * 2.5**2)))
    return Scale(
        np.array(walk.score, float),
        np.array(walk.madrs, float),
        personal,
        float(found.measurement_sd.value),
        found.low,
        found.high,
    )
