"""What is compared: numbers of one posterior, from the reference's particles."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from benchmarks.reference_posterior.model import Model, ahead, person, rating_error
from benchmarks.reference_posterior.named import distribution, spread
from benchmarks.reference_posterior.problem import AHEAD_D, Array
from benchmarks.reference_posterior.smc import Particles


class Reader:
    """Compiled reading of particles."""

    def __init__(self, model: Model) -> None:
        self.model = model
        scale = model.problem.scales[model.problem.own]
        self.points = np.arange(scale.low, scale.high + 1)
        self._follow = jax.jit(self._read)

    def read(self, now: Particles, seed: int) -> dict[str, Array]:
        """Sums over particles: moments at the question, score distributions ahead, causes."""
        found = self._follow(now.x, now.member, jax.random.key(seed))
        return {name: np.asarray(value) for name, value in found.items()}

    def _read(self, x: Any, member: Any, key: Any) -> dict[str, Any]:
        found = ahead(self.model, x, member, key)
        true, parts = found["true"], found["parts"]
        error = rating_error(self.model, self.model.problem.own, member)
        edges = jnp.asarray(self.points[:-1] + 0.5)[:, None, None]
        below = ndtr((edges - true[None, 1:]) / error).mean(axis=-1)
        drug, context = parts[0], parts[1]
        together = drug + context
        share = jnp.where(together > 1e-6, drug / jnp.maximum(together, 1e-6), 0.0)
        return {
            "now": jnp.stack([true[0].mean(), (true[0] ** 2).mean()]),
            "below": below,
            "drug": jnp.stack([drug.mean(), (drug**2).mean()]),
            "context": jnp.stack([context.mean(), (context**2).mean()]),
            "share": jnp.stack([share.mean(), (share**2).mean()]),
            "responds": (person(self.model, x, member).em > 0).mean(),
        }


def answers(sums: list[dict[str, Array]], points: Array, cutoff: float) -> dict[str, float]:
    """Named numbers from the mean of several readings."""
    mean = {name: np.mean([s[name] for s in sums], axis=0) for name in sums[0]}
    found = spread("now", *mean["now"])
    for k, day in enumerate(AHEAD_D):
        cdf = np.append(mean["below"][:, k], 1.0)
        found |= distribution(f"+{day:g} d", cdf, points, cutoff)
    for name in ("drug", "context", "share"):
        found |= spread(name, *mean[name])
    found["responds"] = mean["responds"]
    return {name: float(value) for name, value in found.items()}
