"""This patient among all possible ones: virtual people weighted by how well they fit the scores.

Traits are searched by importance sampling: a few rounds on a tempered likelihood move and shape
a normal law over the traits' plain space until draws from it and the posterior overlap, then
the people who count are drawn from it (one in twenty from the population itself, whatever the
scores say). Where too few of them count, or chance would still move a mean score, more are drawn
from mixtures of normals and all that were drawn are weighted together. Baseline, fluctuation and
personal offsets are not drawn but integrated out by the filter. Draws are quasi-random and the
same for a seed, so answers neither flicker nor depend on the machine.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.calibration.ensemble import ensemble as shipped
from reprieve.engine.cases.case import Case
from reprieve.engine.core import arms
from reprieve.engine.core import filter as scores_core
from reprieve.engine.core import mood as core
from reprieve.engine.core import people as people_core
from reprieve.engine.forecast import traits
from reprieve.engine.forecast.members import Index, Members, members
from reprieve.engine.forecast.mixture import Mixture, mixed
from reprieve.engine.forecast.rules import Rules, rules
from reprieve.engine.forecast.timeline import Timeline, event_tables, on_day, timeline
from reprieve.engine.forecast.traits import DIMS, Place, Prior
from reprieve.engine.mood.instruments import FINE
from reprieve.engine.mood.model import MADRS_MAX, Array
from reprieve.engine.mood.predictors import CONTEXT, DRUG, shift_prior
from reprieve.engine.mood.stimuli import quantiles
from reprieve.engine.patient import Patient
from reprieve.engine.trials.design import Course, Form, Sitting

PARTICLES = 4096
FOLLOWED = 1280  # equally likely people that stand for all when a plan is followed
PILOT = 1024
BODIES = 512  # behind the law of a session's stimulus: within 1 % of that of many
MOST_ROUNDS = 12
PILOT_SHARE = 0.15  # of the pilot's people must count before the law is taken as found
FEWEST = 500  # people who must count, else bands are called rough
STEADY = 0.22  # points: error of a mean score if draws were random; even ones halve it
MOST_STEADY, MOST_PARTICLES = 8192, 36864
SHAKY = 0.25  # points: beyond it more are drawn from mixtures, until that error is STEADY
AMPLE = 1000  # people who must count, else likewise: a probability errs by less than 0.016
LEAST = 2  # mixtures: the first is shaped by the few whom the single law found
WIDER = 1.1  # variance of the law beyond the weighted one: its tails must cover the posterior's
OPEN = 0.005  # variance added in every direction
MOST_WORK = 2_000_000  # people times scores, beyond which no more people are drawn


@dataclass(frozen=True, eq=False, slots=True)
class World:
    """What is fixed while people are searched: the case's past and rules, the sets, the prior."""

    line: Timeline
    sets: Members
    prior: Prior
    kinetics: Patient
    constants: Array
    rule: Rules


@dataclass(frozen=True, eq=False, slots=True)
class Tried:
    """People who lived through the case's past.

    `z` (n, DIMS), `member` (n,), `patient` (n, 11), `amplitude` (n, k), `state` (n, 33) of the
    mood kernel and `mean` (n, dims), `cov` (n, dims, dims) of the score filter at the question;
    `parts` (n, 6) latent; `seen` (n, scores) latent score of each rating without
    baseline and fluctuation; `news`, `foretold` (n, scores) of the filter.
    """

    z: Array
    member: Index
    patient: Array
    amplitude: Array
    state: Array
    parts: Array
    seen: Array
    mean: Array
    cov: Array
    news: Array
    foretold: Array

    @property
    def log_likelihood(self) -> Array:
        """(n,) log-probability of every score."""
        return np.asarray(self.news.sum(axis=1))


@dataclass(frozen=True, slots=True)
class Law:
    """A normal law over traits mixed with the prior, and how often each parameter set is drawn.

    `chosen` (m,) sums to one; `usual` (m,) are the sets' own weights.

    Products are kernels of our own: threads of a BLAS would cost more than they save, and fight
    with other processes on a busy machine.
    """

    centre: Array
    factor: Array
    defensive: float
    chosen: Array
    usual: Array

    def draw(self, normal: Array) -> Array:
        """(n, DIMS) traits from standard normals; every so many-th stays the population's."""
        z = np.empty(normal.shape)
        people_core.draw(normal, self.centre, self.factor, round(1 / self.defensive), z)
        return z

    def sets(self, uniform: Array) -> Index:
        """(n,) a parameter set for each uniform number."""
        found = np.searchsorted(self.chosen.cumsum(), uniform)
        return np.minimum(found, len(self.chosen) - 1).astype(np.int64)

    def log_ratio(self, z: Array, member: Index) -> Array:
        """(n,) log of prior over law, at z under those sets."""
        prior, law = -0.5 * people_core.squares(z, self.centre, np.linalg.inv(self.factor)).T
        law = law - np.log(np.diag(self.factor)).sum()
        share = self.defensive
        mixed = np.logaddexp(np.log1p(-share) + law, np.log(share) + prior)
        return np.asarray(prior - mixed + np.log(self.usual / self.chosen)[member])


@dataclass(frozen=True, eq=False, slots=True)
class Posterior:
    """The people who count, with their weights (n,), which sum to one.

    `ess` is the effective number of them; `rounds` how often the search was sharpened.
    """

    case: Case
    world: World
    tried: Tried
    weights: Array
    ess: float
    rounds: int
    seed: int

    @property
    def asked_at(self) -> float:
        """Day of the question on the case's clock."""
        return self.case.asked_at

    @property
    def n(self) -> int:
        """How many people were drawn."""
        return len(self.weights)

    @property
    def line(self) -> Timeline:
        """The case's past."""
        return self.world.line

    @property
    def awareness(self) -> str:
        """What the person knows of what is given."""
        return self.world.line.awareness

    @property
    def form(self) -> Form | None:
        """The active session given last, or else the first one planned."""
        done = [s.form for s in self.line.given if s.form]
        planned = [s.form for s in self.plan_sittings() if s.form]
        return done[-1] if done else planned[0] if planned else None

    def plan_sittings(self) -> tuple[Sitting, ...]:
        """The planned sessions, on the case's clock."""
        if self.case.planned is None:
            return ()
        return tuple(on_day(self.case.planned, self.case.plan_day, self.awareness))

    def before(self, k: int) -> Array:
        """(n,) weights that know of the scores before the k-th only."""
        log = np.log(np.maximum(self.weights, 1e-300)) - self.tried.news[:, k:].sum(axis=1)
        return _normal(log)[0]

    def followed(self) -> "Posterior":
        """The equally likely people who stand for all when plans are followed."""
        if self.n <= PARTICLES:
            return self.subset(min(self.n, FOLLOWED))
        return self.subset(FOLLOWED * (2 if self.n <= MOST_STEADY else 4))

    def subset(self, count: int) -> "Posterior":
        """As many equally likely people, see `rows`."""
        return self.only(self.rows(count))

    def only(self, rows: Index) -> "Posterior":
        """These people, equally likely."""
        count = len(rows)
        equal = np.full(count, 1.0 / count)
        return replace(self, tried=_rows(self.tried, rows), weights=equal)

    def rows(self, count: int) -> Index:
        """(count,) people drawn systematically by weight, in rising order.

        They are drawn in order of where they are heading, so that few stand evenly for many.
        """
        key = self.tried.mean[:, scores_core.BASE] + self.tried.parts.sum(axis=1) / 2
        order = np.argsort(key - self.tried.patient[:, core.H], kind="stable")
        at = (np.arange(count) + 0.5) / count
        place = np.searchsorted(self.weights[order].cumsum(), at)
        return np.sort(order[np.minimum(place, self.n - 1)])


def posterior(
    case: Case,
    seed: int,
    *,
    particles: int = PARTICLES,
    ensemble: Ensemble | None = None,
    place: Place | None = None,
) -> Posterior:
    """Virtual people like the one of a case, weighted by what its scores say.

    Parameters
    ----------
    case : as known at its question
    seed : of the quasi-random draws
    particles : people drawn at first; more when too few of them count, and (from the default
        number on) when chance would move a mean score too far
    ensemble : parameter sets; those shipped when None
    place : what is known of the effects of the place of treatment
    """
    world = _world(case, ensemble or shipped(), place or Place())
    law, rounds = _search(world, seed)
    most = min(MOST_PARTICLES, MOST_WORK // max(len(world.line.score), 1))
    steady, ample = particles >= PARTICLES, min(AMPLE, particles / 4)
    tried, log = _weigh(world, law, particles, seed)
    weights, ess = _normal(log)
    needed = _spread(world, tried, weights) / STEADY**2 if steady else 0.0
    if ample <= ess < needed and 2 * particles <= min(MOST_STEADY, most):
        particles *= 2
        tried, log = _weigh(world, law, particles, seed)
        weights, ess = _normal(log)
    shaky = ess < ample or (steady and _error(world, tried, weights) > SHAKY)
    if law is not None and shaky:
        pool = _Pool(world, [law], tried, np.log(particles) - (log - tried.log_likelihood))
        pool, more = _pooled(pool, seed, min(particles, PARTICLES), most)
        order = np.argsort(pool.tried.member, kind="stable")  # as kernels and `draws` have them
        tried, rounds = _rows(pool.tried, order), rounds + more
        weights, ess = _normal(pool.log[order])
    return Posterior(case, world, tried, weights, ess, rounds, seed)


@dataclass(frozen=True, eq=False, slots=True)
class _Pool:
    """People drawn from several laws, weighted as draws from the mixture of all of them.

    `density` (n,) is the log of how many people the laws would put there, over the prior. All
    laws but the first have given the same number of people.
    """

    world: World
    laws: list[Law | Mixture]
    tried: Tried
    density: Array

    @property
    def log(self) -> Array:
        """(n,) log-weights, but for a constant."""
        return np.asarray(self.tried.log_likelihood - self.density)

    def plus(self, law: Mixture, n: int, seed: int) -> "_Pool":
        """With n people more, drawn from that law."""
        fresh, log = _weigh(self.world, law, n, seed)
        count, first = np.log(n), len(self.tried.z) - n * (len(self.laws) - 1)
        old = np.logaddexp(self.density, count - law.log_ratio(self.tried.z, self.tried.member))
        new = count - (log - fresh.log_likelihood)
        for k, other in enumerate(self.laws):
            drawn = count if k else np.log(first)
            new = np.logaddexp(new, drawn - other.log_ratio(fresh.z, fresh.member))
        both = {
            name: np.concatenate([getattr(self.tried, name), getattr(fresh, name)])
            for name in Tried.__dataclass_fields__
        }
        return _Pool(self.world, [*self.laws, law], Tried(**both), np.concatenate([old, new]))


def _pooled(pool: _Pool, seed: int, n: int, most: int) -> tuple[_Pool, int]:
    """The pool with as many people more as make it steady, n at a time, and how many times."""
    world, rounds = pool.world, 0
    usual = world.sets.ensemble.weights
    ample = min(AMPLE, n / 4)
    while len(pool.tried.z) + n <= most:
        tried, log = pool.tried, pool.log
        weights, ess = _normal(log)
        if rounds >= LEAST and ess >= ample and _error(world, tried, weights) <= STEADY:
            break
        likelihood = tried.log_likelihood
        carried = _tempered(log - likelihood, likelihood, PILOT_SHARE * n)
        found = np.bincount(tried.member, carried, len(usual))
        law = mixed(
            tried.z, tried.patient[:, core.EM] > 0, carried, traits.forecast_value("defensive"),
            0.5 * usual + 0.5 * found, usual,
        )  # fmt: skip
        rounds += 1
        pool = pool.plus(law, n, seed + 104729 * rounds)
    return pool, rounds


def _rows(tried: Tried, rows: Index) -> Tried:
    return Tried(**{name: getattr(tried, name)[rows] for name in Tried.__dataclass_fields__})


def _lasting(world: World, tried: Tried) -> Array:
    """(n,) where people would end up without the drug, in which they differ most."""
    lasting = tried.mean[:, scores_core.BASE] - tried.patient[:, core.H]
    return true_score(world.line, tried.mean, lasting)


def _spread(world: World, tried: Tried, weights: Array) -> float:
    """Variance of that score."""
    score = _lasting(world, tried)
    return float(weights @ (score - weights @ score) ** 2)


def _error(world: World, tried: Tried, weights: Array) -> float:
    """Standard error of its mean, if draws were random."""
    score = _lasting(world, tried)
    return float(np.sqrt((weights**2) @ (score - weights @ score) ** 2))


def true_score(line: Timeline, mean: Array, latent: Array) -> Array:
    """(n,) true score on the own instrument at a latent score, personal offsets as believed."""
    index = int(line.scale[0, scores_core.INDEX])
    offset = mean[:, index] if index >= 0 else 0.0
    madrs = MADRS_MAX / (1.0 + np.exp(-latent)) + offset
    return np.asarray(np.interp(madrs, FINE, line.table[0]))


def _world(case: Case, ensemble: Ensemble, place: Place) -> World:
    sets, line = members(ensemble), timeline(case)
    shifts = shift_prior(case.predictors())
    means, _ = sets.others(line.others)
    prior = Prior(sets, place, shifts[DRUG], shifts[CONTEXT], means)
    body, constants = _kinetic(case.patient()), traits.entry_constants(sets)
    return World(line, sets, prior, body, constants, rules(case))


def alike(patient: Patient) -> Patient:
    """The patient in steps that like people share: 5 kg, 5 years.

    Half a step moves a dose per kg by 3 %, against 15 to 25 % between people alike; what was
    computed of a body then serves the next one like it.
    """
    age, weight = patient.age_y, patient.weight_kg
    return replace(
        patient,
        age_y=None if age is None else 5.0 * round(age / 5),
        weight_kg=None if weight is None else 5.0 * round(weight / 5),
    )


def _kinetic(patient: Patient) -> Patient:
    """Only what moves concentrations."""
    names = ("age_y", "sex", "weight_kg", "ancestry", "liver", "interactions")
    return Patient(**{name: getattr(alike(patient), name) for name in names})


def _search(world: World, seed: int) -> tuple[Law | None, int]:
    """The law to draw from; None is the population itself, when there is no score."""
    if not len(world.line.score):
        return None, 0
    law: Law | None = None
    for round_ in range(1, MOST_ROUNDS + 1):
        tried, log = _weigh(world, law, PILOT, seed + 7919 * round_)
        weights, ess = _normal(log)
        if ess >= PILOT_SHARE * PILOT:
            return _shaped(world, tried, weights), round_
        law = _nearer(world, tried, log)
    return law, MOST_ROUNDS


def _nearer(world: World, tried: Tried, log: Array) -> Law:
    """A law nearer to the posterior, shaped by as much of the likelihood as people can carry."""
    likelihood = tried.log_likelihood
    carried = _tempered(log - likelihood, likelihood, PILOT_SHARE * len(log))
    return _shaped(world, tried, carried)


def _weigh(world: World, law: Law | Mixture | None, n: int, seed: int) -> tuple[Tried, Array]:
    normal, uniform = draws(n, seed)
    z = normal if law is None else law.draw(normal)
    member = world.sets.pick(uniform) if law is None else law.sets(uniform)
    tried = live(world, z, member)
    ratio = np.zeros(n) if law is None else law.log_ratio(z, member)
    return tried, ratio + tried.log_likelihood


@lru_cache(maxsize=64)
def draws(n: int, seed: int) -> tuple[Array, Array]:
    """(n, DIMS) standard normals and (n,) uniforms in rising order, from one Sobol sequence."""
    from scipy.stats import qmc  # half a second of imports, needed once

    made = qmc.Sobol(DIMS + 1, scramble=True, seed=np.random.default_rng([seed, n]))
    points = np.clip(made.random(n), 1e-9, 1 - 1e-9)
    points = points[np.argsort(points[:, -1], kind="stable")]
    return np.ascontiguousarray(ndtri(points[:, :-1])), points[:, -1].copy()


def _normal(log: Array) -> tuple[Array, float]:
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    return weights, float(1.0 / (weights**2).sum())


def _tempered(ratio: Array, log_likelihood: Array, wanted: float) -> Array:
    """Weights under the largest power of the likelihood that leaves so many people."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = 0.5 * (low + high)
        _, ess = _normal(ratio + middle * log_likelihood)
        low, high = (middle, high) if ess >= wanted else (low, middle)
    return _normal(ratio + low * log_likelihood)[0]


def _shaped(world: World, tried: Tried, weights: Array) -> Law:
    centre, cov = people_core.spread(tried.z, weights)
    # a little of the prior keeps a direction open that few people happened to explore
    cov = WIDER * cov + OPEN * np.eye(len(centre))
    # half as usual: a pilot has few people of each set, and a short course tells sets hardly apart
    usual = world.sets.ensemble.weights
    found = np.bincount(tried.member, weights, len(usual))
    return Law(
        centre,
        np.asarray(np.linalg.cholesky(cov)),
        traits.forecast_value("defensive"),
        0.5 * usual + 0.5 * found,
        usual,
    )


def live(world: World, z: Array, member: Index) -> Tried:
    """People of traits z (n, DIMS) under sets `member` (n,), in rising order, through the past."""
    line, sets, n = world.line, world.sets, len(z)
    patient, amplitude = world.prior.patients(z, member)
    _, course = sets.others(line.others)
    days = line.score[:, scores_core.DAY]
    after = days > 0
    end = max(line.asked_at, 0.0)
    visits = np.append(days[after], end)
    forms, table = event_tables(sets, line.given, visits, end)
    latent, parts = np.empty((n, len(visits))), np.empty((n, len(visits), core.PARTS))
    state = np.zeros((n, core.STATE))
    arms.run_people(
        patient, amplitude, stimuli(world, forms, z), member, sets.constant, sets.effect, course,
        table, 0.0, state, latent, parts,
    )  # fmt: skip
    before = _untreated(line.others, amplitude, course, member, days[~after])
    seen = np.hstack([before, latent[:, :-1]])
    mean = np.empty((n, line.dims))
    cov = np.empty((n, line.dims, line.dims))
    news, foretold = np.empty(seen.shape), np.empty(seen.shape)
    base, spread = traits.baseline()
    scores_core.believe(
        seen, member, world.constants, np.array([base, spread**2]), line.score, line.scale,
        line.table, end, mean, cov, news, foretold,
    )  # fmt: skip
    return Tried(
        z, member, patient, amplitude, state, parts[:, -1], seen, mean, cov, news, foretold
    )


def _untreated(
    others: tuple[Course, ...], amplitude: Array, course: Array, member: Index, days: Array
) -> Array:
    """(n, days) latent score before the first treatment: only other treatments act."""
    latent = np.zeros((len(amplitude), len(days)))
    for d, day in enumerate(days):
        for k in range(len(others)):
            share = np.array([core.built(day, *row) for row in course[:, k]])
            latent[:, d] -= amplitude[:, k] * share[member]
    return latent


def stimuli(world: World, forms: list[Form], z: Array) -> Array:
    """(n, forms) occupancy integral of each session form, h."""
    if not forms:
        return np.zeros((len(z), 1))
    found = np.empty((len(z), len(forms)))
    table = np.array([quantiles(form, world.kinetics, BODIES) for form in forms])
    people_core.ranked(z[:, traits.STIMULUS].copy(), table, found)
    return found
