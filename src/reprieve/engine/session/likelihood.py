"""How well virtual people explain one thing that happened at an earlier session.

Every function gives a log-likelihood for each of a crowd, (n,). The occasion is integrated out;
what is left is the person's own.
"""

from collections import Counter

import numpy as np
from scipy.special import ndtr, ndtri

from reprieve.engine.effects.adverse_events import event_hazard
from reprieve.engine.effects.haemodynamics import SIGNS
from reprieve.engine.effects.parameters import AcuteModel, Event, acute_model
from reprieve.engine.effects.sensitivity import ACTING
from reprieve.engine.patient import Array, Patient
from reprieve.engine.session.history import ABSENT, SEVERITIES, History, Sign
from reprieve.engine.session.people import (
    Crowd,
    Reaction,
    drive,
    person_model,
    reaction,
    settled,
)
from reprieve.engine.trials.design import Form

PRESSOR = {"sbp": "systolic", "dbp": "diastolic", "hr": "heart_rate"}
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
_LEAST = 1e-12  # no report rules a person out altogether
_LATE = 30  # from this session on nothing fades further


def log_likelihoods(history: History, who: Crowd, patient: Patient, seed: int) -> tuple[Array, ...]:
    """Log-likelihood of each sign for each of the crowd, and last of the sessions without report.

    Where an event was reported at some session, its kind is evidently looked for, so the sessions
    without such a report count as sessions without it. Kinds never reported say nothing: nobody
    may have asked.
    """
    model, n = acute_model(), len(who.body)

    def met(form: Form, session: int) -> Reaction:
        return reaction(form, patient, min(session, _LATE), seed, n)

    found = [
        _log_likelihood(s, met(s.form, s.session if s.kind == "cadss" else 0), who, model)
        for s in history.signs
    ]
    silent = np.zeros(n)
    for kind in sorted({s.kind for s in history.signs if s.kind in model.events}):
        told = {s.session for s in history.signs if s.kind == kind}
        quiet = Counter((min(k, _LATE), f) for k, f in history.sessions if k not in told)
        for (k, form), count in quiet.items():
            site = met(form, 0).site[who.body]
            silent -= count * event_hazard(model.events[kind], site, who.sensitivity, k, model)
    return (*found, silent)


def weights(log_weight: Array) -> Array:
    """Weights that add up to 1."""
    raw = np.exp(log_weight - log_weight.max())
    return np.asarray(raw / raw.sum())


def effective(weight: Array) -> float:
    """How many equally weighted people the weighted ones are worth."""
    return float(1.0 / (weight**2).sum())


def _log_likelihood(sign: Sign, at: Reaction, who: Crowd, model: AcuteModel) -> Array:
    if sign.value is None:
        return _of_report(sign, model.events[sign.kind], at.site[who.body], who, model)
    if sign.kind == "cadss":
        return _of_cadss(sign.value, at.drive[who.body], who, model)
    name = sign.kind.removeprefix("resting_")
    scatter = np.exp(model["reading_spread"] * who.sensitivity.of("unsteadiness"))
    sd = at.reading_sd[who.body, SIGNS.index(name)] * scatter
    if name == sign.kind:
        return _of_peak(name, sign.value, at, sd, who, model)
    gap = (sign.value - getattr(who.rest, name)) / sd
    return np.asarray(-0.5 * gap**2 - np.log(sd))


def _of_report(sign: Sign, event: Event, site: Array, who: Crowd, model: AcuteModel) -> Array:
    """Chance of a report of that severity, from the person's proneness."""
    hazard = event_hazard(event, site, who.sensitivity, sign.session, model)
    if sign.severity in ABSENT:
        return -hazard
    chance = np.maximum(-np.expm1(-hazard), _LEAST)
    found = np.log(chance)
    if sign.severity in SEVERITIES:
        z = who.sensitivity.of(event.follows)
        base = weights(who.log_ratio) * chance
        found = found + np.log(_banded(sign.severity, z, base, lasting(event.follows, model)))
    return np.asarray(found)


def _banded(severity: str, z: Array, reporting: Array, lasts: float) -> Array:
    """Chance that a report is of that severity: a band of how strong reactions of reporters are.

    A reaction is standard normal, `lasts` of its variance the person's `z`; those who report
    at all are above average, so the bands are cut where the reporters' shares lie.
    """
    own = person_model()
    top = np.cumsum([own[f"reported_{s}"] for s in SEVERITIES])
    weight = reporting / reporting.sum()
    mean = float(weight @ z)
    spread = np.sqrt(lasts * float(weight @ (z - mean) ** 2) + 1.0 - lasts)
    cut = np.concatenate(([-np.inf], np.sqrt(lasts) * mean + spread * ndtri(top[:-1]), [np.inf]))
    k = SEVERITIES.index(severity)
    noise = np.sqrt(1.0 - lasts)
    below, above = ((c - np.sqrt(lasts) * z) / noise for c in (cut[k], cut[k + 1]))
    return np.asarray(np.maximum(ndtr(above) - ndtr(below), _LEAST))


def lasting(kind: str, model: AcuteModel) -> float:
    """Share of the variance between sessions of different people that is the person's own."""
    if kind not in ACTING:
        return person_model()["severity_persistence"]
    person, occasion = model[f"{kind}_spread"] ** 2, model[f"{kind}_occasion_spread"] ** 2
    return person / (person + occasion)


def _of_cadss(total: float, height: Array, who: Crowd, model: AcuteModel) -> Array:
    """Chance of a peak CADSS total, a whole point wide; some score a few points without cause."""
    sd = model["dissociation_occasion_spread"]
    usual = height + model["dissociation_spread"] * who.sensitivity.of("dissociation")
    top = 0.97 * model["cadss_max"]  # totals near the end of the curve are alike
    low = drive(min(total - 0.5, top), model)
    high = drive(total + 0.5, model) if total - 0.5 < top else np.inf
    usual = np.maximum(usual, -50.0)
    caused = ndtr((high - usual) / sd) - ndtr((low - usual) / sd)
    background, step = model["cadss_background"], 1.0 / model["cadss_background_points"]
    over = total - model["cadss_cutoff"] - 1.0
    strange = -np.expm1(-step) * np.exp(-step * over) if over >= 0.0 else 0.0
    found = (1.0 - background) * caused + background * strange
    return np.asarray(np.log(np.maximum(found, _LEAST)))


def _of_peak(
    sign: str, peak: float, at: Reaction, sd: Array, who: Crowd, model: AcuteModel
) -> Array:
    """Chance that the highest of a session's readings is that number, over occasions."""
    kind = PRESSOR[sign]
    trait = np.exp(model[f"{kind}_spread"] * who.sensitivity.of(kind))
    base = getattr(who.rest, sign)[:, None] - settled(sign, at.minutes, model)
    lift, scale = at.lift[sign][who.body] * trait[:, None], 1.0 / sd[:, None]
    total = np.zeros(len(sd))
    for node, weight in zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True):
        below = (peak - base - lift * np.exp(model[f"{kind}_occasion_spread"] * node)) * scale
        up = ndtr(below + 0.5 * scale).prod(axis=1)
        total += weight * (up - ndtr(below - 0.5 * scale).prod(axis=1))
    return np.asarray(np.log(np.maximum(total, _LEAST)))
