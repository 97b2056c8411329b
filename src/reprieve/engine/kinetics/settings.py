"""How each published kinetics row is predicted: the settings file, read and checked."""

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from reprieve.engine.dosing.doses import Dose
from reprieve.engine.patient import People
from reprieve.errors import EvidenceError
from reprieve.evidence import Observation, observations


@dataclass(frozen=True, slots=True)
class Setting:
    """People, doses and sampling that stand for a published row. Units as in `Dose`, h, kg."""

    rows: tuple[str, ...]
    drug: str
    route: str
    amount: float = 0.0
    unit: str = "mg"
    duration_h: float = 0.0
    form: str | None = None
    arm: str = ""
    weight_kg: float = 70.0
    age_y: float = 40.0
    asian: bool = False
    japanese: bool = False
    liver: str = "normal"
    interactions: tuple[str, ...] = ()
    sampling: str = "venous"
    model: str | None = None
    kind: str = "observed"  # or "code", "curve"
    quantity: str = ""
    parameters: tuple[str, ...] = ()
    window_h: tuple[float, float] = (12.0, 24.0)
    time_h: float | None = None
    quantile: float | None = None
    steps_mg_per_kg_h: tuple[float, ...] = ()
    own: bool = False
    why: str = ""

    @property
    def doses(self) -> tuple[Dose, ...]:
        """What is given, from 0 h."""
        if self.steps_mg_per_kg_h:
            return tuple(
                Dose(self.drug, "iv", rate, "mg/kg", float(k), 1.0)
                for k, rate in enumerate(self.steps_mg_per_kg_h)
            )
        return (self.dose,)

    @property
    def dose(self) -> Dose:
        return self.by(self.route)

    def by(self, route: str) -> Dose:
        """The same amount by another route."""
        form = self.form if route == self.route else None
        duration = self.duration_h if route == self.route else 0.0
        return Dose(self.drug, route, self.amount, self.unit, 0.0, duration, form)  # type: ignore[arg-type]

    def people(self, n: int = 1, plain: bool = False) -> People:
        """n people alike; `plain` without the medicines, illness or age that a ratio is about."""
        one = np.ones(n)
        return People(
            age_y=one * (40.0 if plain else self.age_y),
            female=0.0 * one,
            weight_kg=one * self.weight_kg,
            height_cm=170.0 * one,
            japanese=one * self.japanese,
            asian=one * self.asian,
            hypertension=0.0 * one,
            liver="normal" if plain else self.liver,
            interactions=() if plain else self.interactions,
        )

    @property
    def milligrams(self) -> float:
        if self.steps_mg_per_kg_h:
            return sum(self.steps_mg_per_kg_h) * self.weight_kg
        return self.amount * (self.weight_kg if self.unit == "mg/kg" else 1.0)


@dataclass(frozen=True, slots=True)
class Defect:
    """Rows that a paper's own parameters do not reproduce; shown, never tuned."""

    rows: tuple[str, ...]
    metric: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """A published row with the setting that predicts it, or the reason why none does."""

    row: Observation
    setting: Setting | None
    why: str
    defect: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings file as a whole."""

    settings: tuple[Setting, ...]
    unpredicted: tuple[tuple[tuple[str, ...], str], ...]
    defects: tuple[Defect, ...] = field(default=())


def read_settings(text: str) -> Settings:
    """The settings from the text of their file.

    Raises
    ------
    EvidenceError
        Not TOML, or a key that a setting does not have.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EvidenceError(f"kinetic_settings.toml is not TOML: {error}.") from error
    try:
        return Settings(
            settings=tuple(Setting(**_tuples(t)) for t in raw.get("setting", [])),
            unpredicted=tuple((tuple(t["rows"]), t["why"]) for t in raw.get("unpredicted", [])),
            defects=tuple(Defect(**_tuples(t)) for t in raw.get("defect", [])),
        )
    except (TypeError, KeyError) as error:
        raise EvidenceError(f"kinetic_settings.toml: {error}.") from error


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}


@cache
def shipped_settings() -> Settings:
    """The settings that ship."""
    file = files("reprieve.evidence") / "kinetic_settings.toml"
    return read_settings(file.read_text(encoding="utf-8"))


def assign(settings: Settings | None = None) -> tuple[Assigned, ...]:
    """Every published kinetics row with its setting or its reason.

    Raises
    ------
    EvidenceError
        A row with no setting and no reason, or with more than one.
    """
    settings = settings or shipped_settings()
    return tuple(_assign(row, settings) for row in observations("kinetics"))


def _assign(row: Observation, settings: Settings) -> Assigned:
    found = [s for s in settings.settings if _fits(row, s)]
    reasons = [why for rows, why in settings.unpredicted if _matches(row.id, rows)]
    if len(found) + len(reasons) != 1:
        raise EvidenceError(
            f"kinetic_settings.toml: row {row.id} has {len(found)} settings and "
            f"{len(reasons)} reasons; it needs exactly one of either."
        )
    if reasons:
        return Assigned(row, None, reasons[0])
    setting = found[0]
    defect = next((d for d in settings.defects if _is_defect(row, d)), None)
    if defect:
        return Assigned(row, setting, defect.why, defect=True)
    return Assigned(row, setting, setting.why)


def _fits(row: Observation, setting: Setting) -> bool:
    right_arm = not setting.arm or setting.arm == row.outcome.arm
    return right_arm and _matches(row.id, setting.rows)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, p) for p in patterns)


def _is_defect(row: Observation, defect: Defect) -> bool:
    return (
        _matches(row.id, defect.rows)
        and row.outcome.kind == defect.metric
        and row.outcome.what == defect.what
    )
