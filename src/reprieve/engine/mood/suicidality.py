"""Suicidal ideation: an outcome of its own beside the mood score.

Ideation follows mood, but not only: in the one trial that asked, a third of the drug's effect on
ideation went through depression. On the logit of the share of the scale's range,

    u(t) = u(0) - loading * (improved mood) - direct * (the drug's part of it)
           - easing * (1 - exp(-t / tau)) + wander

The same latent value stands behind every scale. Nothing here says anything about a person's
risk; see docs/mood-suicidality.md.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from reprieve.engine.core import mood as core
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array, MoodParameters, Prior
from reprieve.engine.trials.design import shipped
from reprieve.engine.trials.trial import ArmResult, Stimuli, run_trial
from reprieve.errors import EvidenceError, ModelError
from reprieve.evidence import instrument

FILE = "suicidality.toml"
EDGE = 0.03  # share of the range at which an entry score of zero or the maximum is placed
# Grunebaum 2018: 33.6 % of the effect on ideation went through depression (note of E056)
MEDIATED, MEDIATED_SD = 33.6, 10.0


@dataclass(frozen=True, slots=True)
class Entry:
    """Ideation at entry on the scale's own points: mean, SD and the least that was let in."""

    mean: float
    sd: float
    minimum: float


def _table() -> dict[str, dict[str, Any]]:
    path = files("reprieve.evidence") / "models" / FILE
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: row for name, row in table.items() if isinstance(row, dict)}


@cache
def shipped_values() -> Mapping[str, float]:
    """The fitted values, and the fixed ones, of evidence/models/suicidality.toml."""
    return {name: float(row.get("value", row["prior"])) for name, row in _table().items()}


@cache
def priors() -> tuple[Prior, ...]:
    """The parameters that the fit moves."""
    return tuple(
        Prior(name, row["unit"], row["meaning"], row["prior"], row["sd"], row["scale"])
        for name, row in _table().items()
        if "sd" in row
    )


def ratings(
    arm: ArmResult,
    column: int,
    entry: Entry,
    scale: str,
    values: Mapping[str, float] | None = None,
) -> tuple[Array, Array]:
    """Entry and visit scores (n,) of everybody in an arm, whole points on `scale`.

    The normals behind a person's ideation are those that another person's mood rating used: they
    are independent of this person's own, and the engine seeds nothing.

    Raises
    ------
    ModelError
        The arm was run without its parts.
    """
    if arm.parts is None:
        raise ModelError("Suicidal ideation needs an arm run with explain=True.")
    v = shipped_values() if values is None else values
    top = instrument(scale).high
    error = float(instrument(scale).measurement_sd.value)
    start = _truncated(entry, top, np.roll(arm.offset, 1))
    day = arm.visits_d[column]
    better = logit(np.clip(arm.entry / mood.MADRS_MAX, 1e-6, 1 - 1e-6)) - arm.latent[:, column]
    drug = -arm.parts[:, column, core.DRUG]
    u = logit(np.clip(start / top, EDGE, 1 - EDGE))
    u -= v["loading"] * better + v["direct"] * drug
    u -= v["easing"] * (1.0 - np.exp(-day / v["tau_easing"]))
    u += v["wander"] * np.roll(arm.noise[:, column], 1)
    raw = top * expit(u) + error * np.roll(arm.noise[:, column], 2)
    first = start + error * np.roll(arm.noise[:, -1], 2)
    return _whole(first, entry.minimum, top), _whole(raw, 0.0, top)


def _whole(score: Array, low: float, high: float) -> Array:
    return np.asarray(np.round(np.clip(score, low, high)), float)


def _truncated(entry: Entry, top: float, z: Array) -> Array:
    """Entry scores (n,) whose mean is that of the trial, above its minimum."""
    shifted = mood.untruncated_mean(entry.mean, entry.sd, entry.minimum)
    low, high = ndtr((entry.minimum - shifted) / entry.sd), ndtr((top - shifted) / entry.sd)
    return np.asarray(shifted + entry.sd * ndtri(low + (high - low) * ndtr(z)))


# --- what trials report; each takes the measure, the arm, its control and the column ----------


def _both(s: Mapping[str, Any], arm: ArmResult | None, column: int) -> tuple[Array, Array]:
    if arm is None:
        raise EvidenceError(f"The outcome '{s['kind']}' compares two arms; name a control.")
    if "entry" not in s or "scale" not in s:
        raise EvidenceError(
            f"The outcome '{s['kind']}' needs a scale and an entry (mean, sd, minimum)."
        )
    return ratings(arm, column, Entry(**s["entry"]), s["scale"], s.get("values"))


def _change(s: Mapping[str, Any], arm: ArmResult, control: ArmResult | None, k: int) -> float:
    start, score = _both(s, arm, k)
    return float((score - start).mean())


def _difference(s: Mapping[str, Any], arm: ArmResult, control: ArmResult | None, k: int) -> float:
    x, y = _both(s, arm, k), _both(s, control, k)
    return float((x[1] - x[0]).mean() - (y[1] - y[0]).mean())


def _effect_size(s: Mapping[str, Any], arm: ArmResult, control: ArmResult | None, k: int) -> float:
    x, y = _both(s, arm, k)[1], _both(s, control, k)[1]
    return float((y.mean() - x.mean()) / np.sqrt(0.5 * (x.var(ddof=1) + y.var(ddof=1))))


def _response(s: Mapping[str, Any], arm: ArmResult, control: ArmResult | None, k: int) -> float:
    start, score = _both(s, arm, k)
    return float(100 * (score <= (1 - s.get("fall", 0.5)) * start).mean())


def _free(s: Mapping[str, Any], arm: ArmResult, control: ArmResult | None, k: int) -> float:
    _, score = _both(s, arm, k)
    return float(100 * (score <= s["at_most"]).mean())


Ideation = Callable[[Mapping[str, Any], ArmResult, ArmResult | None, int], float]
KINDS: dict[str, Ideation] = {
    "si_change_mean": _change,
    "si_diff_vs_control": _difference,
    "si_effect_size": _effect_size,
    "si_response": _response,
    "si_free": _free,
}


# --- the fit ----------------------------------------------------------------------------------


def fit(params: MoodParameters, stimuli: Stimuli, n: int, seed: int) -> dict[str, float]:
    """The four free values, by least squares on grunebaum_2018 and their priors.

    Parameters
    ----------
    params : the mood model underneath; the shipped values used the ensemble's best set
    n : people an arm, best a power of two
    """
    design = shipped("grunebaum_2018")
    uniform = mood.quasi_random(n, seed)
    result = run_trial(design, params, uniform, seed, stimuli, explain=True)
    arm, control = result.arms["ketamine"], result.arms["midazolam"]
    column = int(np.argmin(np.abs(arm.visits_d - 1.0)))
    targets = [o for o in design.outcomes if "ideation_sd" in o.measure]
    free = priors()

    def named(theta: Array) -> dict[str, float]:
        moved = {
            p.name: float(p.from_scale(p.to_scale(p.median) + float(p.sd or 0.0) * z))
            for p, z in zip(free, theta, strict=True)
        }
        return dict(shipped_values()) | moved

    def loss(theta: Array) -> float:
        values = named(theta)
        misses = []
        for o in targets:
            spec = {**o.measure, "values": values}
            a = result.arms[spec["arm"]]
            got = KINDS[spec["kind"]](spec, a, control, column)
            misses.append((got - (o.value or 0.0)) / o.measure["ideation_sd"])
        share = mediated(arm, control, column, values)
        misses.append((share - MEDIATED) / MEDIATED_SD)
        return float(np.sum(np.square(misses)) + theta @ theta)

    # Whole-point scores make the loss a staircase, so no gradients; the first simplex is wide.
    start = np.vstack([np.zeros(len(free)), 0.5 * np.eye(len(free))])
    from scipy.optimize import minimize  # a slow import, for the fit alone

    found = minimize(
        loss, start[0], method="Nelder-Mead",
        options={"initial_simplex": start, "xatol": 1e-3, "fatol": 1e-4, "maxiter": 600},
    )  # fmt: skip
    return {p.name: named(found.x)[p.name] for p in free}


def mediated(arm: ArmResult, control: ArmResult, column: int, values: Mapping[str, float]) -> float:
    """Percent of the drug's effect on latent ideation that goes through mood."""
    if arm.parts is None or control.parts is None:
        raise ModelError("Suicidal ideation needs an arm run with explain=True.")
    through = values["loading"] * (control.latent[:, column] - arm.latent[:, column]).mean()
    drug = control.parts[:, column, core.DRUG] - arm.parts[:, column, core.DRUG]
    return float(100 * through / (through + values["direct"] * drug.mean()))
