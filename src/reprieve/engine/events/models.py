"""Between event tables and kinetic models: compartments by number, people by their covariates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.dosing.doses import ROUTES, Dose, Regimen
from reprieve.engine.events.table import DRUG_CODES, Event, EventTable, rate_of
from reprieve.engine.kinetics.compartments import deepest
from reprieve.engine.kinetics.concentrations import SHARES, plan_for
from reprieve.engine.kinetics.models import Individuals, KineticModel, kinetic_model
from reprieve.engine.patient import Patient, People
from reprieve.errors import InputError, ModelError

Array = NDArray[np.float64]
TYPICAL_KG = 70.0
TYPICAL_AGE_Y = 45.0
TYPICAL_CM = 170.0


@dataclass(frozen=True, slots=True)
class LinearModel:
    """One person's compartments: rates (m, m) in 1/h (column from, row to), and what is measured.

    `volumes` gives L for every compartment that can be measured; the first is the default.
    """

    compartments: tuple[str, ...]
    rates: Array
    volumes: dict[str, float]

    def index(self, cmt: str | None, line: int) -> int:
        """A compartment by number (from 1) or name.

        Raises
        ------
        InputError
            There is no such compartment.
        """
        if cmt is None:
            return 0
        if cmt in self.compartments:
            return self.compartments.index(cmt)
        if cmt.isdigit() and 1 <= int(cmt) <= len(self.compartments):
            return int(cmt) - 1
        listed = ", ".join(f"{k} {name}" for k, name in enumerate(self.compartments, 1))
        raise InputError(
            f"line {line}, column CMT: no compartment '{cmt}'; the model has {listed}."
        )

    def measured(self, x: Array, event: Event) -> float:
        """Concentration of the compartment that a row observes, mg/L."""
        name = self.compartments[self.index(event.cmt, event.line)]
        if event.cmt is None:
            name = next(iter(self.volumes))
        if name not in self.volumes:
            raise InputError(
                f"line {event.line}, column CMT: '{name}' is not measured; "
                f"expected {', '.join(self.volumes)}."
            )
        return float(x[self.compartments.index(name)] / self.volumes[name])


def people_of(table: EventTable) -> People:
    """Covariates of each person's first row; a typical 70-kg adult of 45 where there are none.

    WT kg, AGE years, SEX 1 female, HT cm.

    Raises
    ------
    InputError
        A weight or age outside what the models know.
    """
    rows = [events[0] for events in table.by_person().values()]

    def column(name: str, typical: float, low: float, high: float) -> Array:
        found = next((c for c in table.covariates if c.upper() == name), name)
        values = np.array([row.covariates.get(found, typical) for row in rows])
        for row, value in zip(rows, values, strict=True):
            if not low <= value <= high:
                raise InputError(
                    f"line {row.line}, column {found}: {value:g} was given; "
                    f"expected {low:g} to {high:g}."
                )
        return values

    return People(
        age_y=column("AGE", TYPICAL_AGE_Y, 18, 110),
        female=column("SEX", 0.0, 0, 2) % 2,
        weight_kg=column("WT", TYPICAL_KG, 25, 350),
        height_cm=column("HT", TYPICAL_CM, 100, 250),
        japanese=np.zeros(len(rows)),
        asian=np.zeros(len(rows)),
        hypertension=np.zeros(len(rows)),
    )


def one_person(weight_kg: float = TYPICAL_KG, age_y: float = TYPICAL_AGE_Y) -> People:
    """A typical person of that weight and age.

    Raises
    ------
    InputError
        Not a weight or age of an adult.
    """
    Patient(age_y=age_y, weight_kg=weight_kg)  # refuses what cannot be
    row = Event("1", 0.0, covariates={"WT": weight_kg, "AGE": age_y})
    return people_of(EventTable((row,), ("WT", "AGE")))


def linear_models(
    key: str, people: People, rng: np.random.Generator | None = None, which: int = 0
) -> list[LinearModel]:
    """Each person's compartments by a model file; `which` 0 S-ketamine, 1 R-ketamine.

    Raises
    ------
    UnknownNameError, ModelError
    """
    model = kinetic_model(key)
    individuals = Individuals.of(people, rng)
    ratio = kinetic_model("derived_r_ketamine").value("cl_ratio") if which else 1.0
    doses = [Dose("ketamine", route, 0.0, form=form) for route, form in _routes(model, individuals)]  # type: ignore[arg-type]
    plan = plan_for(model, doses, individuals, which, ratio, deepest(model))
    rates = plan.system.rates
    return [
        LinearModel(
            plan.system.compartments,
            np.ascontiguousarray(rates[i]),
            {o.compartment: float(np.broadcast_to(o.volume, len(people))[i]) for o in plan.outputs},
        )
        for i in range(len(people))
    ]


def _routes(model: KineticModel, individuals: Individuals) -> list[tuple[str, str | None]]:
    """Routes that a model answers for."""
    known: list[tuple[str, str | None]] = []
    for route in ROUTES:
        form = "film" if route == "sublingual" else None
        try:
            plan_for(model, [Dose("ketamine", route, 0.0, form=form)], individuals, depth=0)  # type: ignore[arg-type]
        except ModelError:
            continue
        known.append((route, form))
    if not known:
        raise ModelError(f"Model {model.key} describes no route; name one that does.")
    return known


def inputs_table(
    regimen: Regimen, people: People, model: str, times_h: Sequence[float] = ()
) -> EventTable:
    """Rows as the model sees the doses: what enters which compartment, for typical people.

    Bioavailability, devices and zero-order absorption are worked out, so another engine needs
    only the compartments. AMT is mg of the model's own drug: half of a racemic dose.
    """
    chosen = kinetic_model(model)
    individuals = Individuals.of(people, None)
    doses = [d for d in regimen.doses if SHARES[d.drug][0] and d.amount > 0]
    if not doses:
        raise InputError("The regimen gives no S-ketamine; the table would have no dose.")
    names = linear_models(model, people)[0].compartments
    rows: list[list[Event]] = [[] for _ in range(len(people))]
    for route in dict.fromkeys(d.route for d in doses):
        members = [d for d in doses if d.route == route]
        for entry in plan_for(chosen, members, individuals, depth=deepest(chosen)).inputs:
            cmt = str(names.index(entry.compartment) + 1)
            columns = [
                np.broadcast_to(c, len(people)) for c in (entry.time, entry.amount, entry.duration)
            ]
            for k, (time, amount, duration) in enumerate(zip(*columns, strict=True)):
                if amount > 0:
                    rate = rate_of(float(amount), float(duration))
                    rows[k].append(
                        Event(str(k + 1), float(time), 1, float(amount), rate, cmt=cmt, mdv=1)
                    )
    return _with_samples(rows, people, times_h)


def _with_samples(rows: list[list[Event]], people: People, times_h: Sequence[float]) -> EventTable:
    events: list[Event] = []
    for k, given in enumerate(rows):
        who = {
            "WT": float(people.weight_kg[k]),
            "AGE": float(people.age_y[k]),
            "SEX": float(people.female[k]),
            "DRUG": DRUG_CODES["esketamine"],
        }
        seen = [Event(str(k + 1), float(t), 0, cmt="1", mdv=1) for t in sorted(times_h)]
        ordered = sorted([*given, *seen], key=lambda e: (e.time_h, e.is_dose))
        events += [replace(e, covariates=who) for e in ordered]
    return EventTable(tuple(events), ("WT", "AGE", "SEX", "DRUG"))
