"""Other medicines and the liver: multipliers on hepatic clearance and gut availability."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reprieve import evidence
from reprieve.engine.kinetic_models import kinetic_model

# Multiplier on intrinsic hepatic clearance. Moderate (Child-Pugh B): set so that the exposure of a
# 28-mg nasal dose rises 2.03-fold, a number recalled from the label. Severe was never studied: half
# of moderate, assumed.
LIVER = {"normal": 1.0, "moderate": 0.266, "severe": 0.133}
LIVER_STATUS = {"normal": "fixed", "moderate": "recalled", "severe": "assumed"}


@dataclass(frozen=True, slots=True)
class Exposure:
    """What multiplies a typical person's handling of the drug; 1 changes nothing.

    `hepatic` intrinsic clearance of ketamine in the liver, `gut` availability past the gut wall,
    `norketamine` clearance of norketamine.
    """

    hepatic: float = 1.0
    gut: float = 1.0
    norketamine: float = 1.0

    def __mul__(self, other: "Exposure") -> "Exposure":
        return Exposure(
            self.hepatic * other.hepatic,
            self.gut * other.gut,
            self.norketamine * other.norketamine,
        )


def exposure(names: Iterable[str], liver: str, route: str) -> Exposure:
    """Together: the medicines in `names`, and the liver.

    Raises
    ------
    UnknownNameError
        No file of `reprieve.evidence.interactions` carries the name.
    """
    total = Exposure(hepatic=LIVER[liver])
    for name in names:
        total *= _one(evidence.interaction(name), route)
    return total


def _one(file: Mapping[str, Any], route: str) -> Exposure:
    """The file's multipliers for the route, or for every route; a medicine without kinetics is 1."""
    tables = file.get("kinetics", {})
    table = tables.get(route, tables.get("any", {}))
    return Exposure(
        hepatic=float(table.get("hepatic", {}).get("value", 1.0)),
        gut=float(table.get("gut", {}).get("value", 1.0)),
        norketamine=float(table.get("norketamine", {}).get("value", 1.0)),
    )


def hepatic_clearance_factor(x: float) -> float:
    """Change of systemic clearance when intrinsic hepatic clearance changes x-fold.

    Well-stirred liver with the typical flow and extraction of perez_ruixo_2021. It carries an
    interaction measured in one structure to the models that have no liver of their own.
    """
    return _extraction(x) / _extraction(1.0)


def hepatic_escape_factor(x: float) -> float:
    """Change of the fraction that escapes the liver's first pass."""
    return (1.0 - _extraction(x)) / (1.0 - _extraction(1.0))


def _extraction(x: float) -> float:
    model = kinetic_model("perez_ruixo_2021_esketamine")
    intrinsic = x * model.value("vh") * (model.value("kel") + model.value("kmet"))
    return intrinsic / (model.value("qh") + intrinsic)
