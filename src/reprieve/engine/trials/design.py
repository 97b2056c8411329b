"""How a trial was run, as the engine must run it: arms, sessions, visits, groups, relapse rule.

One schema serves published trials (`evidence/designs`), a user's own trial file and virtual
trials. Nothing here knows any trial by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from reprieve.engine.dosing.doses import Dose, Regimen
from reprieve.engine.mood.model import Baseline
from reprieve.errors import EvidenceError, RegimenError
from reprieve.evidence.study import Arm, Outcome, Study, read_study

# A session as it enters the body: its doses, on the session's own clock.
Form = tuple[Dose, ...]
INACTIVE = frozenset({"saline", "placebo", "midazolam"})


@dataclass(frozen=True, slots=True)
class Sitting:
    """One visit for treatment: day, what is given (None: nothing active), how aware, when."""

    day: float
    form: Form | None
    awareness: str
    condition: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """Another treatment from one day to another (None: to the end)."""

    what: str
    from_d: float = 0.0
    to_d: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The visit that decides conditional sessions: well means a score at most the cut-off."""

    day: float
    at_most: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One arm as the engine runs it. Patients are split evenly over `branches`."""

    name: str
    n: int | None
    branches: tuple[tuple[Sitting, ...], ...]
    others: tuple[Course, ...] = ()
    check: Check | None = None
    completes: float = 1.0


@dataclass(frozen=True, slots=True)
class Group:
    """Patients chosen by their scores: every rule holds, and they are not in `without`.

    A rule names days and one of `fall`, `fall_less_than` (share of baseline), `at_most`,
    `at_least` (points); `count` says at how many of the days it must hold (default all).
    """

    name: str
    rules: tuple[Mapping[str, Any], ...]
    without: str | None = None


@dataclass(frozen=True, slots=True)
class Relapse:
    """When relapse is said: a level or a lost response, at consecutive visits after `from_d`."""

    rule: str
    from_d: float
    at_least: float | None = None
    fall_below: float | None = None
    consecutive: int = 2


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How long patients are watched after relapse counting begins (d).

    Exponential with that mean and an end: patients enter at different times and an
    event-driven trial stops for all of them on one day.
    """

    exponential_mean_d: float
    to_d: float


@dataclass(frozen=True, slots=True)
class Design:
    """A whole trial."""

    key: str
    title: str
    split: str
    instrument: str
    baseline: Baseline
    visits_d: tuple[float, ...]
    arms: tuple[Plan, ...]
    groups: tuple[Group, ...] = ()
    relapse: Relapse | None = None
    follow_up: FollowUp | None = None
    first_line: bool = False
    pooled: bool = False
    outcomes: tuple[Outcome, ...] = ()
    assumed: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""

    def arm(self, name: str) -> Plan:
        """The arm of that name."""
        for plan in self.arms:
            if plan.name == name:
                return plan
        raise EvidenceError(
            f"{self.key}: no arm '{name}'. Arms: {', '.join(a.name for a in self.arms)}."
        )

    @property
    def needs_parts(self) -> bool:
        """Whether an outcome asks for suicidal ideation, which rests on the parts of the effect."""
        return any(_asks_parts(outcome.measure) for outcome in self.outcomes)

    def forms(self) -> list[Form]:
        """Every distinct active session form, in order of first use."""
        seen: dict[Form, None] = {}
        for plan in self.arms:
            for branch in plan.branches:
                for sitting in branch:
                    if sitting.form is not None:
                        seen.setdefault(sitting.form)
        return list(seen)


def _asks_parts(spec: Mapping[str, Any]) -> bool:
    kind = str(spec.get("kind", ""))
    return kind.startswith("si_") or any(_asks_parts(s) for s in spec.get("of", ()))


def sittings(regimen: Regimen, awareness: str) -> list[Sitting]:
    """The sessions of a regimen; doses of saline, placebo or midazolam carry context only."""
    grouped: dict[int, list[Dose]] = {}
    for dose in regimen.doses:
        grouped.setdefault(dose.session, []).append(dose)
    return [_sitting(doses, awareness) for doses in grouped.values()]


def _sitting(doses: Sequence[Dose], awareness: str) -> Sitting:
    start = doses[0].time_h
    active = tuple(
        Dose(d.drug, d.route, d.amount, d.unit, d.time_h - start, d.duration_h, d.form, 0)
        for d in doses
        if d.drug not in INACTIVE
    )
    return Sitting(start / 24.0, active or None, awareness)


def read_design(source: str | Path) -> Design:
    """A trial file as the engine runs it.

    Raises
    ------
    EvidenceError
        The file breaks the study schema, or says too little to be run.
    """
    return from_study(read_study(source))


@cache
def shipped(name: str) -> Design:
    """A design of `evidence/designs` by its file name."""
    path = files("reprieve.evidence") / "designs" / f"{name}.toml"
    if not path.is_file():
        raise EvidenceError(f"No design '{name}'. Known: {', '.join(shipped_names())}.")
    return from_study(read_study(Path(str(path))))


def find(name_or_path: str) -> Design:
    """A trial file by its path, or a shipped design by its name."""
    if name_or_path in shipped_names():
        return shipped(name_or_path)
    if not name_or_path.strip():
        raise EvidenceError("No file name was given; give a trial file or a shipped design.")
    return read_design(Path(name_or_path))


def shipped_names() -> list[str]:
    """Every design that ships, by file name."""
    folder = files("reprieve.evidence") / "designs"
    return sorted(
        p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")
    )


def from_study(study: Study) -> Design:
    """The runnable part of a study file."""
    extra, people = study.extra, study.population
    where = study.name
    if people.baseline_mean is None:
        raise EvidenceError(f"{where}: [population] needs baseline_mean to be run.")
    baseline = Baseline(
        float(people.baseline_mean),
        float(people.baseline_sd if people.baseline_sd is not None else 5.5),
        float(people.baseline_min if people.baseline_min is not None else 0.0),
    )
    days = set(study.visits_d)
    for arm in study.arms:
        weekly = arm.extra.get("weekly_visits")
        if weekly:
            days.update(np.arange(weekly["from_d"], weekly["to_d"] + 1e-9, 7.0).tolist())
    for outcome in study.outcomes:
        if outcome.time_d is not None:
            days.add(outcome.time_d)
    if not days:
        raise EvidenceError(f"{where}: no visits. Give visits_d or outcomes with a time.")
    if not min(days) >= 0:
        raise EvidenceError(
            f"{where}: visits_d or an outcome has day {min(days):g}; days count from 0, the first "
            "treatment."
        )
    relapse = dict(study.relapse)
    return Design(
        key=where,
        title=study.title,
        split=study.split,
        instrument=people.instrument or "MADRS",
        baseline=baseline,
        visits_d=tuple(sorted(days)),
        arms=tuple(_plan(where, arm) for arm in study.arms),
        groups=tuple(
            Group(g["name"], tuple(g["rules"]), g.get("without")) for g in extra.get("group", ())
        ),
        relapse=Relapse(**relapse) if relapse else None,
        follow_up=FollowUp(**extra["follow_up"]) if "follow_up" in extra else None,
        first_line=bool(extra.get("first_line", False)),
        pooled=bool(extra.get("pooled", False)),
        outcomes=study.outcomes,
        assumed=study.assumed,
        reference=study.reference,
    )


def _plan(where: str, arm: Arm) -> Plan:
    if not arm.awareness:
        raise EvidenceError(f"{where}: arm '{arm.name}' needs an awareness to be run.")
    texts = arm.extra.get("regimens") or ([arm.regimen] if arm.regimen else [])
    later, keep = arm.extra.get("later_awareness"), arm.extra.get("maintenance")
    branches = []
    for text in texts:
        try:
            sessions = sittings(Regimen.parse(text), arm.awareness)
        except RegimenError as error:
            raise EvidenceError(f"{where}: arm '{arm.name}': {error}") from error
        if keep:
            sessions = [s for s in sessions if s.day < keep["from_d"]]
            sessions += _maintenance(keep, sessions[-1].form, arm.awareness)
        if later:
            sessions = [_from_day(s, later["from_d"], later["awareness"]) for s in sessions]
        branches.append(tuple(sessions))
    check = Check(keep["check_d"], keep["at_most"]) if keep else None
    others = tuple(
        Course(o["what"], float(o.get("from_d", 0.0)), o.get("to_d"))
        for o in arm.extra.get("treatments", ())
    )
    completes = float(arm.extra.get("completes", 1.0))
    return Plan(arm.name, arm.n, tuple(branches) or ((),), others, check, completes)


def _maintenance(keep: Mapping[str, Any], form: Form | None, awareness: str) -> list[Sitting]:
    """Sessions at two spacings; each patient's check decides which of the two apply."""
    stop = keep.get("placebo_from_d", np.inf)
    made = []
    for every, condition in ((keep["every_d_if_well"], 1), (keep["every_d_if_not"], 2)):
        for day in np.arange(keep["from_d"], keep["to_d"] + 1e-9, every):
            made.append(Sitting(float(day), form if day < stop else None, awareness, condition))
    return sorted(made, key=lambda s: s.day)


def _from_day(sitting: Sitting, day: float, awareness: str) -> Sitting:
    if sitting.day < day:
        return sitting
    return Sitting(sitting.day, sitting.form, awareness, sitting.condition)
