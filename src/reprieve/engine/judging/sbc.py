"""Simulation-based calibration: is a forecast's doubt the right amount of doubt?

A patient drawn from the prior is as likely to lie at one place of their own posterior as at any
other (Talts and others 2018). So the places of many simulated patients are level, whatever is
asked of them; a wrong likelihood, prior or sampler bends them. Quantities with a point mass (no
drug effect at all) take a random place within it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, kolmogorov, ndtr

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.checks import not_forecastable
from reprieve.engine.core import filter as scores_core
from reprieve.engine.core import mood as core
from reprieve.engine.forecast.posterior import PARTICLES, Posterior
from reprieve.engine.judging.measures import Judged
from reprieve.engine.judging.scores import MODEL, Question, Scores, gathered
from reprieve.engine.judging.scoring import Settings, posterior_of, question
from reprieve.engine.judging.situations import SITUATIONS, Simulated, simulate_case
from reprieve.engine.patient import Array
from reprieve.engine.population.parallel import Block, Progress, map_blocks

BINS, LEAST = 20, 10  # at most so many bins, on average at least so many patients in each
BLOCK = 10  # patients
SEEDS = 16  # different quasi-random draws, so that theirs is not one shared chance
NEXT_SCORE = "next observed score"
ORDER = (
    "drug effect, lasting",
    "decay time of plasticity",
    "baseline",
    "shared care, in the end",
    "drug effect at the question",
    "context at the question",
    "true score at the question",
    NEXT_SCORE,
)


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where the truth of n patients lies in their posteriors, for one quantity.

    `counts` (bins,); `p_bins` of a chi-square test of level bins, `p_curve` of a Kolmogorov test
    of the whole curve, `furthest` its largest distance from the diagonal.
    """

    quantity: str
    n: int
    counts: tuple[int, ...]
    p_bins: float
    p_curve: float
    furthest: float

    @property
    def p(self) -> float:
        """The smaller of the two, doubled."""
        return min(1.0, 2.0 * min(self.p_bins, self.p_curve))


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """Simulated patients of one situation: `scores` of all their later scores, and `ranks`."""

    situation: str
    asked: int
    scores: Scores
    ranks: tuple[Ranks, ...]


def calibrate(
    situation: str,
    n: int,
    seed: int,
    *,
    particles: int = PARTICLES,
    ensemble: Ensemble | None = None,
    compare: bool = True,
    error_scale: float = 1.0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Simulate n patients of a situation, forecast each, and compare with the truth.

    Parameters
    ----------
    compare : whether the baselines are asked too
    error_scale : factor on the rating error of the patients; other than 1 the forecast's
        likelihood is wrong, and the result should say so
    """
    place = list(SITUATIONS).index(situation)

    def several(block: Block) -> list[tuple[Scores, Mapping[str, float]]]:
        return [one(k) for k in range(block.start, block.stop)]

    def one(k: int) -> tuple[Scores, Mapping[str, float]]:
        rng = np.random.default_rng([seed, place, k])
        name = f"{situation}-{k}"
        person = simulate_case(situation, rng, ensemble, name=name, error_scale=error_scale)
        settings = Settings(seed + k % SEEDS, particles, ensemble, compare)
        return examine(person, settings, rng)

    found = map_blocks(several, n, BLOCK, seed, workers, progress=progress)
    rows = [row for part in found for row in part]
    placed = [places for _, places in rows if places]
    ranks = [rank(q, np.array([p[q] for p in placed])) for q in ORDER if placed]
    return Calibration(situation, n, gathered([s for s, _ in rows]), tuple(ranks))


def examine(
    person: Simulated, settings: Settings, rng: np.random.Generator
) -> tuple[Scores, Mapping[str, float]]:
    """One simulated patient: the scores that came, and the place of each true quantity."""
    why = not_forecastable(person.case)
    if why is not None:
        return Scores((), {why[0]: 1}), {}
    post = posterior_of(person.case, settings)
    made, elsewhere = question(person.record, post, settings)
    places = places_of(post, person.truth.values, rng)
    places[NEXT_SCORE] = _next_place(made, rng)
    return Scores((made,), {}, elsewhere), places


def _next_place(made: Question, rng: np.random.Generator) -> float:
    """Randomised place of the next observed score in its predictive distribution."""
    judged: Judged = made.judged[MODEL]
    return float(judged.below[0] + rng.random() * (judged.upto[0] - judged.below[0]))


def places_of(
    post: Posterior, truth: Mapping[str, float], rng: np.random.Generator
) -> dict[str, float]:
    """Place, 0 to 1, of each true value in the posterior."""
    tried, w = post.tried, post.weights
    latent = tried.parts.sum(axis=1) + tried.mean[:, : scores_core.OFFSET].sum(axis=1)
    own = tried.cov[:, : scores_core.OFFSET, : scores_core.OFFSET].sum(axis=(1, 2))
    base = tried.mean[:, scores_core.BASE], tried.cov[:, scores_core.BASE, scores_core.BASE]
    drawn = {
        "drug effect, lasting": tried.patient[:, core.EM],
        "decay time of plasticity": tried.patient[:, core.TAUP],
        "shared care, in the end": tried.patient[:, core.H],
        "drug effect at the question": -tried.parts[:, core.DRUG],
        "context at the question": -tried.parts[:, core.CONTEXT],
    }
    found = {q: _place(values, w, truth[q], rng) for q, values in drawn.items()}
    for q, (mean, variance) in {
        "baseline": base,
        "true score at the question": (latent, own),
    }.items():
        found[q] = float(w @ ndtr((truth[q] - mean) / np.sqrt(np.maximum(variance, 1e-12))))
    return found


def _place(values: Array, weights: Array, truth: float, rng: np.random.Generator) -> float:
    """Weight below the truth, and a random share of the weight at it."""
    below, at = weights[values < truth].sum(), weights[values == truth].sum()
    return float(np.clip(below + rng.random() * at, 0.0, 1.0))


def rank(quantity: str, places: Array) -> Ranks:
    """Tests of whether places (n,) in 0 to 1 are level."""
    n = len(places)
    bins = int(np.clip(n // LEAST, 2, BINS))
    counts = np.histogram(places, bins, (0.0, 1.0))[0]
    expected = n / bins
    chi2 = float(((counts - expected) ** 2).sum() / expected)
    ordered, steps = np.sort(places), np.arange(n + 1) / n
    furthest = float(max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max()))
    p_curve = float(kolmogorov((np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n)) * furthest))
    p_bins = float(chdtrc(bins - 1, chi2))
    return Ranks(quantity, n, tuple(counts.tolist()), p_bins, p_curve, furthest)


def level(ranks: Sequence[Ranks], chance: float = 0.01) -> bool:
    """Whether all quantities are level; `chance` of a false alarm among them (Bonferroni)."""
    return all(r.p * len(ranks) >= chance for r in ranks)
