"""The one study schema: what it reads, and what it refuses in one sentence."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.errors import EvidenceError
from reprieve.evidence import read_study
from reprieve.evidence.words import AWARENESS, HOURS, UNITS

GOOD = """
version = 1
reference = "singh_2016b"
title = "A trial"
split = "validation"
visits_d = [0, 1, 15]
[population]
text = "adults"
n = 67
instrument = "MADRS"
baseline_mean = 35
[[arm]]
name = "ketamine"
n = 18
regimen = "ketamine 0.5 mg/kg IV over 40 min, twice weekly for 2 weeks"
awareness = "aware_active"
treatments = [{ what = "new_antidepressant", from_d = 0 }]
[[arm]]
name = "saline"
n = 16
awareness = "saline_control"
[[outcome]]
id = "A1"
contrast = ["ketamine", "saline"]
kind = "diff_vs_control"
time_d = 15
value = -12.7
unit = "points"
spread = [-18.0, -7.4]
spread_kind = "CI95"
status = "verified"
measure = { day = 15 }
[relapse]
rule = "MADRS at least 22"
[assumed]
baseline = "not reported"
"""


def test_it_reads_a_trial_of_the_readers_own():
    study = read_study(GOOD)
    row = study.outcome("A1")
    assert (study.split, study.visits_d, study.population.n) == ("validation", (0, 1, 15), 67)
    assert study.arm("ketamine").awareness == "aware_active"
    assert study.arm("ketamine").extra["treatments"][0]["from_d"] == 0
    assert row.contrast == ("ketamine", "saline")
    assert row.interval == (-18.0, -7.4)
    assert (row.time_d, row.time_h) == (15, 360)
    assert row.measure["day"] == 15
    assert study.relapse["rule"] == "MADRS at least 22"
    assert study.assumed["baseline"] == "not reported"


def test_it_reads_the_same_from_a_file(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    study = read_study(path)
    assert study.name == "mine"
    assert study.outcomes == read_study(GOOD).outcomes


BROKEN = {
    "not TOML": ('title = "A trial"', 'title = "A trial', "TOML"),
    "an unknown unit": ('unit = "points"', 'unit = "furlongs"', "furlongs"),
    "an interval upside down": ("[-18.0, -7.4]", "[-7.4, -18.0]", "above its high end"),
    "a value outside its interval": ("value = -12.7", "value = -2.7", "outside its own interval"),
    "a negative n": ("n = 18", "n = -18", "at least 0"),
    "a fraction of a person": ("n = 18", "n = 18.5", "whole number"),
    "a value that is no number": ("value = -12.7", "value = nan", "finite"),
    "an infinite visit": ("[0, 1, 15]", "[0, 1, inf]", "finite"),
    "visits out of order": ("[0, 1, 15]", "[0, 15, 1]", "increase"),
    "an unknown status": ('status = "verified"', 'status = "sure"', "verified"),
    "a missing status": ('status = "verified"', "", "missing"),
    "an unknown awareness": ('"aware_active"', '"awake"', "awareness is 'awake'"),
    "an unknown split": ('split = "validation"', 'split = "test"', "calibration"),
    "a citation that is not there": ('"singh_2016b"', '"singh_1916"', "references.bib"),
    "a misspelt key": ("regimen =", "regimne =", "regimne"),
    "an unknown table": ("[assumed]", "[assumptions]", "assumptions"),
    "an arm that is not there": ('["ketamine", "saline"]', '["ketamine", "salt"]', "'salt'"),
    "an arm named twice": ('name = "saline"', 'name = "ketamine"', "twice"),
    "a value that is missing": ("value = -12.7", "", "either value or range"),
    "a value and a range": ("value = -12.7", "value = 1\nrange = [1, 2]", "not both"),
    "a text for a number": ("value = -12.7", 'value = "-12.7"', "a number was expected"),
    "a yes for a number": ("value = -12.7", "value = true", "a number was expected"),
    "another version": ("version = 1", "version = 2", "version 1"),
    "no version": ("version = 1", "", "missing"),
    "a number for a table": ("version = 1", "version = 1\ndropout = 3", "a table was expected"),
    "a NaN in a free table": ("{ day = 15 }", "{ day = nan }", "finite"),
    "a NaN for the engine": ("from_d = 0", "from_d = nan", "finite"),
    "a time without its unit": ("time_d = 15", "time = 15", "time_unit"),
    "two times": ("time_d = 15", 'time_d = 15\ntime = 2\ntime_unit = "h"', "one of them"),
    "a negative spread": ("spread = [-18.0, -7.4]", "spread = -3", "at least 0"),
    "an impossible age": ('text = "adults"', "age_mean = 430", "between 0 and 120"),
}


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_it_refuses(case: str):
    old, new, expected = BROKEN[case]
    assert old in GOOD
    with pytest.raises(EvidenceError, match=re.escape(expected)) as refusal:
        read_study(GOOD.replace(old, new, 1), name="mine.toml")
    message = str(refusal.value)
    assert message.startswith("mine.toml")
    assert "\n" not in message
    assert message.endswith(".")


@pytest.mark.parametrize("value", ["-0.1", "100.1", "1000"])
def test_it_refuses_a_rate_outside_0_to_100(value: str):
    text = GOOD.replace('"diff_vs_control"', '"response_rate"').replace('"points"', '"%"')
    text = text.replace("spread = [-18.0, -7.4]", "").replace("value = -12.7", f"value = {value}")
    with pytest.raises(EvidenceError, match="between 0 and 100"):
        read_study(text)


def test_the_refusal_names_file_table_and_key():
    with pytest.raises(EvidenceError) as refusal:
        read_study(GOOD.replace("value = -12.7", "value = nan"), name="mine.toml")
    sentence = "mine.toml: [[outcome]] 1 (A1): value is nan; a finite number was expected."
    assert str(refusal.value) == sentence


def test_a_missing_file_is_one_sentence(tmp_path: Path):
    with pytest.raises(EvidenceError, match="no such file"):
        read_study(tmp_path / "none.toml")


def test_a_binary_file_is_one_sentence(tmp_path: Path):
    path = tmp_path / "noise.toml"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(EvidenceError, match="UTF-8"):
        read_study(path)


def _sentence_or_study(text: str) -> None:
    refusal = ""
    try:
        read_study(text, name="mine.toml")
    except EvidenceError as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert refusal == "" or refusal.endswith(".")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_one_sentence(text: str):
    _sentence_or_study(text + "\n")


LINES = [line for line in GOOD.splitlines() if line]
TOML_VALUE = st.sampled_from(
    ["nan", "inf", "-inf", "-1", "1e400", "[]", "{}", "[1]", "[[1, 2]]", '""', "true", "0",
     "1979-05-27", '"x"', "[nan, 1]", "{ a = 1 }", "99999999999999999999999999"]
)  # fmt: skip


@given(st.sampled_from(LINES), TOML_VALUE)
def test_any_spoilt_value_is_read_or_refused_in_one_sentence(line: str, value: str):
    spoilt = f"{line.split('=')[0]}= {value}" if "=" in line else line
    _sentence_or_study(GOOD.replace(line, spoilt, 1))


@given(st.permutations(LINES), st.integers(1, len(LINES)))
def test_any_shuffled_file_is_read_or_refused_in_one_sentence(lines: list[str], keep: int):
    _sentence_or_study("\n".join(lines[:keep]) + "\n")


FINITE = st.floats(-1e6, 1e6).map(lambda x: x + 0.0)


@given(FINITE, FINITE, st.sampled_from(sorted(HOURS)), st.sampled_from(sorted(UNITS)))
def test_what_goes_in_comes_out(value: float, time: float, time_unit: str, unit: str):
    text = GOOD.replace("value = -12.7", f"value = {value!r}").replace('"points"', f'"{unit}"')
    text = text.replace("spread = [-18.0, -7.4]", "spread = 1")
    row = read_study(
        text.replace("time_d = 15", f'time = {time!r}\ntime_unit = "{time_unit}"')
    ).outcome("A1")
    assert (row.value, row.time, row.unit) == (value, time, unit)
    assert row.time_d is not None
    assert row.time_h is not None
    assert math.isclose(row.time_d * 24, row.time_h, abs_tol=1e-12)


@pytest.mark.parametrize("awareness", AWARENESS)
def test_every_awareness_is_accepted(awareness: str):
    arm = read_study(GOOD.replace('"aware_active"', f'"{awareness}"')).arm("ketamine")
    assert arm.awareness == awareness
