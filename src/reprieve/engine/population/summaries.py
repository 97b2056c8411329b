"""What is kept of many people: counts in fixed bins and sums, never the people themselves.

Bins are fixed before the first person comes, so summaries of blocks add up in any number, and a
million people take the memory of a thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bins:
    """Equal bins from `low` to `high`, on a log scale if so; what lies outside is clipped.

    `whole` bins hold one whole number each, in their middle.
    """

    low: float
    high: float
    count: int
    log: bool = False
    whole: bool = False

    @classmethod
    def of_whole(cls, low: int, high: int) -> "Bins":
        """One bin for each whole number."""
        return cls(low - 0.5, high + 0.5, high - low + 1, whole=True)

    def place(self, values: Array) -> Counts:
        """Bin number of each value."""
        at = np.log(np.maximum(values, self.low)) if self.log else values
        start, stop = self._ends()
        return np.clip((at - start) * (self.count / (stop - start)), 0, self.count - 1).astype(int)

    def edges(self) -> Array:
        """(count + 1,) borders of the bins."""
        start, stop = self._ends()
        edges = np.linspace(start, stop, self.count + 1)
        return np.exp(edges) if self.log else edges

    def _ends(self) -> tuple[float, float]:
        return (np.log(self.low), np.log(self.high)) if self.log else (self.low, self.high)


@dataclass(slots=True)
class Spread:
    """The distribution of k quantities over people: sums, squares and counts in bins."""

    bins: Bins
    n: int
    total: Array
    square: Array
    counts: Counts

    @classmethod
    def of(cls, values: Array, bins: Bins) -> "Spread":
        """From values (n, k), or (n,) for one quantity."""
        columns = values[:, None] if values.ndim == 1 else values
        k = columns.shape[1]
        flat = bins.place(columns) + bins.count * np.arange(k)
        counts = np.bincount(flat.ravel(), minlength=k * bins.count).reshape(k, bins.count)
        # squares about the values' own mean, so that little is lost to rounding
        mean = columns.mean(axis=0)
        square = ((columns - mean) ** 2).sum(axis=0)
        return cls(bins, len(columns), columns.sum(axis=0), square, counts)

    def add(self, other: "Spread") -> None:
        """Take in other people (Chan's update of the squares)."""
        apart = other.total / other.n - self.total / self.n
        self.square = (
            self.square + other.square + apart**2 * (self.n * other.n / (self.n + other.n))
        )
        self.n += other.n
        self.total = self.total + other.total
        self.counts = self.counts + other.counts

    @property
    def mean(self) -> Array:
        """(k,)"""
        return self.total / self.n

    @property
    def sd(self) -> Array:
        """(k,) of the sample; 0 for one person."""
        return np.sqrt(self.square / max(self.n - 1, 1))

    def quantile(self, q: float) -> Array:
        """(k,) the value below which a share q of people lies, linear within a bin.

        Of whole numbers, the least at or below which that share lies.
        """
        edges = self.bins.edges()
        below = np.concatenate(
            [np.zeros((len(self.counts), 1)), self.counts.cumsum(axis=1)], axis=1
        )
        found = np.empty(len(self.counts))
        for j, row in enumerate(below):
            aim = q * self.n
            b = int(np.clip(np.searchsorted(row, aim, side="left") - 1, 0, self.bins.count - 1))
            inside = self.counts[j, b]
            share = (aim - row[b]) / inside if inside else 0.0
            share = 0.5 if self.bins.whole else share
            found[j] = edges[b] + share * (edges[b + 1] - edges[b])
        return found


@dataclass(slots=True)
class Tally:
    """Named spreads and named sums of one block of people, or of many blocks together."""

    n: int
    spreads: dict[str, Spread] = field(default_factory=dict)
    sums: dict[str, Array] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Take in another block with the same names."""
        self.n += other.n
        for name, spread in other.spreads.items():
            self.spreads[name].add(spread)
        for name, values in other.sums.items():
            self.sums[name] = self.sums[name] + values

    def share(self, name: str) -> Array:
        """A sum over people as a share of them."""
        return self.sums[name] / self.n


def weighted_quantiles(values: Array, weights: Array, levels: Sequence[float]) -> Array:
    """(levels, k) quantiles of weighted columns (n, k); weights (n,) sum to one."""
    out = np.empty((len(levels), values.shape[1]))
    for k, column in enumerate(values.T):
        order = np.argsort(column, kind="stable")
        cumulative = np.cumsum(weights[order])
        at = np.minimum(np.searchsorted(cumulative, levels), len(column) - 1)
        out[:, k] = column[order][at]
    return out
