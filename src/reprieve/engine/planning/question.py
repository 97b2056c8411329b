"""What every question about treatment begins with: the person, their sessions, the days ahead."""

from collections.abc import Sequence

import numpy as np

from reprieve.engine.cases.case import Case, CaseError
from reprieve.engine.cases.checks import not_forecastable
from reprieve.engine.forecast.posterior import Posterior, posterior
from reprieve.engine.mood.model import Array
from reprieve.engine.planning.constraints import Ground
from reprieve.engine.planning.session_risk import given_of
from reprieve.engine.trials.design import Form, Sitting
from reprieve.errors import InputError
from reprieve.evidence.practice import governing

STEP_D = 3.5  # twice a week: with weekly sessions, once before each and once between


def posterior_of(case: Case, seed: int) -> Posterior:
    """The posterior of a case, refused in the words of `forecast` where none can be.

    Raises
    ------
    CaseError
        No forecast can be made; its reason is the status that an outlook would have.
    """
    if seed < 0:
        raise InputError(f"The seed was {seed}; expected 0 or more.")
    refused = not_forecastable(case)
    if refused is not None:
        raise CaseError(*refused)
    return posterior(case, seed)


def ground_of(post: Posterior) -> Ground:
    """What schedules of this person are judged on.

    Raises
    ------
    InputError
        Nothing active was given or planned.
    """
    form, case = post.form, post.case
    if form is None:
        raise InputError(
            f"Case {case.id} has no dose of ketamine given or planned, so there is nothing to "
            "repeat; add a plan such as 'ketamine 0.5 mg/kg IV over 40 min, weekly'."
        )
    planned = tuple((s.day, s.form) for s in post.plan_sittings() if s.form)
    weight = case.person.weight_kg
    return Ground(given_of(post), form, governing(form), weight, case.origin, planned)


def days_ahead(asked_at: float, horizon: float) -> Array:
    """Days to foretell: twice a week and the last day of the horizon."""
    ahead = np.arange(STEP_D, horizon + 1e-9, STEP_D)
    return np.asarray(asked_at + np.unique(np.append(ahead, horizon)))


def sessions_on(days: Sequence[float], forms: Sequence[Form], post: Posterior) -> list[Sitting]:
    """Sessions on days of the case's clock."""
    known = knows(post)
    return [Sitting(day, form, known) for day, form in zip(days, forms, strict=True)]


def knows(post: Posterior) -> str:
    """What the person knows of an active session: as at the last one given, or the first planned.

    Saline beside ketamine is known as such, so the awareness of the setting is not enough.
    """
    done = [s.awareness for s in post.line.given if s.form]
    ahead = [s.awareness for s in post.plan_sittings() if s.form]
    return [*ahead[:1], *done][-1] if done or ahead else post.awareness
