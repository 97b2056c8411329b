"""Acute effects of one session: from plasma to dissociation, sedation and vital signs.

Hours from the first time given, which must not lie after the dose. One effect site and one
adaptation serve all effects (`engine.core.effects`); people differ by log-normal sensitivities
that last, and by the occasion.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from reprieve.engine.core import effects as core
from reprieve.engine.effects.adverse_events import event_probabilities
from reprieve.engine.effects.haemodynamics import Vitals, draw_vitals, typical_vitals
from reprieve.engine.effects.parameters import AcuteModel, acute_model
from reprieve.engine.effects.sensitivity import (
    KINDS,
    Sensitivity,
    draw_sensitivity,
    session_traits,
)
from reprieve.engine.kinetics.occupancy import occupancy
from reprieve.engine.patient import Array, People
from reprieve.errors import ModelError

if TYPE_CHECKING:
    from reprieve.engine.kinetics.concentrations import Concentrations


class Levels(Protocol):
    """What the acute effects need of `engine.kinetics.Concentrations`: mg/L, (n, n_times)."""

    @property
    def times_h(self) -> Array: ...
    @property
    def s_ketamine(self) -> Array: ...
    @property
    def r_ketamine(self) -> Array: ...


@dataclass(frozen=True, slots=True)
class Peaks:
    """Each person's extremes in one session, (n,) each: true values, without reading error.

    Rises are above the resting value before the dose. A mean of these peaks is larger than the
    largest of the means at fixed minutes, since people do not peak together.
    """

    cadss: Array
    cadss_time_h: Array
    moaas: Array
    sbp: Array
    dbp: Array
    hr: Array
    sbp_rise: Array
    dbp_rise: Array
    hr_rise: Array
    spo2: Array


@dataclass(frozen=True, slots=True)
class AcuteEffects:
    """Courses (n, n_times) and per-session probabilities (n,) of events.

    occupancy 0-1 of NMDA receptors; cadss 0-92 points; moaas 5 (awake) to 0 (no response); sbp,
    dbp mmHg; hr 1/min; spo2 %;
    `site` ng/mL S-ketamine equivalents at the effect site.
    """

    times_h: Array
    occupancy: Array
    site: Array
    cadss: Array
    moaas: Array
    sbp: Array
    dbp: Array
    hr: Array
    spo2: Array
    baseline: Vitals
    sensitivity: Sensitivity
    reading_sd: Array
    events: dict[str, Array]
    session: int

    @property
    def peaks(self) -> Peaks:
        """Extremes of each person."""
        sbp, dbp, hr = self.sbp.max(axis=1), self.dbp.max(axis=1), self.hr.max(axis=1)
        return Peaks(
            cadss=self.cadss.max(axis=1),
            cadss_time_h=self.times_h[self.cadss.argmax(axis=1)],
            moaas=self.moaas.min(axis=1),
            sbp=sbp,
            dbp=dbp,
            hr=hr,
            sbp_rise=sbp - self.baseline.sbp,
            dbp_rise=dbp - self.baseline.dbp,
            hr_rise=hr - self.baseline.hr,
            spo2=self.spo2.min(axis=1),
        )

    def at(self, name: str, time_h: float) -> Array:
        """One course at one time, (n,), linear between the times kept."""
        course: Array = getattr(self, name)
        j = int(np.clip(np.searchsorted(self.times_h, time_h), 1, len(self.times_h) - 1))
        t0, t1 = self.times_h[j - 1], self.times_h[j]
        weight = float(np.clip((time_h - t0) / (t1 - t0), 0.0, 1.0))
        value: Array = course[:, j - 1] * (1.0 - weight) + course[:, j] * weight
        return value

    def at_minutes(self, name: str, minutes: tuple[float, ...]) -> Array:
        """One course at several minutes, (n, n_minutes)."""
        if not minutes:
            return np.empty((len(self.site), 0))
        return np.column_stack([self.at(name, m / 60.0) for m in minutes])

    def event_by_time(self, name: str) -> Array:
        """Probability that an event has begun by each time, (n_times,), mean over people.

        The session's hazard is spread over time as the drug at the effect site is.
        """
        steps = np.diff(self.times_h)
        exposure = np.cumsum(0.5 * (self.site[:, 1:] + self.site[:, :-1]) * steps, axis=1)
        total = np.maximum(exposure[:, -1:], np.finfo(float).tiny)
        share = np.concatenate((np.zeros((len(self.site), 1)), exposure / total), axis=1)
        hazard = -np.log1p(-self.events[name])
        by_time: Array = (1.0 - np.exp(-hazard[:, None] * share)).mean(axis=0)
        return by_time


def acute_effects(
    conc: Levels,
    people: People,
    rng: np.random.Generator | None,
    session: int = 0,
    baseline: Vitals | None = None,
    sensitivity: Sensitivity | None = None,
    model: AcuteModel | None = None,
) -> AcuteEffects:
    """Acute effects over one session.

    Parameters
    ----------
    conc : plasma S- and R-ketamine, (n, n_times), mg/L, at times in h that increase; the first
        time must be the start of the session or earlier
    people : the same n
    rng : draws sensitivities (unless given), resting vital signs (unless given) and the
        occasion; None gives the typical person of each age and blood-pressure history
    session : 0 for the first; later sessions dissociate less, and report fewer events
    baseline, sensitivity : keep them between sessions of the same people

    Raises
    ------
    ModelError
        shapes disagree, or times do not increase

    References
    ----------
    olofsen_2012, bowdle_1998, del_sant_2022, doherty_2020, vankawala_2021
    """
    model = model or acute_model()
    _check(conc, people, session)
    n = len(people)
    if sensitivity is None:
        sensitivity = (
            Sensitivity(np.zeros((n, len(KINDS))))
            if rng is None
            else draw_sensitivity(n, rng, model)
        )
    if baseline is None:
        baseline = typical_vitals(people, model) if rng is None else draw_vitals(people, rng, model)
    traits = session_traits(people, sensitivity, rng, model)
    shape = conc.s_ketamine.shape
    site, cadss, moaas, sbp, dbp, hr, spo2 = (np.empty(shape) for _ in range(7))
    core.acute_courses(
        np.ascontiguousarray(conc.times_h, dtype=float),
        np.ascontiguousarray(conc.s_ketamine, dtype=float),
        np.ascontiguousarray(conc.r_ketamine, dtype=float),
        model.constants(session),
        traits,
        baseline.columns(),
        site,
        cadss,
        moaas,
        sbp,
        dbp,
        hr,
        spo2,
    )
    return AcuteEffects(
        times_h=conc.times_h,
        occupancy=occupancy(cast("Concentrations", conc)),
        site=site,
        cadss=cadss,
        moaas=moaas,
        sbp=sbp,
        dbp=dbp,
        hr=hr,
        spo2=spo2,
        baseline=baseline,
        sensitivity=sensitivity,
        reading_sd=reading_sd(people, sensitivity, model),
        events=event_probabilities(site.max(axis=1), sensitivity, session, model),
        session=session,
    )


def reading_sd(people: People, sensitivity: Sensitivity, model: AcuteModel) -> Array:
    """SD of one reading about the true value: (n, 3) for SBP, DBP, HR. Larger with age."""
    scatter = model["reading_spread"] * sensitivity.of("unsteadiness")
    older = people.age_y - model["reference_age"]
    typical = np.array([model["sbp_reading_sd"], model["dbp_reading_sd"], model["hr_reading_sd"]])
    ageing = np.array([model["sbp_reading_age"], model["dbp_reading_age"], 0.0])
    sd: Array = typical * np.exp(scatter[:, None] + ageing * older[:, None])
    return sd


def _check(conc: Levels, people: People, session: int) -> None:
    shape = (len(people), len(conc.times_h))
    if conc.s_ketamine.shape != shape or conc.r_ketamine.shape != shape:
        raise ModelError(
            f"Concentrations are {conc.s_ketamine.shape} for {shape[0]} people and {shape[1]} "
            "times; give one row a person and one column a time."
        )
    if shape[1] < 2 or not np.all(np.diff(conc.times_h) > 0):
        raise ModelError("Acute effects need two or more times in increasing order.")
    if session < 0:
        raise ModelError(f"The session was {session}; the first is 0.")
