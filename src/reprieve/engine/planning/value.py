"""What one more score would be worth: "ask again on Thursday".

Before a score is taken, every value that it may have is weighed: how likely it is, and what would
then be believed of the day of decision. What is left of the doubt on average, day by day and
instrument by instrument, is the value of asking. Courses are drawn whole (traits, fluctuation,
personal offset); only the rating's own error is handled by its law.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.forecast.rules import rules
from reprieve.engine.forecast.score_draws import Drawn, draw, law, learned, said_to_relapse
from reprieve.engine.forecast.setting import ensemble_name
from reprieve.engine.mood.model import Array
from reprieve.engine.planning.question import posterior_of
from reprieve.engine.planning.schedules import check_horizon
from reprieve.engine.planning.wording import in_hundred, when
from reprieve.engine.trials.design import Sitting
from reprieve.errors import InputError
from reprieve.evidence import instrument
from reprieve.version import __version__

VERSION = 1
WEEK_D, LOOK_AHEAD_D = 7.0, 14.0


@dataclass(frozen=True, slots=True)
class ScoreDay:
    """One more score on one day, on one instrument.

    Attributes
    ----------
    day, instrument : when and on what
    score_sd : expected SD of the true own score on the day of decision, once it is known
    relapse_sd : expected SD of whether relapse follows (0 to 0.5); None without a response
    relapse_moves : root mean square by which the odds of relapse would move
    """

    day: float
    instrument: str
    score_sd: float
    relapse_sd: float | None
    relapse_moves: float | None


@dataclass(frozen=True, slots=True)
class ScoreValue:
    """The worth of one more score.

    `score_sd`, `relapse_sd` and `relapse` are what is believed without it, for the day of
    decision and by the end of the horizon under the plan of the case (none if there is none).
    `best` leaves the least doubt of the score; `best_relapse` of relapse.
    """

    version: int
    case: str
    engine: str
    ensemble: str
    seed: int
    asked_at: float
    decision_day: float
    horizon_days: float
    origin: str | None
    instrument: str
    score: float
    score_sd: float
    relapse: float | None
    relapse_sd: float | None
    days: tuple[ScoreDay, ...]
    best: ScoreDay
    best_relapse: ScoreDay | None
    sentences: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def value_of_score(
    source: Case | Posterior,
    *,
    decision_day: float | None = None,
    instruments: Sequence[str] = (),
    horizon_days: float = 56.0,
    seed: int = 0,
) -> ScoreValue:
    """What one more score on each of the next days would tell.

    Parameters
    ----------
    source : a case, or its posterior (then its own seed holds)
    decision_day : when it is decided; by default the next planned session, or in two weeks
    instruments : what could be asked; the own instrument by default
    horizon_days : by whose end relapse counts

    Raises
    ------
    CaseError
        No forecast can be made.
    InputError
        A day of decision that leaves no day to ask, or an impossible horizon.
    UnknownNameError
        An instrument without a link to MADRS.
    """
    post = source if isinstance(source, Posterior) else posterior_of(source, seed)
    rule, start = rules(post.case), post.asked_at
    planned = tuple(s for s in post.plan_sittings() if start <= s.day < start + horizon_days)
    decided = _decision(post, planned, decision_day, horizon_days)
    asked = start + np.arange(1.0, min(LOOK_AHEAD_D, decided - start) + 1e-9)
    checks = start + np.arange(WEEK_D, horizon_days + 1e-9, WEEK_D)
    grid = np.unique(np.round(np.concatenate([asked, checks, [decided]]), 6))
    names = [instrument(name).name for name in instruments] or [rule.instrument]
    drawn = draw(post, planned, grid, names, rule)
    target = drawn.own[:, :, np.searchsorted(grid, decided - 1e-6)]
    relapse = said_to_relapse(drawn, np.isin(grid, np.round(checks, 6)), rule)
    days = [
        _scored(drawn, name, float(day), int(k), target, relapse)
        for name in names
        for day, k in zip(asked, np.searchsorted(grid, asked - 1e-6), strict=True)
    ]
    chance = None if relapse is None else float(relapse.mean())
    best = min(days, key=lambda d: d.score_sd)
    sharpest = None if relapse is None else max(days, key=lambda d: d.relapse_moves or 0.0)
    origin = post.case.origin
    return ScoreValue(
        VERSION, post.case.id, __version__, ensemble_name(post.world.sets.ensemble), post.seed,
        start, decided, horizon_days, None if origin is None else origin.isoformat(),
        rule.instrument, float(target.mean()), float(target.std()), chance,
        None if chance is None else _doubt(chance), tuple(days), best, sharpest,
        _sentences(post, decided, float(target.std()), chance, best, sharpest),
    )  # fmt: skip


def _decision(
    post: Posterior, planned: Sequence[Sitting], asked: float | None, horizon: float
) -> float:
    start = post.asked_at
    check_horizon(horizon)
    if asked is None:
        ahead = [s.day for s in planned if s.day >= start + 1.0]
        return min([*ahead, start + min(LOOK_AHEAD_D, horizon)])
    if not start + 1.0 <= asked <= start + horizon:
        raise InputError(
            f"The day of decision was {asked:g}; expected day {start + 1:g} (tomorrow) to "
            f"{start + horizon:g}, the end of the horizon."
        )
    return float(asked)


def _scored(
    drawn: Drawn, name: str, day: float, visit: int, target: Array, relapse: Array | None
) -> ScoreDay:
    """One more score on one day: what would be left of the doubt on average."""
    low, high = drawn.ends[name]
    likely = [law(true[:, visit], drawn.error[name], low, high) for true in drawn.true[name]]
    moved = learned(likely, target)
    left = float(np.sqrt(max(target.var() - moved, 0.0)))
    if relapse is None:
        return ScoreDay(day, name, left, None, None)
    chance, moves = float(relapse.mean()), learned(likely, relapse)
    doubt = float(np.sqrt(max(chance * (1 - chance) - moves, 0.0)))
    return ScoreDay(day, name, left, doubt, float(np.sqrt(moves)))


def _doubt(chance: float) -> float:
    return float(np.sqrt(chance * (1.0 - chance)))


def _sentences(
    post: Posterior,
    decided: float,
    before: float,
    chance: float | None,
    best: ScoreDay,
    sharpest: ScoreDay | None,
) -> tuple[str, ...]:
    origin = post.case.origin
    said = [
        f"A {best.instrument} on {when(best.day, origin)} would tell most about the state on "
        f"{when(decided, origin)}: the doubt about the true score falls from {before:.1f} to "
        f"{best.score_sd:.1f} points (SD)."
    ]
    if sharpest is not None and chance is not None and sharpest.relapse_moves is not None:
        said.append(
            f"Relapse stands at {in_hundred(chance)}; a {sharpest.instrument} on "
            f"{when(sharpest.day, origin)} would move that most, by "
            f"{100 * sharpest.relapse_moves:.0f} in 100 (root mean square)."
        )
    return tuple(said)
