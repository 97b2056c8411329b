"""Many particles from the prior to the posterior, moved without gradients at every temperature.

A relapse makes the density jump, so nothing here differentiates it. Particles start as draws of
the prior, scores come in gradually (power `beta` of their probability), and between the steps
each particle takes Metropolis moves: differences of two other particles (ter Braak 2006) on all
or some coordinates, shrinking moves that keep the prior, fresh draws of a few traits, and another
parameter set. Between those, baseline, offsets and fluctuation move alone, for which nobody has
to live through the past again. Every move leaves the target unchanged, so any error is chance or
too few moves: independent runs show both.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.reference_posterior.model import Model, course, log_scores

KEPT = 0.6  # effective share of particles from one temperature to the next
SWEEPS = 5  # in one compiled call
CHEAP = 3  # moves of what needs no new course, in one sweep
DE_ALL, DE_SOME, SHRINK, FRESH, MEMBER = range(5)
SHARES = (0.3, 0.25, 0.1, 0.2, 0.15)


@dataclass(slots=True)
class Particles:
    """Coordinates x (dims, n), sets `member` (n,), course (days, n), log-probability (n,)."""

    x: Any
    member: Any
    latent: Any
    log: Any


class Sampler:
    """Compiled moves of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.weight = jnp.asarray(model.problem.weight)
        self.dims = len(model.coordinates.names)
        self.scores = jax.jit(self._scores)
        self.moved = jax.jit(self._moved)

    def run(self, n: int, seed: int, settle: int, keep: int, every: int) -> list[Particles]:
        """`keep` snapshots, `every` calls of `SWEEPS` apart, after `settle` calls at the end."""
        key = jax.random.key(seed)
        key, a, b = jax.random.split(key, 3)
        x = jax.random.normal(a, (self.dims, n))
        member = jax.random.choice(b, len(self.weight), (n,), p=self.weight)
        latent, log = self.scores(x, member)
        now, beta = Particles(x, member, latent, log), 0.0
        rng = np.random.default_rng(seed)
        while beta < 1.0:
            step = _step(np.asarray(now.log), 1.0 - beta)
            beta += step
            now = _resampled(now, step, rng)
            calls = 2 if beta < 1.0 else settle
            for _ in range(calls):
                key, one = jax.random.split(key)
                now = self._call(one, now, beta)
        kept = []
        for _ in range(keep):
            for _ in range(every):
                key, one = jax.random.split(key)
                now = self._call(one, now, 1.0)
            kept.append(now)
        return kept

    def _call(self, key: Any, now: Particles, beta: float) -> Particles:
        return Particles(*self.moved(key, now.x, now.member, now.latent, now.log, beta))

    def _scores(self, x: Any, member: Any) -> tuple[Any, Any]:
        latent = course(self.model, x, member)
        return latent, log_scores(self.model, latent, x, member)

    def _moved(self, key: Any, x: Any, member: Any, latent: Any, log: Any, beta: Any) -> Any:
        def sweep(carry: Any, key: Any) -> Any:
            order = jax.random.permutation(key, carry[0].shape[1])
            carry = tuple(a[..., order] for a in carry)
            half = carry[0].shape[1] // 2
            one, two = tuple(a[..., :half] for a in carry), tuple(a[..., half:] for a in carry)
            keys = jax.random.split(key, 2 + CHEAP)
            one = self._whole(keys[0], one, two[0], beta)
            two = self._whole(keys[1], two, one[0], beta)

            def cheap(pair: Any, key: Any) -> Any:
                (one, two), (a, b) = pair, jax.random.split(key)
                one = self._alone(a, one, two[0], beta)
                return (one, self._alone(b, two, one[0], beta)), None

            one, two = jax.lax.scan(cheap, (one, two), keys[2:])[0]
            joined = [jnp.concatenate(pair, axis=-1) for pair in zip(one, two, strict=True)]
            return tuple(joined), None

        return jax.lax.scan(sweep, (x, member, latent, log), jax.random.split(key, SWEEPS))[0]

    def _whole(self, key: Any, those: Any, donors: Any, beta: Any) -> Any:
        """One move of anything, with a new course."""
        x, member, _, log = those
        d, n = x.shape
        keys = jax.random.split(key, 5)
        kind = jax.random.choice(keys[0], len(SHARES), (n,), p=jnp.array(SHARES))
        traits = jnp.arange(d)[:, None] < self.model.coordinates.traits
        moved = _differences(keys[1], x, donors, jnp.where(kind == DE_SOME, 0.3, 1.0))
        ka, kb, kc = jax.random.split(keys[2], 3)
        keep = jnp.cos(1.5 * jax.random.uniform(ka, (n,)) ** 2)
        normal = jax.random.normal(kb, x.shape)
        shrunk = keep * x + jnp.sqrt(1 - keep**2) * normal
        few = traits & (jax.random.uniform(kc, x.shape) < 2.0 / self.model.coordinates.traits)
        by_kind = [moved, moved, shrunk, jnp.where(few, normal, x), x]
        new = jnp.select([kind == k for k in range(5)], by_kind)
        drawn = jax.random.choice(keys[3], len(self.weight), (n,), p=self.weight)
        changed = jnp.where(kind == MEMBER, drawn, member)
        its_latent, its_log = self._scores(new, changed)
        odds = beta * (its_log - log)
        prior = 0.5 * ((x**2).sum(0) - (new**2).sum(0))
        odds += jnp.where((kind == DE_ALL) | (kind == DE_SOME), prior, 0.0)
        yes = jnp.log(jax.random.uniform(keys[4], (n,))) < odds
        made = (new, changed, its_latent, its_log)
        return tuple(jnp.where(yes, a, b) for a, b in zip(made, those, strict=True))

    def _alone(self, key: Any, those: Any, donors: Any, beta: Any) -> Any:
        """One move of baseline, offsets and fluctuation; the course stays."""
        x, member, latent, log = those
        ka, kb, kc = jax.random.split(key, 3)
        free = jnp.arange(x.shape[0])[:, None] >= self.model.coordinates.traits
        share = jnp.where(jax.random.uniform(kc, x.shape[1:]) < 0.5, 1.0, 0.4)
        new = jnp.where(free, _differences(ka, x, donors, share, free), x)
        its_log = log_scores(self.model, latent, new, member)
        odds = beta * (its_log - log) + 0.5 * ((x**2).sum(0) - (new**2).sum(0))
        yes = jnp.log(jax.random.uniform(kb, x.shape[1:])) < odds
        return (jnp.where(yes, new, x), member, latent, jnp.where(yes, its_log, log))


def _differences(key: Any, x: Any, donors: Any, share: Any, free: Any = True) -> Any:
    """x plus a multiple of the difference of two donors, on a random `share` of coordinates."""
    n = x.shape[1]
    ka, kb, kc, kd, ke = jax.random.split(key, 5)
    first = jax.random.randint(ka, (n,), 0, donors.shape[1])
    other = (first + jax.random.randint(kb, (n,), 1, donors.shape[1])) % donors.shape[1]
    some = (jax.random.uniform(kc, x.shape) < share) & free
    count = jnp.maximum(some.sum(0), 1)
    ke, kf = jax.random.split(ke)
    scale = 2.38 / jnp.sqrt(2.0 * count) * jnp.exp(0.6 * jax.random.normal(kd, (n,)) - 0.2)
    # now and then a whole difference: from one bunch of particles to another
    scale = jnp.where(jax.random.uniform(ke, (n,)) < 0.1, 1.0, scale)
    step = scale * (donors[:, first] - donors[:, other]) + 1e-4 * jax.random.normal(kf, x.shape)
    return x + jnp.where(some, step, 0.0)


def _step(log: Any, most: float) -> float:
    """How much more of the scores' probability leaves enough particles that count."""

    def effective(step: float) -> float:
        weight = np.exp(step * (log - log.max()))
        return float(weight.sum() ** 2 / (weight**2).sum() / len(log))

    if effective(most) >= KEPT:
        return most
    low, high = 0.0, most
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective(middle) >= KEPT else (low, middle)
    return low


def _resampled(now: Particles, step: float, rng: np.random.Generator) -> Particles:
    log = np.asarray(now.log)
    weight = np.exp(step * (log - log.max()))
    n = len(log)
    at = (np.arange(n) + rng.random()) / n
    rows = np.minimum(np.searchsorted(np.cumsum(weight) / weight.sum(), at), n - 1)
    return Particles(now.x[:, rows], now.member[rows], now.latent[:, rows], now.log[rows])
