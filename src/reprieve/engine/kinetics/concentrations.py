"""Concentrations of ketamine and its metabolites after any doses, for many people at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.dosing.doses import Dose
from reprieve.engine.kinetics.compartments import HNK, Given, Plan, Subject, build, deepest
from reprieve.engine.kinetics.interactions import exposure
from reprieve.engine.kinetics.linear import solve
from reprieve.engine.kinetics.models import Individuals, KineticModel, kinetic_model
from reprieve.engine.patient import People
from reprieve.errors import ModelError

Array = NDArray[np.float64]
METABOLITES_FROM = "simons_2022_s_ketamine"  # the only model of hydroxynorketamine there is
SHARES = {  # S and R of a milligram of each drug
    "ketamine": (0.5, 0.5),
    "esketamine": (1.0, 0.0),
    "arketamine": (0.0, 1.0),
    "saline": (0.0, 0.0),
    "midazolam": (0.0, 0.0),
    "placebo": (0.0, 0.0),
}
ANALYTES = ("s_ketamine", "r_ketamine", "s_norketamine", "r_norketamine", "s_hnk", "r_hnk")


@dataclass(frozen=True, slots=True)
class Concentrations:
    """Plasma concentrations (n, n_times) in mg/L at `times_h`; zeros where nothing is there.

    `modelled` names the analytes that a published or derived model file describes for every dose;
    the others are carried over from other models (hydroxynorketamine from simons_2022) and
    are rougher. `models` names the files used.
    """

    times_h: Array
    s_ketamine: Array
    r_ketamine: Array
    s_norketamine: Array
    r_norketamine: Array
    s_hnk: Array
    r_hnk: Array
    modelled: tuple[str, ...] = ANALYTES
    models: tuple[str, ...] = ()

    @property
    def ketamine(self) -> Array:
        """Both enantiomers, mg/L."""
        return self.s_ketamine + self.r_ketamine

    @property
    def norketamine(self) -> Array:
        """Both enantiomers, mg/L."""
        return self.s_norketamine + self.r_norketamine

    @property
    def hnk(self) -> Array:
        """Both enantiomers of hydroxynorketamine, mg/L."""
        return self.s_hnk + self.r_hnk


def concentrations(
    doses: Iterable[Dose],
    people: People,
    times_h: Array,
    rng: np.random.Generator | None = None,
    model: str | None = None,
    sampling: str = "venous",
) -> Concentrations:
    """Plasma concentrations after `doses`, exact between doses.

    Parameters
    ----------
    doses : what is given; doses by different routes use different models and add up
    people : n people
    times_h : array (n_times,), h, not decreasing; a value at the moment of a bolus is after it
    rng : for the differences between people; None makes everybody typical
    model : a file of `reprieve.evidence.models`, or None to choose by drug, route and sampling
    sampling : "venous" or "arterial"

    Raises
    ------
    ModelError
        No model answers for that route and sampling.
    UnknownNameError
        No such model or interaction.

    References
    ----------
    otto_2021, simons_2022, perez_ruixo_2021, kamp_2020
    """
    return _solve(tuple(doses), Individuals.of(people, rng), times_h, model, sampling, HNK)


def parent(
    doses: Sequence[Dose], individuals: Individuals, times_h: Array, model: str | None = None
) -> Concentrations:
    """Venous ketamine alone, for people whose random effects are already drawn or will be."""
    return _solve(tuple(doses), individuals, times_h, model, "venous", 0)


def model_for(dose: Dose, sampling: str = "venous") -> str:
    """The model file that answers for a dose.

    Raises
    ------
    ModelError
        There is none.
    """
    if sampling not in ("venous", "arterial"):
        raise ModelError(f"sampling was '{sampling}'; expected 'venous' or 'arterial'.")
    if dose.route == "sublingual" and dose.form == "film":
        return "simons_2022_s_ketamine"
    if dose.route == "iv":
        return "simons_2022_s_ketamine" if sampling == "arterial" else "otto_2021_s_ketamine"
    if sampling == "arterial":
        raise ModelError(
            f"No model of arterial plasma after {dose.route} {dose.drug}; "
            "arterial models exist for intravenous doses and the oral film."
        )
    pure = dose.drug == "esketamine"
    extended = dose.form == "er"
    by_route = {
        "im": "derived_im_ketamine",
        "sc": "derived_sc_ketamine",
        "nasal": "perez_ruixo_2021_esketamine" if pure else "derived_nasal_ketamine",
        "sublingual": "derived_sublingual_ketamine",
        "oral": "derived_oral_er_ketamine"
        if extended
        else "derived_oral_esketamine"
        if pure
        else "derived_oral_ketamine",
    }
    if dose.route not in by_route:
        raise ModelError(f"No kinetic model for the route '{dose.route}'.")
    return by_route[dose.route]


def _solve(
    doses: tuple[Dose, ...],
    individuals: Individuals,
    times_h: Array,
    model: str | None,
    sampling: str,
    depth: int,
) -> Concentrations:
    n, times = len(individuals.people), np.asarray(times_h, dtype=float)
    total = {a: np.zeros((n, times.size)) for a in ANALYTES}
    groups: dict[str, list[Dose]] = {}
    for dose in doses:
        if any(SHARES[dose.drug]) and dose.amount > 0:
            groups.setdefault(model or model_for(dose, sampling), []).append(dose)
    modelled = set(ANALYTES)
    for key, members in groups.items():
        chosen = kinetic_model(key)
        if chosen.structure == "enantiomer":
            raise ModelError(f"{key} scales other models; name one that describes a route.")
        named = {name[2:] for name in chosen.analytes}
        modelled &= {a for a in ANALYTES if a[2:] in named}
        _add(total, chosen, members, individuals, times, min(depth, deepest(chosen)))
    return Concentrations(
        times_h=times,
        **total,
        modelled=tuple(a for a in ANALYTES if a in modelled),
        models=tuple(groups),
    )


def _add(
    total: dict[str, Array],
    model: KineticModel,
    doses: list[Dose],
    individuals: Individuals,
    times: Array,
    depth: int,
) -> None:
    """Concentrations of one model's doses, route by route because interactions differ by route."""
    ratio = kinetic_model("derived_r_ketamine").value("cl_ratio")
    for route in dict.fromkeys(d.route for d in doses):
        members = [d for d in doses if d.route == route]
        for prefix, which, clearance in (("s_", 0, 1.0), ("r_", 1, ratio)):
            shared = [d for d in members if SHARES[d.drug][which]]
            if not shared:
                continue
            plan = plan_for(model, shared, individuals, which, clearance, depth)
            solved = solve(plan.system, plan.inputs, plan.outputs, times)
            for name, values in zip(("ketamine", "norketamine", "hnk"), solved, strict=False):
                total[prefix + name] += values


def plan_for(
    model: KineticModel,
    doses: Sequence[Dose],
    individuals: Individuals,
    which: int = 0,
    clearance: float = 1.0,
    depth: int = HNK,
) -> Plan:
    """The system of one enantiomer (`which` 0 S, 1 R) for doses of one route."""
    people = individuals.people
    given = [
        Given(
            route=d.route,
            form=d.form,
            amount=_milligrams(d, people) * SHARES[d.drug][which],
            time=d.time_h,
            duration=d.duration_h,
        )
        for d in doses
    ]
    values = individuals.values(model)
    own = model.key == METABOLITES_FROM or depth < HNK
    who = Subject(
        values=values,
        hnk=values if own else individuals.values(kinetic_model(METABOLITES_FROM)),
        age_y=people.age_y,
        japanese=people.japanese,
        asian=people.asian,
        exposure=exposure(people.interactions, people.liver, doses[0].route),
        clearance=clearance,
    )
    return build(model, who, given, depth)


def _milligrams(dose: Dose, people: People) -> Array:
    if dose.unit == "mg/kg":
        return dose.amount * people.weight_kg
    return np.full(len(people), float(dose.amount))
