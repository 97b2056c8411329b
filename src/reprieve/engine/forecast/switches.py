"""What would change the answer: facts that could be otherwise, asked of the same people."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from reprieve.engine.core import mood as core
from reprieve.engine.forecast.future import Future, follow
from reprieve.engine.forecast.outlook import Switch
from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.forecast.rules import Rules
from reprieve.engine.mood.model import Array
from reprieve.engine.mood.predictors import DRUG, predictors
from reprieve.engine.trials.design import Sitting

PEOPLE = 512
MATTERS = 0.005  # a smaller change of a probability is no answer to what would change it
AHEAD_D = 28.0


@cache
def _file() -> Mapping[str, Any]:
    path = files("reprieve.evidence") / "models" / "forecast.toml"
    found: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["switch"]
    return found


def switches(
    post: Posterior,
    planned: tuple[Sitting, ...],
    plan: Future,
    untreated: Posterior,
    none: Future,
) -> tuple[Switch, ...]:
    """Known facts turned to where a person could bring them, then what no score can tell apart.

    `plan` is the future as planned, `none` that of the people `untreated` without a further dose.
    A fact's effect is the difference between the same few people with it and without.
    """
    known, rule = post.case.predictors(), post.world.rule
    names = [n for n in _file() if n in known and known[n] != float(_file()[n]["then"])]
    found = []
    if names:
        few = post.subset(PEOPLE)
        before = _odds(few, planned, plan.days_watched)
        now = _chance(rule, plan)
        for name in names:
            turned = _odds(_turned(few, name, known[name]), planned, plan.days_watched)
            then = float(np.clip(now + turned - before, 0.0, 1.0))
            if abs(then - now) >= MATTERS:
                source = ", ".join(predictors()[name].rows)
                words = str(_file()[name]["words"])
                found.append(Switch(words, "modifiable", _quantity(rule), now, then, source))
    return (*found, *_drug_or_context(untreated, none))


def _turned(post: Posterior, name: str, value: float) -> Posterior:
    """The same people from the question on, with one fact otherwise."""
    p = predictors()[name]
    steps = p.steps(np.array([value, float(_file()[name]["then"])]))
    factor = float(np.exp(p.mean * (steps[1] - steps[0])))
    patient = post.tried.patient.copy()
    patient[:, core.EM if p.acts_on == DRUG else core.X0] *= factor
    return replace(post, tried=replace(post.tried, patient=patient))


def _odds(post: Posterior, planned: tuple[Sitting, ...], horizon: float) -> float:
    weekly = post.asked_at + np.arange(7.0, horizon + 1e-9, 7.0)
    return _chance(post.world.rule, follow(post, planned, horizon, grid=weekly))


def _chance(rule: Rules, future: Future) -> float:
    if rule.in_response and future.relapse is not None:
        return float(future.relapse[-1])
    return float(future.reached[1, -1])


def _quantity(rule: Rules) -> str:
    return f"chance of {'relapse' if rule.in_response else 'response'} within the horizon"


def _drug_or_context(post: Posterior, none: Future) -> tuple[Switch, ...]:
    """The score to come if most of the improvement were the drug's, and if least of it were."""
    drug, context = (-post.tried.parts[:, c] for c in (core.DRUG, core.CONTEXT))
    both = np.maximum(drug + context, 1e-3)
    if not post.line.given or post.weights @ (drug + context) < 0.02:
        return ()
    visit = int(np.argmin(np.abs(none.days - post.asked_at - AHEAD_D)))
    score = none.score[:, visit]
    rank = _rank(drug / both, post.weights)
    now = float(post.weights @ score)
    ahead = none.days[visit] - post.asked_at
    quantity = f"{rule_name(post)} in {ahead:.0f} days without a further dose"
    found = []
    for words, part in (
        ("if most of the improvement were the drug's (top quarter)", rank >= 0.75),
        ("if least of it were (bottom quarter)", rank <= 0.25),
    ):
        weight = post.weights * part
        then = float(weight @ score / weight.sum())
        found.append(Switch(words, "assumed", quantity, now, then, ""))
    return tuple(found)


def rule_name(post: Posterior) -> str:
    """The own instrument."""
    return post.line.names[0]


def _rank(values: Array, weights: Array) -> Array:
    """(n,) share of weight at or below each value."""
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(values))
    rank[order] = weights[order].cumsum()
    return rank
