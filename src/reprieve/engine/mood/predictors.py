"""Who does better: what is known of a patient, as a shift of the drug's or the context's effect.

Every predictor is a prior no stronger than its evidence (`evidence/models/predictors.toml`).
What is unknown is integrated over: the model's spread between patients already holds people of
every kind, and a shift is counted from the average trial patient, so leaving a predictor out
is the same as averaging over it.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from reprieve.engine.mood.model import Array
from reprieve.engine.patient import Patient
from reprieve.errors import EvidenceError, InputError, UnknownNameError

DRUG, CONTEXT = "drug", "context"
Columns = Mapping[str, Array | float | None]


@dataclass(frozen=True, slots=True)
class Predictor:
    """One predictor: a normal prior on the shift (log) per step, and what a step is.

    A flag's step is from its share among trial patients (`centre`) to 0 or 1; `at_least` turns
    a number into such a flag.
    """

    name: str
    label: str
    acts_on: str
    mean: float
    sd: float
    centre: float
    per: float
    low: float
    high: float
    flag: bool
    at_least: float | None
    rows: tuple[str, ...]
    why: str
    status: str

    def steps(self, value: Array) -> Array:
        """How many steps values lie from the average trial patient."""
        v = np.asarray(value, float)
        if np.isnan(v).any():
            raise InputError(f"{self.label}: NaN is no value; leave unknown ones out.")
        if self.at_least is not None:
            v = (v >= self.at_least).astype(float)
        return np.asarray((np.clip(v, self.low, self.high) - self.centre) / self.per)

    @property
    def size(self) -> float:
        """Largest central shift, either way (log)."""
        ends = np.array([self.low, self.high])
        return float(np.abs(self.mean * (ends - self.centre) / self.per).max())


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What a person tells between visits; None is unknown.

    Hours of sleep a night, days a week with exercise, drinks a week, stress 0 to 10, and
    whether a psychotherapy runs.
    """

    sleep_h: float | None = None
    active_days: float | None = None
    drinks: float | None = None
    stress: float | None = None
    psychotherapy: bool | None = None

    def __post_init__(self) -> None:
        _within("sleep_h", self.sleep_h, 24.0, "hours a night")
        _within("active_days", self.active_days, 7.0, "days a week")
        _within("drinks", self.drinks, 200.0, "drinks a week")
        _within("stress", self.stress, 10.0, "points")


def _within(name: str, value: float | None, high: float, unit: str) -> None:
    if value is not None and not 0.0 <= value <= high:
        raise InputError(f"{name} was {value}; expected 0 to {high:g} {unit}.")


_OF_PATIENT = (
    "height_cm", "benzodiazepine_mg", "failed_trials", "age_at_onset_y", "family_alcohol",
    "anxious",
)  # fmt: skip
_OF_CHECKIN = tuple(f.name for f in fields(CheckIn))
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_FLAGS = ("family_alcohol", "anxious", "psychotherapy")


def told(facts: Sequence[str], patient: Patient) -> tuple[Patient, CheckIn]:
    """A patient and a check-in with facts such as "failed_trials=4" or "anxious=yes" added.

    Raises
    ------
    UnknownNameError
        A fact whose name is no predictor.
    InputError
        A fact without a value, or with one that cannot be.
    """
    found: dict[str, Any] = {}
    for fact in facts:
        name, _, text = (part.strip().lower() for part in fact.partition("="))
        if name not in (*_OF_PATIENT, *_OF_CHECKIN):
            raise UnknownNameError("fact about a patient", name, [*_OF_PATIENT, *_OF_CHECKIN])
        found[name] = _value(fact, name, text)
    mine = {k: v for k, v in found.items() if k in _OF_PATIENT}
    return replace(patient, **mine), CheckIn(**{k: v for k, v in found.items() if k not in mine})


def _value(fact: str, name: str, text: str) -> float | bool:
    try:
        value = _WORDS[text] if text in _WORDS else float(text)
    except ValueError:
        raise InputError(f"'{fact}' has no value; write it as {name}=4 or {name}=yes.") from None
    if name in _FLAGS:
        if value not in (0.0, 1.0):
            raise InputError(f"'{fact}' is neither yes nor no.")
        return bool(value)
    return value


@cache
def _file() -> Mapping[str, Any]:
    path = files("reprieve.evidence") / "models" / "predictors.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def predictors() -> dict[str, Predictor]:
    """Every predictor by the name of its column."""
    return {
        name: _read(name, row)
        for name, row in _file().items()
        if isinstance(row, dict) and "acts_on" in row
    }


def _read(name: str, row: Mapping[str, Any]) -> Predictor:
    if row["acts_on"] not in (DRUG, CONTEXT) or row["sd"] <= 0:
        raise EvidenceError(f"predictors.toml: {name} needs acts_on drug or context, and an sd.")
    flag = bool(row.get("flag", False))
    return Predictor(
        name, row["label"], row["acts_on"], row["mean"], row["sd"], row["centre"],
        row.get("per", 1.0), row.get("low", 0.0), row.get("high", 1.0), flag,
        row.get("at_least"), tuple(row["rows"]), row["why"], row["status"],
    )  # fmt: skip


def columns_of(patient: Patient, checkin: CheckIn | None = None) -> dict[str, float]:
    """What is known of a patient, by predictor; the unknown is left out."""
    told = checkin or CheckIn()
    bmi = None
    if patient.weight_kg is not None and patient.height_cm is not None:
        bmi = patient.weight_kg / (patient.height_cm / 100.0) ** 2
    known = {
        "benzodiazepine_mg": patient.benzodiazepine_mg, "bmi": bmi, "age_y": patient.age_y,
        "age_at_onset_y": patient.age_at_onset_y, "failed_trials": patient.failed_trials,
        "family_alcohol": patient.family_alcohol, "anxious": patient.anxious,
        "female": None if patient.sex is None else patient.sex == "F",
        "sleep_h": told.sleep_h, "active_days": told.active_days, "drinks": told.drinks,
        "stress": told.stress, "psychotherapy": told.psychotherapy,
    }  # fmt: skip
    return {name: float(value) for name, value in known.items() if value is not None}


def shift(
    who: Patient | Columns,
    rng: np.random.Generator | None = None,
    n: int | None = None,
    checkin: CheckIn | None = None,
) -> tuple[Array, Array]:
    """Shifts of the log of the drug's and of the context's effect.

    Parameters
    ----------
    who : a patient, or columns (n,) or numbers by predictor name; None in a column is unknown
    rng : None gives the central shift; else coefficients are drawn from their priors
    n : with `rng`, how many draws for one patient; each is one set of coefficients
    checkin : what the patient told, beside a `Patient`

    Returns
    -------
    em_shift, context_shift : arrays of one shape, () or (n,), for `mood.draw_patients`

    Raises
    ------
    UnknownNameError
        A column that is no predictor.
    """
    known: Columns = columns_of(who, checkin) if isinstance(who, Patient) else who
    for name in known:
        if name not in predictors():
            raise UnknownNameError("predictor", name, list(predictors()))
    total = {DRUG: np.zeros(n or ()), CONTEXT: np.zeros(n or ())}
    # every coefficient is drawn, known or not, so that learning one fact changes no other draw
    z = np.zeros((len(predictors()), *([n] if n else [])))
    if rng is not None:
        z = rng.standard_normal(z.shape)
    for k, p in enumerate(predictors().values()):
        value = known.get(p.name)
        if value is not None:
            steps = p.steps(np.asarray(value, float))
            total[p.acts_on] = total[p.acts_on] + (p.mean + p.sd * z[k]) * steps
    most = float(_file()["limit"]["total"])
    em, context = np.broadcast_arrays(*(np.clip(total[t], -most, most) for t in (DRUG, CONTEXT)))
    return em, context


def shift_prior(
    who: Patient | Columns, checkin: CheckIn | None = None
) -> dict[str, tuple[float, float]]:
    """Mean and SD of the shift of the log of the drug's and of the context's effect.

    What `shift` draws from, for one patient: coefficients are independent and normal.
    """
    known: Columns = columns_of(who, checkin) if isinstance(who, Patient) else who
    most = float(_file()["limit"]["total"])
    mean, variance = {DRUG: 0.0, CONTEXT: 0.0}, {DRUG: 0.0, CONTEXT: 0.0}
    for p in predictors().values():
        value = known.get(p.name)
        if value is not None:
            steps = float(p.steps(np.asarray(value, float)))
            mean[p.acts_on] += p.mean * steps
            variance[p.acts_on] += (p.sd * steps) ** 2
    return {
        on: (float(np.clip(mean[on], -most, most)), float(np.sqrt(variance[on]))) for on in mean
    }
