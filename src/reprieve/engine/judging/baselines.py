"""What a forecast has to beat: simpler ways to foretell a score, each with its spread.

- `carried_forward`: the last score stays, give or take a spread that grows with time;
- `mixed_model`: a linear mixed model, random intercept and slope on time, fitted to simulated
  patients of the same situation (`baseline_fit`), which sees this person's scores;
- `population_curve`: the forecast itself for this person before treatment (`scoring`).

The first two know nothing of the model; their parameters stand in `baselines.json`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from reprieve.engine.judging.measures import normal_pmf
from reprieve.engine.mood.instruments import link
from reprieve.engine.patient import Array

FILE = "baselines.json"
RANDOM = 2
COMMON = "MADRS"  # another scale without parameters of its own takes these, by its range


@dataclass(frozen=True, slots=True)
class Known:
    """What a baseline may see: scores on one instrument up to the question, and all session days.

    `days` and `values` (m,) in order of time, at least one; `doses` (d,) given and planned.
    """

    situation: str
    instrument: str
    days: Array
    values: Array
    doses: Array


@dataclass(frozen=True, slots=True)
class Fitted:
    """Parameters of one situation and instrument, points of the instrument.

    `carried` (2,) variance at once and per day; `beta` (5,), `cov` (2, 2) and `sigma` of the mixed
    model.
    """

    carried: Array
    beta: Array
    cov: Array
    sigma: float

    def scaled(self, factor: float) -> "Fitted":
        """The same for a scale whose range is `factor` times as wide."""
        square = factor**2
        return Fitted(
            self.carried * square, self.beta * factor, self.cov * square, self.sigma * factor
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, six digits."""
        return {
            "carried": _rounded(self.carried),
            "beta": _rounded(self.beta),
            "cov": [_rounded(row) for row in self.cov],
            "sigma": float(f"{self.sigma:.6g}"),
        }


def _rounded(values: Array) -> list[float]:
    return [float(f"{x:.6g}") for x in values]


@cache
def file() -> Mapping[str, Any]:
    """The fitted parameters, and under `made` how they were fitted."""
    text = (files("reprieve.engine.judging") / FILE).read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


@cache
def fitted(situation: str, instrument: str) -> Fitted:
    """The parameters for a situation and instrument."""
    rows = file()["situations"][situation]
    if instrument in rows:
        return _read(rows[instrument])
    here, common = link(instrument), link(COMMON)
    return _read(rows[COMMON]).scaled((here.high - here.low) / (common.high - common.low))


def _read(row: Mapping[str, Any]) -> Fitted:
    return Fitted(
        np.array(row["carried"]), np.array(row["beta"]), np.array(row["cov"]), row["sigma"]
    )


def carried_forward(known: Known, days: Array, by: Fitted | None = None) -> Array:
    """(k, points) law of the scores on later days if the last one stays."""
    at_once, per_day = (by or fitted(known.situation, known.instrument)).carried
    scale = link(known.instrument)
    sd = np.sqrt(at_once + per_day * (days - known.days[-1]))
    return normal_pmf(np.full(len(days), known.values[-1]), sd, scale.low, scale.high)


def mixed_model(known: Known, days: Array, by: Fitted | None = None) -> Array:
    """(k, points) law of the scores on later days under the mixed model, given those known."""
    fit = by or fitted(known.situation, known.instrument)
    seen, ahead = features(known.days, known.doses), features(days, known.doses)
    z, z_ahead = seen[:, :RANDOM], ahead[:, :RANDOM]
    inner = np.linalg.inv(np.linalg.inv(fit.cov) + z.T @ z / fit.sigma**2)
    effect = inner @ z.T @ (known.values - seen @ fit.beta) / fit.sigma**2
    mean = ahead @ fit.beta + z_ahead @ effect
    variance = fit.sigma**2 + np.einsum("ki,ij,kj->k", z_ahead, inner, z_ahead)
    scale = link(known.instrument)
    return normal_pmf(mean, np.sqrt(variance), scale.low, scale.high)


def features(days: Array, doses: Array) -> Array:
    """(k, 5) one, log of days since the first session, the same since the last; whether treated;
    log of the number of sessions. The first `RANDOM` differ between people.

    A score on the day of a session comes before it.
    """
    given = (doses[None, :] < days[:, None]).sum(axis=1)
    treated = given > 0
    ordered = np.sort(doses)
    last = ordered[np.maximum(given - 1, 0)] if len(doses) else days
    first = ordered[0] if len(doses) else np.inf
    since_first = np.where(treated, days - first, 0.0)
    since_last = np.where(treated, days - last, 0.0)
    return np.column_stack(
        [np.ones(len(days)), np.log1p(since_first), np.log1p(since_last), treated, np.log1p(given)]
    )
