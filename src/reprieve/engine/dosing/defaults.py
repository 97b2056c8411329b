"""What the protocol files say to a regimen: values for left-out words, and hard limits."""

from dataclasses import dataclass
from functools import cache

from reprieve.evidence import practice

# The control of the ketamine trials; no protocol of treatment gives it. murrough_2013: verified
# as that trial's dose. Above the limit anaesthesia begins (assumed).
MIDAZOLAM_MG_PER_KG = 0.045
MIDAZOLAM_LIMITS = {"mg": (30.0, 10.0), "mg/kg": (0.35, 0.1)}  # at once, and more for each hour
HEAVY_KG = 100.0  # turns a limit per kg and hour into one in mg
INACTIVE = ("saline", "placebo")


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
        amount, unit = MIDAZOLAM_MG_PER_KG, "mg/kg"
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
    if drug == "midazolam":
        return MIDAZOLAM_LIMITS[unit]
    found = practice.protocol_for(drug, route, form)
    dose = found.dose(unit) or practice.protocol("general").dose(unit)
    sustained = practice.protocol("infusion_96h").dose("mg/kg/h")
    assert dose is not None
    assert sustained is not None
    if route not in ("iv", "sc"):
        return dose.refuse_above, 0.0
    return dose.refuse_above, sustained.refuse_above * (1.0 if unit == "mg/kg" else HEAVY_KG)
