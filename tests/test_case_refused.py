"""Cases that cannot be, and coherent ones without a forecast: one sentence and a code."""

import json
import re
from pathlib import Path

import pytest

from case_example import EXAMPLE, KETAMINE, demo, refused, scored
from reprieve.engine.cases.case import Case, CaseError
from reprieve.engine.cases.checks import not_forecastable
from reprieve.errors import InputError

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
