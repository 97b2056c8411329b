"""Virtual trials of any size, in blocks, with exact summaries that stay small.

MADRS comes in whole points, so a histogram of 61 bins a visit holds the whole distribution:
a million patients need no more memory than a thousand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.population.parallel import Block, Progress, map_blocks
from reprieve.engine.trials.design import Design
from reprieve.engine.trials.outcomes import relapse_days
from reprieve.engine.trials.trial import ArmResult, elsewhere, run_trial

Counts = NDArray[np.int64]
POINTS = 61


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """Counts of one arm: `histogram` (visits, 61), `response` and `remission` (visits,), `change`
    and `change_sq` sums (visits,), `relapsed` by visit (visits,), `n`."""

    n: int
    histogram: Counts
    response: Counts
    remission: Counts
    change: Array
    change_sq: Array
    relapsed: Counts

    def plus(self, other: "ArmSummary") -> "ArmSummary":
        """Both together."""
        return ArmSummary(
            *(getattr(self, f) + getattr(other, f) for f in self.__dataclass_fields__)
        )

    def mean(self) -> Array:
        """(visits,) mean score."""
        return np.asarray(self.histogram @ np.arange(POINTS) / self.n)

    def quantile(self, q: float) -> Array:
        """(visits,) score at or below which a share q of patients lies."""
        return np.asarray((self.histogram.cumsum(axis=1) >= q * self.n).argmax(axis=1), float)

    def change_mean_sd(self) -> tuple[Array, Array]:
        """(visits,) mean and SD of the change from baseline."""
        mean = self.change / self.n
        return mean, np.sqrt(np.maximum(0.0, self.change_sq / self.n - mean**2))


@dataclass(frozen=True, slots=True)
class VirtualTrial:
    """Every arm of a design, summed over all patients."""

    design: Design
    n: int
    seed: int
    remission_at_most: float
    arms: Mapping[str, ArmSummary]


def virtual_trial(
    design: Design,
    ensemble: Ensemble,
    n: int,
    seed: int,
    remission_at_most: float = 10.0,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> VirtualTrial:
    """n patients in every arm.

    Each block of people is treated at another place under another member of the ensemble, so
    the whole holds doubt about parameters and trial-to-trial variation. Numbers depend on n and
    seed alone, not on cores or cluster.
    """
    work = partial(_block, design, ensemble, FormStimuli(), remission_at_most)
    made = map_blocks(work, n, 2000, seed, workers, cluster, progress)
    total = made[0]
    for part in made[1:]:
        total = {name: arm.plus(part[name]) for name, arm in total.items()}
    return VirtualTrial(design, n, seed, remission_at_most, total)


def _block(
    design: Design, ensemble: Ensemble, stimuli: FormStimuli, cut: float, block: Block
) -> dict[str, ArmSummary]:
    rng = block.rng()
    params = ensemble.member(int(rng.choice(len(ensemble), p=ensemble.weights)))
    setting = elsewhere(design, rng)
    uniform = np.clip(rng.random((len(block), mood.U_COLUMNS)), 1e-9, 1 - 1e-9)
    result = run_trial(design, params, uniform, int(rng.integers(2**31)), stimuli, setting)
    return {name: _summary(design, arm, cut) for name, arm in result.arms.items()}


def _summary(design: Design, arm: ArmResult, cut: float) -> ArmSummary:
    scores, base = arm.scores, arm.baseline[:, None]
    change = scores - base
    counts = [np.bincount(column.astype(int), minlength=POINTS) for column in scores.T]
    relapsed = np.zeros(scores.shape[1], int)
    if design.relapse:
        relapsed = (relapse_days(design, arm)[:, None] <= arm.visits_d).sum(axis=0)
    return ArmSummary(
        len(arm),
        np.array(counts),
        (scores <= 0.5 * base).sum(axis=0),
        (scores <= cut).sum(axis=0),
        change.sum(axis=0),
        (change**2).sum(axis=0),
        relapsed,
    )
