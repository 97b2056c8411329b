"""Finding and loading what ships: one file a paper, listed by file name, read when asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reprieve.errors import EvidenceError, UnknownNameError
from reprieve.evidence.references import close_names
from reprieve.evidence.schema import freeze, read_text
from reprieve.evidence.study import Arm, Outcome, Study, parse_study

HOME = Path(__file__).parent
PAPERS = ("studies", "kinetics", "effects", "course")
KINDS = (*PAPERS, "designs")


@dataclass(frozen=True, slots=True)
class Observation:
    """One published number with the study and the arm that it belongs to."""

    kind: str
    study: Study
    arm: Arm | None
    outcome: Outcome

    @property
    def id(self) -> str:
        return self.outcome.id

    @property
    def reference(self) -> str:
        return self.study.reference

    @property
    def population(self) -> str:
        """Who was measured, from the nearest place that says so."""
        arm = self.arm.population if self.arm else ""
        return self.outcome.population or arm or self.study.population.text

    @property
    def n(self) -> int | None:
        """How many were measured, from the nearest place that says so."""
        if self.outcome.n is not None:
            return self.outcome.n
        if self.arm is not None and self.arm.n is not None:
            return self.arm.n
        return self.study.population.n


@cache
def names(kind: str, suffix: str = ".toml") -> tuple[str, ...]:
    """Names of the files of one folder, without opening any."""
    return tuple(sorted(path.stem for path in (HOME / kind).glob(f"*{suffix}")))


def keys(kind: str | None = None) -> tuple[str, ...]:
    """Names of the shipped study files: of one kind, or of all papers.

    Kinds: studies, kinetics, effects, course (one file a paper), designs (simulated trials).
    """
    if kind is None:
        return tuple(sorted({name for folder in PAPERS for name in names(folder)}))
    _check_kind(kind)
    return names(kind)


def load(name: str) -> Study:
    """A shipped study by its name ("berman_2000"), or by kind and name ("effects/daly_2019").

    A bare name means the paper; the simulated trial of the same name is "designs/daly_2018".

    Raises
    ------
    UnknownNameError
        Nothing shipped has that name.
    EvidenceError
        Several kinds have it; the message says which.
    """
    kind, _, stem = name.rpartition("/")
    if kind:
        _check_kind(kind)
    found = [folder for folder in ([kind] if kind else PAPERS) if stem in names(folder)]
    if not found and not kind and stem in names("designs"):
        found = ["designs"]
    if not found:
        everything = [*keys(), *keys("designs")]
        raise UnknownNameError("study", name, close_names(stem, everything))
    if len(found) > 1:
        choices = " or ".join(f"'{folder}/{stem}'" for folder in found)
        raise EvidenceError(f"'{stem}' has a file of several kinds; say {choices}.")
    return _load(found[0], stem)


@cache
def _load(kind: str, stem: str) -> Study:
    path = HOME / kind / f"{stem}.toml"
    return parse_study(read_text(path), stem, where=f"{kind}/{path.name}")


def files_of(key: str) -> tuple[Study, ...]:
    """Every file of one paper, whatever its kind."""
    return tuple(_load(kind, key) for kind in KINDS if key in names(kind))


@cache
def observations(kind: str | None = None) -> tuple[Observation, ...]:
    """Every published number of one kind (of all papers if None), in order of file and row."""
    if kind is None:
        return tuple(row for folder in PAPERS for row in observations(folder))
    _check_kind(kind)
    return tuple(row for name in names(kind) for row in _rows(kind, _load(kind, name)))


def observation(row: str) -> Observation:
    """One published number by its row id ("E204"), opening only the file that holds it.

    Raises
    ------
    UnknownNameError
        No shipped file has that row.
    """
    wanted = re.compile(rf'^id = "{re.escape(row)}"$', re.M | re.I)
    for kind in PAPERS:
        for name in names(kind):
            match = wanted.search(read_text(HOME / kind / f"{name}.toml"))
            if match:
                exact = match.group(0)[6:-1]
                rows = _rows(kind, _load(kind, name))
                return next(found for found in rows if found.id == exact)
    raise UnknownNameError(
        "row", row, ["E001 to E527 (efficacy)", "S001 to S329 (effects)", "ids of kinetics rows"]
    )


def _rows(kind: str, study: Study) -> tuple[Observation, ...]:
    return tuple(
        Observation(kind, study, study.arm(outcome.arm) if outcome.arm else None, outcome)
        for outcome in study.outcomes
    )


def case_names() -> tuple[str, ...]:
    """Names of the shipped cases: real patients of open data."""
    return names("cases", ".json")


@cache
def case(name: str) -> Mapping[str, Any]:
    """A shipped case in the Case format, version 1; its `source` keeps the rows it came from."""
    import json

    if name not in case_names():
        raise UnknownNameError("case", name, case_names())
    found: Mapping[str, Any] = freeze(json.loads(read_text(HOME / "cases" / f"{name}.json")))
    return found


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise UnknownNameError("kind of evidence", kind, KINDS)
