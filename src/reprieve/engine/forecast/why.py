"""Why the forecast says what it says: what the change is made of, and what each score taught."""

import numpy as np

from reprieve.engine.core import filter as scores_core
from reprieve.engine.core import future as core_future
from reprieve.engine.core import mood as core
from reprieve.engine.forecast import traits
from reprieve.engine.forecast.future import Future
from reprieve.engine.forecast.members import Index
from reprieve.engine.forecast.outlook import Moved, Part, Range, Why
from reprieve.engine.forecast.posterior import Posterior, true_score
from reprieve.engine.mood.model import Array
from reprieve.engine.population.summaries import weighted_quantiles

NAMED = (
    ("drug", core.DRUG),
    ("context and expectancy", core.CONTEXT),
    ("shared care and time", core.SHARED),
    ("other treatments", core.OTHER),
    ("relapse", core.RELAPSE),
)
REST = "ups and downs, and rating error at entry"
ASKED_OF = 96  # people who are asked again without one of the scores
LATEST = 5  # scores whose lesson is told
AHEAD_D = 28.0


def why(everybody: Posterior, post: Posterior, future: Future) -> Why:
    """The parts of the change since entry, and the lesson of the latest scores.

    `post` are the people followed into `future`, drawn from `everybody`.

    A person's points are shared between the parts in proportion to their latent size, along the
    straight way from the score without any of them to the score with all: the sum is exact.
    """
    entry = post.world.rule.entry
    now, parts, rest = _points(post, entry)
    columns = np.column_stack([*parts.T, rest])
    low, high = weighted_quantiles(columns, post.weights, (0.1, 0.9))
    mean = post.weights @ columns
    told = [
        Part(name, float(mean[k]), (float(low[k]), float(high[k])))
        for k, name in enumerate([*(name for name, _ in NAMED), REST])
        if name != "other treatments" or post.line.others
    ]
    return Why(
        entry=entry,
        now=float(post.weights @ now),
        parts=tuple(told),
        drug_share=_drug_share(post),
        moved=_moved(everybody, post, future),
    )


def _points(post: Posterior, entry: float) -> tuple[Array, Array, Array]:
    """Score now (n,), points of each part (n, 5), and what lies between entry and no effect."""
    mean = post.tried.mean
    apart = np.column_stack([post.tried.parts[:, column] for _, column in NAMED])
    without = mean[:, scores_core.BASE] + mean[:, scores_core.SLOW] + mean[:, scores_core.FAST]
    total = apart.sum(axis=1)
    before, now = (true_score(post.line, mean, y) for y in (without, without + total))
    nudge = np.where(np.abs(total) < 1e-6, 1e-3, total)
    slope = (true_score(post.line, mean, without + nudge) - before) / nudge
    return now, apart * slope[:, None], before - entry


def _drug_share(post: Posterior) -> Range | None:
    """80 % range of the drug's share of drug and context; None while neither has acted."""
    drug, context = (-post.tried.parts[:, c] for c in (core.DRUG, core.CONTEXT))
    both = drug + context
    if not len(post.line.given) or post.weights @ both < 0.02:
        return None
    share = np.where(both > 1e-3, drug / np.maximum(both, 1e-3), 0.0)
    low, high = weighted_quantiles(np.clip(share, 0, 1)[:, None], post.weights, (0.1, 0.9))
    return float(low[0]), float(high[0])


def _moved(everybody: Posterior, post: Posterior, future: Future) -> tuple[Moved, ...]:
    """The latest scores: what was expected from those before, how the forecast hangs on each.

    Two ways lead from a score to the forecast. It says who the person is: to first order that is
    the covariance, over the people who fit, of their forecast and of how well they foretold the
    score. And it says where a given person stands: those people are asked again without it.
    Taking a score out of the weights themselves would be exact and, on any finite number of
    people, as good as random.
    """
    line, count = post.line, len(post.line.score)
    visit = int(np.argmin(np.abs(future.days - post.asked_at - AHEAD_D)))
    ahead = float(future.days[visit] - post.asked_at)
    score, news = future.score[:, visit], post.tried.news
    asked = min(ASKED_OF, max(32, 8000 // max(count, 1)))
    chosen = post.rows(asked)
    few, latent = post.only(chosen), future.latent[chosen, visit : visit + 1]
    rows = np.arange(count)
    stands = _asked(few, rows, latent, ahead)
    told = []
    for k in range(max(0, count - LATEST), count):
        who = float(post.weights @ ((score - post.weights @ score) * news[:, k]))
        where = float((stands - _asked(few, np.delete(rows, k), latent, ahead)).mean())
        day, value, scale = line.score[k]
        told.append(
            Moved(
                float(day + line.zero),
                line.names[int(scale)],
                float(value),
                float(everybody.before(k) @ everybody.tried.foretold[:, k]),
                who + where,
                ahead,
            )
        )
    return tuple(told)


def _asked(few: Posterior, rows: Index, latent: Array, ahead: float) -> Array:
    """(n,) expected score some days ahead of each person, knowing only some scores."""
    line, tried, n = few.line, few.tried, few.n
    mean, cov = np.empty((n, line.dims)), np.empty((n, line.dims, line.dims))
    news, foretold = np.empty((n, len(rows))), np.empty((n, len(rows)))
    base, spread = traits.baseline()
    scores_core.believe(
        np.ascontiguousarray(tried.seen[:, rows]), tried.member, few.world.constants,
        np.array([base, spread**2]), line.score[rows], line.scale, line.table,
        max(line.asked_at, 0.0), mean, cov, news, foretold,
    )  # fmt: skip
    score, variance = np.empty((n, 1)), np.empty((n, 1))
    core_future.foresee(
        latent, tried.member, few.world.constants, mean, cov, np.array([ahead]), line.scale[0],
        line.table[0], score, variance,
    )  # fmt: skip
    return score[:, 0]
