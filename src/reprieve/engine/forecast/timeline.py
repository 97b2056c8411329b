"""A case as the kernels read it: sessions, other treatments and scores on one clock.

The model's day 0 is the first treatment. A person who has had none is taken as beginning on the
day of the question.
"""

from dataclasses import dataclass, replace

import numpy as np

from reprieve.engine.cases.case import Case, Other
from reprieve.engine.core import filter as scores_core
from reprieve.engine.core import mood as core
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.forecast.members import Members
from reprieve.engine.mood.instruments import is_madrs, link
from reprieve.engine.mood.model import MADRS_MAX, Array
from reprieve.engine.trials.design import INACTIVE, Course, Form, Sitting, sittings
from reprieve.engine.trials.trial import events

UNBLINDED = ("saline_control", "midazolam_control")


@dataclass(frozen=True, slots=True)
class Timeline:
    """What has happened, in days from the model's day 0.

    `zero` is that day on the case's clock; `score` (scores, 3) rows of `core.filter`, with
    `scale` (scales, 5) and `table` (scales, 241) of the instruments `names`.
    """

    zero: float
    asked_at: float
    awareness: str
    given: tuple[Sitting, ...]
    others: tuple[Course, ...]
    score: Array
    names: tuple[str, ...]
    scale: Array
    table: Array

    @property
    def dims(self) -> int:
        """Length of the filter's state: three, and an offset for each scale but MADRS."""
        return int(scores_core.OFFSET + (self.scale[:, scores_core.INDEX] >= 0).sum())


def timeline(case: Case) -> Timeline:
    """The past of a case: what was given, started, and scored on a usable instrument."""
    given = [t for t in case.treatments if t.given]
    zero = given[0].day if given else case.asked_at
    aware = case.setting.awareness or "open"
    done = [s for t in given for s in on_day(t.regimen, t.day - zero, aware)]
    usable = case.usable
    names = tuple(dict.fromkeys([case.own_instrument or "MADRS", *(s.instrument for s in usable)]))
    score = np.array([(s.day - zero, s.value, names.index(s.instrument)) for s in usable])
    scale, table = scales(names)
    return Timeline(
        zero,
        case.asked_at - zero,
        aware,
        tuple(sorted(done, key=lambda s: s.day)),
        tuple(_course(o, zero) for o in case.other if o.kind is not None),
        score.reshape(len(usable), 3),
        names,
        scale,
        table,
    )


def _course(other: Other, zero: float) -> Course:
    """A modelled treatment on the model's clock; it is only known as one when it has a start."""
    assert other.kind is not None
    assert other.from_day is not None
    return Course(other.kind, other.from_day - zero, _minus(other.to_day, zero))


def _minus(day: float | None, zero: float) -> float | None:
    return None if day is None else day - zero


def on_day(regimen: Regimen, day: float, awareness: str) -> list[Sitting]:
    """The sessions of a regimen that begins on a day, each with what the patient knows of it."""
    known = {d.session: _knows(d.drug, awareness) for d in regimen.doses}
    made = sittings(regimen, awareness)
    pairs = zip(made, known.values(), strict=True)
    return [replace(s, day=s.day + day, awareness=aware) for s, aware in pairs]


def _knows(drug: str, awareness: str) -> str:
    """Ketamine beside an inactive control is recognised for what it is, and so is the control."""
    if drug in INACTIVE:
        return "midazolam_control" if drug == "midazolam" else "saline_control"
    return "aware_active" if awareness in UNBLINDED else awareness


def scales(names: tuple[str, ...]) -> tuple[Array, Array]:
    """The filter's rows (scales, 5) and tables (scales, 241) of instruments by name."""
    scale, table = np.empty((len(names), 5)), np.empty((len(names), 241))
    index = scores_core.OFFSET
    for k, name in enumerate(names):
        found = link(name)
        if is_madrs(name):
            scale[k] = (-1.0, 0.0, 0.0, MADRS_MAX, -1)
        else:
            scale[k] = (found.error, found.personal, found.low, found.high, index)
            index += 1
        table[k] = found.table
    return scale, table


def event_tables(
    sets: Members, branch: tuple[Sitting, ...], visits: Array, end: float | None = None
) -> tuple[list[Form], Array]:
    """Forms of a branch and the kernel's events under every parameter set (m, events, 7).

    What of a long infusion or a slow tablet would arrive after `end` counts as there by then.
    """
    params = sets.best
    forms, row = events(branch, visits, params)
    row = row.reshape(-1, 7)
    if end is not None:
        row[:, core.TIME] = np.minimum(row[:, core.TIME], end)
        row = row[np.lexsort((row[:, core.KIND], row[:, core.TIME]))]
    table = np.repeat(row[None], len(sets), axis=0)
    for aware in {s.awareness for s in branch}:
        here = (row[:, core.KIND] == core.SESSION) & (row[:, core.GAIN] == params.gain(aware))
        table[:, here, core.GAIN] = sets.gain(aware)[:, None]
    return forms, table
