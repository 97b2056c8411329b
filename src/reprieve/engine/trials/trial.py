"""A virtual trial: a design, parameters and people in; every patient's scores out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from reprieve.engine.core import mood as core
from reprieve.engine.core.arms import run_arm
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.instruments import is_madrs, rate
from reprieve.engine.mood.model import Array, MoodParameters, Setting
from reprieve.engine.mood.others import amplitude_and_course
from reprieve.engine.trials.design import Design, Form, Plan, Sitting

AT_ONCE_H = 2.0  # inputs up to that long act as one, as every calibrated regimen does
RELEASE_H = 10.0  # extended-release tablets, glue_2020
SECONDS = {"trial": 0, "scores": 1}  # independent streams of one seed


class Stimuli(Protocol):
    """Occupancy integral (h) of a session form for people ranked by uniforms (n,)."""

    def __call__(self, form: Form, uniform: Array) -> Array: ...


@dataclass(frozen=True, slots=True)
class ArmResult:
    """Every patient of one arm.

    `baseline` (n,), `scores` (n, visits) observed MADRS; `latent` (n, visits) logit and `entry`
    (n,) true MADRS before treatment; `noise` (n, visits + 1) and `offset` (n,) standard normals
    behind the ratings;
    `visits_d` (visits,); `censor_d` (n,) end of observation after relapse counting begins;
    `parts` (n, visits, 6) logit or None.
    """

    name: str
    baseline: Array
    scores: Array
    latent: Array
    entry: Array
    noise: Array
    offset: Array
    visits_d: Array
    censor_d: Array
    completes: float
    parts: Array | None = None

    def __len__(self) -> int:
        return len(self.baseline)

    def rated(self, instrument: str) -> tuple[Array, Array]:
        """Baseline (n,) and scores (n, visits) on any instrument that has a crosswalk."""
        if is_madrs(instrument):
            return self.baseline, self.scores
        true = mood.to_madrs(self.latent)
        return (
            rate(self.entry, instrument, self.offset, self.noise[:, -1]),
            rate(true, instrument, self.offset, self.noise[:, :-1]),
        )


@dataclass(frozen=True, slots=True)
class TrialResult:
    """All arms of one design."""

    design: Design
    arms: Mapping[str, ArmResult]


def run_trial(
    design: Design,
    params: MoodParameters,
    uniform: Array,
    seed: int,
    stimuli: Stimuli,
    setting: Setting | None = None,
    explain: bool = False,
) -> TrialResult:
    """Run every arm on the same people.

    Arms share people and chance, so that a contrast holds less noise than either arm.

    Parameters
    ----------
    uniform : (n, U_COLUMNS) from `mood.quasi_random` or a generator
    seed : of rating error and fluctuation
    setting : the trial's own deviation; default the average trial, or a pool of trials when
        the design says so
    """
    if setting is None:
        setting = Setting(design.baseline, design.first_line, spread=design.pooled)
    explain = explain or design.needs_parts
    arms = {
        plan.name: _run_arm(design, plan, params, uniform, seed, stimuli, setting, explain)
        for plan in design.arms
    }
    return TrialResult(design, arms)


def elsewhere(design: Design, rng: np.random.Generator) -> Setting:
    """Another place that runs the same design: its trial effects are drawn."""
    drug, context, shared = rng.standard_normal(3)
    return Setting(design.baseline, design.first_line, drug, context, shared, spread=design.pooled)


def _run_arm(
    design: Design,
    plan: Plan,
    params: MoodParameters,
    uniform: Array,
    seed: int,
    stimuli: Stimuli,
    setting: Setting,
    explain: bool,
) -> ArmResult:
    n, visits = len(uniform), np.asarray(design.visits_d, float)
    rng = np.random.default_rng([seed, SECONDS["scores"]])
    shock = rng.standard_normal((n, len(visits), 2))
    noise = rng.standard_normal((n, len(visits)))
    first = rng.standard_normal(n)
    censor, offset = rng.random(n), rng.standard_normal(n)
    means, course = amplitude_and_course(plan.others, params)
    patient, amplitude, true = mood.draw_patients(params, uniform, setting, means)
    latent = np.empty((n, len(visits)))
    parts = np.empty((n, len(visits), core.PARTS) if explain else (0, 0, core.PARTS))
    check = -1 if plan.check is None else int(np.argmin(np.abs(visits - plan.check.day)))
    constant = params.constant(first_line=setting.first_line)
    for b, branch in enumerate(plan.branches):
        rows = slice(b, None, len(plan.branches))
        forms, event = events(branch, visits, params)
        stimulus = np.column_stack(
            [stimuli(form, uniform[rows, mood.U_STIM]) for form in forms]
            or [np.zeros(len(shock[rows]))]
        )
        part = parts[rows] if explain else parts
        out = np.empty_like(latent[rows])
        made = np.empty_like(part)
        run_arm(
            np.ascontiguousarray(patient[rows]), np.ascontiguousarray(amplitude[rows]), stimulus,
            constant, event, course, np.ascontiguousarray(shock[rows]),
            np.ascontiguousarray(noise[rows]), check,
            plan.check.at_most if plan.check else -1.0, params["sm"], out, made,
        )  # fmt: skip
        latent[rows] = out
        if explain:
            parts[rows] = made
    sm = params["sm"]
    return ArmResult(
        plan.name,
        _entry_rating(true + sm * first, design.baseline.minimum),
        mood.observe(latent, noise, sm),
        latent,
        true,
        np.column_stack([noise, first]),
        offset,
        visits,
        _censoring(design, censor, float(visits[-1])),
        plan.completes,
        parts if explain else None,
    )


def _entry_rating(score: Array, minimum: float) -> Array:
    """Whole points; nobody enters below the inclusion minimum."""
    return np.asarray(np.round(np.clip(score, minimum, mood.MADRS_MAX)), float)


def _censoring(design: Design, uniform: Array, last: float) -> Array:
    """(n,) day on which each patient's observation ends."""
    if design.follow_up is None:
        return np.full(len(uniform), last)
    start = design.relapse.from_d if design.relapse else 0.0
    watched = -design.follow_up.exponential_mean_d * np.log1p(-uniform)
    return start + np.minimum(watched, design.follow_up.to_d)


def events(
    branch: tuple[Sitting, ...], visits: Array, params: MoodParameters
) -> tuple[list[Form], Array]:
    """The kernel's event table of one branch: (events, 7), and the forms its rows point to."""
    forms: list[Form] = []
    rows = [(day, core.VISIT, -1.0, 0.0, 0.0, v, 0.0) for v, day in enumerate(visits)]
    for s in branch:
        if s.form is not None and s.form not in forms:
            forms.append(s.form)
        index = -1.0 if s.form is None else float(forms.index(s.form))
        pieces = 1 if s.form is None else _pieces(s.form)
        at_once = 1.0 if pieces == 1 else 0.0
        gain = params.gain(s.awareness)
        rows.append((s.day, core.SESSION, index, gain, s.condition, -1, at_once))
        if s.form is not None and pieces > 1:
            width = input_h(s.form) / 24.0 / pieces
            rows += [
                (s.day + (k + 0.5) * width, core.INPUT, index, 0.0, s.condition, -1, 1.0 / pieces)
                for k in range(pieces)
            ]
    rows.sort(key=lambda r: (r[0], r[1]))
    return forms, np.asarray(rows, float)


def input_h(form: Form) -> float:
    """Hours over which a session's drug enters the body."""
    return max(d.time_h + (RELEASE_H if d.form == "er" else d.duration_h) for d in form)


def _pieces(form: Form) -> int:
    """How many pieces a session's stimulus arrives in: two-hourly, half-daily beyond a day.

    The stimulus is an integral over the whole session; crediting a long infusion at its first
    minute would bring relief before the drug.
    """
    hours = input_h(form)
    if hours <= AT_ONCE_H:
        return 1
    return int(np.ceil(hours / (AT_ONCE_H if hours <= 24 else 12.0)))
