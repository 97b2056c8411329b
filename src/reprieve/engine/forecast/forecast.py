"""One case in, one outlook out."""

from functools import lru_cache

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.calibration.ensemble import ensemble as shipped
from reprieve.engine.cases.case import Case
from reprieve.engine.cases.checks import not_forecastable
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.dosing.span import days_of
from reprieve.engine.forecast.durations import durations
from reprieve.engine.forecast.future import Future, follow
from reprieve.engine.forecast.outlook import (
    VERSION,
    Band,
    DoseSeen,
    Milestone,
    MonteCarlo,
    Outlook,
    Relapse,
    Seen,
    Similar,
)
from reprieve.engine.forecast.posterior import PARTICLES, Posterior, alike, posterior
from reprieve.engine.forecast.rules import Rules, first_treatment
from reprieve.engine.forecast.setting import ensemble_name
from reprieve.engine.forecast.switches import switches
from reprieve.engine.forecast.traits import Place
from reprieve.engine.forecast.why import AHEAD_D, why
from reprieve.engine.forecast.words import headline, limits, similar
from reprieve.engine.mood.model import Array
from reprieve.engine.session.next_session import NextSession, next_session
from reprieve.engine.trials.design import Form, Sitting
from reprieve.engine.trials.design import shipped as design
from reprieve.errors import InputError
from reprieve.evidence import instrument
from reprieve.version import __version__

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
SHORTEST_D, LONGEST_D = 7.0, 730.0
SESSION_PEOPLE = 1000  # virtual people behind the next session's odds


def forecast(
    case: Case,
    horizon: str | float = "12 weeks",
    seed: int = 0,
    *,
    particles: int = PARTICLES,
    ensemble: Ensemble | None = None,
    place: Place | None = None,
    brief: bool = False,
) -> Outlook:
    """What to expect for one patient, from what is known at the case's question.

    Parameters
    ----------
    case : as known at `asked_at`, with a plan or none
    horizon : days, or text such as "12 weeks"
    seed : the same numbers for the same case and seed
    particles : virtual people at first
    ensemble : parameter sets; those shipped when None
    place : what is known of the place of treatment (`setting.update_setting`)
    brief : leave out what a list of patients does not show; see `outlook`

    Returns
    -------
    Outlook
        With `status` "ok", or the reason why there is none.

    Raises
    ------
    InputError
        The horizon or the seed cannot be.
    """
    days = horizon_days(horizon)
    if seed < 0:
        raise InputError(f"The seed was {seed}; expected 0 or more.")
    if particles < 256:
        raise InputError(f"{particles} virtual people were asked for; expected at least 256.")
    sets = ensemble or shipped()
    refused = not_forecastable(case)
    if refused is not None:
        return Outlook(
            VERSION, refused[0], refused[1], case.id, __version__, ensemble_name(sets), seed,
            case.asked_at, days, _origin(case), scores=_seen(case), doses=_doses(case),
        )  # fmt: skip
    post = posterior(case, seed, particles=particles, ensemble=sets, place=place)
    return outlook(post, days, brief)


def outlook(post: Posterior, days: float, brief: bool = False) -> Outlook:
    """The outlook of a posterior, so many days from the question.

    A brief one has no durations, next session, why or sensitivity; all else in it is the same.
    """
    case, rule = post.case, post.world.rule
    end = post.asked_at + days
    planned = tuple(s for s in post.plan_sittings() if s.day < end)
    people = post.followed()
    plan = follow(people, planned, days)
    # without a dose only the odds of relapse are told, for which fewer people do
    fewer = people.subset(2 * people.n // 3) if planned else people
    none = plan
    if planned and (rule.in_response or not brief):
        none = follow(fewer, (), days)
    visit = int(np.argmin(np.abs(plan.days - post.asked_at - AHEAD_D)))
    responding = float(plan.at_most(rule.cutoffs[1])[visit])
    scale = instrument(rule.instrument)
    improved, response, remission = _milestones(case, rule, plan)
    return Outlook(
        VERSION, "ok", headline(case, rule, plan, none, bool(planned)), case.id, __version__,
        ensemble_name(post.world.sets.ensemble), post.seed, case.asked_at, days, _origin(case),
        instrument=rule.instrument,
        scale=(scale.low, scale.high),
        entry=rule.entry,
        evidence=_evidence(post, rule),
        scores=_seen(case),
        doses=(*_doses(case), *_planned(planned, case.person.weight_kg)),
        bands=_bands(plan),
        improved_25=improved,
        response=response,
        remission=remission,
        again=_again(rule, plan) if response.seen_day is not None else None,
        relapse=_relapse(rule, plan, none, bool(planned)),
        brief=brief,
        duration=() if brief else durations(people, planned),
        next_session=None if brief else _session(post, planned),
        why=None if brief else why(post, people, plan),
        sensitivity=() if brief else switches(people, planned, plan, fewer, none),
        similar=Similar(similar(case, post, rule, plan, visit), post.ess, responding),
        monte_carlo=_monte_carlo(post, plan),
        limits=limits(case, post, rule),
    )  # fmt: skip


def horizon_days(horizon: str | float) -> float:
    """Days of a horizon such as "12 weeks", "90 days" or 84.

    Raises
    ------
    InputError
        It cannot be read, or lies outside a week to two years.
    """
    days = days_of(horizon) if isinstance(horizon, str) else float(horizon)
    if not SHORTEST_D <= days <= LONGEST_D:
        raise InputError(
            f"A horizon of {days:g} days; expected {SHORTEST_D:g} to {LONGEST_D:g} days."
        )
    return days


def _origin(case: Case) -> str | None:
    return None if case.origin is None else case.origin.isoformat()


def _seen(case: Case) -> tuple[Seen, ...]:
    return tuple(Seen(s.day, s.instrument, s.value, s.usable) for s in case.scores)


def _doses(case: Case) -> tuple[DoseSeen, ...]:
    weight = case.person.weight_kg
    return tuple(
        DoseSeen(t.day, t.text, t.given, _per_kg(t.regimen.doses, weight)) for t in case.treatments
    )


def _planned(sessions: tuple[Sitting, ...], weight: float | None) -> tuple[DoseSeen, ...]:
    forms = [(s.day, s.form) for s in sessions if s.form]
    return tuple(
        DoseSeen(day, _session_text(form), False, _per_kg(form, weight)) for day, form in forms
    )


@lru_cache(maxsize=256)
def _session_text(form: Form) -> str:
    return Regimen(form).format().removesuffix(" once")


def _per_kg(doses: Form, weight_kg: float | None) -> float | None:
    each = [
        d.amount if d.unit == "mg/kg" else d.amount / weight_kg if weight_kg else None
        for d in doses
    ]
    known = [x for x in each if x is not None]
    return sum(known) if known and len(known) == len(each) else None


def _bands(plan: Future) -> tuple[Band, ...]:
    q = plan.quantile(LEVELS)
    return tuple(
        Band(
            float(day), float(plan.mean[k]), float(q[3, k]), (float(q[2, k]), float(q[4, k])),
            (float(q[1, k]), float(q[5, k])), (float(q[0, k]), float(q[6, k])),
        )
        for k, day in enumerate(plan.days)
    )  # fmt: skip


def _milestones(case: Case, rule: Rules, plan: Future) -> list[Milestone]:
    words = (
        f"{rule.instrument} down by 25 % from {rule.entry:g}",
        f"{rule.instrument} down by half from {rule.entry:g}",
        f"{rule.instrument} of {rule.cutoffs[2]:g} or less",
    )
    start = first_treatment(case)
    own = [s for s in case.usable if s.instrument == rule.instrument and s.day > start]
    found = []
    for k, text in enumerate(words):
        seen = next((s.day for s in own if s.value <= rule.cutoffs[k]), None)
        ever = 1.0 if seen is not None else float(plan.reached[k, -1])
        days = None if seen is not None or ever < 0.05 else _timing(plan, plan.reached[k])
        early, middle, late = days or (None, None, None)
        spread = None if early is None or late is None else (early, late)
        found.append(Milestone(text, rule.cutoffs[k], ever, middle, spread, seen))
    return found


def _again(rule: Rules, plan: Future) -> Milestone | None:
    """Response once more; None while it is held."""
    if rule.in_response:
        return None
    ever = float(plan.reached[1, -1])
    early, middle, late = _timing(plan, plan.reached[1]) if ever >= 0.05 else (None, None, None)
    spread = None if early is None or late is None else (early, late)
    text = f"{rule.instrument} down again to half of {rule.entry:g}"
    return Milestone(text, rule.cutoffs[1], ever, middle, spread, None)


def _timing(plan: Future, reached: Array) -> tuple[float, float, float]:
    """Day by which 10, 50, 90 % of those who ever reach a cut-off have done so."""
    share = reached / reached[-1]
    low, middle, high = (float(plan.days[(share >= q).argmax()]) for q in (0.1, 0.5, 0.9))
    return low, middle, high


def _relapse(rule: Rules, plan: Future, none: Future, planned: bool) -> Relapse | None:
    if plan.relapse is None or none.relapse is None:
        return None
    return Relapse(
        rule.relapse_words,
        rule.source,
        tuple(plan.check_days.tolist()),
        tuple(plan.relapse.tolist()) if planned else None,
        tuple(none.relapse.tolist()),
    )


def _session(post: Posterior, planned: tuple[Sitting, ...]) -> NextSession | None:
    """The next planned session; without one, the last one again."""
    case = post.case
    ahead = next((s for s in planned if s.form), None)
    form = ahead.form if ahead else post.form
    if form is None:
        return None
    given = [(s.day + post.line.zero, s.form) for s in post.line.given]
    return next_session(
        form, alike(case.patient()), case.events, len(given), post.seed, SESSION_PEOPLE,
        day=ahead.day if ahead else None, given=given, origin=case.origin,
    )  # fmt: skip


def _monte_carlo(post: Posterior, plan: Future) -> MonteCarlo:
    spread = plan.score.std(axis=0)
    error = float(np.sqrt(1.0 / post.ess))
    return MonteCarlo(post.n, post.ess, 0.5 * error, float(spread.max()) * error, post.rounds)


def _evidence(post: Posterior, rule: Rules) -> tuple[str, ...]:
    """Bibliography keys of what the numbers rest on."""
    names = post.world.sets.ensemble.header.get("designs", ())
    keys = {design(name).reference for name in names}
    keys |= {rule.source} if rule.source else set()
    for name in post.line.names:
        crosswalk = instrument(name).crosswalk
        keys |= set(crosswalk.source) if crosswalk else set()
    return tuple(sorted(keys - {""}))
