"""Demonstration courses that the tests of plans, options and scores ask about."""

from typing import Any

from reprieve.engine.cases.case import Case

INFUSION = "ketamine 0.5 mg/kg IV over 40 min"
WELL = ((-2, 34), (1, 25), (5, 22), (8, 17), (12, 15), (16, 12), (20, 12), (24, 11), (30, 13),
        (36, 12), (42, 14), (45, 15))  # fmt: skip
ILL = ((-2, 34), (1, 32), (6, 33), (9, 31), (13, 30))


def course(
    scores: tuple[tuple[float, float], ...] = WELL,
    given: tuple[float, ...] = (0, 3, 7, 10, 14, 17, 24, 31),
    asked_at: float = 46.0,
    regimen: str = INFUSION,
    weight_kg: float | None = 70.0,
    plan: str | None = None,
    instrument: str = "MADRS",
) -> Case:
    """A course on one instrument, in days."""
    data: dict[str, Any] = {
        "version": 1, "id": "demo", "clock": "day", "asked_at": asked_at,
        "person": {"age": 45, "sex": "F", "weight_kg": weight_kg, "height_cm": None,
                   "ancestry": None},
        "history": {"failed_trials": 3, "episode_months": None, "age_at_onset": None,
                    "family_alcohol": None, "diagnosis": "MDD"},
        "setting": {"id": None, "awareness": "open", "visits": None},
        "treatments": [{"day": day, "regimen": regimen, "given": True} for day in given],
        "other": [],
        "scores": [{"day": day, "instrument": instrument, "value": value, "items": None}
                   for day, value in scores],
        "events": [], "plan": plan,
    }  # fmt: skip
    return Case.from_dict(data)


def responder() -> Case:
    """Eight infusions, in response since the third week, slowly rising again."""
    return course()


def nonresponder() -> Case:
    """Four infusions in two weeks and hardly a change."""
    return course(ILL, (0, 3, 7, 10), 14.0)
