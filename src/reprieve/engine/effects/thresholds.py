"""How likely a session crosses a protocol's thresholds, as a monitor would show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from reprieve.engine.effects.acute import AcuteEffects
from reprieve.engine.effects.haemodynamics import SIGNS
from reprieve.engine.effects.parameters import NAME, AcuteModel, acute_model, read_model_file
from reprieve.engine.effects.settings import setting
from reprieve.engine.patient import Array
from reprieve.evidence.practice import Protocol, Threshold

# threshold of a protocol's `stop` group: (vital sign, whether it is a rise above the first reading)
_WATCHED = {
    "sbp": ("sbp", False),
    "dbp": ("dbp", False),
    "sbp_rise_with_symptoms": ("sbp", True),
    "hr_high": ("hr", False),
    "hr_low": ("hr", False),
    "spo2": ("spo2", False),
    "spo2_uncorrected": ("spo2", False),
    "moaas": ("moaas", False),
    "sbp_rise": ("sbp", True),
    "dbp_rise": ("dbp", True),
}
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One threshold and the probability that a reading of the session meets it.

    `by_person` is (n,), `probability` its mean. What a rule asks for beside the number
    (`Threshold.needs`: symptoms, a second reading) is not modelled, so the number is that of one
    reading alone.
    """

    name: str
    sign: str
    rise: bool
    threshold: Threshold
    probability: float
    by_person: Array


def threshold_probabilities(
    effects: AcuteEffects,
    protocol: Protocol,
    model: AcuteModel | None = None,
    duration_h: float = 0.0,
) -> tuple[Crossing, ...]:
    """Every threshold that stops a session by this protocol, and those the label counts.

    Readings are taken at the protocol's minutes, for an infusion of `duration_h`; each scatters
    about the true value, and a rise is counted from one reading before the dose. More readings
    cross more often, so what the label counts is read at the minutes of the trials that its rates
    were fitted in (`label_minutes`), whatever the route. Sedation is followed all along.
    """
    model = model or acute_model()
    watched = {name: t for name, t in protocol.thresholds("stop").items() if name in _WATCHED}
    labelled = counted_by_label()
    own = protocol.vitals.minutes(duration_h)
    found = []
    for name, threshold in (watched | labelled).items():
        minutes = label_minutes(name) if name in labelled else own
        sign, rise = _WATCHED[name]
        each = _probability(effects, sign, rise, threshold, minutes, model)
        found.append(Crossing(name, sign, rise, threshold, float(each.mean()), each))
    return tuple(found)


def counted_by_label() -> dict[str, Threshold]:
    """Large rises as the esketamine label counts them."""
    tables: Mapping[str, Any] = read_model_file(NAME)["threshold"]
    return {
        name: Threshold(
            float(t["value"]), t["unit"], "label", t["status"], t["source"], t["rule"], t["note"]
        )
        for name, t in tables.items()
    }


def label_minutes(name: str) -> tuple[float, ...]:
    """Minutes at which what the label counts is read: those its rates were fitted at."""
    return setting(read_model_file(NAME)["threshold"][name]["readings_of"]).readings


def _probability(
    effects: AcuteEffects,
    sign: str,
    rise: bool,
    threshold: Threshold,
    minutes: tuple[float, ...],
    model: AcuteModel,
) -> Array:
    if sign == "moaas":
        deep: Array = threshold_met(effects.moaas, threshold).any(axis=1).astype(float)
        return deep
    true = effects.at_minutes(sign, minutes)
    if sign == "spo2":
        sd = np.full(len(true), model["spo2_reading_sd"])
    else:
        sd = effects.reading_sd[:, SIGNS.index(sign)]
    if not rise:
        return _any_reading(true, sd, threshold)
    resting: Array = getattr(effects.baseline, sign)
    before: list[Array] = [resting + sd * node for node in _NODES]
    parts = [_any_reading(true - b[:, None], sd, threshold) for b in before]
    return np.asarray(np.tensordot(_WEIGHTS / _WEIGHTS.sum(), np.array(parts), axes=1))


def threshold_met(values: Array, threshold: Threshold) -> Any:
    """Where values meet a threshold."""
    return {
        "above": values > threshold.value,
        "at_least": values >= threshold.value,
        "below": values < threshold.value,
        "at_most": values <= threshold.value,
    }[threshold.rule]


def _any_reading(true: Array, sd: Array, threshold: Threshold) -> Array:
    """Probability that one of several scattering readings meets the threshold, (n,)."""
    upward = threshold.rule in ("above", "at_least")
    distance = (true - threshold.value) if upward else (threshold.value - true)
    missed = ndtr(-distance / sd[:, None])
    return np.asarray(1.0 - missed.prod(axis=1))
