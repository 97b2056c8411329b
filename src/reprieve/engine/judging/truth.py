"""What happens to a simulated patient: the generating process that a forecast assumes.

It is written from the population model (`mood.draw_patients`, `core.arms.run_arm`) and not from the
forecast's own prior, so that a mistake in either shows as miscalibration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.calibration.ensemble import ensemble as shipped
from reprieve.engine.cases.case import Case
from reprieve.engine.core import arms
from reprieve.engine.core import mood as core
from reprieve.engine.forecast import traits
from reprieve.engine.forecast.timeline import Timeline, timeline
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.instruments import FINE, link
from reprieve.engine.mood.model import Array, Baseline, MoodParameters, Setting
from reprieve.engine.mood.others import amplitude_and_course
from reprieve.engine.mood.predictors import shift
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.patient import Patient
from reprieve.engine.trials.trial import events

# the trial-entry law of `draw_patients` asks for a baseline; its own is drawn here instead
_ANY = Baseline(31.0, 7.5, 0.0)


@dataclass(frozen=True, slots=True)
class Course:
    """What is known beforehand of a case: who, what is done, when it is looked at."""

    patient: Patient
    kinetics: Patient
    line: Timeline
    visits: Array
    asked_at: float


@dataclass(frozen=True, slots=True)
class Truth:
    """A simulated person's true course.

    `madrs` (visits,) true scores; `values` what simulation-based calibration ranks, each at the
    question or for good; `params` the world the person was drawn in.
    """

    madrs: Array
    values: Mapping[str, float]
    params: MoodParameters

    def rated(self, scale: str, rng: np.random.Generator, error_scale: float = 1.0) -> Array:
        """(visits,) whole-point ratings on a scale, with one personal offset for all of them."""
        found = link(scale)
        is_own = found.name == "MADRS"
        shifted = self.madrs + (0.0 if is_own else found.personal * rng.standard_normal())
        true = self.madrs if is_own else np.interp(shifted, FINE, found.table)
        sd = self.params["sm"] if is_own else found.error
        noisy = true + error_scale * sd * rng.standard_normal(len(true))
        return np.asarray(np.round(np.clip(noisy, found.low, found.high)))


def course_of(record: Case, visits: Array, asked_at: float) -> Course:
    """What a record without scores says; `visits` in order, some of them before day 0."""
    patient = record.patient()
    # like people share their kinetics: what moves no concentration is left out
    body = replace(
        patient, hypertension=None, benzodiazepine_mg=None, failed_trials=None,
        age_at_onset_y=None, family_alcohol=None, anxious=None,
    )  # fmt: skip
    return Course(patient, body, timeline(record), visits, asked_at)


def draw_truth(
    rng: np.random.Generator,
    course: Course,
    ensemble: Ensemble | None = None,
    place: tuple[float, float, float] | None = None,
) -> Truth:
    """A person, a world and what happens, drawn from the model's prior.

    `place` fixes the place's effects on drug, context and shared care, in SD between trials.

    World, person, place, covariates' coefficients, baseline, fluctuation and relapses are drawn;
    rating comes after.
    """
    sets = ensemble or shipped()
    params = sets.member(int(rng.choice(len(sets), p=sets.weights)))
    means, rows = amplitude_and_course(course.line.others, params)
    uniform = rng.random((1, mood.U_COLUMNS))
    em, context = shift(course.patient, rng, 1)
    patient, amplitude, _ = mood.draw_patients(params, uniform, _setting(place), means, em, context)
    centre, sd = traits.baseline()
    patient[0, core.B] = centre + sd * rng.standard_normal()
    days = np.unique(np.append(course.visits[course.visits > 0], max(course.asked_at, 0.0)))
    forms, event = events(course.line.given, days, params)
    ranked = FormStimuli(course.kinetics)
    stimulus = np.array([[ranked(f, uniform[:, mood.U_STIM])[0] for f in forms] or [0.0]])
    latent, parts = np.empty((1, len(days))), np.empty((1, len(days), core.PARTS))
    arms.run_arm(
        patient, amplitude, stimulus, params.constant(), event, rows,
        rng.standard_normal((1, len(days), 2)), np.zeros((1, len(days))), -1, -1.0, params["sm"],
        latent, parts,
    )  # fmt: skip
    before = _before(course.visits[course.visits <= 0], patient[0], amplitude[0], rows, params, rng)
    at = np.searchsorted(days, course.visits[course.visits > 0])
    now = int(np.searchsorted(days, max(course.asked_at, 0.0)))
    whole = np.concatenate([before, latent[0, at]])
    return Truth(mood.to_madrs(whole), _values(patient[0], parts[0, now], latent[0, now]), params)


def _setting(place: tuple[float, float, float] | None) -> Setting:
    return Setting(_ANY, spread=True) if place is None else Setting(_ANY, False, *place)


def _values(patient: Array, parts: Array, latent: float) -> dict[str, float]:
    return {
        "drug effect, lasting": float(patient[core.EM]),
        "decay time of plasticity": float(patient[core.TAUP]),
        "baseline": float(patient[core.B]),
        "shared care, in the end": float(patient[core.H]),
        "drug effect at the question": float(-parts[core.DRUG]),
        "context at the question": float(-parts[core.CONTEXT]),
        "true score at the question": float(latent),
    }


def _before(
    days: Array, patient: Array, amplitude: Array, course: Array, params: MoodParameters,
    rng: np.random.Generator,
) -> Array:  # fmt: skip
    """Latent score on days up to the first treatment: the fluctuation runs backwards from it."""
    slow, fast = patient[core.W0], patient[core.V0]
    latent, t = np.empty(len(days)), 0.0
    for k in range(len(days) - 1, -1, -1):
        step, t = t - days[k], days[k]
        slow = _back(slow, step, params["sw"], params["tw"], rng)
        fast = _back(fast, step, params["sv"], params["tv"], rng)
        other = sum(a * core.built(t, *row) for a, row in zip(amplitude, course, strict=True))
        latent[k] = patient[core.B] + slow + fast - other
    return latent


def _back(value: float, step: float, sd: float, tau: float, rng: np.random.Generator) -> float:
    keep = float(np.exp(-step / tau))
    return value * keep + sd * float(np.sqrt(1 - keep**2)) * float(rng.standard_normal())
