"""Forecasts beside the scores that came, in columns, and the sums over them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.forecast.future import LONGEST_D
from reprieve.engine.judging.measures import Errors, Judged, Skill, errors, skill, together
from reprieve.engine.patient import Array

MODEL, CARRIED, CURVE, MIXED = "model", "carried_forward", "population_curve", "mixed_model"
METHODS = (MODEL, CARRIED, CURVE, MIXED)
BASELINES = METHODS[1:]
# days from the question: up to a week, a month, beyond
LEADS = ((0.0, 7.0), (7.0, 28.0), (28.0, LONGEST_D))


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """One question about one record, with every later score on the instrument asked about.

    `days` (k,) of those scores; `judged` by method, a method without a prediction left out;
    `seen` usable scores before; `groups` what the patient belongs to, for subgroups.
    """

    case: str
    situation: str
    asked_at: float
    instrument: str
    seen: int
    days: Array
    groups: Mapping[str, str]
    judged: Mapping[str, Judged]


@dataclass(frozen=True, eq=False, slots=True)
class Scores:
    """Everything asked; `refused` counts by reason what could not be, `elsewhere` later scores on
    another instrument than the one asked about, which are not foretold."""

    questions: tuple[Question, ...]
    refused: Mapping[str, int]
    elsewhere: int = 0

    def errors(self, method: str, leads: tuple[float, float] | None = None) -> Errors | None:
        """Errors of a method over all later scores, or those within (low, high] days."""
        return errors(together([_cut(q, method, leads) for q in self._with(method)]))

    def next_score(self, method: str) -> Errors | None:
        """Errors of a method in the first later score of each question."""
        return errors(together([_rows(q.judged[method], slice(1)) for q in self._with(method)]))

    def skill(self, method: str, measure: str = "crps") -> Skill | None:
        """The model's error beside a baseline's, on the scores that both foretold.

        `measure` is "crps" or "squared".
        """
        both = [q for q in self._with(method) if MODEL in q.judged]
        mine, other = (
            _measured(together([q.judged[m] for q in both]), measure) for m in (MODEL, method)
        )
        people = np.unique([q.case for q in both], return_inverse=True)[1]
        person = np.repeat(people, [len(q.days) for q in both]).astype(np.int64)
        return skill(mine, other, person)

    def only(self, keep: Callable[[Question], bool]) -> "Scores":
        """The questions for which `keep` holds."""
        return Scores(tuple(q for q in self.questions if keep(q)), {})

    @property
    def situations(self) -> tuple[str, ...]:
        """Situations that occur, in order of first occurrence."""
        return tuple(dict.fromkeys(q.situation for q in self.questions))

    def _with(self, method: str) -> list[Question]:
        return [q for q in self.questions if method in q.judged]


def _cut(question: Question, method: str, leads: tuple[float, float] | None) -> Judged:
    found = question.judged[method]
    if leads is None:
        return found
    lead = question.days - question.asked_at
    return _rows(found, (lead > leads[0]) & (lead <= leads[1]))


def _rows(judged: Judged, rows: slice | NDArray[np.bool_]) -> Judged:
    return Judged(*(getattr(judged, name)[rows] for name in Judged.__dataclass_fields__))


def _measured(judged: Judged, measure: str) -> Array:
    if measure == "crps":
        return judged.crps
    return np.asarray((judged.mean - judged.observed) ** 2)


def gathered(parts: Sequence[Scores]) -> Scores:
    """Several sets of scores as one."""
    refused: Counter[str] = Counter()
    for part in parts:
        refused.update(part.refused)
    questions = tuple(q for part in parts for q in part.questions)
    return Scores(questions, dict(refused), sum(part.elsewhere for part in parts))
