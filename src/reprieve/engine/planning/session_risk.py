"""The chance that blood pressure crosses a limit at any session of a schedule."""

from collections.abc import Sequence

import numpy as np

from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.mood.model import Array
from reprieve.engine.planning.comparison import Threshold
from reprieve.engine.session.course import ever_crossed
from reprieve.engine.trials.design import Form
from reprieve.errors import ModelError

PRESSURES = ("systolic", "diastolic")
PEOPLE = 2000


def given_of(post: Posterior) -> tuple[tuple[float, Form], ...]:
    """Day, on the case's clock, and doses of each session that held a drug."""
    return tuple((s.day + post.line.zero, s.form) for s in post.line.given if s.form)


def pressure_lines(
    post: Posterior, forms: Sequence[Form], sessions: Array
) -> tuple[Threshold, ...]:
    """Odds of crossing each limit of pressure, at the riskiest session and at any.

    Parameters
    ----------
    forms : what is given, each in equal number; one of them where a rule decides how often
    sessions : (n,) numbers of sessions of each form, equally likely

    Empty where no kinetic model answers for a dose.
    """
    alike = {form: forms.count(form) for form in dict.fromkeys(forms)}
    counts, chance = np.unique(sessions, return_counts=True)
    try:
        once = [_crossed(post, [(form, 1)]) for form in alike]
        ever = [
            _crossed(post, [(form, int(count) * many) for form, many in alike.items()])
            for count in counts
        ]
    except ModelError:
        return ()
    return tuple(
        Threshold(
            name,
            line.standing,
            line.source,
            max(found[name].one_session for found in once if name in found),
            float(np.average([found[name].any_session for found in ever], weights=chance)),
        )
        for name, line in ever[0].items()
    )


def _crossed(post: Posterior, plan: list[tuple[Form, int]]) -> dict[str, Threshold]:
    given = given_of(post)
    found = ever_crossed(
        plan,
        post.case.patient(),
        post.case.events,
        len(given),
        post.seed,
        PEOPLE,
        given=given,
        origin=post.case.origin,
    )
    return {
        t.name: Threshold(t.name, t.standing, t.source, t.probability, t.probability)
        for t in found
        if t.name.startswith(PRESSURES)
    }
