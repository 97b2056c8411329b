"""What is given and when: doses, sessions, regimens."""

from dataclasses import dataclass
from typing import Literal

Route = Literal["iv", "im", "sc", "nasal", "oral", "sublingual"]


@dataclass(frozen=True, slots=True)
class Dose:
    """One administration of one drug at one constant rate.

    `amount` is mg of base, or mg per kg body weight when `unit` says so. `duration_h` is the
    length of an infusion; 0 is a bolus, or the form's own input for other routes. `session`
    counts the visits from 0: a 40-minute infusion and its continuation share one session.
    """

    drug: str
    route: Route
    amount: float
    unit: Literal["mg", "mg/kg"] = "mg"
    time_h: float = 0.0
    duration_h: float = 0.0
    form: str | None = None
    session: int = 0


@dataclass(frozen=True, slots=True)
class Daily:
    """A medicine taken every day at home ("sertraline 100 mg oral daily").

    Days count from the first treatment.
    """

    drug: str
    amount_mg: float
    from_d: float = 0.0
    to_d: float | None = None


@dataclass(frozen=True, slots=True)
class Regimen:
    """Everything that is given, in order of time."""

    doses: tuple[Dose, ...]
    daily: tuple[Daily, ...] = ()
    assumptions: tuple[str, ...] = ()
    text: str = ""
