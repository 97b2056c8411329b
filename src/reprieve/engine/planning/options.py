"""Dose and route: the same people given something else, what it buys and what it costs.

Benefit and acute cost stand beside each other, with the differences to what is given now and a
warning wherever the answer goes beyond what was tried. Everybody meets every option with the same
chance, so the differences are sharper than the odds.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from reprieve.engine.cases.case import Case
from reprieve.engine.cases.sessions import session
from reprieve.engine.forecast.future import Future, follow
from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.forecast.rules import Rules, rules
from reprieve.engine.forecast.setting import ensemble_name
from reprieve.engine.planning.comparison import Threshold
from reprieve.engine.planning.extrapolation import Beyond, beyond
from reprieve.engine.planning.question import ground_of, posterior_of, sessions_on
from reprieve.engine.planning.schedules import check_horizon
from reprieve.engine.planning.session_risk import given_of, pressure_lines
from reprieve.engine.planning.wording import in_hundred, treatment
from reprieve.engine.session.next_session import NextSession, next_session
from reprieve.engine.trials.design import Form, sittings
from reprieve.errors import InputError
from reprieve.version import __version__

VERSION = 1
ASKED = (
    "ketamine 0.5 mg/kg IV over 40 min",
    "ketamine 0.75 mg/kg IV over 40 min",
    "ketamine 0.5 mg/kg IV over 80 min",
    "esketamine 56 mg nasal",
    "esketamine 84 mg nasal",
)
LOOKS = (1.0, 3.0, 7.0, 14.0, 21.0, 28.0)  # days after the question, then weekly
FLAT = (
    "The model's response to dose is nearly flat, as the trials that taught it compared few doses; "
    "options that come out alike are not found to be equal."
)
ABSORBED = (
    "Where a row below says that absorption is assumed (by mouth, under the tongue), how much "
    "reaches the blood is assumed, and the effect on mood with it."
)
WEEK_D, MOST = 7.0, 12


@dataclass(frozen=True, slots=True)
class Difference:
    """An option against what is given now; below zero is lower. `score_se` is Monte Carlo."""

    score: tuple[float, ...]
    score_se: tuple[float, ...]
    response: tuple[float, ...]
    relapse: float | None
    well_days: float


@dataclass(frozen=True, slots=True)
class Option:
    """One dose by one route.

    Attributes
    ----------
    treatment : in the regimen language; `now` marks what the person has had last
    score, response : expected observed score and probability of response on the `days` of the
        whole answer
    relapse : probability of relapse by the end; None without a response to lose
    well_days : expected days in response
    against_now : differences; None for what is given now
    acute : the session itself: peaks, thresholds, time to recover, notes
    thresholds : chances of crossing lines of pressure at one session and at any of them
    beyond : where this is extrapolation; empty where trials were like it
    sentence : in words
    """

    treatment: str
    now: bool
    score: tuple[float, ...]
    response: tuple[float, ...]
    relapse: float | None
    well_days: float
    against_now: Difference | None
    acute: NextSession
    thresholds: tuple[Threshold, ...]
    beyond: tuple[Beyond, ...]
    sentence: str

    @property
    def extrapolated(self) -> bool:
        """Whether any part of the answer goes beyond what was tried."""
        return bool(self.beyond)


@dataclass(frozen=True, slots=True)
class DoseAnswer:
    """Options for dose and route, side by side; `session_days` are those of every option."""

    version: int
    case: str
    engine: str
    ensemble: str
    seed: int
    asked_at: float
    horizon_days: float
    origin: str | None
    instrument: str
    entry: float
    session_days: tuple[float, ...]
    days: tuple[float, ...]
    options: tuple[Option, ...]
    sentences: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def compare_doses(
    source: Case | Posterior,
    alternatives: Sequence[str] = ASKED,
    *,
    session_days: Sequence[float] = (),
    horizon_days: float = 28.0,
    seed: int = 0,
) -> DoseAnswer:
    """What another dose or route would do for one person.

    Parameters
    ----------
    source : a case, or its posterior (then its own seed holds)
    alternatives : sessions in the regimen language ("ketamine 0.75 mg/kg IV over 40 min"); what
        is given now is added if it is not among them
    session_days : days of the sessions; those of the plan by default, or one session today
    horizon_days : how far ahead

    Raises
    ------
    CaseError
        An alternative cannot be read, or no forecast can be made.
    InputError
        Too many alternatives, an impossible horizon, a session outside it, or nothing active was
        given or planned.
    """
    check_horizon(horizon_days)
    if len(alternatives) > MOST:
        raise InputError(f"{len(alternatives)} alternatives were asked for; at most {MOST}.")
    post = source if isinstance(source, Posterior) else posterior_of(source, seed)
    ground, rule = ground_of(post), rules(post.case)
    days = _session_days(post, session_days, horizon_days)
    forms = tuple(dict.fromkeys([ground.form, *(_form(text) for text in alternatives)]))
    looks = [d for d in LOOKS if d < horizon_days]
    looks += np.arange(WEEK_D, horizon_days + 1e-9, WEEK_D).tolist()
    grid = post.asked_at + np.unique([*looks, horizon_days])
    people = post.followed()
    followed = [
        follow(people, sessions_on(days, [form] * len(days), post), horizon_days, grid=grid)
        for form in forms
    ]
    options = [
        _option(form, found, followed[0], post, rule, len(days))
        for form, found in zip(forms, followed, strict=True)
    ]
    return DoseAnswer(
        VERSION, post.case.id, __version__, ensemble_name(post.world.sets.ensemble), post.seed,
        post.asked_at, horizon_days, ground.origin.isoformat() if ground.origin else None,
        rule.instrument, rule.entry, tuple(days), tuple(grid.tolist()), tuple(options),
        _opening(options, len(days)),
    )  # fmt: skip


def _form(text: str) -> Form:
    found = sittings(session(text, f"Alternative '{text[:60]}'"), "open")[0].form
    if found is None:
        raise InputError(f"'{text[:60]}' holds no ketamine; give a dose of it.")
    return found


def _session_days(post: Posterior, asked: Sequence[float], horizon: float) -> tuple[float, ...]:
    end = post.asked_at + horizon
    if asked:
        if not all(post.asked_at - 1e-6 <= d < end for d in asked):
            raise InputError(
                f"Sessions on days {', '.join(f'{d:g}' for d in asked)} were asked for; expected "
                f"day {post.asked_at:g} (today) or later, before day {end:g}."
            )
        return tuple(sorted(max(float(d), post.asked_at) for d in asked))
    planned = [s.day for s in post.plan_sittings() if s.form and post.asked_at <= s.day < end]
    return tuple(planned) or (post.asked_at,)


def _option(
    form: Form, found: Future, now: Future, post: Posterior, rule: Rules, sessions: int
) -> Option:
    ground, given = ground_of(post), given_of(post)
    response = found.at_most(rule.cutoffs[1])
    relapse = None if found.relapse is None else float(found.relapse[-1])
    past = [f for _, f in given]
    alike = [f for f in past if (f[0].drug, f[0].route) == (form[0].drug, form[0].route)]
    again = sessions > 1 or bool(alike)
    option = Option(
        treatment(form),
        found is now,
        tuple(found.mean.tolist()),
        tuple(response.tolist()),
        relapse,
        found.well_days,
        None if found is now else _difference(found, now, rule, post.ess),
        next_session(
            form,
            post.case.patient(),
            post.case.events,
            len(given),
            post.seed,
            given=given,
            origin=post.case.origin,
        ),
        pressure_lines(post, (form,), np.array([sessions])),
        beyond(form, again, past, ground.weight_kg),
        "",
    )
    return _said(option, found)


def _difference(found: Future, now: Future, rule: Rules, ess: float) -> Difference:
    each = found.score - now.score
    relapse = None
    if found.relapse is not None and now.relapse is not None:
        relapse = float(found.relapse[-1] - now.relapse[-1])
    cut = rule.cutoffs[1]
    gained = found.at_most(cut) - now.at_most(cut)
    return Difference(
        tuple((found.mean - now.mean).tolist()),
        tuple((each.std(axis=0) / np.sqrt(ess)).tolist()),
        tuple(gained.tolist()),
        relapse,
        found.well_days - now.well_days,
    )


def _said(option: Option, found: Future) -> Option:
    ahead = found.days - found.days[-1] + found.days_watched
    week = int(np.argmin(np.abs(ahead - WEEK_D)))
    name = option.treatment
    text = (
        f"{name[0].upper()}{name[1:]}: {in_hundred(option.response[week])} in response after a week"
    )
    if option.relapse is not None:
        text += f", {in_hundred(option.relapse)} relapse by the end"
    if option.against_now is not None:
        text += f"; score {option.against_now.score[week]:+.1f} points against now"
    crossed = [t for t in option.thresholds if t.any_session > 0]
    if crossed:
        most = max(crossed, key=lambda t: t.any_session)
        text += f"; {in_hundred(most.any_session)} meet {most.name} at some session"
    warned = " Extrapolation: " + option.beyond[0].sentence if option.beyond else ""
    return replace(option, sentence=f"{text}.{warned}")


def _opening(options: Sequence[Option], sessions: int) -> tuple[str, ...]:
    many = "one session" if sessions == 1 else f"{sessions} sessions"
    said = [
        f"Each option is {many} of it instead; these are odds for the prescriber and the patient "
        "to weigh, not an order.",
    ]
    far = sum(o.extrapolated for o in options)
    if far:
        said.append(
            f"{far} of {len(options)} options go beyond what was tried in trials; what is said of "
            "them rests on the model alone."
        )
    said.append(FLAT)
    if any(b.kind == "kinetics" for o in options for b in o.beyond):
        said.append(ABSORBED)
    return tuple(said)
