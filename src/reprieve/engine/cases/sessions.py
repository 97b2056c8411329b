"""Treatments and plans of a case: texts in the regimen language."""

from dataclasses import dataclass
from functools import lru_cache

from reprieve.engine.cases.refusals import CaseError
from reprieve.engine.cases.shape import shown
from reprieve.engine.dosing.doses import Dose, Regimen
from reprieve.errors import DoseError, InputError, RegimenError
from reprieve.evidence import practice


@dataclass(frozen=True, slots=True)
class Treatment:
    """One session: its day, what was given on a clock that starts with it, the text as it came.

    `given` False was planned and missed: kept and shown, never used.
    """

    day: float
    regimen: Regimen
    text: str
    given: bool = True

    @property
    def end_day(self) -> float:
        """Day on which the last pump stops."""
        return self.day + self.regimen.end_d


def session(text: str, where: str) -> Regimen:
    """One session, its doses on clock 0.

    Raises
    ------
    CaseError
        `unreadable_regimen`, `impossible_dose` or `unit_mix_up`.
    """
    found = _read(text, where, "unreadable_regimen")
    if len(found.sessions) != 1 or found.session_days != (0.0,) or found.daily:
        raise CaseError(
            "unreadable_regimen",
            f"{where} is {shown(text)}; a treatment is one session, such as 'ketamine 0.5 mg/kg "
            "IV over 40 min', and home medicines belong to other.",
        )
    _check_slip(found, text, where)
    return found


def plan(text: str, where: str = "plan") -> Regimen:
    """A plan on its own clock.

    Raises
    ------
    CaseError
        `unreadable_plan`, `impossible_dose` or `unit_mix_up`.
    """
    found = _read(text, where, "unreadable_plan")
    _check_slip(found, text, where)
    return found


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Regimen:
    return Regimen.parse(text)


def _read(text: str, where: str, reason: str) -> Regimen:
    try:
        return _parsed(text)
    except RegimenError as error:
        if isinstance(error.__cause__, DoseError):
            _refuse_dose(error, text, where)
        word = text[error.start : error.end].strip()
        at = f" (at '{word}')" if word else ""
        raise CaseError(reason, f"{where} cannot be read{at}: {error.reason}") from None
    except InputError as error:
        raise CaseError(reason, f"{where} cannot be read: {error}") from None


def _refuse_dose(error: RegimenError, text: str, where: str) -> None:
    """A dose beyond use; a slip of unit where the same number in mg is a usual dose."""
    try:
        in_mg = _parsed(text.replace("mg/kg", "mg"))
    except InputError:
        in_mg = None
    if in_mg is not None and all(_usual(dose, "mg") for dose in in_mg.doses):
        raise CaseError(
            "unit_mix_up",
            f"{where} is {shown(text)}: this number is a usual dose in mg and impossible in "
            "mg/kg; correct the unit.",
        ) from None
    raise CaseError("impossible_dose", f"{where}: {error.reason}") from None


def _check_slip(found: Regimen, text: str, where: str) -> None:
    """A first dose in mg below any use whose number is a usual dose per kg."""
    if not found.doses or found.doses[0].unit != "mg" or found.doses[0].amount == 0:
        return
    dose = found.doses[0]
    bounds = _bounds(dose, "mg")
    if bounds is None or dose.amount >= bounds[0]:
        return
    if _usual(dose, "mg/kg"):
        raise CaseError(
            "unit_mix_up",
            f"{where} is {shown(text)}: {dose.amount:g} mg is below any use and "
            f"{dose.amount:g} mg/kg is usual; correct the unit.",
        )


def _usual(dose: Dose, unit: str) -> bool:
    bounds = _bounds(dose, unit)
    return bounds is not None and bounds[0] <= dose.amount <= bounds[1]


def _bounds(dose: Dose, unit: str) -> tuple[float, float] | None:
    """What the protocol of a dose's drug and route calls usual, in that unit."""
    return _usual_range(dose.drug, dose.route, dose.form, unit)


@lru_cache(maxsize=256)
def _usual_range(drug: str, route: str, form: str | None, unit: str) -> tuple[float, float] | None:
    found = practice.protocol_for(drug, route, form).dose(unit)
    return None if found is None else found.usual
