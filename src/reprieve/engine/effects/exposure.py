"""What adds up over sessions, and which checks it makes due: bladder, liver, frequency.

Long use at recreational amounts harms bladder and liver in relation to dose and frequency
(winstock_2012); no source gives a total that is safe or unsafe in treatment. So totals are
shown without a limit, and the flags are checks that fall due by the protocol.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reprieve.engine.dosing.doses import HOURS_PER_DAY, Dose
from reprieve.engine.patient import Array
from reprieve.errors import InputError
from reprieve.evidence.practice import Protocol, Threshold

WINDOW_D = 30.0
DAYS_PER_MONTH = 30.4375
WEEK_D = 7.0
_ACTIVE = ("ketamine", "esketamine", "arketamine")


@dataclass(frozen=True, slots=True)
class Flag:
    """One check: whether it is due, what was found, and the threshold it rests on."""

    name: str
    organ: str
    due: bool
    found: float
    unit: str
    threshold: Threshold
    text: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a person has had by a day: mg of each drug, sessions, density, length."""

    total_mg: dict[str, float]
    sessions: int
    sessions_30d: int
    most_in_30d: int
    months: float
    days_since_last: float
    flags: tuple[Flag, ...]


def cumulative_exposure(
    doses: Iterable[Dose], weight_kg: float, protocol: Protocol, now_d: float | None = None
) -> Exposure:
    """Cumulative exposure with the flags of a protocol.

    Parameters
    ----------
    doses : all that was given; control infusions do not count
    weight_kg : for doses per kg
    protocol : its `exposure` thresholds and its first phase (induction)
    now_d : days from the first treatment; None is the last dose's day

    Raises
    ------
    InputError
        A weight at or below zero, or no dose at all before `now_d`.
    """
    if not weight_kg > 0:
        raise InputError(f"weight was {weight_kg} kg; give a weight above 0.")
    active = [d for d in doses if d.drug in _ACTIVE and d.amount > 0]
    days = np.array(sorted({d.session: d.time_h / HOURS_PER_DAY for d in active}.values()))
    now = now_d if now_d is not None else (float(days[-1]) if days.size else 0.0)
    days = days[days <= now]
    if not days.size:
        raise InputError(f"No ketamine was given by day {now:g}; there is no exposure to count.")
    total: dict[str, float] = {}
    for d in active:
        if d.time_h / HOURS_PER_DAY <= now:
            amount = d.amount * (weight_kg if d.unit == "mg/kg" else 1.0)
            total[d.drug] = total.get(d.drug, 0.0) + amount
    recent = int((days > now - WINDOW_D).sum())
    most = max(int(((days >= d) & (days < d + WINDOW_D)).sum()) for d in days)
    return Exposure(
        total_mg=total,
        sessions=int(days.size),
        sessions_30d=recent,
        most_in_30d=most,
        months=(now - float(days[0])) / DAYS_PER_MONTH,
        days_since_last=now - float(days[-1]),
        flags=_flags(days, now, recent, protocol),
    )


def _flags(days: Array, now: float, recent: int, protocol: Protocol) -> tuple[Flag, ...]:
    limits = protocol.thresholds("exposure")
    first = protocol.phases[0].weeks if protocol.phases else None
    induction_d = (first or 0.0) * WEEK_D
    elapsed = now - float(days[0])
    after = max(0.0, elapsed - induction_d)
    every, tests = limits["bladder_questions"], limits["liver_tests"]
    review, dense = limits["cumulative_review"], limits["sessions_30d"]
    return (
        Flag(
            "bladder_questions",
            "bladder",
            days.size % int(every.value) == 0 or after >= WINDOW_D,
            float(days.size),
            "sessions",
            every,
            "Ask about frequency, urgency, pain and blood in the urine.",
        ),
        Flag(
            "liver_tests",
            "liver",
            elapsed >= tests.value,
            elapsed,
            "d",
            tests,
            "Liver tests with ALP and GGT, and a urinalysis, were due by now.",
        ),
        Flag(
            "sessions_30d",
            "bladder",
            elapsed > induction_d and dense.met(float(recent)),
            float(recent),
            "sessions",
            dense,
            "More sessions in 30 days than twice a week, after induction.",
        ),
        Flag(
            "cumulative_review",
            "all",
            elapsed >= review.value,
            elapsed,
            "d",
            review,
            "Review total dose and number of sessions; consider an attempt to taper.",
        ),
    )
