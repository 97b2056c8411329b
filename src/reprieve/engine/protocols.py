"""What a protocol takes for granted: the values behind a regimen's left-out words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usual:
    """A protocol's values for one drug and route; `weeks` is its first phase."""

    protocol: str
    amount: float | None = None
    unit: str = "mg/kg"
    duration_h: float = 0.0
    form: str | None = None
    weeks: float = 4.0


_TABLE = {
    ("ketamine", "iv"): Usual("iv_racemic v1", 0.5, "mg/kg", 40 / 60, None, 3.0),
    ("esketamine", "iv"): Usual("iv_racemic v1", None, "mg/kg", 40 / 60, None, 3.0),
    ("arketamine", "iv"): Usual("iv_racemic v1", None, "mg/kg", 40 / 60, None, 3.0),
    ("midazolam", "iv"): Usual("iv_racemic v1", 0.045, "mg/kg", 40 / 60, None, 3.0),
    ("saline", "iv"): Usual("iv_racemic v1", 0.0, "mg", 40 / 60, None, 3.0),
    ("placebo", "iv"): Usual("iv_racemic v1", 0.0, "mg", 40 / 60, None, 3.0),
    ("esketamine", "nasal"): Usual("spravato v1", 56.0, "mg", 0.0, "spray", 4.0),
}


def usual(drug: str, route: str) -> Usual:
    """The protocol's values for a drug and route; general ones where no protocol exists."""
    return _TABLE.get((drug, route), Usual("general v1"))


def usual_route(drug: str) -> str:
    """The route taken when none is named."""
    return "nasal" if drug == "esketamine" else "iv"
