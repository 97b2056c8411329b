"""A small case, whole and spoilt, for the tests of cases."""

from pathlib import Path
from typing import Any

import pytest

from reprieve.engine.cases.case import Case, CaseError

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "examples" / "case.json"
KETAMINE = "ketamine 0.5 mg/kg IV over 40 min"


def demo(**changes: Any) -> dict[str, Any]:
    """A small coherent case with some keys changed."""
    data = {
        "version": 1,
        "id": "demo",
        "clock": "day",
        "asked_at": 10,
        "person": {"age": 40, "sex": "F", "weight_kg": 70, "height_cm": 168},
        "history": {"diagnosis": "MDD", "age_at_onset": 25, "episode_months": 18},
        "treatments": [{"day": 0, "regimen": KETAMINE}, {"day": 3, "regimen": KETAMINE}],
        "other": [{"what": "sertraline 100 mg oral daily"}, {"what": "CBT", "from": 5}],
        "scores": [
            {"day": -1, "instrument": "MADRS", "value": 34},
            {"day": 1, "instrument": "MADRS", "value": 20},
            {"day": 9, "instrument": "PHQ-9", "value": 12},
        ],
        "events": [{"day": 0, "what": "dissociation", "severity": "mild"}],
        "plan": "ketamine 0.5 mg/kg IV over 40 min, weekly x4",
    }
    return {**data, **changes}


def refused(data: Any) -> CaseError:
    with pytest.raises(CaseError) as caught:
        Case.from_dict(data)
    return caught.value


def scored(*rows: tuple[float, str, float]) -> list[dict[str, Any]]:
    return [{"day": day, "instrument": name, "value": value} for day, name, value in rows]
