"""Courses drawn whole, and what a score of them would teach."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from reprieve.engine.forecast.future import improve
from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.forecast.rules import Rules
from reprieve.engine.mood.model import Array
from reprieve.engine.planning.adaptive import Courses, Mask, Scale, said_by
from reprieve.engine.trials.design import Sitting

COPIES = 2  # courses a person: each half is judged by what the other taught
PEOPLE = 2048


@dataclass(frozen=True, eq=False, slots=True)
class Drawn:
    """Courses in two halves: `own` (2, n, days) true scores and `seen` ratings on the own
    instrument; by name, `true` (2, n, days) scores, `error` (n,) and `ends` of each instrument."""

    own: Array
    seen: Array
    true: dict[str, Array]
    error: dict[str, Array]
    ends: dict[str, tuple[float, float]]


def draw(
    post: Posterior, planned: tuple[Sitting, ...], grid: Array, names: Sequence[str], rule: Rules
) -> Drawn:
    people = post.subset(PEOPLE)
    zero = post.line.zero
    plan = tuple(Sitting(s.day - zero, s.form, s.awareness) for s in planned)
    latent = improve(people, plan, grid - zero, max(post.line.asked_at, 0.0))
    halves = [Courses(people, rule.instrument, len(grid), copy) for copy in range(COPIES)]
    wobble = [c.wobbled(grid - post.asked_at) for c in halves]
    scales = {name: [c.scale(name) for c in halves] for name in dict.fromkeys(names)}
    own = [c.own for c in halves]
    error = halves[0].error
    return Drawn(
        _true(own, latent, wobble),
        np.array([
            np.column_stack([
                s.rated(latent[:, v] + w[:, v], error, c.shock[v, 2]) for v in range(len(grid))
            ])
            for c, s, w in zip(halves, own, wobble, strict=True)
        ]),
        {name: _true(found, latent, wobble) for name, found in scales.items()},
        {name: found[0].spread(error) for name, found in scales.items()},
        {name: found[0].ends for name, found in scales.items()},
    )  # fmt: skip


def _true(scales: Sequence[Scale], latent: Array, wobble: Sequence[Array]) -> Array:
    return np.array([s.true(latent + w) for s, w in zip(scales, wobble, strict=True)])


def said_to_relapse(drawn: Drawn, check: Mask, rule: Rules) -> Array | None:
    """(2, n) whether relapse is said by the end; None without a response to lose."""
    if not rule.in_response:
        return None
    said = [said_by(seen[:, check], rule.level, rule.consecutive)[:, -1] for seen in drawn.seen]
    return np.array(said, float)


def law(true: Array, error: Array, low: float, high: float) -> Array:
    """(n, points) probability of each whole-point score; the ends take what lies beyond."""
    edge = np.arange(low, high) + 0.5
    below = ndtr((edge - true[:, None]) / error[:, None])
    return np.diff(below, axis=1, prepend=0.0, append=1.0)


def learned(likely: Sequence[Array], target: Array) -> float:
    """Variance of what would be believed of a quantity once a score is known.

    Two halves of courses each tell what to believe after every value of the score; the product
    of the two has no part of their chance, which a single half would count as knowledge.

    Parameters
    ----------
    likely : two (n, points), probability of each value of the score in each course
    target : (2, n) the quantity in each course
    """
    chance = np.mean([p.mean(axis=0) for p in likely], axis=0)
    mean = float(target.mean())
    heard = chance > 1e-6
    away = [
        (value @ p)[heard] / np.maximum(p.sum(axis=0)[heard], 1e-12) - mean
        for p, value in zip(likely, target, strict=True)
    ]
    return float(max(np.sum(chance[heard] * away[0] * away[1]), 0.0))
