"""From a setting and a published quantity to the number that the models give."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.kinetics import profiles as m
from reprieve.engine.kinetics.concentrations import Concentrations, concentrations, model_for
from reprieve.engine.kinetics.models import Individuals, kinetic_model
from reprieve.engine.kinetics.settings import Setting
from reprieve.errors import ModelError
from reprieve.evidence import Observation

Array = NDArray[np.float64]
MOLAR = {"ketamine": 237.73, "norketamine": 223.70, "hnk": 239.70}
PEOPLE = 4000  # virtual people where a row prints the ends of a range
SEED = 20261122

# what a row prints, by the beginning of its `kind`; the first that fits
QUANTITIES = (
    (r"Tmax_after_last_spray", "tmax_after_last_spray"),
    (r"AUC0-(?P<h>\d+)h?_per_mg", "auc_per_mg"),
    (r"AUC0-(?P<h>\d+)", "auc"),
    (r"AUC_ratio_change_factor", "nk_ratio_change"),
    (r"AUCss_ratio", "nk_ratio"),
    (r"AUC(inf)?_ratio", "auc_change"),
    (r"AUC$", "auc_inf"),
    (r"Cmax_ratio", "cmax_change"),
    (r"t_half_ratio", "t_half_change"),
    (r"elimination_clearance_factor", "cl_change"),
    (r"Cmax|Cpeak", "cmax"),
    (r"Tmax", "tmax"),
    (r"concentration", "concentration"),
    (r"F_absolute", "f"),
    (r"CL", "cl"),
    (r"Vss|V_", "vss"),
    (r"t_half", "t_half"),
    (r"Css", "css"),
    (r"fraction$", "nk_share"),
)


@dataclass(frozen=True, slots=True)
class Predicted:
    """The models' number in the unit of the row, and which quantity and model files gave it."""

    value: float
    quantity: str
    models: tuple[str, ...]


def predict(row: Observation, setting: Setting) -> Predicted:
    """What the models give for a published row.

    Raises
    ------
    ModelError
        No model answers, or the row's quantity or unit is unknown.
    """
    quantity, hours = _quantity(row, setting)
    case = _Case(row, setting, hours)
    value = _COMPUTE[quantity](case)
    return Predicted(value * _unit_factor(case, quantity), quantity, case.models)


def _quantity(row: Observation, setting: Setting) -> tuple[str, float]:
    if setting.quantity:
        return setting.quantity, 0.0
    kind = row.outcome.kind
    if row.outcome.what in ("norketamine/ketamine", "S-norketamine/S-ketamine") and (
        kind == "AUC_ratio"
    ):
        return "nk_ratio", 0.0
    for pattern, name in QUANTITIES:
        found = re.match(pattern, kind)
        if found:
            return name, float(found.groupdict().get("h") or 0.0)
    raise ModelError(f"row {row.id}: no prediction for the quantity '{kind}'.")


@dataclass(slots=True)
class _Case:
    row: Observation
    setting: Setting
    hours: float

    @property
    def model(self) -> str:
        return self.setting.model or model_for(self.setting.dose, self.setting.sampling)

    @property
    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def curve(
        self, plain: bool = False, route: str | None = None, what: str | None = None
    ) -> tuple[Array, Array]:
        """Times and the measured analyte's concentrations over eight days."""
        found = _solved(replace(self.setting, rows=(), why=""), self.model, plain, route)
        return found.times_h, _analyte(found, what or self.row.outcome.what, self.setting.drug)


@lru_cache(maxsize=64)
def _solved(setting: Setting, model: str, plain: bool, route: str | None) -> Concentrations:
    doses = setting.doses if route is None else (setting.by(route),)
    times, sampling = _times(setting), setting.sampling
    if setting.quantile is not None:
        rng = np.random.default_rng(SEED)
        times = times[times <= 2.0][::4]
        return concentrations(doses, setting.people(PEOPLE), times, rng, model, sampling)
    return concentrations(doses, setting.people(plain=plain), times, None, model, sampling)


def _times(setting: Setting) -> Array:
    """Seconds matter at the start, days at the end; the ends of the inputs are hit exactly."""
    early = np.linspace(0.0, 14.0, 2801)
    late = np.linspace(14.0, 240.0, 905)[1:]
    ends = [d.time_h + d.duration_h for d in setting.doses]
    return np.unique(np.concatenate([early, late, ends]))


def _analyte(c: Concentrations, what: str, drug: str) -> Array:
    by_name: dict[str, Array] = {
        "esketamine": c.s_ketamine,
        "S-ketamine": c.s_ketamine,
        "R-ketamine": c.r_ketamine,
        "ketamine": c.ketamine,
        "racemic ketamine": c.ketamine,
        "noresketamine": c.s_norketamine,
        "S-norketamine": c.s_norketamine,
        "R-norketamine": c.r_norketamine,
        "norketamine": c.norketamine,
        "norketamine (each enantiomer)": c.norketamine / 2.0,
        "S-hydroxynorketamine": c.s_hnk,
        "HNK-total": c.hnk,
    }
    if what not in by_name:
        raise ModelError(f"no model of '{what}' after {drug}.")
    return by_name[what]


def _one(values: Array, case: _Case) -> float:
    if case.setting.quantile is not None:
        return float(np.quantile(values, case.setting.quantile))
    return float(values[0])


def _cmax(case: _Case) -> float:
    return _one(m.peak(case.curve()[1]), case)


def _tmax(case: _Case) -> float:
    return _one(m.time_of_peak(*case.curve()), case)


def _tmax_after_last_spray(case: _Case) -> float:
    model = kinetic_model(case.model)
    devices = int(np.ceil(case.setting.milligrams / model.value("device_mg") - 1e-9))
    return _tmax(case) - (devices - 1) * model.value("device_interval")


def _auc(case: _Case) -> float:
    return _one(m.area(*case.curve(), until_h=case.hours), case)


def _auc_per_mg(case: _Case) -> float:
    return _auc(case) / case.setting.milligrams


def _auc_inf(case: _Case) -> float:
    return _one(m.area_to_infinity(*case.curve()), case)


def _changed(of: Callable[[_Case, bool], float]) -> Callable[[_Case], float]:
    def ratio(case: _Case) -> float:
        return of(case, False) / of(case, True)

    return ratio


def _area_of(case: _Case, plain: bool) -> float:
    return float(m.area_to_infinity(*case.curve(plain))[0])


def _peak_of(case: _Case, plain: bool) -> float:
    return float(m.peak(case.curve(plain)[1])[0])


def _half_life_of(case: _Case, plain: bool) -> float:
    return float(m.half_life(*case.curve(plain), window_h=case.setting.window_h)[0])


def _nk_ratio_of(case: _Case, plain: bool) -> float:
    """Area of norketamine over that of ketamine, of what the row measures."""
    times, parent = case.curve(plain, what="ketamine")
    _, metabolite = case.curve(plain, what="norketamine")
    areas = m.area_to_infinity(times, metabolite) / m.area_to_infinity(times, parent)
    return float(areas[0])


def _nk_share(case: _Case) -> float:
    ratio = _nk_ratio_of(case, False)
    return ratio / (1.0 + ratio)


def _clearance_change(case: _Case) -> float:
    """The same amount enters, so clearance changes as the inverse of the area."""
    return _area_of(case, True) / _area_of(case, False)


def _bioavailability(case: _Case) -> float:
    times, by_route = case.curve()
    _, intravenous = case.curve(route="iv")
    return float((m.area_to_infinity(times, by_route) / m.area_to_infinity(times, intravenous))[0])


def _clearance(case: _Case) -> float:
    share = 0.5 if case.setting.drug == "ketamine" and "-" in case.row.outcome.what else 1.0
    return case.setting.milligrams * share / float(m.area_to_infinity(*case.curve())[0])


def _volume(case: _Case) -> float:
    """Clearance times the mean residence time of the drug, less half the infusion."""
    times, curve = case.curve()
    residence = float(m.mean_residence(times, curve)[0]) - case.setting.duration_h / 2.0
    return _clearance(case) * residence


def _steady_state(case: _Case) -> float:
    """The amount is given every hour for ever: area of one hour's dose over an hour."""
    return _auc_inf(case)


def _at_time(case: _Case) -> float:
    time = case.setting.time_h if case.setting.time_h is not None else case.row.outcome.time_h
    if time is None:
        raise ModelError(f"row {case.row.id} has no time; a concentration needs one.")
    found = _at_times(replace(case.setting, rows=(), why=""), case.model, (time,))
    return float(_analyte(found, case.row.outcome.what, case.setting.drug)[0, 0])


def _at_times(setting: Setting, model: str, times: tuple[float, ...]) -> Concentrations:
    people = setting.people()
    return concentrations(setting.doses, people, np.array(times), None, model, setting.sampling)


def _parameter(case: _Case) -> float:
    values = Individuals.of(case.setting.people(), None).values(kinetic_model(case.model))
    return float(sum(values[name][0] for name in case.setting.parameters))


_COMPUTE: dict[str, Callable[[_Case], float]] = {
    "cmax": _cmax,
    "tmax": _tmax,
    "tmax_after_last_spray": _tmax_after_last_spray,
    "auc": _auc,
    "auc_per_mg": _auc_per_mg,
    "auc_inf": _auc_inf,
    "auc_change": _changed(_area_of),
    "cmax_change": _changed(_peak_of),
    "t_half_change": _changed(_half_life_of),
    "nk_ratio": lambda case: _nk_ratio_of(case, False),
    "nk_ratio_change": _changed(_nk_ratio_of),
    "nk_share": _nk_share,
    "cl_change": _clearance_change,
    "f": _bioavailability,
    "cl": _clearance,
    "vss": _volume,
    "t_half": lambda case: _half_life_of(case, False),
    "css": _steady_state,
    "concentration": _at_time,
    "parameter": _parameter,
}


def _unit_factor(case: _Case, quantity: str) -> float:
    """From mg, L and h to the unit that the row prints."""
    unit = case.row.outcome.unit
    what = case.row.outcome.what
    species = "hnk" if "HNK" in what or "hydroxy" in what else "norketamine"
    molar = MOLAR[species if species == "hnk" or "nor" in what else "ketamine"]
    factors = {
        "ng/mL": 1000.0,
        "ug/mL": 1.0,
        "nmol/mL": 1000.0 / molar,
        "umol/L": 1000.0 / molar,
        "ng*h/mL": 1000.0,
        "ng*min/mL": 60000.0,
        "ug*h/L/mg": 1000.0,
        "h": 1.0,
        "min": 60.0,
        "ratio": 1.0,
        "%": 100.0,
        "L": 1.0,
        "L/h": 1.0,
        "L/min": 1.0 / 60.0,
        "L/min/kg": 1.0 / 60.0 / case.setting.weight_kg,
        "mL/min/kg": 1000.0 / 60.0 / case.setting.weight_kg,
    }
    if unit not in factors:
        raise ModelError(f"row {case.row.id}: {quantity} in '{unit}' is not known.")
    return factors[unit]


def with_stratum(setting: Setting, row: Observation) -> Setting:
    """The setting with dose, ancestry and age read from the text of a model-typical stratum."""
    arm = row.arm
    if arm is None or not isinstance(arm.dose, float):
        raise ModelError(f"row {row.id} names no dose.")
    text = arm.formulation
    japanese = "Japanese" in text and "non-Japanese" not in text
    return replace(
        setting,
        amount=arm.dose,
        age_y=70.0 if ">60y" in text else 40.0,
        japanese=japanese,
        asian=japanese or "Asian" in text,
    )
