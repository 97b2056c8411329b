"""One session hour by hour: what is in the blood, at the receptor, and felt."""

import numpy as np

from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.effects.acute import acute_effects
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.kinetics.occupancy import occupancy
from reprieve.engine.mood.model import Array
from reprieve.engine.patient import Patient, draw_people
from reprieve.pictures import Axis, Figure, Grid


def session_picture(
    regimen: Regimen, patient: Patient | None, seed: int, n: int = 1000, until_h: float = 4.0
) -> Grid:
    """Four panels for the first session of a regimen, median and 80 % of n people.

    Plasma (ng/mL), NMDA occupancy (%), dissociation (CADSS points), systolic pressure (mmHg).
    """
    rng = np.random.default_rng(seed)
    people = draw_people(n, rng, patient)
    doses = [d for d in regimen.doses if d.session == regimen.doses[0].session]
    times = np.linspace(0.0, until_h, 161)
    conc = concentrations(doses, people, times, rng)
    effects = acute_effects(conc, people, rng)
    end = max(d.time_h + d.duration_h for d in doses)
    panels = [
        ("In plasma", "Concentration", "ng/mL", ketamines(conc.ketamine, conc.norketamine)),
        ("At the NMDA receptor", "Channels blocked", "%", {"": 100 * occupancy(conc)}),
        ("Dissociation", "CADSS", "points", {"": effects.cadss}),
        ("Systolic pressure", "Rise", "mmHg", {"": effects.sbp - effects.baseline.sbp[:, None]}),
    ]
    figures = []
    for title, label, unit, courses in panels:
        fig = Figure(title, "", Axis("Time", "h"), Axis(label, unit), height=230)
        if end > 0:
            fig.span(0, end)
        for name, course in courses.items():
            low, middle, high = np.quantile(course, [0.1, 0.5, 0.9], axis=0)
            shown = name or "median and 80 % of people"
            fig.band(times, low, high, shown).line(times, middle, shown)
        figures.append(fig)
    peak = float(np.median(100 * occupancy(conc).max(axis=1)))
    return Grid(
        f"The first hours: {regimen.text}",
        f"Occupancy peaks near {peak:.0f} % in the median person; dissociation is over long "
        "before the drug has left.",
        figures,
        columns=2,
        width=860,
    )


def ketamines(ketamine: Array, norketamine: Array) -> dict[str, Array]:
    """Parent and metabolite in ng/mL."""
    return {"ketamine": 1000 * ketamine, "norketamine": 1000 * norketamine}
