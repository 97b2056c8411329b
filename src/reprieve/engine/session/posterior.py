"""People who explain a history: weighted, and drawn anew where few of the first do."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import block_diag, solve_triangular

from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.effects.sensitivity import KINDS, correlation
from reprieve.engine.patient import Array, Patient
from reprieve.engine.session.history import History
from reprieve.engine.session.likelihood import (
    PRESSOR,
    effective,
    log_likelihoods,
    weights,
)
from reprieve.engine.session.people import SCORES, Crowd, crowd, reaction, stream
from reprieve.engine.trials.design import Form

_REFINE = 10  # streams of the seed from here on
_ROUNDS = 6
_ENOUGH = 0.15  # share of the crowd that its weights should be worth
_LEAST_WORTH = 150.0  # people that a new crowd is built on
_BOLD = 0.9  # of a new crowd is drawn about those who weigh most, the rest as the population is
_RIDGE = 1e-3  # keeps slopes and spreads finite
_FAINT_MMHG = 0.1
_WIDER = 1.3  # than what they show: tails must not be missed


@dataclass(frozen=True, slots=True)
class Known:
    """A crowd that explains a history: its weights, and what each sign says of the first crowd."""

    who: Crowd
    weight: Array
    by_sign: tuple[Array, ...]


@lru_cache(maxsize=8)
def known(history: History, patient: Patient, seed: int, n: int) -> Known:
    """People weighted by how well they explain the earlier sessions.

    Where few of those drawn do, people are drawn anew about the ones who do and weighted back
    (importance sampling, tempered where the step would be long).

    Raises
    ------
    ModelError
        No kinetic model answers for a dose that was given.
    """
    who = crowd(patient, seed, n)
    by_sign = log_likelihoods(history, who, patient, seed)
    total = np.sum(by_sign, axis=0)
    for k in range(_ROUNDS):
        if effective(weights(who.log_ratio + total)) >= _ENOUGH * n:
            break
        who = refined(history, who, who.log_ratio + total, patient, seed, k)
        total = np.sum(log_likelihoods(history, who, patient, seed), axis=0)
    return Known(who, weights(who.log_ratio + total), by_sign[:-1])


def refined(
    history: History, who: Crowd, log_weight: Array, patient: Patient, seed: int, k: int
) -> Crowd:
    """The same bodies with sensitivities drawn about those who weigh most.

    Only the scores that the history is about are moved, by what each body makes of the drug; the
    others follow as they go together in the population. `log_ratio` takes back what is
    over-represented.
    """
    n, rng, weight = len(who.body), stream(seed, _REFINE, k), _tempered(log_weight)
    about = sorted({column for sign in history.signs for column in _about(sign.kind)})
    prior = block_diag(correlation(), np.eye(SCORES - len(KINDS)))
    inner, now = prior[np.ix_(about, about)], who.scores[:, about]
    made = _of_body(history.signs[-1].form, who, patient, seed)
    slope = np.linalg.solve((made.T * weight) @ made + _RIDGE * np.eye(made.shape[1]),
                            (made.T * weight) @ now)  # fmt: skip
    mean = made @ slope
    spread = _WIDER * ((now - mean).T * weight) @ (now - mean) + _RIDGE * inner
    plain = rng.standard_normal((n, SCORES)) @ np.linalg.cholesky(prior).T
    bold = mean + rng.standard_normal((n, len(about))) @ np.linalg.cholesky(spread).T
    moved = np.where((rng.random(n) < _BOLD)[:, None], bold, plain[:, about])
    scores = plain + (moved - plain[:, about]) @ np.linalg.solve(inner, prior[about])
    of_prior = _log_normal(moved, np.zeros_like(mean), inner)
    drawn = np.logaddexp(
        np.log(_BOLD) + _log_normal(moved, mean, spread), np.log1p(-_BOLD) + of_prior
    )
    return Crowd.of(who.people, scores, who.body, of_prior - drawn)


def _of_body(form: Form, who: Crowd, patient: Patient, seed: int) -> Array:
    """A constant, and what tells bodies apart in how strongly a session acts, (n, 3)."""
    at = reaction(form, patient, 0, seed, len(who.body))
    lift = np.log(at.lift["sbp"].max(axis=1) + _FAINT_MMHG)
    told = np.column_stack((np.maximum(at.drive, -50.0), lift))
    told = (told - told.mean(axis=0)) / (told.std(axis=0) + 1e-9)
    return np.column_stack((np.ones(len(told)), told))[who.body]


def _about(kind: str) -> tuple[int, ...]:
    """Columns of a crowd's scores that a sign tells of."""
    sign = kind.removeprefix("resting_")
    resting = {"sbp": (0,), "dbp": (0, 1), "hr": (2,)}.get(sign, ())
    rest = tuple(len(KINDS) + column for column in resting)
    if sign != kind:
        return rest
    event = acute_model().events.get(kind)
    follows = event.follows if event else PRESSOR.get(kind, "dissociation")
    return (KINDS.index(follows), *rest)


def _tempered(log_weight: Array) -> Array:
    """Weights raised to a power at most 1, so that they are worth enough people to build on."""
    power = 1.0
    while effective(weights(power * log_weight)) < _LEAST_WORTH and power > 1e-6:
        power *= 0.7
    return weights(power * log_weight)


def _log_normal(z: Array, mean: Array, covariance: Array) -> Array:
    root = np.linalg.cholesky(covariance)
    scaled = solve_triangular(root, (z - mean).T, lower=True)
    return np.asarray(-0.5 * (scaled**2).sum(axis=0) - np.log(np.diag(root)).sum())
