"""The settings of the safety rows, simulated: people, sessions, and what was read when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.dosing.regimen import parse
from reprieve.engine.effects.acute import AcuteEffects, acute_effects
from reprieve.engine.effects.adverse_events import event_hazard
from reprieve.engine.effects.dissociation import rated_cadss
from reprieve.engine.effects.haemodynamics import (
    SIGNS,
    Vitals,
    change_readings,
    draw_vitals,
    oximetry,
)
from reprieve.engine.effects.parameters import AcuteModel, read_model_file
from reprieve.engine.effects.sensitivity import Sensitivity, draw_sensitivity
from reprieve.engine.kinetics.concentrations import Concentrations, concentrations
from reprieve.engine.patient import Array, Demography, People, draw_people
from reprieve.errors import UnknownNameError

STEPS = 120  # of a session: 2 minutes in the usual four hours
RATED_MINUTES = (30.0, 40.0, 60.0, 90.0, 120.0)


@dataclass(frozen=True, slots=True)
class Setting:
    """Who was treated with what, how often, and at which minutes somebody read the monitor."""

    name: str
    doses: str
    later: str
    later_share: float
    sessions: int
    first_session: int
    readings: tuple[float, ...]
    where: Demography
    group: int
    hours: float = 4.0
    typical: bool = False
    steps_ng_per_ml: tuple[float, ...] = ()  # held plasma instead of doses
    step_minutes: float = 30.0

    @property
    def step_ends(self) -> tuple[float, ...]:
        """Minute at which each step ends."""
        return tuple(self.step_minutes * (k + 1) for k in range(len(self.steps_ng_per_ml)))

    def times_h(self) -> Array:
        """Times at which courses are computed, h."""
        return np.linspace(0.0, self.hours, STEPS + 1)


@dataclass(frozen=True, slots=True)
class Record:
    """One session as written down: n people, m readings, five ratings at `RATED_MINUTES`.

    `before` (n,) and `change` (n, m) hold SBP, DBP and HR; `cadss` and `moaas` are (n, 5);
    `lowest_moaas` (n,) is the deepest moment; `spo2` (n, m) are readings.
    """

    before: Mapping[str, Array]
    change: Mapping[str, Array]
    cadss: Array
    moaas: Array
    lowest_moaas: Array
    spo2: Array


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a setting with what lasts, and their plasma under the first and later doses."""

    place: Setting
    people: People
    sensitivity: Sensitivity
    vitals: Vitals
    first: Concentrations
    later: Concentrations


@dataclass(frozen=True, slots=True)
class Seen:
    """What a setting's staff would have: a record a session, and each event at any time, (n,).

    `opening` keeps the true courses of the first session. A setting without readings keeps
    the first session's record only.
    """

    cast: Cast
    records: tuple[Record, ...]
    events: Mapping[str, Array]
    opening: AcuteEffects


@cache
def settings() -> Mapping[str, Setting]:
    """The shipped settings by name."""
    tables: dict[str, Any] = read_model_file("reprieve_acute_settings")["setting"]
    return {name: _setting(name, tables) for name in tables}


def setting(name: str) -> Setting:
    """One setting."""
    if name not in settings():
        raise UnknownNameError("safety setting", name, sorted(settings()))
    return settings()[name]


def _setting(name: str, tables: Mapping[str, Any]) -> Setting:
    table = _inherited(name, tables)
    age = table["age"]
    return Setting(
        name=name,
        doses=table["doses"],
        later=table.get("later", table["doses"]),
        later_share=float(table.get("later_share", 0.0)),
        sessions=int(table["sessions"]),
        first_session=int(table.get("first_session", 0)),
        readings=tuple(float(m) for m in table["readings"]),
        where=Demography(
            age_mean=age["mean"],
            age_sd=age["sd"],
            age_low=age["low"],
            age_high=age["high"],
            hypertension=table["hypertension"],
        ),
        group=int(table["group"]),
        hours=float(table.get("hours", 4.0)),
        typical=bool(table.get("typical", False)),
        steps_ng_per_ml=tuple(float(c) for c in table.get("steps_ng_per_ml", ())),
    )


def _inherited(name: str, tables: Mapping[str, Any]) -> dict[str, Any]:
    own = dict(tables[name])
    parent = own.pop("like", None)
    return {**_inherited(parent, tables), **own} if parent else own


def observe(place: Setting, n: int, rng: np.random.Generator, model: AcuteModel) -> Seen:
    """Simulate a setting with n people and write down what its staff would."""
    cast = _cast(place, n, rng, model)
    opening = _effects(cast, 0, rng, model)
    kept = place.sessions if place.readings else 1
    records = [_record(opening, place, rng, model)]
    records += [_record(_effects(cast, k, rng, model), place, rng, model) for k in range(1, kept)]
    return Seen(cast, tuple(records), _events(cast, model), opening)


def _cast(place: Setting, n: int, rng: np.random.Generator, model: AcuteModel) -> Cast:
    people = draw_people(n, rng, where=place.where)
    sensitivity = draw_sensitivity(n, rng, model)
    vitals = draw_vitals(people, rng, model)
    moved = rng.random(n) < place.later_share
    seed = int(rng.integers(2**63))  # the same bodies under both doses
    if place.steps_ng_per_ml:
        held = _held(place, n)
        return Cast(place, people, sensitivity, vitals, held, held)
    first, other = (
        concentrations(
            parse(f"{text}, once").doses,
            people,
            place.times_h(),
            None if place.typical else np.random.default_rng(seed),
        )
        for text in (place.doses, place.later)
    )
    return Cast(place, people, sensitivity, vitals, first, _chosen(moved, other, first))


def _held(place: Setting, n: int) -> Concentrations:
    """Racemic ketamine in plasma held at each step, as a target-controlled infusion aims to."""
    times = place.times_h()
    step = np.minimum(
        (times * 60.0 / place.step_minutes - 1e-9).astype(int), len(place.steps_ng_per_ml) - 1
    )
    course = np.where(times > 0.0, np.array(place.steps_ng_per_ml)[step], 0.0)
    half = np.tile(course / 2000.0, (n, 1))
    none = np.zeros_like(half)
    return Concentrations(times, half, half, none, none, none, none)


def _chosen(mask: NDArray[np.bool_], a: Concentrations, b: Concentrations) -> Concentrations:
    """Rows of `a` where the mask says so, of `b` elsewhere."""
    return replace(
        b,
        s_ketamine=np.where(mask[:, None], a.s_ketamine, b.s_ketamine),
        r_ketamine=np.where(mask[:, None], a.r_ketamine, b.r_ketamine),
    )


def _effects(cast: Cast, k: int, rng: np.random.Generator, model: AcuteModel) -> AcuteEffects:
    return acute_effects(
        cast.first if k == 0 else cast.later,
        cast.people,
        rng,
        cast.place.first_session + k,
        baseline=cast.vitals,
        sensitivity=cast.sensitivity,
        model=model,
    )


def _record(
    effects: AcuteEffects, place: Setting, rng: np.random.Generator, model: AcuteModel
) -> Record:
    taken = {sign: change_readings(effects, sign, place.readings, rng) for sign in SIGNS}
    return Record(
        before={sign: pair[0] for sign, pair in taken.items()},
        change={sign: pair[1] for sign, pair in taken.items()},
        cadss=rated_cadss(effects, RATED_MINUTES, rng, model),
        moaas=effects.at_minutes("moaas", RATED_MINUTES),
        lowest_moaas=effects.moaas.min(axis=1),
        spo2=oximetry(effects, place.readings, rng, model),
    )


def _events(cast: Cast, model: AcuteModel) -> dict[str, Array]:
    """Probability of each event at any session, a person."""
    sites = [
        acute_effects(conc, cast.people, None, 0, cast.vitals, cast.sensitivity, model).site.max(
            axis=1
        )
        for conc in (cast.first, cast.later)
    ]
    total = {name: np.zeros(len(cast.people)) for name in model.events}
    for k in range(cast.place.sessions):
        for name, event in model.events.items():
            total[name] += event_hazard(
                event,
                sites[0] if k == 0 else sites[1],
                cast.sensitivity,
                cast.place.first_session + k,
                model,
            )
    return {name: 1.0 - np.exp(-hazard) for name, hazard in total.items()}
