"""Reprieve's fast posterior beside the stored reference, in units of the error allowed."""

from dataclasses import dataclass

import numpy as np

from benchmarks.reference_posterior.fast import fast
from benchmarks.reference_posterior.reference import Reference
from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case

SEEDS = (1, 2, 3)
POINTS = {"mean": 0.35, "sd": 0.35}  # MADRS points of 60; other scales in proportion
QUANTILE = 0.7  # ends of an interval: twice that
PROBABILITY = 0.03
LOGIT = 0.03  # drug and context on the latent scale
CHANCE = 2.0  # standard errors of both sides that are allowed on top
STEADY = 0.6  # of the tolerance: a wider scatter between seeds buys no further allowance
CAUSES = ("drug", "context")
PROBABILITIES = ("half", "responds")
# a log-normal effect's SD hangs on its few largest values: shown, not judged
UNJUDGED = frozenset({"drug sd", "context sd", "share sd"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One number from both sides. `allowed` is the tolerance with the chance of both sides."""

    name: str
    reference: float
    reference_error: float
    fast: float
    fast_sd: float
    allowed: float

    @property
    def difference(self) -> float:
        """Fast less reference."""
        return self.fast - self.reference

    @property
    def units(self) -> float:
        """The difference as a share of what is allowed."""
        return self.difference / self.allowed

    @property
    def apart(self) -> bool:
        """Whether the two sides differ by more than is allowed."""
        return abs(self.units) > 1 and self.name not in UNJUDGED


def tolerance(name: str, width: float) -> float:
    """What may differ for reasons other than chance; `width` of the own instrument, points."""
    what, kind = name.rsplit(" ", 1) if " " in name else ("", name)
    if kind in PROBABILITIES or what == "share":
        return PROBABILITY
    if what in CAUSES:
        return LOGIT
    if kind.startswith("q"):
        return QUANTILE * width / 60.0
    return POINTS[kind] * width / 60.0


def compare(
    case: Case, stored: Reference, ensemble: Ensemble, seeds: tuple[int, ...] = SEEDS
) -> list[Difference]:
    """Every named number; the fast side is the mean over seeds, with the SD of several.

    A single seed is allowed nothing for its own chance.
    """
    runs = [fast(case, ensemble, seed) for seed in seeds]
    width = _width(case)
    found = []
    for name, value in stored.answers.items():
        ours = np.array([run[name] for run in runs])
        sd = float(ours.std(ddof=1)) if len(ours) > 1 else 0.0
        may = tolerance(name, width)
        error = min(sd, STEADY * may) / np.sqrt(len(ours))
        allowed = may + CHANCE * float(np.hypot(stored.error[name], error))
        found.append(Difference(name, value, stored.error[name], float(ours.mean()), sd, allowed))
    return found


def _width(case: Case) -> float:
    from reprieve.engine.mood.instruments import link

    own = link(case.own_instrument or "MADRS")
    return own.high - own.low
