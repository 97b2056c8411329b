"""The score filter beside integrals that need no filter."""

import numpy as np
import pytest
from scipy.special import ndtr

from reprieve.engine.core import filter as scores_core
from reprieve.engine.mood.model import Array

# SD and days of the slow and the fast fluctuation, rating error, entrants' reading and its SD
CONSTANT = np.array([[0.35, 40.0, 0.3, 3.0, 2.5, 2.0, 1.5]])
BASE = np.array([0.55, 0.8**2])
NODES, MASS = np.polynomial.hermite_e.hermegauss(121)
MASS = MASS / MASS.sum()


def filtered(score: Array, latent: Array) -> tuple[float, float, float]:
    """Log-probability of all scores, mean and variance of the latent score at the last of them."""
    scale, table = np.array([[-1.0, 0.0, 0.0, 60.0, -1.0]]), np.linspace(0.0, 60.0, 241)[None]
    mean, cov = np.empty((1, 3)), np.empty((1, 3, 3))
    news, foretold = np.empty((1, len(score))), np.empty((1, len(score)))
    scores_core.believe(
        latent[None], np.zeros(1, np.int64), CONSTANT, BASE, score, scale, table,
        float(max(score[-1, 0], 0.0)), mean, cov, news, foretold,
    )  # fmt: skip
    return float(news.sum()), float(mean.sum() + latent[-1]), float(cov.sum())


def integrated(score: Array, latent: Array) -> tuple[float, float, float]:
    """The same of two scores, by quadrature over both latent scores at once.

    Fluctuations are those of entrants on day 0 and run from there both ways.
    """
    days = np.append(score[:, 0], 0.0)
    centre, cov = np.full(2, BASE[0]), np.full((2, 2), BASE[1])
    sw, tw, sv, tv, error, told, doubt = CONSTANT[0]
    for sd, tau in ((sw, tw), (sv, tv)):
        law = sd**2 * np.exp(-np.abs(days[:, None] - days) / tau)
        gain = law[:, 2] / (law[2, 2] + (sd * doubt) ** 2)
        centre = centre + (gain * sd * told)[:2]
        cov = cov + (law - np.outer(gain, law[2]))[:2, :2]
    low = np.linalg.cholesky(cov)
    a, b = np.meshgrid(NODES, NODES, indexing="ij")
    y = [latent[0] + centre[0] + low[0, 0] * a]
    y.append(latent[1] + centre[1] + low[1, 0] * a + low[1, 1] * b)
    mass = np.outer(MASS, MASS)
    for k in range(2):
        true, value = 60 / (1 + np.exp(-y[k])), score[k, 1]
        mass = mass * (ndtr((value + 0.5 - true) / error) - ndtr((value - 0.5 - true) / error))
    mean = (mass * y[1]).sum() / mass.sum()
    return (
        float(np.log(mass.sum())),
        float(mean),
        float((mass * (y[1] - mean) ** 2).sum() / mass.sum()),
    )


@pytest.mark.parametrize("values", [(56, 54), (58, 57), (30, 27), (35, 3), (14, 6)])
@pytest.mark.parametrize("days", [(-2, 9), (1, 9)])
@pytest.mark.parametrize("effect", [0.3, -0.5])
def test_two_scores_are_as_likely_as_an_integral_says(
    values: tuple[int, int], days: tuple[int, int], effect: float
) -> None:
    """Near the ends of MADRS and in its middle, before the first dose and after it."""
    score = np.array([(d, v, 0) for d, v in zip(days, values, strict=True)], float)
    latent = np.array([0.0, effect])
    news, mean, variance = filtered(score, latent)
    exact, middle, wide = integrated(score, latent)
    assert news == pytest.approx(exact, abs=0.25)
    assert mean == pytest.approx(middle, abs=0.1 * np.sqrt(wide))
    assert variance == pytest.approx(wide, rel=0.2)


def test_scores_before_treatment_are_those_of_somebody_who_enters() -> None:
    """Two scores of people known to begin treatment later, as likely as the integral says."""
    for values in ((56, 54), (30, 27), (45, 40)):
        score = np.array([(-3, values[0], 0), (-1, values[1], 0)], float)
        exact = integrated(score, np.zeros(2))[0]
        assert filtered(score, np.zeros(2))[0] == pytest.approx(exact, abs=0.05)


def test_a_score_that_nobody_like_this_could_have_leaves_belief_in_order() -> None:
    score = np.array([(-1, 50, 0), (1, 1, 0), (2, 59, 0)], float)
    news, mean, variance = filtered(score, np.array([0.0, 4.0, -6.0]))
    assert -2000 < news < -20
    assert np.isfinite(mean)
    assert variance > 0
