"""The odds that pressure or heart rate crosses a line at least once over a plan's sessions.

These reactions show no tolerance, so a session's number does not matter; but the same person comes
each time, so chances do not multiply as those of strangers would.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from reprieve.engine.patient import Array, Patient
from reprieve.engine.session.history import History, Noted, read_history
from reprieve.engine.session.next_session import Threshold, as_threshold, check
from reprieve.engine.session.people import SHARING, crossings, on_own_clock
from reprieve.engine.session.posterior import known
from reprieve.engine.trials.design import Form
from reprieve.errors import InputError
from reprieve.evidence.practice import governing

OCCASIONS = 4  # a person's chance is the mean over so many sessions alike
_WITHOUT_TOLERANCE = ("sbp", "dbp", "hr")


def ever_crossed(
    plan: Sequence[tuple[Form | None, int]],
    patient: Patient,
    events: Sequence[Noted],
    sessions_before: int,
    seed: int = 0,
    n: int = 2000,
    *,
    given: Sequence[tuple[float, Form | None]] = (),
    origin: datetime | None = None,
) -> tuple[Threshold, ...]:
    """Probability of each line of the protocol being crossed at least once over a plan.

    Parameters
    ----------
    plan : what is given and at how many sessions; only lines that all of it is watched by count
    patient, events, sessions_before, seed, n, given, origin : as `next_session`

    Raises
    ------
    InputError
        The plan has no session or a negative number of them, or as `next_session`.
    ModelError
        No kinetic model answers for a dose.
    """
    check(sessions_before, seed, n)
    if not plan or any(count < 0 for _, count in plan):
        raise InputError(f"The plan was {list(plan)}; expected sessions with a count of 0 or more.")
    forms = [(on_own_clock(form), count) for form, count in plan]
    past = tuple((d, on_own_clock(f)) for d, f in given)
    history = read_history(events, past, forms[0][0], sessions_before, origin)
    size = n + -n % SHARING
    weight = known(history, patient, seed, size).weight
    each = [(_chances(f, history, patient, seed, size), count) for f, count in forms]
    shared = [name for name in each[0][0] if all(name in found for found, _ in each)]
    made = []
    for name in shared:
        missed = sum((count * np.log1p(-found[name][1]) for found, count in each), np.zeros(size))
        blank = each[0][0][name][0]
        made.append(replace(blank, probability=float(weight @ -np.expm1(missed))))
    return tuple(made)


@lru_cache(maxsize=32)
def _chances(
    form: Form, history: History, patient: Patient, seed: int, n: int
) -> dict[str, tuple[Threshold, Array]]:
    """By name of a line: the line, and each person's chance of crossing it at one session."""
    who, protocol = known(history, patient, seed, n).who, governing(form)
    seen = [crossings(who, form, patient, seed, k) for k in range(OCCASIONS)]
    found = {}
    for alike in zip(*seen, strict=True):
        if alike[0].sign in _WITHOUT_TOLERANCE:
            chance = np.mean([c.by_person for c in alike], axis=0)
            blank = as_threshold(alike[0], protocol, 0.0)
            found[blank.name] = blank, np.minimum(chance, 1.0 - 1e-12)
    return found
