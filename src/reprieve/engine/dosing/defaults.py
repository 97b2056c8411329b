"""What the protocol files say to a regimen: values for left-out words, and hard limits."""

from dataclasses import dataclass
from functools import cache

from reprieve.evidence import practice

INACTIVE = ("saline", "placebo")
CONTROL = "control_midazolam"
SUSTAINED = "infusion_96h"


@dataclass(frozen=True, slots=True)
class Usual:
    """A protocol's values for one drug and route; `weeks` is its first phase."""

    protocol: str
    amount: float | None
    unit: str
    duration_h: float
    weeks: float


@cache
def usual(drug: str, route: str, form: str | None = None) -> Usual:
    """The protocol's values for a drug by a route; general ones where no protocol exists."""
    found = practice.protocol_for(drug, route, form)
    dose = next((d for d in found.doses if d.default is not None), None)
    amount, unit = (dose.default, dose.unit) if dose else (None, "mg")
    if drug in INACTIVE:
        amount, unit = 0.0, "mg"
    if drug == "midazolam":
        control = practice.protocol(CONTROL).dose("mg/kg")
        assert control is not None
        amount, unit = control.default, control.unit
    weeks = next((p.weeks for p in found.phases if p.weeks), 4.0)
    return Usual(f"{found.name} v{found.version}", amount, unit, found.duration_h, weeks)


def usual_route(drug: str) -> str:
    """The route taken when none is named."""
    return "nasal" if drug == "esketamine" else "iv"


@cache
def limits(drug: str, route: str, unit: str, form: str | None = None) -> tuple[float, float]:
    """The most that one administration may hold at once, and how much more for each hour of it.

    Beyond it a dose is a slip of the pen. The protocol's own `refuse_above` holds; a pump may add
    the highest rate of the 96-hour protocol.
    """
    if drug in INACTIVE:
        return 0.0, 0.0
    control = drug == "midazolam"
    found = practice.protocol(CONTROL) if control else practice.protocol_for(drug, route, form)
    dose = found.dose(unit) or practice.protocol("general").dose(unit)
    sustained = practice.protocol(CONTROL if control else SUSTAINED).dose("mg/kg/h")
    assert dose is not None
    assert sustained is not None
    if route not in ("iv", "sc") and not control:
        return dose.refuse_above, 0.0
    return dose.refuse_above, sustained.refuse_above * (1.0 if unit == "mg/kg" else _heavy_kg())


def _heavy_kg() -> float:
    """The body weight at which the general protocol's two bounds are the same dose, kg."""
    general = practice.protocol("general")
    mg, per_kg = general.dose("mg"), general.dose("mg/kg")
    assert mg is not None
    assert per_kg is not None
    return mg.refuse_above / per_kg.refuse_above
