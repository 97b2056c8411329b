"""Cases: what is read, hidden after a day, written back, and how the format is documented."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from case_example import EXAMPLE, KETAMINE, ROOT, demo, scored
from reprieve import evidence
from reprieve.engine.cases import shape
from reprieve.engine.cases.case import Case, CaseError
from reprieve.engine.cases.checks import not_forecastable
from reprieve.engine.cases.concomitant import read_other, words
from reprieve.engine.cases.refusals import NO_FORECAST, REFUSALS
from reprieve.engine.mood.model import OTHERS
from reprieve.engine.mood.others import treatments

# -- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", evidence.case_names())
def test_every_shipped_case_is_read_and_written_back(name):
    case = Case.from_dict(evidence.case(name))
    assert Case.from_dict(json.loads(json.dumps(case.to_dict()))) == case
    assert Case.from_json(ROOT / f"src/reprieve/evidence/cases/{name}.json") == case
    assert case.own_instrument == "MADRS"
    assert {s.instrument for s in case.usable} == {"MADRS", "HDRS-17"}
    assert any("HAMD-6" in note for note in case.notes)
    assert not_forecastable(case) is None
    assert case.predictors()["bmi"] == case.person.bmi_kg_m2


def test_the_documented_example_says_what_its_page_promises():
    case = Case.from_json(str(EXAMPLE))
    assert [t.given for t in case.treatments] == [True, True, False, True, True]
    assert case.treatments[0].day == 0.0
    assert case.treatments[-1].day == 14.0
    assert case.origin == datetime.fromisoformat("2026-11-02T09:30-05:00")
    assert case.date(14) == datetime.fromisoformat("2026-11-16T09:30-05:00")
    assert case.own_instrument == "PHQ-9"
    assert case.patient().benzodiazepine_mg == pytest.approx(10.0)
    assert [o.kind for o in case.other] == [None, None, "cbt"]
    assert not_forecastable(case) is None
    assert Case.from_dict(case.to_dict()) == case


def test_shifting_the_calendar_changes_no_day():
    data = json.loads(EXAMPLE.read_text())
    shifted = json.loads(
        re.sub(
            r'"(\d{4}-\d\d-\d\dT\d\d:\d\d[-+]\d\d:\d\d)"',
            lambda m: f'"{(datetime.fromisoformat(m[1]) + timedelta(days=400)).isoformat()}"',
            json.dumps(data),
        )
    )
    a, b = Case.from_dict(data), Case.from_dict(shifted)
    assert [s.day for s in a.scores] == [s.day for s in b.scores]
    assert a.asked_at == b.asked_at
    assert b.origin is not None
    assert a.origin == b.origin - timedelta(days=400)


def test_an_instant_is_the_same_in_another_zone():
    data = json.loads(EXAMPLE.read_text())
    data["scores"][0]["day"] = "2026-10-30T20:00+00:00"  # written as 16:00-04:00 before
    assert Case.from_dict(data) == Case.from_json(EXAMPLE)


def test_json_text_a_path_and_a_mapping_are_the_same_case(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("\ufeff" + json.dumps(demo()), encoding="utf-8")
    case = Case.from_dict(demo())
    assert Case.from_json(path) == Case.from_json(str(path)) == case
    assert Case.from_json(json.dumps(demo(), indent=1)) == case


def test_the_plan_starts_at_the_question_unless_it_says_otherwise():
    case = Case.from_dict(demo())
    assert case.planned is not None
    assert (case.plan_day, case.planned.session_days) == (10.0, (0.0, 7.0, 14.0, 21.0))
    assert Case.from_dict(demo(plan_from=15)).plan_day == 15.0
    assert Case.from_dict(demo(plan=None)).planned is None


def test_a_missed_session_is_kept_and_not_given():
    rows = [{"day": 0, "regimen": KETAMINE}, {"day": 3, "regimen": KETAMINE, "given": False}]
    case = Case.from_dict(demo(treatments=rows))
    assert (len(case.treatments), len(case.given)) == (2, 1)
    assert any("did not take place" in note for note in case.notes)


def test_what_a_regimen_left_out_is_said():
    case = Case.from_dict(demo(treatments=[{"day": 0, "regimen": "ketamine 0.5 mg/kg IV"}]))
    assert any("40 min assumed from protocol" in note for note in case.notes)


def test_own_instrument_prefers_the_scale_used_most_then_madrs():
    both = scored((0, "PHQ-9", 20), (9, "PHQ-9", 10), (9, "MADRS", 15))
    assert Case.from_dict(demo(scores=both)).own_instrument == "PHQ-9"
    assert Case.from_dict(demo(scores=both[1:])).own_instrument == "MADRS"
    assert Case.from_dict(demo(scores=[])).own_instrument is None


def test_other_names_of_a_scale_are_the_same_scale():
    case = Case.from_dict(demo(scores=scored((0, "HAM-D 17", 20), (1, "QIDS", 9), (2, "gad7", 9))))
    assert [s.instrument for s in case.scores] == ["HDRS-17", "QIDS-SR16", "GAD-7"]
    assert [s.usable for s in case.scores] == [True, True, False]


# -- other treatments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "begun", "kind"),
    [
        ("sertraline 100 mg oral daily", None, None),
        ("sertraline 100 mg oral daily", -60, None),
        ("sertraline 100 mg oral daily", 0, "new_antidepressant"),
        ("Zoloft 50 mg", 0, "new_antidepressant"),
        ("quetiapine XR 150 mg oral daily", 2, "quetiapine_augmentation"),
        ("Aripiprazole 5 mg", 2, "atypical_augmentation"),
        ("lithium 600 mg oral daily", 2, None),
        ("Cognitive behavioural therapy, weekly", 2, "cbt"),
        ("ECT three times weekly", 2, "ect"),
        ("rTMS left DLPFC", 2, None),
        ("knitting", 2, None),
        *((name, 1, name) for name in treatments()),
    ],
)
def test_words_of_other_treatments(what, begun, kind):
    assert read_other(what, begun, None).kind == kind


@pytest.mark.parametrize(
    ("what", "mg"),
    [
        ("diazepam 5 mg oral daily", 5.0),
        ("lorazepam 1 mg twice daily", 20.0),
        ("clonazepam 500 mcg at night", 10.0),
        ("zopiclone 7.5 mg oral daily", 5.0),
        ("lorazepam 1 mg daily and temazepam 20 mg at night", 20.0),
        ("lorazepam 1 mg prn", None),
        ("lorazepam", None),
        ("sertraline 100 mg oral daily", None),
    ],
)
def test_diazepam_equivalents(what, mg):
    assert words(what).benzodiazepine_mg == (None if mg is None else pytest.approx(mg))


def test_interactions_and_benzodiazepines_count_only_while_they_run():
    rows = [
        {"what": "diazepam 5 mg oral daily", "from": -200, "to": 4},
        {"what": "lorazepam 0.5 mg oral daily", "from": -3},
        {"what": "rifampin 600 mg oral daily", "from": 2},
        {"what": "clarithromycin", "from": -9, "to": -2},
        {"what": "tranylcypromine 30 mg oral daily"},
    ]
    case = Case.from_dict(demo(other=rows))
    assert case.patient().benzodiazepine_mg == pytest.approx(5.0)
    assert case.patient().interactions == ("benzodiazepine", "rifampicin", "maoi")
    early = case.until(1)
    assert early.patient().benzodiazepine_mg == pytest.approx(10.0)
    assert early.patient().interactions == ("benzodiazepine", "maoi")


def test_nobody_asked_is_not_the_same_as_none():
    assert Case.from_dict(demo(other=None)).patient().benzodiazepine_mg is None
    assert Case.from_dict(demo(other=[])).patient().benzodiazepine_mg == 0.0
    unsure = [{"what": "lorazepam as needed"}]
    assert Case.from_dict(demo(other=unsure)).patient().benzodiazepine_mg is None


def test_of_many_new_treatments_the_latest_are_followed_and_the_rest_is_said():
    rows = [{"what": w, "from": k} for k, w in enumerate(("sertraline", "ECT", "CBT", "Abilify"))]
    case = Case.from_dict(demo(other=rows))
    assert [o.kind is not None for o in case.other] == [False] + [True] * OTHERS
    assert any("'sertraline'" in note and "latest 3" in note for note in case.notes)
    assert all(o.kind is not None for o in case.until(2).other)


def test_an_unknown_word_is_kept_and_said():
    case = Case.from_dict(demo(other=[{"what": "knitting", "from": 1}]))
    assert any("'knitting' names no treatment" in note for note in case.notes)


# -- hindsight ------------------------------------------------------------------------------------


def test_until_hides_everything_that_came_later():
    rows = [{"what": "CBT", "from": -5, "to": 8}, {"what": "ECT", "from": 5}]
    case = Case.from_dict(demo(other=rows, checkin={"sleep_h": 6}))
    then = case.until(3)
    assert then.asked_at == 3.0
    assert [t.day for t in then.treatments] == [0.0, 3.0]
    assert [s.day for s in then.scores] == [-1.0, 1.0]
    assert [(o.what, o.to_day) for o in then.other] == [("CBT", None)]
    assert (then.plan, then.checkin.sleep_h) == (None, None)
    assert case.until(8).other[0].to_day == 8.0


@pytest.mark.parametrize("data", [demo(), json.loads(EXAMPLE.read_text())])
def test_until_keeps_days_through_writing_and_asks_no_question_twice(data):
    case = Case.from_dict(data)
    for day in (-3.0, -1.0, 0.0, 4.0, case.asked_at):
        then = case.until(day)
        assert Case.from_dict(then.to_dict()) == then
        assert then.until(day) == then
        for earlier in (-3.5, day):
            assert then.until(min(earlier, day)) == case.until(min(earlier, day))
    with pytest.raises(CaseError, match="lies after it"):
        case.until(case.asked_at + 1)


# -- the format -----------------------------------------------------------------------------------


def test_every_code_is_documented_and_every_field_too():
    page = (ROOT / "docs" / "case.md").read_text(encoding="utf-8")
    for code in {**REFUSALS, **NO_FORECAST}:
        assert f"| `{code}` |" in page, code
    top = shape.schema()["properties"]
    for key, node in top.items():
        parts = node.get("properties") or node.get("items", {}).get("properties") or {}
        for name in (key, *parts):
            assert re.search(rf"`([\w\[\]]+\.)?{name}(`|\.|\[)", page), name


def test_the_schema_describes_every_key_and_bounds_every_list_and_text():
    def walk(node: dict[str, Any], where: str) -> None:
        assert node.get("description"), where
        if "string" in node["type"]:
            assert "enum" in node or node["maxLength"] <= 2000, where
        if "array" in node["type"]:
            assert node["maxItems"] <= 2000, where
            walk(node["items"], where + "[]")
        if "properties" in node:
            assert node["additionalProperties"] is False, where
            for key, child in node["properties"].items():
                walk(child, f"{where}.{key}")

    walk(dict(shape.schema()), "case")


def test_the_choices_of_the_schema_are_those_of_the_engine():
    from reprieve.engine.patient import ANCESTRIES, LIVER
    from reprieve.evidence.words import AWARENESS

    top = shape.schema()["properties"]
    person = top["person"]["properties"]
    assert set(person["ancestry"]["enum"]) == {*ANCESTRIES, None}
    assert set(person["liver"]["enum"]) == {*LIVER, None}
    assert set(top["setting"]["properties"]["awareness"]["enum"]) == {*AWARENESS, None}
