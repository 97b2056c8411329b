"""The numbers that are compared, by name, from either side's distributions."""

import numpy as np

from benchmarks.reference_posterior.problem import Array

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def spread(name: str, first: float, second: float) -> dict[str, float]:
    """Mean and SD from two moments."""
    return {f"{name} mean": first, f"{name} sd": float(np.sqrt(max(0.0, second - first**2)))}


def distribution(name: str, cdf: Array, points: Array, cutoff: float) -> dict[str, float]:
    """Mean, SD, quantiles and chance of at most the cut-off, of whole points.

    A quantile is read between points (each spread evenly over its unit), so that a difference
    is never all or nothing.
    """
    pmf = np.diff(cdf, prepend=0.0)
    mean = float(pmf @ points)
    found = spread(name, mean, float(pmf @ points**2))
    edges, mass = np.append(points[0] - 0.5, points + 0.5), np.append(0.0, cdf)
    for level in QUANTILES:
        found[f"{name} q{round(100 * level):02d}"] = float(np.interp(level, mass, edges))
    found[f"{name} half"] = float(cdf[int(np.searchsorted(points, cutoff))])
    return found
