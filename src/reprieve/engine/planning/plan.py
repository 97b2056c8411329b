"""When to treat again: schedules side by side, from one posterior.

Every schedule is followed by the same virtual people through the same chance, so that their
differences are sharper than either. What comes out are options with odds; which to take is the
prescriber's and the patient's to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.future import Future, follow
from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.forecast.rules import Rules, rules
from reprieve.engine.forecast.setting import ensemble_name
from reprieve.engine.mood.model import Array
from reprieve.engine.planning.adaptive import Courses, Rule
from reprieve.engine.planning.comparison import (
    VERSION,
    Choice,
    Comparison,
    Excluded,
    Schedule,
    Threshold,
)
from reprieve.engine.planning.constraints import Ground, hard_limits, overlapping
from reprieve.engine.planning.contrast import beyond_trials
from reprieve.engine.planning.departures import departures
from reprieve.engine.planning.extrapolation import beyond
from reprieve.engine.planning.odds import Odds, frontier, of_future, of_lived, weekly
from reprieve.engine.planning.permission import latest_scores, permission
from reprieve.engine.planning.question import days_ahead, ground_of, posterior_of, sessions_on
from reprieve.engine.planning.schedules import PlanOptions, nothing_fits, schedules
from reprieve.engine.planning.session_risk import pressure_lines
from reprieve.engine.planning.wording import choice_sentence, opening, shortcomings, treatment
from reprieve.evidence import instrument
from reprieve.version import __version__


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """One comparison on its way: the person, what may be done, and on which days to look.

    `people` are equally likely ones of the posterior, whom every plan is tried on.
    """

    post: Posterior
    people: Posterior
    ground: Ground
    options: PlanOptions
    rule: Rules
    grid: Array
    untreated: Future


def plan(source: Case | Posterior, options: PlanOptions | None = None, seed: int = 0) -> Comparison:
    """Compare schedules for one person.

    Parameters
    ----------
    source : a case, or its posterior when that is known already (then its own seed holds)
    options : what to compare and for how long; see `PlanOptions`
    seed : of the posterior's draws

    Raises
    ------
    CaseError
        No forecast can be made for this case (`not_forecastable`).
    InputError
        Nothing active was given or planned, so that there is nothing to repeat; a chosen day
        lies outside the horizon; a limit cannot be checked; the seed cannot be.
    """
    options = options or PlanOptions()
    post = source if isinstance(source, Posterior) else posterior_of(source, seed)
    ground, rule = ground_of(post), rules(post.case)
    rise_on = instrument(options.rise_on).name if options.rise_on else rule.instrument
    asked = schedules(options, post.asked_at, ground, rise_on)
    kept, excluded = _sorted_out(asked, ground, options)
    grid = days_ahead(post.asked_at, options.horizon_days)
    people = post.followed()
    untreated = follow(people, (), options.horizon_days, grid=grid)
    question = Question(post, people, ground, options, rule, grid, untreated)
    choices = _with_frontier([_choice(schedule, question) for schedule in kept])
    return _compared(question, choices, excluded)


def _compared(
    question: Question, choices: Sequence[Choice], excluded: Sequence[Excluded]
) -> Comparison:
    post, ground, rule = question.post, question.ground, question.rule
    scale, horizon = instrument(rule.instrument), question.options.horizon_days
    checks, end = weekly(question.grid, post.asked_at), float(question.grid[-1])
    by_rule = question.options.paths if any(c.schedule.kind == "rule" for c in choices) else 0
    return Comparison(
        version=VERSION,
        case=post.case.id,
        engine=__version__,
        ensemble=ensemble_name(post.world.sets.ensemble),
        seed=post.seed,
        asked_at=post.asked_at,
        horizon_days=horizon,
        origin=None if ground.origin is None else ground.origin.isoformat(),
        instrument=scale.name,
        scale=(scale.low, scale.high),
        entry=rule.entry,
        treatment=treatment(ground.form),
        relapse_rule=rule.relapse_words if rule.in_response else None,
        relapse_source=rule.source,
        check_days=tuple(question.grid[checks].tolist()),
        given_sessions=len(ground.given),
        given_mg=ground.total_mg(ground.done),
        given_mg_per_kg=ground.total_mg_per_kg(ground.done),
        choices=tuple(
            replace(c, sentence=choice_sentence(c, end, ground.origin, horizon)) for c in choices
        ),
        excluded=tuple(excluded),
        sentences=opening(ground, rule),
        limits=(
            *(b.sentence for b in beyond(ground.form, True, ground.done, ground.weight_kg)),
            *beyond_trials(choices),
            *shortcomings(post, ground, any(c.thresholds for c in choices), by_rule),
        ),
        particles=post.n,
        ess=post.ess,
    )


def _sorted_out(
    asked: Sequence[Schedule], ground: Ground, options: PlanOptions
) -> tuple[list[Schedule], list[Excluded]]:
    kept, excluded = [], []
    for schedule in asked:
        broken = (
            nothing_fits(schedule)
            or overlapping(schedule, ground)
            or hard_limits(schedule, ground, options.limits)
        )
        if broken:
            excluded.append(Excluded(schedule, broken))
        else:
            kept.append(schedule)
    return kept, excluded


def _choice(schedule: Schedule, question: Question) -> Choice:
    if schedule.kind == "rule":
        return _by_rule(schedule, question)
    post, ground, horizon = question.post, question.ground, question.options.horizon_days
    forms = ground.forms(schedule)
    future = question.untreated
    if forms:
        sittings = sessions_on(schedule.days, forms, post)
        future = follow(question.people, sittings, horizon, grid=question.grid)
    number = float(len(forms))
    return _made(
        schedule,
        question,
        of_future(future, question.rule, post.ess),
        (number, number, number),
        ground.total_mg(forms),
        ground.total_mg_per_kg(forms),
        pressure_lines(post, forms or (ground.form,), np.array([1 if forms else 0])),
    )


def _by_rule(schedule: Schedule, question: Question) -> Choice:
    """A rule, followed path by path beside the same courses without a session."""
    post, ground = question.post, question.ground
    assert schedule.rise is not None
    scale = question.options.rise_on or question.rule.instrument
    name = instrument(scale).name
    best, due = latest_scores(post.case, name, ground.last_day, schedule.rise)
    allowed, waits = permission(ground, question.options)
    rule = Rule(schedule.rise, name, ground.form, best, due, allowed, waits)
    ahead = question.grid - post.asked_at
    courses = Courses(post.subset(question.options.paths), name, len(ahead))
    lived, alone = courses.live(rule, ahead), courses.live(None, ahead)
    number = lived.sessions
    mean = float(number.mean())
    low, high = np.quantile(number, (0.1, 0.9), method="inverted_cdf")
    one_mg, one_per_kg = ground.total_mg([ground.form]), ground.total_mg_per_kg([ground.form])
    return _made(
        schedule,
        question,
        of_lived(lived, alone, question.untreated, question.rule, post.asked_at, post.ess),
        (mean, float(low), float(high)),
        None if one_mg is None else mean * one_mg,
        None if one_per_kg is None else mean * one_per_kg,
        pressure_lines(post, (ground.form,), number),
    )


def _made(
    schedule: Schedule,
    question: Question,
    odds: Odds,
    sessions: tuple[float, float, float],
    milligrams: float | None,
    mg_per_kg: float | None,
    thresholds: tuple[Threshold, ...],
) -> Choice:
    return Choice(
        schedule=schedule,
        relapse=odds.relapse,
        relapse_se=odds.relapse_se,
        well_days=odds.well_days,
        well_share=odds.well_days / question.options.horizon_days,
        score=odds.score,
        score_80=odds.score_80,
        response=odds.response,
        remission=odds.remission,
        sessions=sessions[0],
        sessions_80=sessions[1:],
        milligrams=milligrams,
        mg_per_kg=mg_per_kg,
        thresholds=thresholds,
        broken=departures(schedule, question.ground),
        frontier=False,
        sentence="",
    )


def _with_frontier(choices: Sequence[Choice]) -> list[Choice]:
    """Marks what nothing undercuts, among schedules that somebody has been given."""
    tried = [c for c in choices if not c.untried]
    worse = [-c.well_days if c.relapse_at_end is None else c.relapse_at_end for c in tried]
    best = frontier([c.sessions for c in tried], worse)
    kept = {c.schedule for c, flag in zip(tried, best, strict=True) if flag}
    return [replace(c, frontier=c.schedule in kept) for c in choices]
