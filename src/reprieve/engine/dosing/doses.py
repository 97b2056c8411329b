"""What is given and when: doses, sessions, regimens."""

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from reprieve.errors import DoseError

Route = Literal["iv", "im", "sc", "nasal", "oral", "sublingual"]
Unit = Literal["mg", "mg/kg"]

ROUTES: tuple[str, ...] = get_args(Route)
KETAMINES = ("ketamine", "esketamine", "arketamine")
CONTROLS = ("saline", "midazolam", "placebo")
DRUGS = KETAMINES + CONTROLS
FORMS = ("spray", "solution", "er", "tablet", "film", "lozenge", "wafer")

HOURS_PER_DAY = 24.0
LONGEST_H = 10 * 365.25 * HOURS_PER_DAY  # nobody plans a regimen beyond ten years
LONGEST_INFUSION_H = 7 * HOURS_PER_DAY


@dataclass(frozen=True, slots=True)
class Dose:
    """One administration of one drug at one constant rate.

    `amount` is mg of base, or mg per kg body weight when `unit` says so. `duration_h` is the
    length of an infusion; 0 is a bolus, or the form's own input for other routes. `session`
    counts the visits from 0: a 40-minute infusion and its continuation share one session.

    Raises
    ------
    DoseError
        Not a number, negative, before time 0, an unknown drug, route, form or unit, or more
        than any published use of that route.
    """

    drug: str
    route: Route
    amount: float
    unit: Unit = "mg"
    time_h: float = 0.0
    duration_h: float = 0.0
    form: str | None = None
    session: int = 0

    def __post_init__(self) -> None:
        _one_of("drug", self.drug, DRUGS)
        _one_of("route", self.route, ROUTES)
        _one_of("unit", self.unit, get_args(Unit))
        if self.form is not None:
            _one_of("form", self.form, FORMS)
        _in_range("amount", self.amount, math.inf, self.unit)
        _in_range("time", self.time_h, LONGEST_H, "h")
        _in_range("duration", self.duration_h, LONGEST_INFUSION_H, "h")
        most = largest_amount(self.drug, self.route, self.unit, self.duration_h, self.form)
        if self.amount > most:
            raise DoseError(_too_much(self, most))

    def mg(self, weight_kg: float) -> float:
        """The amount in mg for a body weight in kg."""
        return self.amount * weight_kg if self.unit == "mg/kg" else self.amount

    @property
    def end_h(self) -> float:
        """When the input by pump or needle ends, h."""
        return self.time_h + self.duration_h

    @property
    def day(self) -> float:
        """Days from the first treatment."""
        return self.time_h / HOURS_PER_DAY


@dataclass(frozen=True, slots=True)
class Daily:
    """A medicine taken every day at home ("sertraline 100 mg oral daily").

    Days count from the first treatment; `to_d` None is open-ended.
    """

    drug: str
    amount_mg: float
    from_d: float = 0.0
    to_d: float | None = None

    def __post_init__(self) -> None:
        _in_range("amount", self.amount_mg, 5000.0, "mg a day")
        if not math.isfinite(self.from_d) or (
            self.to_d is not None and not self.to_d > self.from_d
        ):
            raise DoseError(
                f"{self.drug} from day {self.from_d} to day {self.to_d}: "
                "expected a first day before the last."
            )


@dataclass(frozen=True, slots=True)
class Regimen:
    """Everything that is given, in order of time.

    `assumptions` says, a sentence each, what the text left out and which value was taken.
    """

    doses: tuple[Dose, ...]
    daily: tuple[Daily, ...] = ()
    assumptions: tuple[str, ...] = ()
    text: str = ""

    def __post_init__(self) -> None:
        times = [dose.time_h for dose in self.doses]
        if times != sorted(times):
            raise DoseError("Doses came out of order; give them in order of time.")

    @staticmethod
    def parse(text: str, strict: bool = False, until_d: float | None = None) -> "Regimen":
        """Read a regimen as people write it; see docs/regimens.md for the grammar.

        Parameters
        ----------
        text : "ketamine 0.5 mg/kg IV over 40 min, twice weekly for 3 weeks"
        strict : refuse what is left out instead of taking the protocol's value
        until_d : day at which a last phase without an end stops; the protocol's span if None

        Raises
        ------
        RegimenError
            Points at the word that cannot be read.
        """
        from reprieve.engine.dosing.regimen import parse

        return parse(text, strict=strict, until_d=until_d)

    @staticmethod
    def single(
        drug: str,
        amount: float,
        unit: Unit = "mg/kg",
        route: Route = "iv",
        duration_h: float = 0.0,
        form: str | None = None,
    ) -> "Regimen":
        """One administration at time 0."""
        return Regimen((Dose(drug, route, amount, unit, 0.0, duration_h, form),))

    def format(self) -> str:
        """The regimen in its own language: `Regimen.parse(r.format())` gives the same doses."""
        from reprieve.engine.dosing.wording import format_regimen

        return format_regimen(self)

    @property
    def sessions(self) -> tuple[int, ...]:
        """Numbers of the visits, in order."""
        return tuple(sorted({dose.session for dose in self.doses}))

    @property
    def session_days(self) -> tuple[float, ...]:
        """Day of each visit, counted from the first treatment."""
        starts: dict[int, float] = {}
        for dose in self.doses:
            starts.setdefault(dose.session, dose.day)
        return tuple(starts[session] for session in sorted(starts))

    def doses_of(self, session: int) -> tuple[Dose, ...]:
        """What is given at one visit."""
        return tuple(dose for dose in self.doses if dose.session == session)

    def total_mg(self, weight_kg: float, drug: str | None = None) -> float:
        """Sum of all doses (or of one drug's) for a body weight, mg; home medicines excluded."""
        return math.fsum(
            dose.mg(weight_kg) for dose in self.doses if drug is None or dose.drug == drug
        )

    @property
    def end_d(self) -> float:
        """Day on which the last administration ends; 0 when nothing is given."""
        return max((dose.end_h for dose in self.doses), default=0.0) / HOURS_PER_DAY

    def shifted(self, hours: float) -> "Regimen":
        """The same doses, later by `hours`."""
        doses = tuple(replace(dose, time_h=dose.time_h + hours) for dose in self.doses)
        return replace(self, doses=doses, text="")


def largest_amount(
    drug: str, route: str, unit: str, duration_h: float, form: str | None = None
) -> float:
    """The most that one administration may hold, in its own unit; saline and placebo hold 0.

    The limits stand in the protocol files (`refuse_above`).
    """
    from reprieve.engine.dosing.defaults import limits

    at_once, per_h = limits(drug, route, unit, form)
    return at_once + per_h * duration_h


def _too_much(dose: Dose, most: float) -> str:
    if most == 0:
        return f"{dose.drug} holds no drug; leave its amount out (it was {dose.amount:g})."
    over = ""
    if dose.duration_h:
        short = dose.duration_h < 2
        over = f" over {dose.duration_h * 60:g} min" if short else f" over {dose.duration_h:g} h"
    return (
        f"{dose.amount:g} {dose.unit} of {dose.drug} {dose.route}{over} is beyond any published "
        f"use; the limit here is {most:.3g} {dose.unit}."
    )


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise DoseError(f"Unknown {what} '{value}'. Known: {', '.join(known)}.")


def _in_range(what: str, value: float, most: float, unit: str) -> None:
    if not (0 <= value <= most and math.isfinite(value)):  # NaN fails the comparison too
        top = f"0 to {most:g}" if math.isfinite(most) else "0 or more"
        raise DoseError(f"The {what} of a dose was {value} {unit}; expected {top} {unit}.")
