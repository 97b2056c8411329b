"""The facts a credible model must reproduce: `evidence/facts.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from reprieve.errors import EvidenceError


@dataclass(frozen=True, slots=True)
class Fact:
    """One published quantity, its tolerance, and the measure that reproduces it.

    `low` or `high` is None where the tolerance is open on that side.
    """

    id: str
    quantity: str
    target: float
    low: float | None
    high: float | None
    status: str
    rows: tuple[str, ...]
    split: str
    measure: Mapping[str, Any]
    note: str
    prototype: str
    prototype_pass: str

    def holds(self, value: float) -> bool:
        """Whether a model's value lies inside the tolerance (NaN never does)."""
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high) and value == value

    @property
    def tolerance(self) -> float:
        """Half the width of the tolerance; from the target where one side is open."""
        if self.low is None or self.high is None:
            edge = self.high if self.low is None else self.low
            assert edge is not None
            return abs(self.target - edge)
        return 0.5 * (self.high - self.low)


@cache
def facts() -> tuple[Fact, ...]:
    """All facts, in the order of the file."""
    text = (files("reprieve.evidence") / "facts.toml").read_text(encoding="utf-8")
    return tuple(_fact(row) for row in tomllib.loads(text)["fact"])


def _fact(row: Mapping[str, Any]) -> Fact:
    if row["split"] not in ("calibration", "validation"):
        raise EvidenceError(f"facts.toml: {row['id']}: split is '{row['split']}'.")
    return Fact(
        row["id"], row["quantity"], row["target"], row.get("low"), row.get("high"), row["status"],
        tuple(row["rows"]), row["split"], row["measure"], row.get("note", ""), row["prototype"],
        row["prototype_pass"],
    )  # fmt: skip
