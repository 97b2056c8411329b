"""Cases: what is read, what is refused and why, and that nothing else ever happens."""

import copy
import json
import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reprieve import evidence
from reprieve.engine.cases import shape
from reprieve.engine.cases.case import Case, CaseError
from reprieve.engine.cases.checks import not_forecastable
from reprieve.engine.cases.concomitant import read_other, words
from reprieve.engine.cases.refusals import NO_FORECAST, REFUSALS
from reprieve.engine.mood.model import OTHERS
from reprieve.engine.mood.others import treatments
from reprieve.errors import InputError

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


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"id": ' + b"9" * 5000 + b"}", "more digits"),
        (b'{"id": "a",,}', "line 1, column"),
        (b"\xff\xfe{", "UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said_without_the_words_of_a_programming_language(
    tmp_path, content, said
):
    path = tmp_path / "case.json"
    path.write_bytes(content)
    with pytest.raises(CaseError, match=said) as caught:
        Case.from_json(path)
    assert caught.value.reason == "unreadable_case"
    assert not re.search(r"sys\.|Errno|codec|char \d", str(caught.value))


TREATED = [{"day": 0, "regimen": KETAMINE}]


@pytest.mark.parametrize(
    ("reason", "change", "said"),
    [
        ("unreadable_case", {"persn": {}}, "person"),
        ("unreadable_case", {"person": {"agee": 3}}, "age"),
        ("unreadable_case", {"person": {"age": "40"}}, "person.age"),
        ("unreadable_case", {"person": {"age": True}}, "true"),
        ("unreadable_case", {"person": {"sex": "female"}}, "F, M"),
        ("unreadable_case", {"person": {"age": float("nan")}}, "nan"),
        ("unreadable_case", {"asked_at": float("inf")}, "inf"),
        ("unreadable_case", {"asked_at": 10**400}, "beyond"),
        ("unreadable_case", {"setting": {"awareness": "opne"}}, "'open'"),
        ("unreadable_case", {"history": {"failed_trials": 2.5}}, "whole number"),
        ("unreadable_case", {"scores": {}}, "a list"),
        ("unreadable_case", {"id": "\x1b[2J"}, "printed"),
        ("unreadable_case", {"id": "\ud800"}, "printed"),
        ("unreadable_case", {"plan": "x" * 3000}, "characters"),
        ("unsupported_version", {"version": 2}, "version 2"),
        ("mixed_clock", {"asked_at": "2026-11-02T09:30-05:00"}, "asked_at"),
        ("mixed_clock", {"clock": "date"}, "treatments[0].day"),
        ("mixed_clock", {"origin": 0}, "origin"),
        ("impossible_value", {"person": {"age": 400}}, "0 to 120"),
        ("impossible_value", {"person": {"weight_kg": 26, "height_cm": 249}}, "body mass index"),
        ("impossible_value", {"asked_at": 1e9}, "asked_at"),
        ("unit_mix_up", {"person": {"height_cm": 1.68}}, "metres"),
        ("unit_mix_up", {"person": {"height_cm": 66}}, "inches"),
        ("unit_mix_up", {"person": {"weight_kg": 70000}}, "grams"),
        ("unit_mix_up", {"person": {"weight_kg": 240, "height_cm": 150}}, "pounds"),
        (
            "unit_mix_up",
            {"person": {"weight_kg": 154, "height_cm": 168, "bmi_kg_m2": 24.8}},
            "pounds",
        ),
        ("unit_mix_up", {"treatments": [{"day": 0, "regimen": "ketamine 0.5 mg IV"}]}, "mg/kg"),
        ("unit_mix_up", {"treatments": [{"day": 0, "regimen": "ketamine 40 mg/kg IV"}]}, "in mg"),
        ("unit_mix_up", {"scores": scored((0, "PHQ-9", 35), (0, "MADRS", 17))}, "exchange"),
        ("unknown_instrument", {"scores": scored((0, "PHQ9x", 3))}, "Did you mean PHQ-9"),
        ("unknown_instrument", {"scores": scored((0, "mood", 3))}, "MADRS"),
        ("score_out_of_range", {"scores": scored((0, "PHQ-9", 28))}, "0 to 27"),
        ("score_out_of_range", {"scores": scored((0, "MADRS", -1))}, "0 to 60"),
        ("score_out_of_range", {"scores": scored((0, "HAMD-6", 30))}, "HAMD-6"),
        ("unreadable_regimen", {"treatments": [{"day": 0, "regimen": "ketamin 5"}]}, "ketamin"),
        (
            "unreadable_regimen",
            {"treatments": [{"day": 0, "regimen": KETAMINE + " weekly x2"}]},
            "one session",
        ),
        ("unreadable_regimen", {"treatments": [{"day": 0, "regimen": ""}]}, "regimen"),
        ("unreadable_plan", {"plan": "ketamine whenever"}, "'whenever'"),
        ("unreadable_plan", {"plan": "sertraline 50 mg oral daily"}, "no session"),
        (
            "impossible_dose",
            {"treatments": [{"day": 0, "regimen": "ketamine 5000 mg IV over 40 min"}]},
            "beyond any published",
        ),
        ("impossible_dose", {"other": [{"what": "lorazepam 50 mg daily"}]}, "diazepam"),
        ("duplicate_entry", {"treatments": TREATED * 2}, "repeats"),
        ("duplicate_entry", {"scores": scored((0, "PHQ-9", 9), (0, "PHQ9", 8))}, "9, then 8"),
        ("duplicate_entry", {"other": [{"what": "CBT"}] * 2}, "other[1]"),
        ("out_of_order", {"scores": scored((3, "PHQ-9", 9), (1, "PHQ-9", 8))}, "scores[1]"),
        ("future_entry", {"scores": scored((30, "PHQ-9", 9))}, "day 30"),
        ("future_entry", {"events": [{"day": 11, "what": "nausea"}]}, "events[0]"),
        ("future_entry", {"treatments": [*TREATED, {"day": 11, "regimen": KETAMINE}]}, "plan"),
        (
            "contradictory_case",
            {"treatments": [*TREATED, {**TREATED[0], "given": False}]},
            "both given and missed",
        ),
        (
            "contradictory_case",
            {
                "treatments": [
                    {"day": 0, "regimen": "ketamine 0.1 mg/kg/h IV for 96 h"},
                    {"day": 3, "regimen": KETAMINE},
                ]
            },
            "has ended",
        ),
        ("contradictory_case", {"treatments": [{"day": 2, "regimen": KETAMINE}]}, "days count"),
        ("contradictory_case", {"other": [{"what": "CBT", "from": 5, "to": 2}]}, "other[0]"),
        ("contradictory_case", {"history": {"age_at_onset": 50}}, "age_at_onset"),
        ("contradictory_case", {"history": {"episode_months": 900}}, "birth"),
        ("contradictory_case", {"person": {"sex": "M", "pregnant": True}}, "pregnant"),
        ("contradictory_case", {"plan_from": 5}, "before the question"),
        ("contradictory_case", {"plan_from": 5, "plan": None}, "without a plan"),
        (
            "contradictory_case",
            {"scores": [{**scored((0, "PHQ-9", 9))[0], "items": [1] * 9 + [0]}]},
            "10 items",
        ),
        (
            "contradictory_case",
            {"scores": [{**scored((0, "PHQ-9", 10))[0], "items": [1] * 9}]},
            "add up to 9",
        ),
        ("too_many_entries", {"scores": scored((0, "PHQ-9", 9)) * 10_000}, "10,000"),
        ("too_many_entries", {"treatments": TREATED * 1001}, "1,001"),
    ],
)
def test_a_bad_case_gets_one_sentence_and_a_code(reason, change, said):
    error = refused(demo(**change))
    assert error.reason == reason, str(error)
    assert said in str(error)
    assert str(error)[-1] in ".?"
    assert "\n" not in str(error)
    str(error).encode()


@pytest.mark.parametrize("lost", ["version", "id", "clock", "asked_at"])
def test_what_is_needed_is_asked_for(lost):
    data = demo()
    del data[lost]
    assert f"has no {lost}; add it." in str(refused(data))


@pytest.mark.parametrize("when", ["2026-11-02T09:30", "2026-11-02", "yesterday", "9999-01-01T0Z"])
def test_a_date_needs_to_be_one_and_to_have_a_zone(when):
    data = json.loads(EXAMPLE.read_text())
    data["asked_at"] = when
    error = refused(data)
    assert error.reason == "unreadable_date"
    assert ("time zone" in str(error)) == when.startswith("2026")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "a list"),
        ("", "not JSON"),
        ('{"version": 1, "version": 1}', "stands twice"),
        ('{"asked_at": NaN}', "NaN is no number"),
        ('{"asked_at": -Infinity}', "-Infinity is no number"),
        ('{"asked_at": ' + "9" * 5000 + "}", "more digits"),
        ("[" * 100_000, "nested too deep"),
        ('{"id": "' + "x" * 5_000_000 + '"}', "5 MB"),
    ],
)
def test_what_is_no_json_of_a_case_gets_one_sentence(text, said):
    with pytest.raises(CaseError, match=re.escape(said)) as caught:
        Case.from_json(text)
    assert caught.value.reason == "unreadable_case"


@pytest.mark.parametrize("path", ["none.json", "", ".", "\0", "/dev/null", "x" * 5000])
def test_a_file_that_is_none_gets_one_sentence(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for source in (path, Path(path)):
        with pytest.raises(CaseError) as caught:
            Case.from_json(source)
        assert caught.value.reason == "unreadable_case"
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CaseError, match="cannot be read"):
        Case.from_json("bytes.json")


# -- coherent, and no forecast --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("too_few_scores", {"scores": []}),
        ("no_usable_instrument", {"scores": scored((0, "HAMD-6", 9), (1, "GAD-7", 9))}),
        ("last_score_too_old", {"asked_at": 70}),
        ("outside_model_population", {"person": {"age": 17}, "history": {}}),
        ("outside_model_population", {"person": {"age": 86}, "history": {}}),
        ("outside_model_population", {"person": {"pregnant": True}}),
        ("outside_model_population", {"scores": scored((-1, "PHQ-9", 5), (1, "PHQ-9", 20))}),
        *(
            ("outside_model_population", {"history": {"diagnosis": text}})
            for text in ("Bipolar II depression", "F31.4", "F33.3", "schizoaffective", "OCD",
                         "MDD with psychotic features")
        ),
    ],
)  # fmt: skip
def test_a_coherent_case_without_a_forecast_says_why(reason, change):
    found = not_forecastable(Case.from_dict(demo(**change)))
    assert found is not None
    assert found[0] == reason
    assert found[1].endswith(".")


@pytest.mark.parametrize(
    "text",
    [None, "", "MDD", "TRD", "major depressive disorder, recurrent", "F33.2", "F32", "unipolar",
     "MDD without psychotic features", "296.33"],
)  # fmt: skip
def test_unipolar_depression_is_inside(text):
    assert not_forecastable(Case.from_dict(demo(history={"diagnosis": text}))) is None


def test_the_population_is_bounded_where_its_file_says():
    def at(**change):
        return not_forecastable(Case.from_dict(demo(history={}, **change)))

    assert at(person={"age": 85}) is None
    assert at(asked_at=69) is None
    assert at(scores=scored((0, "MADRS", 12), (1, "MADRS", 2))) is None
    assert at(scores=scored((0, "MADRS", 11.9), (1, "MADRS", 2))) is not None
    assert at(scores=scored((1, "MADRS", 2))) is None  # nobody rated before: unknown, not well


def test_a_minor_is_read_kept_and_not_forecast():
    case = Case.from_dict(demo(person={"age": 15}, history={}))
    with pytest.raises(InputError, match="adults"):
        case.patient()


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
