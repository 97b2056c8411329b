"""One schema for studies and trials: what was done to whom, and what was seen.

Files in studies/, kinetics/, effects/ and course/ keep what a paper printed. Files in designs/
and a trial file of your own use the same schema, with a regimen text and awareness in each arm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, cast

from reprieve.evidence.schema import NOTHING, STATUSES, Table, parse_toml, read_text
from reprieve.evidence.words import (
    AWARENESS,
    HOURS,
    INTERVALS,
    RATES,
    SIMULATED_ARM,
    SIMULATED_STUDY,
    SPLITS,
    SPREADS,
    UNITS,
)

Status = Literal["verified", "recalled", "digitised", "derived", "assumed"]


@dataclass(frozen=True, slots=True)
class Arm:
    """People who were treated alike, as the paper describes them.

    `dose` is a number where the paper gives one, otherwise its text ("56-84"). `regimen` is
    text in the regimen language and `awareness` one of `AWARENESS`; both are for files that
    the engine simulates. `extra` holds keys that only such files carry.
    """

    name: str
    label: str = ""
    n: int | None = None
    drug: str = ""
    route: str = ""
    formulation: str = ""
    dose: float | str | None = None
    dose_unit: str = ""
    duration_min: float | None = None
    schedule: str = ""
    regimen: str = ""
    awareness: str = ""
    other: str = ""
    setting: str = ""
    control: str = ""
    population: str = ""
    baseline_mean: float | None = None
    baseline_sd: float | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Population:
    """Who took part; `None` and "" mean that the paper does not say."""

    text: str = ""
    n: int | None = None
    age_mean: float | None = None
    age_sd: float | None = None
    age_min: float | None = None
    female_percent: float | None = None
    weight_kg: float | None = None
    weight_sd_kg: float | None = None
    instrument: str = ""
    baseline_mean: float | None = None
    baseline_sd: float | None = None
    baseline_min: float | None = None
    medication: str = ""
    failed_trials: float | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One number, with its unit, its spread, its place in the paper and how it is known.

    `what` is the thing measured (an instrument, a vital sign, an analyte), `kind` the statistic
    of it. `range` replaces `value` where the paper prints two ends. `spread` is one number or
    an interval; `spread_text` keeps what is neither. `seen` says whether somebody read the
    number (or those it is computed from) at its source. Times count from the first dose unless
    `note` says otherwise.
    """

    id: str
    kind: str
    what: str = ""
    arm: str = ""
    contrast: tuple[str, str] | None = None
    control: str = ""
    value: float | None = None
    range: tuple[float, float] | None = None
    unit: str = ""
    time: float | None = None
    time_unit: str = ""
    spread: float | tuple[float, float] | None = None
    spread_kind: str = ""
    spread_text: str = ""
    n: int | None = None
    matrix: str = ""
    metric: str = ""
    rule: str = ""
    population: str = ""
    baseline_mean: float | None = None
    baseline_sd: float | None = None
    place: str = "unknown"
    status: Status = "verified"
    seen: bool = True
    note: str = ""
    url: str = ""
    cited_as: str = ""
    measure: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    @property
    def time_h(self) -> float | None:
        """Time in hours."""
        return None if self.time is None else self.time * HOURS[self.time_unit]

    @property
    def time_d(self) -> float | None:
        """Time in days."""
        return None if self.time is None else self.time * HOURS[self.time_unit] / 24.0

    @property
    def interval(self) -> tuple[float, float] | None:
        """The spread where it is an interval, else None."""
        return self.spread if isinstance(self.spread, tuple) else None


@dataclass(frozen=True)
class Study:
    """A file of the schema: a paper's numbers, or a trial that can be simulated."""

    name: str
    title: str
    reference: str = ""
    split: Literal["calibration", "validation", "none"] = "none"
    year: int | None = None
    cited_as: str = ""
    url: str = ""
    note: str = ""
    population: Population = Population()
    arms: tuple[Arm, ...] = ()
    visits_d: tuple[float, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    relapse: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    dropout: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    assumed: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    extra: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    @cached_property
    def _arms(self) -> dict[str, Arm]:
        return {arm.name: arm for arm in self.arms}

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        return self._arms[name]

    def outcome(self, row: str) -> Outcome:
        """The outcome with that row id."""
        return next(outcome for outcome in self.outcomes if outcome.id == row)


def read_study(source: str | Path, name: str | None = None) -> Study:
    """A study from a TOML file or text.

    Parameters
    ----------
    source : a path, or the TOML text itself (anything with a line break or a `=`)
    name : what messages call a text; a file is called by its own name

    Raises
    ------
    EvidenceError
        The file is not TOML, breaks the schema or states what cannot be true.
    """
    if isinstance(source, str) and ("\n" in source or "=" in source or not source.strip()):
        return parse_study(source, name or "trial")
    path = Path(source)
    return parse_study(read_text(path), name or path.stem, where=path.name)


def parse_study(text: str, name: str, where: str | None = None) -> Study:
    """A study from TOML text; `where` is what messages call the file."""
    table = Table(parse_toml(text, where or name), where or name)
    version = table.need("version")
    if version != 1:
        table.refuse(f"is {version!r}; this Reprieve reads version 1", "version")
    reference = table.text("reference", "")
    _check_reference(table, reference)
    study = Study(
        name=name,
        title=table.text("title"),
        reference=reference,
        split=cast("Any", table.choice("split", SPLITS, "none")),
        year=table.integer("year", low=1800),
        cited_as=table.text("cited_as", ""),
        url=table.text("url", ""),
        note=table.text("note", ""),
        population=_population(table.sub("population")),
        arms=tuple(_arm(entry) for entry in table.subs("arm")),
        visits_d=_visits(table),
        outcomes=tuple(_outcome(entry) for entry in table.subs("outcome")),
        relapse=table.mapping("relapse"),
        dropout=table.mapping("dropout"),
        assumed=table.mapping("assumed"),
        extra={key: table.raw(key) for key in SIMULATED_STUDY if table.has(key)},
    )
    table.done()
    _check_names(study, table)
    return study


def _check_reference(table: Table, reference: str) -> None:
    from reprieve.evidence.references import has_reference

    if reference and not has_reference(reference):
        table.refuse(f"'{reference}' is not in references.bib; add the entry first", "reference")


def _visits(table: Table) -> tuple[float, ...]:
    visits = table.numbers("visits_d")
    if any(later <= earlier for earlier, later in pairwise(visits)):
        table.refuse("must increase from one visit to the next", "visits_d")
    return visits


def _population(table: Table) -> Population:
    population = Population(
        text=table.text("text", ""),
        n=table.integer("n"),
        age_mean=table.optional("age_mean", low=0, high=120),
        age_sd=table.optional("age_sd", low=0),
        age_min=table.optional("age_min", low=0, high=120),
        female_percent=table.optional("female_percent", low=0, high=100),
        weight_kg=table.optional("weight_kg", low=20, high=400),
        weight_sd_kg=table.optional("weight_sd_kg", low=0),
        instrument=table.text("instrument", ""),
        baseline_mean=table.optional("baseline_mean", low=0),
        baseline_sd=table.optional("baseline_sd", low=0),
        baseline_min=table.optional("baseline_min", low=0),
        medication=table.text("medication", ""),
        failed_trials=table.optional("failed_trials", low=0),
        extra=table.mapping("extra"),
    )
    table.done()
    return population


def _arm(table: Table) -> Arm:
    extra = dict(table.mapping("extra"))
    for key in SIMULATED_ARM:
        if table.has(key):
            extra[key] = table.raw(key)
    arm = Arm(
        name=table.text("name"),
        label=table.text("label", ""),
        n=table.integer("n"),
        drug=table.text("drug", ""),
        route=table.text("route", ""),
        formulation=table.text("formulation", ""),
        dose=_dose(table),
        dose_unit=table.text("dose_unit", ""),
        duration_min=table.optional("duration_min", low=0),
        schedule=table.text("schedule", ""),
        regimen=table.text("regimen", ""),
        awareness=table.choice("awareness", AWARENESS, ""),
        other=table.text("other", ""),
        setting=table.text("setting", ""),
        control=table.text("control", ""),
        population=table.text("population", ""),
        baseline_mean=table.optional("baseline_mean", low=0),
        baseline_sd=table.optional("baseline_sd", low=0),
        extra=extra,
    )
    table.done()
    return arm


def _dose(table: Table) -> float | str | None:
    if not table.has("dose"):
        return None
    dose = table.take("dose")
    return dose if isinstance(dose, str) else table.checked(dose, "dose", low=0)


def _outcome(table: Table) -> Outcome:
    row = table.text("id")
    table.where += f" ({row})"
    kind = table.text("kind")
    unit = table.text("unit", "")
    if unit and unit not in UNITS:
        table.refuse(
            f"'{unit}' is not a known unit; the known ones are in the docs under Evidence", "unit"
        )
    is_rate = kind in RATES and unit in ("", "%")
    bounds = {"low": 0.0, "high": 100.0} if is_rate else {}
    status = table.choice("status", STATUSES)
    spread, spread_text = _spread(table)
    time, time_unit = _time(table)
    outcome = Outcome(
        id=row,
        kind=kind,
        what=table.text("what", ""),
        arm=table.text("arm", ""),
        contrast=_contrast(table),
        control=table.text("control", ""),
        value=table.optional("value", **bounds),
        range=table.interval("range"),
        unit=unit,
        time=time,
        time_unit=time_unit,
        spread=spread,
        spread_kind=table.choice("spread_kind", SPREADS, ""),
        spread_text=spread_text,
        n=table.integer("n"),
        matrix=table.text("matrix", ""),
        metric=table.text("metric", ""),
        rule=table.text("rule", ""),
        population=table.text("population", ""),
        baseline_mean=table.optional("baseline_mean", low=0),
        baseline_sd=table.optional("baseline_sd", low=0),
        place=table.text("place", "unknown"),
        status=cast("Status", status),
        seen=table.flag("seen", status == "verified"),
        note=table.text("note", ""),
        url=table.text("url", ""),
        cited_as=table.text("cited_as", ""),
        measure=table.mapping("measure"),
    )
    table.done()
    _check_outcome(outcome, table)
    return outcome


def _check_outcome(outcome: Outcome, table: Table) -> None:
    if (outcome.value is None) == (outcome.range is None):
        table.refuse("needs either value or range, and not both")
    if outcome.interval and outcome.value is not None and outcome.spread_kind in INTERVALS:
        low, high = outcome.interval
        if not low <= outcome.value <= high:
            table.refuse(f"{outcome.value:g} lies outside its own interval", "value")


def _near(unit: str) -> str:
    from reprieve.evidence.references import close_names

    return ", ".join(close_names(unit, UNITS))


def _spread(table: Table) -> tuple[float | tuple[float, float] | None, str]:
    text = table.text("spread_text", "")
    if not table.has("spread"):
        return None, text
    spread = table.take("spread")
    if isinstance(spread, list):
        return Table({"spread": spread}, table.where).interval("spread", open_top=True), text
    return table.checked(spread, "spread", low=0), text


def _time(table: Table) -> tuple[float | None, str]:
    if table.has("time_d"):
        if table.has("time"):
            table.refuse("stands beside time; give one of them", "time_d")
        return table.number("time_d"), "d"
    time = table.optional("time")
    if time is None:
        return None, ""
    return time, table.choice("time_unit", HOURS)


def _contrast(table: Table) -> tuple[str, str] | None:
    pair = table.texts("contrast")
    if not pair:
        return None
    if len(pair) != 2:
        table.refuse("names the treated and the control arm, two names", "contrast")
    return pair[0], pair[1]


def _check_names(study: Study, table: Table) -> None:
    names = [arm.name for arm in study.arms]
    for name in names:
        if names.count(name) > 1:
            table.refuse(f"the arm name '{name}' is used twice; give each arm its own")
    rows = set[str]()
    for outcome in study.outcomes:
        if outcome.id in rows:
            table.refuse(f"the outcome id '{outcome.id}' is used twice; give each its own")
        rows.add(outcome.id)
        for arm in (*filter(None, [outcome.arm]), *(outcome.contrast or ())):
            if arm not in names:
                table.refuse(f"outcome {outcome.id} names the arm '{arm}', which is not there")
