"""Every treatment that is not ketamine: how large, how soon, how long after stopping.

Sizes and courses stand in `evidence/models/other_treatments.toml`; some sizes are parameters
of the mood model and are calibrated with it.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from reprieve.engine.mood.model import Array, MoodParameters
from reprieve.engine.trials.design import Course
from reprieve.errors import UnknownNameError

FOREVER_D = 1e6


@dataclass(frozen=True, slots=True)
class OtherTreatment:
    """Mean latent effect (logit, or the name of a mood parameter) and time constants (d)."""

    name: str
    label: str
    effect: float | str
    tau_on_d: float | str
    tau_off_d: float | str

    def mean(self, params: MoodParameters) -> float:
        """Mean latent effect, logit."""
        return _value(self.effect, params)


def _value(x: float | str, params: MoodParameters) -> float:
    return params[x] if isinstance(x, str) else float(x)


@cache
def treatments() -> dict[str, OtherTreatment]:
    """Every other treatment by name."""
    path = files("reprieve.evidence") / "models" / "other_treatments.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: OtherTreatment(name, row["label"], row["effect"], row["tau_on"], row["tau_off"])
        for name, row in table.items()
        if isinstance(row, dict)
    }


def amplitude_and_course(
    others: Sequence[Course], params: MoodParameters
) -> tuple[list[float], Array]:
    """Mean effects (k,) and the kernel's course rows (k, 4): start, stop, onset, offset (d)."""
    means, rows = [], []
    for course in others:
        if course.what not in treatments():
            raise UnknownNameError("other treatment", course.what, list(treatments()))
        t = treatments()[course.what]
        means.append(t.mean(params))
        to_d = FOREVER_D if course.to_d is None else float(course.to_d)
        rows.append((course.from_d, to_d, _value(t.tau_on_d, params), _value(t.tau_off_d, params)))
    return means, np.asarray(rows, float).reshape(len(rows), 4)
