"""Virtual people like this one, and what one session does to them.

Bodies, their plasma and what acts in them are computed once and kept, since they do not depend on
how sensitive a person is; so the next question about the same person costs little. Arrays are
read only. Every body carries four people, two and two opposite in lasting sensitivity: a quarter of
the kinetics, and less noise.
"""

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from reprieve.engine.effects.acute import AcuteEffects, acute_effects
from reprieve.engine.effects.haemodynamics import (
    SIGNS,
    Vitals,
    change_readings,
    oximetry,
    readings,
    typical_vitals,
    vitals_of,
)
from reprieve.engine.effects.parameters import AcuteModel, acute_model, read_model_file
from reprieve.engine.effects.sensitivity import KINDS, Sensitivity, draw_sensitivity
from reprieve.engine.effects.thresholds import Crossing, threshold_probabilities
from reprieve.engine.kinetics.concentrations import SHARES, model_for, parent
from reprieve.engine.kinetics.models import Individuals, kinetic_model
from reprieve.engine.patient import Array, Patient, People, draw_people
from reprieve.engine.population.block import given_h, session_times
from reprieve.engine.trials.design import Form
from reprieve.evidence.practice import Protocol, governing

Ints = NDArray[np.int64]
NAME = "reprieve_acute_person"
_PEOPLE, _SENSES, _REST, _BODY, _OCCASION, _READ = range(6)  # independent streams of a seed
_SHORT_H = 2.0  # input up to here is followed every 5 minutes, longer input as `simulate` does
_AWAKE = 5.0  # MOAA/S
SHARING = 4  # people a body
SCORES = len(KINDS) + 4


@dataclass(frozen=True, slots=True)
class Plasma:
    """S- and R-ketamine, mg/L, (n, n_times), of one session at `times_h` from its start."""

    times_h: Array
    s_ketamine: Array
    r_ketamine: Array


@dataclass(frozen=True, slots=True)
class Crowd:
    """n people like the patient, with what lasts from session to session.

    `scores` (n, SCORES) are standard normal: the lasting sensitivities, then those of the resting
    vital signs. `body` is the number of the body each has; `log_ratio` how much more often they
    are in the population than in this crowd (log), 0 as first drawn.
    """

    people: People
    scores: Array
    sensitivity: Sensitivity
    rest: Vitals
    body: Ints
    log_ratio: Array

    @staticmethod
    def of(people: People, scores: Array, body: Ints, log_ratio: Array) -> "Crowd":
        """A crowd by its scores."""
        senses, resting = scores[:, : len(KINDS)], scores[:, len(KINDS) :]
        rest = vitals_of(people, resting)
        return Crowd(people, scores, Sensitivity(senses), rest, body, log_ratio)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a session does in each of n / 4 bodies of average sensitivity, occasion left out.

    `site` (ng/mL) is the peak at the effect site, `drive` the log of what acts at the height of
    dissociation; `lift` is the drug's part of SBP, DBP and HR at the protocol's minutes,
    (n / 4, n_minutes). `reading_sd` as in `AcuteEffects`, for average unsteadiness.
    """

    site: Array
    drive: Array
    lift: dict[str, Array]
    minutes: tuple[float, ...]
    reading_sd: Array


@dataclass(frozen=True, slots=True)
class Ahead:
    """The session to come, a value a person: extremes, their minute, chances, minute of recovery.

    `dissociated` is the chance of a CADSS total above the cut-off, over occasions.
    `recovered_min` is infinite for those who have not by the end of what is followed.
    """

    peaks: dict[str, Array]
    minute: dict[str, Array]
    crossings: tuple[Crossing, ...]
    dissociated: Array
    events: dict[str, Array]
    recovered_min: Array


@lru_cache(maxsize=1)
def person_model() -> dict[str, float]:
    """The numbers of `evidence/models/reprieve_acute_person.toml` by name."""
    tables = read_model_file(NAME)
    return {k: float(t["value"]) for k, t in tables.items() if isinstance(t, dict)}


def on_own_clock(form: Form | None) -> Form:
    """The doses of a session with its first at 0 h; no form is a session without doses."""
    if not form:
        return ()
    start = min(d.time_h for d in form)
    if start == 0.0 and all(d.session == 0 for d in form):
        return form
    return tuple(replace(d, time_h=d.time_h - start, session=0) for d in form)


def is_active(form: Form) -> bool:
    """Whether any ketamine is in it."""
    return any(any(SHARES[d.drug]) and d.amount > 0 for d in form)


@lru_cache(maxsize=4)
def bodies(patient: Patient, seed: int, n: int) -> People:
    """n / 4 people like the patient; what is unknown is drawn."""
    return draw_people(n // SHARING, stream(seed, _PEOPLE), patient)


@lru_cache(maxsize=4)
def crowd(patient: Patient, seed: int, n: int) -> Crowd:
    """n people (a multiple of `SHARING`) as they come, before earlier sessions are known."""
    body = np.arange(n) % (n // SHARING)
    people = chosen(bodies(patient, seed, n), body)
    z = draw_sensitivity(n // 2, stream(seed, _SENSES)).z
    rest = stream(seed, _REST).standard_normal((n // 2, SCORES - len(KINDS)))
    scores = np.concatenate((np.hstack((z, rest)), np.hstack((-z, -rest))))
    return Crowd.of(people, scores, body, np.zeros(n))


def chosen(people: People, index: Ints) -> People:
    """People by their numbers, some perhaps twice."""
    columns: dict[str, Any] = {
        f.name: getattr(people, f.name)[index] for f in fields(People) if f.type is Array
    }
    return replace(people, **columns)


@lru_cache(maxsize=8)
def plasma(form: Form, patient: Patient, seed: int, n: int) -> Plasma:
    """Ketamine in the n / 4 bodies after a session; nothing is left over from the one before.

    Raises
    ------
    ModelError
        No kinetic model answers for a dose.
    """
    times = followed_h(form)
    if not is_active(form):
        nothing = np.zeros((n // SHARING, len(times)))
        return Plasma(times, nothing, nothing)
    first = next(d for d in form if any(SHARES[d.drug]) and d.amount > 0)
    # a body keeps its chance across routes whose models share a root, whatever the order asked
    root = next(iter(kinetic_model(model_for(first)).roots.values()))
    chance = stream(seed, _BODY, crc32(root.encode()))
    found = parent(form, Individuals.of(bodies(patient, seed, n), chance), times)
    return Plasma(times, found.s_ketamine, found.r_ketamine)


def followed_h(form: Form) -> Array:
    """Hours at which a session is followed: every 5 minutes to 80 min after the usual input."""
    given = given_h(form)
    if given > _SHORT_H:
        return session_times(form)
    fine = max(given, 40 / 60) + 80 / 60
    steps = round(12.0 * fine + 0.49)
    early = np.arange(steps + 1) / 12.0
    middle = early[-1] + np.arange(1, 9) / 4.0
    return np.concatenate((early, middle, np.linspace(middle[-1], 12.0, 9)[1:]))


@lru_cache(maxsize=32)
def reaction(form: Form, patient: Patient, session: int, seed: int, n: int) -> Reaction:
    """What a session does in each body, whoever owns it."""
    people, model = bodies(patient, seed, n), acute_model()
    average = Sensitivity(np.zeros((len(people), len(KINDS))))
    rest = typical_vitals(people, model)
    levels = plasma(form, patient, seed, n)
    effects = acute_effects(levels, people, None, session, rest, average)
    minutes = governing(form).vitals.minutes(given_h(form))
    lift = {
        sign: effects.at_minutes(sign, minutes)
        - getattr(rest, sign)[:, None]
        + settled(sign, minutes, model)
        for sign in SIGNS
    }
    height = drive(effects.cadss.max(axis=1), model)
    return Reaction(effects.site.max(axis=1), height, lift, minutes, effects.reading_sd)


def settled(sign: str, minutes: tuple[float, ...], model: AcuteModel) -> Array:
    """How far a sign has fallen by each minute as people calm down, in its own unit."""
    in_the_end = 0.0 if sign == "hr" else model[f"{sign}_settling"]
    return np.asarray(in_the_end * -np.expm1(-np.array(minutes) / model["settling_time"]))


def ahead(who: Crowd, form: Form, patient: Patient, session: int, seed: int) -> Ahead:
    """The session to come for each of the crowd, on an occasion drawn for it."""
    model, protocol, lasted = acute_model(), governing(form), given_h(form)
    effects = _effects(who, form, patient, session, seed, 0)
    height = reaction(form, patient, session, seed, len(who.body)).drive[who.body]
    return Ahead(
        *_extremes(effects, protocol, lasted, stream(seed, _READ)),
        threshold_probabilities(effects, protocol, None, lasted),
        _dissociated(height, who.sensitivity, model),
        effects.events,
        _recovered_min(effects, model),
    )


def crossings(
    who: Crowd, form: Form, patient: Patient, seed: int, occasion: int
) -> tuple[Crossing, ...]:
    """The lines crossed at a first session on the occasion of that number."""
    effects = _effects(who, form, patient, 0, seed, occasion)
    return threshold_probabilities(effects, governing(form), None, given_h(form))


def _effects(
    who: Crowd, form: Form, patient: Patient, session: int, seed: int, occasion: int
) -> AcuteEffects:
    one = plasma(form, patient, seed, len(who.body))
    levels = Plasma(one.times_h, one.s_ketamine[who.body], one.r_ketamine[who.body])
    chance = stream(seed, _OCCASION, occasion)
    return acute_effects(levels, who.people, chance, session, who.rest, who.sensitivity)


def drive(cadss: Array | float, model: AcuteModel) -> Array:
    """Log of what acts (ng/mL times the personal factor) at a CADSS total; -inf at or below 0."""
    share = np.clip(np.asarray(cadss) / model["cadss_max"], 0.0, 1.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(model["cadss_ec50"]) + 0.5 * (np.log(share) - np.log1p(-share)))


def _extremes(
    effects: AcuteEffects, protocol: Protocol, lasted_h: float, rng: np.random.Generator
) -> tuple[dict[str, Array], dict[str, Array]]:
    """What would be measured and rated, and the minute at which the effect itself is highest.

    Pressures, heart rate and saturation are readings at the protocol's minutes with a monitor's
    scatter, and rises count from one reading before, as in a chart; placebo has rises too.
    """
    true, minutes = effects.peaks, protocol.vitals.minutes(lasted_h)
    peaks = {
        "hr": readings(effects, "hr", minutes, rng).max(axis=1),
        "cadss": true.cadss,
        "moaas": true.moaas,
        "spo2": oximetry(effects, minutes, rng).min(axis=1),
    }
    for sign in ("sbp", "dbp"):
        before, change = change_readings(effects, sign, minutes, rng)
        peaks[f"{sign}_rise"] = change.max(axis=1)
        peaks[f"{sign}_read"] = before + peaks[f"{sign}_rise"]
    courses = {
        "sbp_rise": effects.sbp, "dbp_rise": effects.dbp, "hr": effects.hr, "cadss": effects.cadss,
    }  # fmt: skip
    at = {name: 60.0 * effects.times_h[c.argmax(axis=1)] for name, c in courses.items()}
    return peaks, at


def _dissociated(height: Array, senses: Sensitivity, model: AcuteModel) -> Array:
    """Chance that a total is rated above the cut-off, the occasion integrated out."""
    needed = drive(model["cadss_cutoff"] + 0.5, model)  # totals are whole points
    own = model["dissociation_spread"] * senses.of("dissociation")
    calm = ndtr((needed - height - own) / model["dissociation_occasion_spread"])
    return np.asarray(1.0 - (1.0 - model["cadss_background"]) * calm)


def _recovered_min(effects: AcuteEffects, model: AcuteModel) -> Array:
    """Minute from which CADSS, MOAA/S and systolic pressure stay back where they were."""
    away = effects.cadss > model["cadss_cutoff"]
    away |= effects.moaas < _AWAKE
    away |= effects.sbp - effects.baseline.sbp[:, None] > model["settled_person"]
    steps = away.shape[1]
    last = np.where(away.any(axis=1), steps - 1 - away[:, ::-1].argmax(axis=1), -1)
    minutes = np.append(60.0 * effects.times_h, np.inf)
    return np.asarray(minutes[last + 1])


def stream(seed: int, *key: int) -> np.random.Generator:
    """One independent stream of a seed."""
    return np.random.default_rng([seed, *key])
