"""A law of traits of several normals, for people whom one normal law describes badly.

Whom the drug moves and whom it does not are two groups with a gap between them, and a trait that
matters only when it is large has a long tail. A mixture follows both.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.core import people as people_core
from reprieve.engine.forecast.members import Index
from reprieve.engine.mood.model import Array

NORMALS = 6  # four for people whom the drug moves, two for the others
UNMOVED = 2
SHAPED_BY = 2048  # equally likely people behind the shape
ROUNDS = 8  # of expectation and maximisation
BORROWED = 15.0  # effective people's worth of the common shape in each normal's
WIDER, OPEN = 1.3, 0.005  # of each normal's variance, as for the single law
BROAD_SHARE, BROAD = 0.2, 2.0  # one normal more, around all: the tails between and beyond
GOLDEN = 0.6180339887498949  # multiples of it, modulo one, are even on every stretch


@dataclass(frozen=True, slots=True)
class Mixture:
    """Normal laws over traits mixed with the prior, and how often each parameter set is drawn.

    `centre` (c, k) and `factor` (c, k, k) of the normals, `share` (c + 1,) their shares and last
    the prior's; `chosen` and `usual` (m,) as of the single law.
    """

    centre: Array
    factor: Array
    share: Array
    chosen: Array
    usual: Array

    def draw(self, normal: Array) -> Array:
        """(n, k) traits from standard normals; each law's share of them lies even among all."""
        z, last = normal.copy(), len(self.share) - 1
        turn = (np.arange(len(normal)) * GOLDEN) % 1.0
        which = np.minimum(np.searchsorted(self.share.cumsum(), turn), last)
        for c in range(last):
            mine = which == c
            # no BLAS: its threads would cost more than they save
            z[mine] = self.centre[c] + np.einsum("nk,jk->nj", normal[mine], self.factor[c])
        return z

    def sets(self, uniform: Array) -> Index:
        """(n,) a parameter set for each uniform number."""
        found = np.searchsorted(self.chosen.cumsum(), uniform)
        return np.minimum(found, len(self.chosen) - 1).astype(np.int64)

    def log_ratio(self, z: Array, member: Index) -> Array:
        """(n,) log of prior over law, at z under those sets."""
        prior = -0.5 * (z**2).sum(axis=1)
        laws = [_log_normal(z, c, f) for c, f in zip(self.centre, self.factor, strict=True)]
        mixed = np.full(len(z), -np.inf)
        for law, share in zip([*laws, prior], self.share, strict=True):
            mixed = np.logaddexp(mixed, law + np.log(share))
        return np.asarray(prior - mixed + np.log(self.usual / self.chosen)[member])


def mixed(
    z: Array,
    moved: NDArray[np.bool_],
    weights: Array,
    defensive: float,
    chosen: Array,
    usual: Array,
) -> Mixture:
    """The mixture that follows weighted people.

    Parameters
    ----------
    z : (n, k) traits; weights : (n,) sum to one
    moved : (n,) whom the drug has an effect on
    defensive : the prior's share
    chosen, usual : (m,) how often each set is drawn, and the sets' own weights
    """
    at = (np.arange(SHAPED_BY) + 0.5) / SHAPED_BY
    rows = np.minimum(np.searchsorted(weights.cumsum(), at), len(z) - 1)
    people, effective = z[rows], 1.0 / float((weights**2).sum())
    centre, common = people_core.spread(people, np.full(SHAPED_BY, 1.0 / SHAPED_BY))
    belongs = _begun(people, moved[rows])
    for round_ in range(ROUNDS + 1):
        share, centres, cov = _shapes(people, belongs, common, effective)
        if round_ < ROUNDS:
            factor = np.asarray(np.linalg.cholesky(cov + OPEN * np.eye(z.shape[1])), float)
            belongs = _belonging(people, share, centres, factor)
    wide = np.concatenate([WIDER * cov, BROAD * common[None]]) + OPEN * np.eye(z.shape[1])
    own = (1.0 - defensive - BROAD_SHARE) * share
    return Mixture(
        np.concatenate([centres, centre[None]]),
        np.asarray(np.linalg.cholesky(wide)),
        np.array([*own, BROAD_SHARE, defensive]),
        chosen,
        usual,
    )


def _begun(people: Array, moved: NDArray[np.bool_]) -> Array:
    """(c, n) groups to begin with: by whether the drug acts, then by response to context."""
    belongs = np.zeros((NORMALS, len(people)))
    first = 0
    for who, count in ((moved, NORMALS - UNMOVED), (~moved, UNMOVED)):
        index = np.flatnonzero(who)
        order = index[np.argsort(people[index, people_core.CONTEXT], kind="stable")]
        for part in np.array_split(order, count):
            belongs[first, part] = 1.0
            first += 1
    return belongs


def _shapes(
    people: Array, belongs: Array, common: Array, effective: float
) -> tuple[Array, Array, Array]:
    """Shares (c,), centres (c, k) and covariances (c, k, k), the latter partly the common one."""
    share, centres, cov = [], [], []
    for mine in belongs:
        total = float(mine.sum()) + 1e-9
        centre, own = people_core.spread(people, mine / total)
        part = total / len(people)
        lent = BORROWED / (BORROWED + part * effective)
        share.append(part)
        centres.append(centre)
        cov.append((1.0 - lent) * own + lent * common)
    return np.array(share) / sum(share), np.array(centres), np.array(cov)


def _belonging(people: Array, share: Array, centre: Array, factor: Array) -> Array:
    """(c, n) probability of each group, for each person."""
    log = np.array([_log_normal(people, c, f) for c, f in zip(centre, factor, strict=True)])
    log += np.log(share)[:, None]
    found = np.exp(log - log.max(axis=0))
    return np.asarray(found / found.sum(axis=0))


def _log_normal(z: Array, centre: Array, factor: Array) -> Array:
    """(n,) log density but for a constant that all laws have."""
    squares = people_core.squares(z, centre, np.linalg.inv(factor))[:, 1]
    return np.asarray(-0.5 * squares - np.log(np.diag(factor)).sum())
