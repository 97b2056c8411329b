"""Whatever comes is a case or one sentence with a code, and nothing else ever happens."""

import copy
import json
import time
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from case_example import KETAMINE, demo
from reprieve import evidence
from reprieve.engine.cases.case import Case, CaseError
from reprieve.engine.cases.checks import not_forecastable
from reprieve.engine.cases.refusals import NO_FORECAST, REFUSALS

# -- fuzzing --------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
DAYS = st.floats(-30, 90).map(lambda day: round(day, 3))
TEXTS = st.sampled_from(
    [KETAMINE, "saline IV", "esketamine 56 mg nasal", "midazolam 0.045 mg/kg IV over 40 min",
     "ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for 6 h", "ketamine 60 mg oral ER"]
)  # fmt: skip
WHAT = st.sampled_from(
    ["CBT", "ECT", "sertraline 100 mg oral daily", "lorazepam 1 mg prn", "diazepam 5 mg bid",
     "quetiapine 150 mg", "knitting", "rifampicin 600 mg"]
)  # fmt: skip
SCALES = {"MADRS": 60, "PHQ-9": 27, "HDRS-17": 52, "QIDS-SR16": 27, "HAMD-6": 22, "GAD-7": 21}


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Coherent cases on either clock, most parts left out now and then."""
    times = sorted({0.0, *draw(st.lists(st.floats(2, 90).map(round), max_size=8))})
    rated = draw(st.lists(st.tuples(DAYS, st.sampled_from(sorted(SCALES))), unique=True))
    days = {*times, *(day for day, _ in rated)}
    asked = max(days) + draw(st.integers(0, 50))
    start, end = sorted((draw(DAYS), draw(DAYS)))
    data = demo(
        asked_at=asked,
        treatments=[{"day": day, "regimen": draw(TEXTS)} for day in times],
        scores=[
            {"day": day, "instrument": name, "value": draw(st.integers(0, SCALES[name]))}
            for day, name in sorted(rated)
        ],
        other=[{"what": what, "from": start, "to": end} for what in draw(st.sets(WHAT))],
        events=[{"day": 0.5, "what": "nausea", "severity": None}] if asked > 1 else [],
        plan=draw(st.sampled_from([None, "saline IV weekly x2", "ketamine 0.5 mg/kg IV"])),
        checkin={"sleep_h": draw(st.none() | st.floats(0, 24))},
    )
    for key in draw(st.sets(st.sampled_from(["person", "history", "other", "events", "plan"]))):
        data.pop(key)
    return draw(st.sampled_from([data, _dated(data)]))


def _dated(data: dict[str, Any]) -> dict[str, Any]:
    """The same case with dates."""
    zero = datetime.fromisoformat("2026-03-01T10:00+01:00")
    data = copy.deepcopy(data)
    data["clock"] = "date"
    rows = [row for key in ("treatments", "scores", "events") for row in data.get(key, [])]
    spans = [(row, key) for row in data.get("other", []) for key in ("from", "to")]
    for row, key in [(data, "asked_at"), *((row, "day") for row in rows), *spans]:
        row[key] = (zero + timedelta(days=row[key])).isoformat()
    return data


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A case with a few of its values exchanged for others, lost, or doubled."""
    data = draw(cases())
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(_places(data)))
        act = draw(st.sampled_from(["change", "lose", "double"]))
        if act == "change":
            tricky = [-1, 1e308, "", "MADRS", "2026-01-01T00:00Z", 10**30, [], {}, None, True]
            holder[key] = draw(JSON | st.sampled_from(tricky))
        elif act == "lose":
            holder.pop(key)
        elif isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            holder[draw(st.text(max_size=6))] = holder[key]
        if not _places(data):
            break
    return data


def _places(data: Any) -> list[tuple[Any, Any]]:
    keys = list(data) if isinstance(data, dict) else range(len(data))
    found = []
    for key in keys:
        found.append((data, key))
        if isinstance(data[key], dict | list):
            found.extend(_places(data[key]))
    return found


QUICK = settings(
    max_examples=400, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@QUICK
@given(cases())
def test_a_coherent_case_survives_json_and_hindsight(data):
    case = Case.from_dict(data)
    assert Case.from_json(json.dumps(case.to_dict())) == case
    found = not_forecastable(case)
    assert found is None or found[0] in NO_FORECAST
    for day in (-50.0, 0.0, case.asked_at / 2):
        then = case.until(day)
        assert Case.from_dict(then.to_dict()) == then
        assert all(row.day <= day for row in (*then.scores, *then.treatments, *then.events))


@QUICK
@given(spoilt() | JSON)
def test_whatever_comes_is_a_case_or_one_sentence_with_a_code(data):
    error = None
    try:
        case = Case.from_dict(data)
    except CaseError as refusal:
        error = refusal
    if error is None:
        assert Case.from_dict(case.to_dict()) == case
        return
    assert error.reason in REFUSALS
    assert "\n" not in str(error)
    assert len(str(error)) < 600
    str(error).encode()


def test_a_thousand_cases_are_read_in_a_second():
    data = evidence.case("nimh_moa102")
    Case.from_dict(data)
    start = time.process_time()
    for _ in range(200):
        Case.from_dict(data)
    assert time.process_time() - start < 0.2
