"""The whole model of one patient: traits, baseline, fluctuation and scores, as NumPyro states it.

Everything continuous is a standard normal turned into what it means (`Coordinates` names the
rows), so the prior is plain whatever the parameter set. Fluctuation is drawn at every day that
has a score, never integrated out; a score is the exact probability of its whole point.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.scipy.special import log_ndtr, ndtr

from benchmarks.reference_posterior.mood import RELAPSES, Person, Steps, calendar, live, others
from benchmarks.reference_posterior.problem import AHEAD_D, Array, Problem

TRAITS = (
    "drug", "context", "shared", "place_drug", "place_context", "place_shared", "told_drug",
    "told_context", "taup", "tauc", "frailty", "threshold_0", "threshold_1", "threshold_2",
    "loss", "stimulus", "responds",
)  # fmt: skip
MADRS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Rows of x (dims, n): `traits` of them decide the course, the others only scores."""

    names: tuple[str, ...]
    traits: int

    def __getitem__(self, name: str) -> int:
        return self.names.index(name)


@dataclass(frozen=True, slots=True)
class Model:
    """A problem made ready: coordinates, calendars of the past and with the days ahead.

    `days` (T,) distinct days of scores, `asked_at` and the days ahead, in order; `row` (scores,)
    which of them each score belongs to.
    """

    problem: Problem
    coordinates: Coordinates
    past: Steps
    whole: Steps
    days: Array
    row: Any
    ahead: Any


def build(problem: Problem) -> Model:
    """Everything that stays fixed while people are sampled."""
    scored = np.unique(problem.score_day)
    later = problem.asked_at + np.array([0.0, *AHEAD_D])
    days = np.concatenate([scored, later[later > scored[-1] + 1e-9]])
    own = [f"offset_{k}" for k, s in enumerate(problem.scales) if s.error is not None]
    beside = [f"other_{k}" for k in range(problem.other_mean.shape[1])]
    slow = [f"slow_{k}" for k in range(len(scored))]
    fast = [f"fast_{k}" for k in range(len(scored))]
    names = (*TRAITS, *beside, "base", *own, *slow, *fast)
    return Model(
        problem,
        Coordinates(names, len(TRAITS) + len(beside)),
        calendar(problem, np.maximum(scored, 0.0)),
        calendar(problem, np.maximum(days, 0.0)),
        days,
        np.searchsorted(scored, problem.score_day),
        np.array([int(np.argmin(np.abs(days - day))) for day in later]),
    )


def person(model: Model, x: Any, member: Any) -> Person:
    """People of coordinates x (dims, n) under sets `member` (n,)."""
    problem, at = model.problem, model.coordinates
    p = {name: jnp.asarray(v)[member] for name, v in problem.value.items()}
    z = {name: x[k] for k, name in enumerate(at.names)}
    told_drug = problem.shift_drug[0] + problem.shift_drug[1] * z["told_drug"]
    told_context = problem.shift_context[0] + problem.shift_context[1] * z["told_context"]
    responds = ndtr(z["responds"]) >= p["pnr"]
    em = p["emax"] * jnp.exp(p["we"] * z["drug"] + p["trial_drug"] * z["place_drug"] + told_drug)
    x0 = p["x0"] * jnp.exp(
        p["wx"] * z["context"] - p["wx"] ** 2 / 2 + p["trial_context"] * z["place_context"]
        + told_context
    )  # fmt: skip
    rho = p["rho_frailty"]
    frail = p["wfrail"] * (-rho * z["drug"] + jnp.sqrt(1 - rho**2) * z["frailty"])
    k = problem.other_mean.shape[1]
    means = jnp.asarray(problem.other_mean)[member].T
    chance = [p["wa"] * z[f"other_{j}"] - p["wa"] ** 2 / 2 for j in range(k)]
    grid = jnp.linspace(0.0, 1.0, 201)
    rank = ndtr(z["stimulus"])
    forms = [jnp.interp(rank, grid, jnp.asarray(q)) for q in problem.stimulus]
    return Person(
        p=p,
        member=member,
        em=em * responds,
        taup=jnp.clip(p["taup"] * jnp.exp(p["wtau"] * z["taup"]), 0.6, 400.0),
        tauc=p["tauc"] * jnp.exp(p["wtauc"] * z["tauc"]),
        x0=x0,
        h=p["h"] + p["wh"] * z["shared"] + p["trial_shared"] * z["place_shared"],
        frailty=jnp.exp(frail - p["wfrail"] ** 2 / 2),
        threshold=jnp.stack([-log_ndtr(z[f"threshold_{j}"]) for j in range(RELAPSES)]),
        loss=p["loss"] * jnp.exp(p["wloss"] * z["loss"]),
        stimulus=jnp.stack(forms or [jnp.zeros_like(em)]),
        amplitude=means * jnp.exp(jnp.stack(chance)) if k else jnp.zeros((0, em.shape[0])),
        course=jnp.asarray(problem.other_course)[member].transpose(1, 2, 0),
    )


def improvement(model: Model, steps: Steps, days: Array, x: Any, member: Any) -> tuple[Any, Any]:
    """Latent course without baseline and fluctuation on days (T, n), and its parts (T, 5, n)."""
    who = person(model, x, member)
    latent, parts = live(who, steps)
    latent, parts = latent[steps.at], parts[steps.at]
    # before the first treatment only other treatments act
    early = [k for k, day in enumerate(days) if day < 0]
    for k in early:
        latent = latent.at[k].set(-others(float(days[k]), who))
    return latent, parts


def fluctuation(model: Model, x: Any, member: Any) -> Any:
    """(scored days, n) slow plus fast, logit.

    Standardised, each is an Ornstein-Uhlenbeck path whose value on day 0 is normal with mean
    `entry` and variance 1 - entry^2 / 2; from there it runs forward and, reversed, backward.
    """
    at, days = model.coordinates, np.unique(model.problem.score_day)
    value = {name: jnp.asarray(v)[member] for name, v in model.problem.value.items()}
    total: list[Any] = [0.0] * len(days)
    for name, sd, tau in (("slow", "sw", "tw"), ("fast", "sv", "tv")):
        z = [x[at[f"{name}_{k}"]] for k in range(len(days))]
        for k, now in _walk(days, value["entry"], value[tau], z).items():
            total[k] = total[k] + value[sd] * now
    return jnp.stack(total)


def _walk(days: Array, entry: Any, tau: Any, z: list[Any]) -> dict[int, Any]:
    """Standardised fluctuation on every day from standard normals z, one a day."""
    found: dict[int, Any] = {}
    after = [k for k in range(len(days)) if days[k] >= 0]
    before = [k for k in range(len(days)) if days[k] < 0][::-1]
    spread = 1.0 - entry**2 / 2
    # the law of the value on the scored day nearest to day 0, then away from it on either side
    first = (before or after)[0]
    keep = jnp.exp(-abs(days[first]) / tau)
    found[first] = keep * entry + jnp.sqrt(keep**2 * spread + 1 - keep**2) * z[first]
    for k in before[1:]:
        keep = jnp.exp(-(days[k + 1] - days[k]) / tau)
        found[k] = keep * found[k + 1] + jnp.sqrt(1 - keep**2) * z[k]
    for k in after:
        if k == first:
            continue
        if k - 1 == first and before:
            found[k] = _across(found[first], days[first], days[k], entry, spread, tau, z[k])
        else:
            keep = jnp.exp(-(days[k] - days[k - 1]) / tau)
            found[k] = keep * found[k - 1] + jnp.sqrt(1 - keep**2) * z[k]
    return found


def _across(a: Any, day_a: float, day_b: float, entry: Any, spread: Any, tau: Any, z: Any) -> Any:
    """A value after day 0 given one before it: both lean on the value of day 0 itself."""
    keep_a, keep_b = jnp.exp(day_a / tau), jnp.exp(-day_b / tau)
    mean_a, var_a = keep_a * entry, keep_a**2 * spread + 1 - keep_a**2
    mean_b, var_b = keep_b * entry, keep_b**2 * spread + 1 - keep_b**2
    both = keep_a * keep_b * spread
    return mean_b + both / var_a * (a - mean_a) + jnp.sqrt(var_b - both**2 / var_a) * z


def true_score(model: Model, k: int, latent: Any, x: Any) -> Any:
    """True score on scale k of a latent score (logit); both (..., n)."""
    madrs = MADRS_MAX / (1.0 + jnp.exp(-latent))
    scale = model.problem.scales[k]
    if scale.error is None:
        return madrs
    moved = madrs + scale.personal * x[model.coordinates[f"offset_{k}"]]
    return jnp.interp(moved, jnp.asarray(scale.madrs), jnp.asarray(scale.score))


def rating_error(model: Model, k: int, member: Any) -> Any:
    """SD of a rating on scale k, own points, (n,)."""
    error = model.problem.scales[k].error
    return jnp.asarray(model.problem.value["sm"])[member] if error is None else error


def log_whole_points(value: Array, true: Any, error: Any, low: float, high: float) -> Any:
    """(rows, n) log-probability that ratings are written down as `value` (rows,)."""
    value = value[:, None]
    below, above = (value - 0.5 - true) / error, (value + 0.5 - true) / error
    # the tail in which both ends lie holds the digits
    flip = below > 0
    a, b = jnp.where(flip, -above, below), jnp.where(flip, -below, above)
    far, near = log_ndtr(a), log_ndtr(b)
    inside = near + jnp.log1p(-jnp.exp(jnp.minimum(far - near, -1e-15)))
    lowest = jnp.where(value <= low, log_ndtr(above), inside)
    return jnp.where(value >= high, log_ndtr(-below), lowest)


def log_scores(model: Model, latent: Any, x: Any, member: Any) -> Any:
    """(n,) log-probability of all scores; `latent` (scored days, n) from `improvement`."""
    problem = model.problem
    base = problem.base_mean + problem.base_sd * x[model.coordinates["base"]]
    y = latent + base + fluctuation(model, x, member)
    total = jnp.zeros(x.shape[1])
    for k, scale in enumerate(problem.scales):
        rows = problem.score_scale == k
        true = true_score(model, k, y[model.row[rows]], x)
        error = rating_error(model, k, member)
        value = problem.score_value[rows]
        total += log_whole_points(value, true, error, scale.low, scale.high).sum(0)
    return total


def course(model: Model, x: Any, member: Any) -> Any:
    """(scored days, n) latent course of the past."""
    days = np.unique(model.problem.score_day)
    return improvement(model, model.past, days, x, member)[0]


def numpyro_model(model: Model) -> None:
    """The same as a NumPyro model, for its own samplers; a uniform number picks the set."""
    d = len(model.coordinates.names)
    u = numpyro.sample("u", dist.Uniform(0.0, 1.0))
    x = numpyro.sample("x", dist.Normal(0.0, 1.0).expand([d]).to_event(1))
    below = jnp.cumsum(jnp.asarray(model.problem.weight))[:-1]
    one, who = x[:, None], jnp.searchsorted(below, u, side="right")[None]
    latent = course(model, one, who)
    numpyro.factor("scores", log_scores(model, latent, one, who)[0])


def ahead(model: Model, x: Any, member: Any, key: Any) -> dict[str, Any]:
    """What follows without further dose: `true` (1 + days ahead, n) own scores from `asked_at`
    on, and `parts` (5, n) latent at `asked_at`."""
    problem = model.problem
    latent, parts = improvement(model, model.whole, model.days, x, member)
    value = {name: jnp.asarray(problem.value[name])[member] for name in ("sw", "tw", "sv", "tv")}
    wobble = _onward(model, x, member, value, key)
    base = problem.base_mean + problem.base_sd * x[model.coordinates["base"]]
    y = latent[model.ahead] + base + wobble
    return {"true": true_score(model, problem.own, y, x), "parts": parts[model.ahead[0]]}


def _onward(model: Model, x: Any, member: Any, value: dict[str, Any], key: Any) -> Any:
    """(1 + days ahead, n) fluctuation from `asked_at` on, sampled."""
    scored = np.unique(model.problem.score_day)
    total = 0.0
    for name, sd, tau in (("slow", "sw", "tw"), ("fast", "sv", "tv")):
        at = model.coordinates
        z = [x[at[f"{name}_{k}"]] for k in range(len(scored))]
        entry = jnp.asarray(model.problem.value["entry"])[member]
        now, day = _walk(scored, entry, value[tau], z)[len(scored) - 1], scored[-1]
        path = []
        for k in model.ahead:
            if day < 0 <= model.days[k]:
                key, draw = jax.random.split(key)
                z_k, spread = jax.random.normal(draw, now.shape), 1.0 - entry**2 / 2
                now = _across(now, day, model.days[k], entry, spread, value[tau], z_k)
            elif model.days[k] > day:
                key, draw = jax.random.split(key)
                keep = jnp.exp(-(model.days[k] - day) / value[tau])
                now = keep * now + jnp.sqrt(1 - keep**2) * jax.random.normal(draw, now.shape)
            day = model.days[k]
            path.append(now)
        total = total + value[sd] * jnp.stack(path)
    return total
