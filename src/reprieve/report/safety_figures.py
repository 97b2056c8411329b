"""Pictures of the acute effects: courses of a first session, and the model beside the rows."""

from dataclasses import dataclass

import numpy as np

from reprieve.engine.dosing.regimen import parse
from reprieve.engine.effects.acute import AcuteEffects, acute_effects
from reprieve.engine.effects.validation import SafetyFact, SafetyReport
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.patient import Array, draw_people
from reprieve.pictures import Axis, Figure, Grid

DOSES = (
    ("ketamine 0.5 mg/kg IV over 40 min", "IV 0.5 mg/kg"),
    ("esketamine 56 mg nasal", "nasal 56 mg"),
    ("esketamine 84 mg nasal", "nasal 84 mg"),
)
PEOPLE = 3000
LAST_MIN = 180.0


@dataclass(frozen=True, slots=True)
class Shape:
    """Means over people of one dose's first session; times in min."""

    label: str
    minutes: Array
    plasma: Array
    effects: AcuteEffects

    def mean(self, name: str) -> Array:
        """Mean course; vital signs as the change from rest, MOAA/S as per cent below 5."""
        values: Array = getattr(self.effects, name)
        if name == "moaas":
            return np.asarray(100.0 * (values < 5.0).mean(axis=0))
        if name in ("sbp", "dbp", "hr"):
            values = values - getattr(self.effects.baseline, name)[:, None]
        return np.asarray(values.mean(axis=0))


def shapes(seed: int) -> tuple[Shape, ...]:
    """The three doses of the picture, the same people under each."""
    times = np.arange(0.0, LAST_MIN + 1.0, 2.0) / 60.0
    found = []
    for text, label in DOSES:
        rng = np.random.default_rng(seed)
        people = draw_people(PEOPLE, rng)
        conc = concentrations(parse(f"{text}, once").doses, people, times, rng)
        plasma = 1000.0 * conc.ketamine.mean(axis=0)
        found.append(Shape(label, 60.0 * times, plasma, acute_effects(conc, people, rng)))
    return tuple(found)


def courses(report: SafetyReport) -> Grid:
    """Plasma, dissociation, sedation and systolic pressure of a first session, with rows."""
    drawn = shapes(report.seed)
    x = Axis("Time from the start", "min", low=0.0, high=LAST_MIN)
    plasma = Figure("Plasma ketamine", "", x, Axis("Mean", "ng/mL", low=0.0), height=250)
    cadss = Figure("Dissociation", "", x, Axis("Mean CADSS", "points", low=0.0), height=250)
    moaas = Figure("Sedation", "", x, Axis("People with MOAA/S below 5", "%", low=0.0), height=250)
    sbp = Figure("Systolic pressure", "", x, Axis("Mean change", "mmHg"), height=250)
    for shape in drawn:
        plasma.line(shape.minutes, shape.plasma, shape.label)
        cadss.line(shape.minutes, shape.mean("cadss"), shape.label)
        moaas.line(shape.minutes, shape.mean("moaas"), shape.label)
        sbp.line(shape.minutes, shape.mean("sbp"), shape.label)
    rows = {f.id: f for f in (*report.facts, *report.aside)}
    _rows_at(plasma, rows, (("S079", 40.0), ("S227", 40.0)), "published, read", False)
    _rows_at(cadss, rows, (("S077", 40.0),), "published, read", False)
    recalled = (("S055", 40.0), ("S056", 80.0), ("S057", 110.0), ("S058", 40.0), ("S059", 90.0))
    _rows_at(cadss, rows, recalled, "recalled, not read", True)
    _rows_at(sbp, rows, (("S004", 30.0),), "published, read", False)
    return Grid(
        "A first session, minute by minute",
        "Plasma peaks at about 40 minutes and is still at three quarters at 90 minutes after the "
        "spray; dissociation and sedation are over by then. Mean systolic pressure rises by 2 to "
        "4 mmHg; single people peak far higher. Recalled CADSS means lie above the model after "
        "infusions.",
        [plasma, cadss, moaas, sbp],
    )


def _rows_at(
    figure: Figure,
    rows: dict[str, SafetyFact],
    wanted: tuple[tuple[str, float], ...],
    label: str,
    hollow: bool,
) -> None:
    known = [(minute, rows[i].target, i) for i, minute in wanted if i in rows]
    figure.points(
        [k[0] for k in known],
        [k[1] for k in known],
        label,
        hollow=hollow,
        color="ink",
        shape="diamond",
        names=[k[2] for k in known],
    )


def beside(report: SafetyReport) -> Figure:
    """Each row's value against the model's, both on logarithmic axes."""
    figure = Figure(
        "The model beside every row it predicts",
        "Points on the diagonal agree. Rows that no parameter was chosen by scatter more than "
        "rows that were fitted.",
        Axis("Published", "unit of the row", low=0.2, high=600.0, log=True),
        Axis("Model", "unit of the row", low=0.02, high=600.0, log=True),
        height=420,
    )
    figure.line([0.2, 500.0], [0.2, 500.0], "equal", color="muted", dash="dash", width=1.0)
    for use, hollow in (("fitted", False), ("held out", True)):
        kept = [f for f in report.facts if f.use == use and f.target > 0 and f.model > 0.02]
        figure.points(
            [f.target for f in kept],
            [f.model for f in kept],
            use,
            hollow=hollow,
            names=[f.id for f in kept],
        )
    return figure
