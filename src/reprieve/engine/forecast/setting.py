"""What a clinic's own finished courses teach about the clinic: its effects beside the average's.

Every trial, and so every clinic, has its own size of drug effect, context and shared care. How
likely a course is at a grid of such places can be read off the virtual people that explain it,
because a person's and a place's deviation add up. Likelihoods of courses multiply, so a clinic is
one row of sums: no course can be read back from it, and two clinics' rows can be added.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.special import logsumexp, ndtri

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.calibration.ensemble import ensemble as shipped
from reprieve.engine.cases.case import Case
from reprieve.engine.cases.checks import not_forecastable
from reprieve.engine.core import mood as core
from reprieve.engine.forecast.posterior import PARTICLES, Posterior, posterior
from reprieve.engine.forecast.traits import Place, factors
from reprieve.engine.mood.model import Array
from reprieve.engine.population.parallel import Block, Progress, map_blocks
from reprieve.errors import InputError

VERSION = 1
NODES = 512
FEWEST = 5  # courses: a sum over fewer says too much about each
LARGEST = 1_000_000  # bytes of a setting file


@dataclass(frozen=True, eq=False, slots=True)
class SettingEffects:
    """A clinic's summed log-likelihood at the nodes, and how many courses are in it.

    `ensemble` names the parameter sets that the sums belong to.
    """

    ensemble: str
    courses: int
    total: Array

    @property
    def place(self) -> Place:
        """The clinic's effects as a normal law, in SD between trials."""
        weight = np.exp(self.total - logsumexp(self.total))
        mean = weight @ nodes()
        away = nodes() - mean
        cov = (away * weight[:, None]).T @ away + 1e-3 * np.eye(3)
        a, b, c = (float(x) for x in mean)
        rows = [tuple(float(x) for x in row) for row in cov]
        return Place((a, b, c), ((*rows[0],), (*rows[1],), (*rows[2],)))  # type: ignore[arg-type]

    def plus(self, other: "SettingEffects") -> "SettingEffects":
        """Both clinics' courses, or one clinic's old and new ones.

        Raises
        ------
        InputError
            They belong to different ensembles.
        """
        if other.ensemble != self.ensemble:
            raise InputError(
                f"One setting belongs to ensemble {self.ensemble}, the other to "
                f"{other.ensemble}; learn both again with one version."
            )
        return SettingEffects(self.ensemble, self.courses + other.courses, self.total + other.total)

    def to_json(self) -> str:
        """The file's text: sums only."""
        found = {
            "version": VERSION,
            "ensemble": self.ensemble,
            "courses": self.courses,
            "mean": dict(zip(("drug", "context", "shared"), self.place.mean, strict=True)),
            "log_likelihood": [round(float(x), 4) for x in self.total],
        }
        return json.dumps(found, indent=1)

    @staticmethod
    def from_json(text: str) -> "SettingEffects":
        """A setting from what `to_json` wrote.

        Raises
        ------
        InputError
            It is no setting file of this version.
        """
        try:
            data = json.loads(text)
            if data["version"] != VERSION:
                raise InputError(f"Setting file version {data['version']}; expected {VERSION}.")
            total = np.asarray(data["log_likelihood"], float)
            found = SettingEffects(str(data["ensemble"]), int(data["courses"]), total)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise InputError(f"Not a setting file: {error}.") from error
        if total.shape != (NODES,) or not np.isfinite(total).all() or found.courses < FEWEST:
            raise InputError(
                f"A setting file holds {NODES} finite sums over at least {FEWEST} courses; this "
                f"one has {total.size} over {found.courses}."
            )
        return found


def read_setting(path: str | Path, ensemble: Ensemble | None = None) -> Place:
    """A clinic's effects from its file.

    Raises
    ------
    InputError
        The file cannot be read, or belongs to another ensemble.
    """
    try:
        if Path(path).stat().st_size > LARGEST:
            raise InputError(f"{path} is too large for a setting file.")
        found = SettingEffects.from_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Setting file {path} cannot be read: {error}.") from error
    name = ensemble_name(ensemble or shipped())
    if found.ensemble != name:
        raise InputError(
            f"Setting file {path} belongs to ensemble {found.ensemble}, this engine has {name}; "
            "learn the setting again from the clinic's cases."
        )
    return found.place


def ensemble_name(sets: Ensemble) -> str:
    """Date and evidence of an ensemble, short."""
    return f"{sets.header.get('date', 'unknown')}-{str(sets.header.get('evidence', ''))[:12]}"


@cache
def nodes() -> Array:
    """(512, 3) places, drawn evenly from the law of places: drug, context, shared, in SD."""
    from scipy.stats import qmc

    points = qmc.Sobol(3, scramble=True, seed=np.random.default_rng(20190305)).random(NODES)
    return np.asarray(ndtri(np.clip(points, 1e-6, 1 - 1e-6)))


def update_setting(
    cases: Iterable[Case],
    seed: int = 0,
    ensemble: Ensemble | None = None,
    progress: Progress | None = None,
    particles: int = PARTICLES,
    workers: int | None = None,
) -> SettingEffects:
    """What finished courses say about the place where they happened.

    Parameters
    ----------
    cases : of one clinic; those that allow no forecast are left out
    seed, ensemble, particles : as of a posterior
    workers : cores to use; all of them when None, and the same sums with any number

    Raises
    ------
    InputError
        Fewer than five usable courses.
    """
    sets, listed = ensemble or shipped(), list(cases)
    usable = [case for case in listed if not_forecastable(case) is None]
    if (count := len(usable)) < FEWEST:
        raise InputError(
            f"{count} usable courses; at least {FEWEST} are needed to learn about a place without "
            "saying too much about one person."
        )

    def one(block: Block) -> Array:
        post = posterior(usable[block.index], seed, particles=particles, ensemble=sets)
        return log_likelihood(post)

    learned = map_blocks(one, count, 1, seed, workers, progress=progress)
    return SettingEffects(ensemble_name(sets), count, np.sum(learned, axis=0))


def log_likelihood(post: Posterior) -> Array:
    """(512,) log-likelihood of one course at each place, but for a constant.

    A course is explained by sums of person and place. How much likelier the people found would
    be at another place is a ratio of normal laws; people on whom the drug has no effect tell
    nothing of the drug, so that dimension is left out for them.
    """
    prior, member = post.world.prior, post.tried.member
    low, mean, _, _ = factors(prior.members, Place(), prior.drug_shift, prior.context_shift)
    effects = mean[member] + np.einsum("nij,nj->ni", low[member], post.tried.z[:, :3])
    sets = prior.members
    own = np.stack([sets["we"], sets["wx"], sets["wh"]], axis=1)
    told = np.array([prior.drug_shift[1] ** 2, prior.context_shift[1] ** 2, 0.0])
    between = np.stack([sets["trial_drug"], sets["trial_context"], sets["trial_shared"]], axis=1)
    within, apart = (own**2 + told)[member], between[member]
    centre = mean[member]
    tells = np.ones_like(effects)
    tells[:, 0] = post.tried.patient[:, core.EM] > 0
    everywhere = -0.5 * (effects - centre) ** 2 / (within + apart**2)
    everywhere -= 0.5 * np.log(within + apart**2)
    constant = (tells * (-0.5 * np.log(within) - everywhere)).sum(axis=1)
    # at place s: -(e - a s)^2 / 2 w, opened so that people and places meet in two products
    away = effects - centre
    square = -0.5 * (tells * apart**2 / within) @ (nodes() ** 2).T
    linear = (tells * away * apart / within) @ nodes().T
    fixed = constant - 0.5 * (tells * away**2 / within).sum(axis=1)
    return np.asarray(logsumexp(fixed[:, None] + linear + square, axis=0, b=post.weights[:, None]))
