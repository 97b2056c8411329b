"""The workloads, exactly. Everything that is timed runs one of these.

Workload (a), kinetics. The people are `draw_people` with seed 2026 and the between-subject
variability of the venous model `otto_2021_s_ketamine` (3-compartment S-ketamine, 2-compartment
S-norketamine). Each receives 0.5 mg/kg over 40 min on days 0, 2, 4, 7, 9 and 11. Output: both
concentrations at 1,001 times, uniform from 0 to 28 days. Parameters are drawn before the clock
starts, for every engine alike; turning them into rates and amplitudes is inside.

- streaming: mean and SD at each time, and for each patient Cmax, Tmax (over the grid and the
  starts and ends of the infusions) and the exact AUC from 0 to 28 days, for both analytes;
- stored: every float64 of both analytes, two arrays (n, 1001), 16 kB a patient.

Workload (b), the full chain. The same people and infusions, racemic ketamine, so that S and R
are solved each with its metabolite. For every session: plasma every 2 min for 4 h (with what
earlier sessions left), peak ketamine and norketamine, peak dissociation (and its time),
sedation, SBP, DBP, HR, lowest SpO2 and the probability of every adverse event. NMDA occupancy
every 1.5 min for 12 h and its integral; plasticity, consolidation, context, fluctuation and
relapse; a MADRS score at entry and on every day from 0 to 28. Random effects, resting vital
signs and rating error are drawn while the clock runs. Streaming leaves sums: mean and SD of
every extreme by session, event counts, a histogram of scores, response and remission by day.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.dosing.doses import Dose
from reprieve.engine.kinetics.models import Individuals, kinetic_model
from reprieve.engine.mood.model import Baseline, MoodParameters, Setting
from reprieve.engine.patient import People, draw_people
from reprieve.engine.population.chain import Course
from reprieve.engine.population.schedule import Schedule, schedule
from reprieve.engine.population.streaming import ParentMetabolite

Array = NDArray[np.float64]

SEED = 2026
PATIENTS = 10_000
DAYS = (0, 2, 4, 7, 9, 11)
MG_PER_KG = 0.5
INFUSION_H = 40 / 60
END_H = 28 * 24.0
TIMES = 1001
TOLERANCE = 1e-8  # relative, of every ODE solver
ABSOLUTE = 1e-8  # mg, about 1e-10 of a dose


@dataclass(frozen=True, slots=True)
class Kinetics:
    """Workload (a) for n patients."""

    people: ParentMetabolite
    weight_kg: Array
    plan: Schedule

    def some(self, people: slice) -> "Kinetics":
        """The same workload for some of the people."""
        columns = (np.ascontiguousarray(c[people]) for c in self.people.table().T)
        return Kinetics(ParentMetabolite(*columns), self.weight_kg[people], self.plan)

    def first(self, n: int) -> "Kinetics":
        """The same workload for the first n people."""
        return self.some(slice(0, n))


@dataclass(frozen=True, slots=True)
class Chain:
    """Workload (b)."""

    people: People
    course: Course

    def first(self, n: int) -> "Chain":
        """The same workload for the first n people."""
        columns = {
            f.name: getattr(self.people, f.name)[:n]
            for f in fields(People)
            if isinstance(getattr(self.people, f.name), np.ndarray)
        }
        return Chain(replace(self.people, **columns), self.course)


def doses() -> tuple[Dose, ...]:
    """Six infusions in two weeks."""
    return tuple(
        Dose("ketamine", "iv", MG_PER_KG, "mg/kg", 24.0 * day, INFUSION_H, session=k)
        for k, day in enumerate(DAYS)
    )


def kinetics(n: int = PATIENTS) -> Kinetics:
    """Draw the people of workload (a)."""
    rng = np.random.default_rng(SEED)
    people = draw_people(n, rng)
    values = Individuals.of(people, rng).values(kinetic_model("otto_2021_s_ketamine"))
    return Kinetics(ParentMetabolite.of(values), people.weight_kg, schedule(doses(), END_H, TIMES))


def chain(n: int = PATIENTS) -> Chain:
    """The people of workload (a), treated openly, under the prior medians of the mood model."""
    people = draw_people(n, np.random.default_rng(SEED))
    setting = Setting(Baseline(mean=33.0, sd=5.0, minimum=20.0))
    visits = tuple(float(day) for day in range(29))
    return Chain(people, Course(doses(), visits, MoodParameters.prior(), setting))
