"""The ensemble: parameter sets that the evidence allows, with where they came from."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from reprieve.engine.mood.model import Array, MoodParameters, free_names, priors
from reprieve.errors import EvidenceError
from reprieve.evidence.schema import check_file
from reprieve.version import __version__

MOST_BYTES = 200_000_000
SHIPPED = "ensemble.json"


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Parameter sets with weights; two are the same only when they are one object.

    `sets` (members, parameters) values in the units of `evidence/models/mood.toml`; `weights`
    (members,) sum to one; `mode` is the best single set; `header` says how it was made.
    """

    names: tuple[str, ...]
    sets: Array
    weights: Array
    mode: Array
    header: dict[str, Any]
    fit: tuple[dict[str, Any], ...] = ()

    def __len__(self) -> int:
        return len(self.weights)

    def member(self, k: int) -> MoodParameters:
        """Member k as parameters."""
        return self._parameters(self.sets[k])

    def best(self) -> MoodParameters:
        """The mode: the single set that fits best."""
        return self._parameters(self.mode)

    def __iter__(self) -> Iterator[MoodParameters]:
        return (self.member(k) for k in range(len(self)))

    def _parameters(self, row: Array) -> MoodParameters:
        return MoodParameters.prior(**dict(zip(self.names, row.tolist(), strict=True)))

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(
            {
                "version": 1,
                "header": self.header,
                "parameters": {p.name: p.unit for p in priors() if p.name in self.names},
                "mode": [float(f"{x:.6g}") for x in self.mode],
                "weights": [float(f"{x:.6g}") for x in self.weights],
                "sets": [[float(f"{x:.5g}") for x in row] for row in self.sets],
                "fit": list(self.fit),
            },
            indent=1,
        )


def evidence_hash(designs: Iterable[str]) -> str:
    """SHA-256 over what a fit rests on: facts, priors, other treatments and its designs."""
    root = files("reprieve.evidence")
    paths = [root / "facts.toml", root / "models" / "mood.toml"]
    paths += [root / "models" / "other_treatments.toml"]
    paths += [root / "designs" / f"{name}.toml" for name in sorted(designs)]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def header(
    command: str, seed: int, date: str, patients: int, loss: float, designs: Iterable[str]
) -> dict[str, Any]:
    """Provenance of an ensemble; the date is given, never read from a clock."""
    return {
        "engine": __version__,
        "evidence": evidence_hash(designs),
        "designs": sorted(designs),
        "command": command,
        "seed": seed,
        "date": date,
        "patients_per_arm": patients,
        "loss": round(loss, 3),
    }


def read(path: str | Path) -> Ensemble:
    """An ensemble file.

    Raises
    ------
    EvidenceError
        The file is missing, is not JSON, or does not fit this engine's parameters.
    """
    try:
        check_file(path, MOST_BYTES)
        return _parse(Path(path).read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise EvidenceError(f"Ensemble {path} is not text; expected JSON in UTF-8.") from error
    except OSError as error:
        raise EvidenceError(f"Ensemble {path} cannot be read: {error.strerror}.") from error


@cache
def ensemble() -> Ensemble:
    """The ensemble that ships with this version."""
    path = files("reprieve.engine.calibration") / SHIPPED
    return _parse(path.read_text(encoding="utf-8"), SHIPPED)


def _parse(text: str, where: str) -> Ensemble:
    try:
        data = json.loads(text)
        names = tuple(data["parameters"])
        sets, weights = np.asarray(data["sets"], float), np.asarray(data["weights"], float)
        mode = np.asarray(data["mode"], float)
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceError(f"Ensemble {where} is not an ensemble file: {error}.") from error
    if set(names) != set(free_names()):
        raise EvidenceError(
            f"Ensemble {where} holds other parameters than this engine's; make it again with "
            "'reprieve calibrate'."
        )
    if sets.shape != (len(weights), len(names)) or mode.shape != (len(names),):
        raise EvidenceError(f"Ensemble {where}: its sets do not match its parameters.")
    return Ensemble(
        names, sets, weights / weights.sum(), mode, data["header"], tuple(data.get("fit", ()))
    )
