"""Other medicines and the liver: multipliers on hepatic clearance and gut availability."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reprieve import evidence
from reprieve.engine.kinetics.models import kinetic_model

Array = NDArray[np.float64]

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
    """The file's multipliers for the route, else for any route; without kinetics all are 1."""
    tables = file.get("kinetics", {})
    table = tables.get(route, tables.get("any", {}))
    return Exposure(
        hepatic=float(table.get("hepatic", {}).get("value", 1.0)),
        gut=float(table.get("gut", {}).get("value", 1.0)),
        norketamine=float(table.get("norketamine", {}).get("value", 1.0)),
    )


@dataclass(frozen=True, slots=True)
class Liver:
    """Blood flow and intrinsic clearance, arrays (n,) or numbers, L/h."""

    flow: Array
    intrinsic: Array

    @property
    def extraction(self) -> Array:
        """Fraction removed in one passage of a well-stirred liver."""
        return np.asarray(self.intrinsic / (self.flow + self.intrinsic))


def carried_liver(hepatic: float, age_y: Array, asian: Array) -> tuple[Array, Array]:
    """Factors on systemic clearance and on the escape from first pass, arrays (n,).

    The models without a liver of their own take the effects of age, ancestry, liver disease and
    other medicines from the well-stirred liver of perez_ruixo_2021, relative to its typical
    person (derived; measured in none of them).
    """
    m = kinetic_model("perez_ruixo_2021_esketamine")
    one = np.ones(len(age_y))
    rate = m.value("kel") * np.where(asian > 0, m.value("kel_asian"), 1.0) + m.value("kmet")
    flow = m.value("qh") + m.value("qh_age") * np.maximum(0.0, age_y - 60.0)
    person = Liver(flow, hepatic * m.value("vh") * rate)
    usual = Liver(m.value("qh") * one, m.value("vh") * (m.value("kel") + m.value("kmet")) * one)
    clearance = person.flow * person.extraction / (usual.flow * usual.extraction)
    return clearance, (1.0 - person.extraction) / (1.0 - usual.extraction)
