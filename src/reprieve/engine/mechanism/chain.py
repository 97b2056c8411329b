"""From receptor to mood, step by step, for one dose of one typical person.

plasma -> occupancy R -> glutamate burst G -> AMPA throughput A -> mTOR M, BDNF B -> synaptic
proteins Q -> spines S; early relief F comes from A without spines. Times in h:

    dH/dt = (R - H)/tau_h                       adaptation, ends the burst
    dG/dt = ((1 - d) max(0, R - g H) - G)/tau_g
    dA/dt = (G - A)/tau_a        dM/dt = (A - M)/tau_m
    dB/dt = A - B/tau_b          dQ/dt = (B - Q)/tau_q
    dS/dt = k Q (S_max - S) - S/tau_s
    dF/dt = A - F/tau_f
    mood  = (w_f F + w_s S)

A picture to think with: only plasma and mood rest on measurements in people of the thing itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from reprieve.engine.core import mechanism as core
from reprieve.engine.dosing.doses import Dose, Regimen
from reprieve.engine.dosing.regimen import parse
from reprieve.engine.effects.parameters import read_model_file
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.kinetics.occupancy import occupancy
from reprieve.engine.patient import Array, Patient, draw_people
from reprieve.errors import InputError, UnknownNameError

NAME = "reprieve_mechanism"
WHO = Patient(age_y=45.0, sex="F", weight_kg=70.0, height_cm=168.0, ancestry="caucasian")
FIRST_H = 1.0 / 60.0
LAST_H = 14.0 * 24.0
_STATE = {
    "glutamate": core.GLUTAMATE,
    "ampa": core.AMPA,
    "mtor": core.MTOR,
    "bdnf": core.BDNF,
    "proteins": core.PROTEINS,
    "spines": core.SPINES,
    "early": core.EARLY,
}


@dataclass(frozen=True, slots=True)
class Course:
    """One quantity over time: `values` in `unit`, at the times of its mechanism."""

    key: str
    label: str
    unit: str
    values: Array

    @property
    def peak(self) -> float:
        return float(self.values.max())


@dataclass(frozen=True, slots=True)
class Mechanism:
    """All courses of one session at `times_h` (n_times,), 0 to 14 days.

    `plasma` is in ng/mL, `occupancy` in per cent; the later courses are shares of the peak that
    the standard infusion gives, so a smaller dose peaks below 1.
    """

    text: str
    times_h: Array
    courses: Mapping[str, Course]
    assumptions: tuple[str, ...]

    def __getitem__(self, key: str) -> Course:
        if key not in self.courses:
            raise UnknownNameError("course of the mechanism", key, list(self.courses))
        return self.courses[key]

    def at(self, key: str, time_h: float) -> float:
        """A course at one time."""
        return float(np.interp(time_h, self.times_h, self[key].values))

    def peak_h(self, key: str) -> float:
        """When a course peaks, h."""
        return float(self.times_h[self[key].values.argmax()])

    def over_h(self, key: str, share: float = 0.1) -> float:
        """When a course falls below a share of its peak for good, h; infinite if it does not."""
        values = self[key].values
        above = np.flatnonzero(values >= share * values.max())
        last = int(above[-1]) if above.size else 0
        return float(self.times_h[last + 1]) if last + 1 < values.size else float("inf")


def mechanism(regimen: Regimen | str, who: Patient = WHO) -> Mechanism:
    """The chain for the first session of a regimen.

    Parameters
    ----------
    regimen : text or parsed; of a course, only the first session is shown
    who : what is unknown of the person takes the values of one drawn person; kinetics are typical

    Raises
    ------
    InputError
        Nothing in the regimen acts on the NMDA receptor.

    References
    ----------
    shaffer_2014, li_2010, autry_2011, moda_sava_2019, phoumthipphavong_2016
    """
    parsed = parse(regimen) if isinstance(regimen, str) else regimen
    doses = _first_session(parsed)
    times = _times(max(d.time_h + d.duration_h for d in doses) - doses[0].time_h)
    raw = _raw(doses, times, who)
    standard = _standard()
    found = {key: values / standard.get(key, 1.0) for key, values in raw.items()}
    early, late = value("early_weight") * found["early"], value("spine_weight") * found["spines"]
    found |= {
        "early": early / standard["mood"],
        "late": late / standard["mood"],
        "mood": (early + late) / standard["mood"],
    }
    said = list(parsed.assumptions)
    if len({d.session for d in parsed.doses}) > 1:
        said.append("only the first session is shown")
    courses = {key: Course(key, *_LABELS[key], found[key]) for key in _LABELS}
    return Mechanism(parsed.text, times, courses, tuple(said))


_LABELS = {
    "plasma": ("Ketamine in plasma", "ng/mL"),
    "occupancy": ("NMDA receptors blocked", "%"),
    "glutamate": ("Glutamate burst", "of standard peak"),
    "ampa": ("AMPA throughput", "of standard peak"),
    "mtor": ("mTOR", "of standard peak"),
    "bdnf": ("BDNF", "of standard peak"),
    "proteins": ("Synaptic proteins", "of standard peak"),
    "spines": ("Spines", "of standard peak"),
    "early": ("Relief without spines", "of standard peak of mood"),
    "late": ("Relief that spines carry", "of standard peak of mood"),
    "mood": ("Relief in mood", "of standard peak"),
}


def _first_session(regimen: Regimen) -> tuple[Dose, ...]:
    acting = [d for d in regimen.doses if d.drug in ("ketamine", "esketamine", "arketamine")]
    if not acting:
        raise InputError(
            "Nothing in this regimen acts on the NMDA receptor; "
            'give ketamine, such as "ketamine 0.5 mg/kg IV over 40 min".'
        )
    first = min(d.session for d in acting)
    return tuple(d for d in acting if d.session == first)


def _times(end_of_dose_h: float) -> Array:
    """Fine while the drug acts, coarse over the days."""
    fine = max(12.0, end_of_dose_h + 8.0)
    return np.concatenate((np.arange(0.0, fine, 1.0 / 60.0), np.arange(fine, LAST_H + 0.1, 0.25)))


def _raw(doses: tuple[Dose, ...], times: Array, who: Patient) -> dict[str, Array]:
    """Plasma, occupancy and the states of the chain, before any scaling."""
    people = draw_people(1, np.random.default_rng(0), who)
    conc = concentrations(doses, people, times + min(d.time_h for d in doses))
    blocked = np.ascontiguousarray(occupancy(conc)[0])
    states = core.run_chain(times, blocked, constants())
    found = {"plasma": 1000.0 * conc.ketamine[0], "occupancy": 100.0 * blocked}
    return found | {key: states[:, column] for key, column in _STATE.items()}


@cache
def _standard() -> Mapping[str, float]:
    """Peaks of the standard infusion, the unit of everything after occupancy."""
    times = _times(1.0)
    raw = _raw(_first_session(parse(standard_text() + ", once")), times, WHO)
    peaks = {key: float(raw[key].max()) for key in _STATE}
    early = value("early_weight") * raw["early"] / peaks["early"]
    late = value("spine_weight") * raw["spines"] / peaks["spines"]
    return peaks | {"mood": float((early + late).max())}


def standard_text() -> str:
    """The regimen whose peaks are the unit of the later steps."""
    return str(model_file()["standard"])


@cache
def model_file() -> Mapping[str, Any]:
    """The tables of the mechanism's file."""
    return read_model_file(NAME)


def value(name: str) -> float:
    """One constant of the chain, in the unit of its file."""
    return float(model_file()[name]["value"])


def constants() -> core.Chain:
    """The constants as the kernel wants them, in h."""
    return core.Chain(
        spared=value("spared"),
        adaptation_time=value("adaptation_time"),
        adaptation_gain=value("adaptation_gain"),
        glutamate_time=value("glutamate_time"),
        ampa_time=value("ampa_time"),
        mtor_time=value("mtor_time"),
        bdnf_time=value("bdnf_time"),
        protein_time=value("protein_time"),
        spine_rate=value("spine_rate"),
        spine_ceiling=value("spine_ceiling"),
        spine_time=24.0 * value("spine_time"),
        early_time=24.0 * value("early_time"),
    )
