"""One invented patient's body: what the monitor would show, minute by minute, by the engine."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import numpy as np

from reprieve.engine.dosing.regimen import parse
from reprieve.engine.effects.acute import AcuteEffects, acute_effects
from reprieve.engine.effects.dissociation import rated_cadss
from reprieve.engine.effects.haemodynamics import SIGNS, draw_vitals, oximetry, readings
from reprieve.engine.effects.sensitivity import draw_sensitivity
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.patient import Patient, draw_people

HOURS = 8.0
CADSS6_SHARE = 24 / 92  # the six items' largest total over the whole scale's


@dataclass(frozen=True, slots=True)
class Reading:
    """One set as a nurse would write it down; whole numbers, as monitors show them."""

    sbp: int
    dbp: int
    hr: int
    spo2: int
    rr: int
    moaas: int
    cadss6: int

    def vitals(self) -> dict[str, str]:
        """The fields of a `vitals` event."""
        names = ("sbp", "dbp", "hr", "spo2", "rr", "moaas")
        return {name: str(getattr(self, name)) for name in names}


@dataclass
class Body:
    """A person's kinetics and sensitivity, drawn once from a seed, the same in every session."""

    age: int
    sex: Literal["F", "M"]
    weight_kg: Decimal
    seed: int
    hypertension: bool = False
    _known: dict[tuple[str, int], AcuteEffects] = field(default_factory=dict, repr=False)

    def reading(self, regimen: str, session: int, minute: float, draw: int = 0) -> Reading:
        """What is read a number of minutes after the start (negative: before the dose).

        `regimen` is one session in the regimen language, `session` counts earlier ones, and
        `draw` tells apart two readings of the same minute.
        """
        effects = self._effects(regimen, session)
        rng = np.random.default_rng([self.seed, session, round(minute * 10) + 100_000, draw])
        at = (float(np.clip(minute, 0.0, HOURS * 60.0)),)
        sbp, dbp, hr = (float(readings(effects, sign, at, rng)[0, 0]) for sign in SIGNS)
        awake = float(effects.at_minutes("moaas", at)[0, 0])
        cadss = float(rated_cadss(effects, at, rng)[0, 0]) if minute > 0 else 0.0
        spo2 = round(float(oximetry(effects, at, rng)[0, 0]))
        sbp = max(sbp, 80.0)
        return Reading(
            round(sbp),
            round(min(dbp, sbp - 20.0)),
            round(max(hr, 45.0)),
            min(max(spo2, 90), 100),
            int(rng.integers(13, 18)),
            int(np.clip(round(awake), 1, 5)),
            round(cadss * CADSS6_SHARE),
        )

    def resting(self, regimen: str, session: int) -> Reading:
        """What is read at rest, calm and awake, before the dose or when it has worn off."""
        rest = self._effects(regimen, session).baseline
        rng = np.random.default_rng([self.seed, session])
        sbp, dbp, hr = (float(getattr(rest, sign)[0] + rng.normal(0.0, 2.0)) for sign in SIGNS)
        spo2 = min(100, max(95, round(float(rest.spo2[0]))))
        return Reading(round(sbp), round(min(dbp, sbp - 20.0)), round(hr), spo2, 14, 5, 0)

    def _effects(self, regimen: str, session: int) -> AcuteEffects:
        key = (regimen, session)
        if key not in self._known:
            rng = np.random.default_rng(self.seed)
            patient = Patient(
                age_y=self.age,
                sex=self.sex,
                weight_kg=float(self.weight_kg),
                hypertension=self.hypertension,
            )
            people = draw_people(1, rng, patient)
            levels = concentrations(parse(regimen).doses, people, np.linspace(0.0, HOURS, 241), rng)
            rest, senses = draw_vitals(people, rng), draw_sensitivity(1, rng)
            self._known[key] = acute_effects(levels, people, rng, session, rest, senses)
        return self._known[key]
