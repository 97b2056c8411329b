"""`reprieve forecast` and `reprieve plan`: a case in, an answer or one clear sentence out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from reprieve.cli import group
from reprieve.engine.cases.refusals import CaseError
from reprieve.engine.forecast.outlook import Outlook
from reprieve.errors import InputError
from reprieve.evidence.library import HOME

CASE = HOME / "cases" / "nimh_moa104.json"
EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "case.json"


def run(*words: str, text: str | None = None):
    return CliRunner().invoke(group, list(words), input=text)


def written(tmp_path, **changes) -> str:
    data = json.loads(CASE.read_text(encoding="utf-8")) | changes
    path = tmp_path / "case.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def told():
    found = run("forecast", str(CASE), "--json", "--seed", "3")
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


def test_json_is_an_outlook_that_reads_back(told):
    outlook = Outlook.from_dict(told)
    assert outlook.ok
    assert outlook.case == "nimh-moa104"
    assert outlook.seed == 3
    assert outlook.bands[-1].day == pytest.approx(24 + 84)


def test_a_file_and_standard_input_give_the_same_numbers(told):
    text = CASE.read_text(encoding="utf-8")
    piped = run("forecast", "-", "--json", "--seed", "3", text=text)
    assert json.loads(piped.output) == told


def test_the_terminal_begins_with_the_sentence(told):
    found = run("forecast", str(CASE), "--seed", "3")
    assert found.exit_code == 0
    words = " ".join(found.output.split())
    assert told["sentence"] in words
    assert words.index(told["sentence"]) < words.index("The score to expect")
    assert "No dose is advised here" in words


def test_files_are_written_as_their_ending_says(tmp_path, told):
    names = {k: tmp_path / f"a.{k}" for k in ("html", "svg", "json", "md")}
    first = run("forecast", str(CASE), "--seed", "3", "--html", str(names["html"]),
                "--svg", str(names["svg"]), "--out", str(names["json"]))  # fmt: skip
    second = run("forecast", str(CASE), "--seed", "3", "--out", str(names["md"]))
    assert first.exit_code == second.exit_code == 0
    assert names["html"].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert names["svg"].read_text(encoding="utf-8").startswith("<svg")
    assert json.loads(names["json"].read_text(encoding="utf-8")) == told
    assert names["md"].read_text(encoding="utf-8").startswith("# What to expect")


@pytest.mark.parametrize(("horizon", "end"), [("4 weeks", 28), ("30d", 30), ("1 month", 30.4375)])
def test_the_horizon_is_read_in_words(horizon, end):
    found = run("forecast", str(CASE), "--json", "--horizon", horizon)
    assert json.loads(found.output)["horizon_days"] == pytest.approx(end)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scores": [{"day": 2, "instrument": "MADRS", "value": 99}]}, "score_out_of_range"),
        ({"asked_at": 1}, "future_entry"),
        ({"version": 9}, "unsupported_version"),
        ({"surprise": 1}, "unreadable_case"),
    ],
)
@pytest.mark.parametrize("name", ["forecast", "plan"])
def test_a_case_that_cannot_be_is_refused_with_its_reason(tmp_path, changes, reason, name):
    found = run(name, written(tmp_path, **changes))
    assert isinstance(found.exception, CaseError)
    assert found.exception.reason == reason
    assert str(found.exception).startswith(f"{reason}: ")


def test_a_refusal_ends_with_exit_code_2_and_one_line(tmp_path):
    path = written(tmp_path, asked_at=1)
    ran = subprocess.run(
        [sys.executable, "-m", "reprieve.cli", "forecast", path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.startswith("reprieve: future_entry: ")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("text", ["", "hello", "[]", "{", "\x00", '{"a": NaN}'])
def test_whatever_is_piped_in_is_read_as_a_case_and_never_as_a_file_name(text):
    found = run("forecast", "-", text=text)
    assert isinstance(found.exception, CaseError)
    assert found.exception.reason == "unreadable_case"


def test_a_sound_case_without_a_score_is_answered_and_not_refused(tmp_path):
    path = written(tmp_path, scores=[])
    found = run("forecast", path, "--json")
    assert found.exit_code == 0
    assert json.loads(found.output)["status"] == "too_few_scores"
    assert json.loads(found.output)["bands"] == []
    shown = run("forecast", path)
    assert shown.exit_code == 0
    assert "too_few_scores: " in shown.output
    assert len(shown.output.splitlines()) < 8
    picture = run("forecast", path, "--svg", str(tmp_path / "x.svg"))
    assert isinstance(picture.exception, InputError)
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize("name", ["forecast", "plan"])
def test_what_cannot_be_written_or_read_is_said_before_the_work(tmp_path, name):
    assert "ending that says nothing" in str(run(name, str(CASE), "--out", "x.pdf").exception)
    assert "no file" in str(run(name, str(tmp_path / "none.json")).exception)
    folder = {"forecast": "holds no .json file", "plan": "a folder"}[name]
    assert folder in str(run(name, str(tmp_path)).exception)
    assert run(name, str(CASE), "--out", str(tmp_path / "no" / "x.html")).exit_code == 2
    assert "expected days, weeks" in str(run(name, str(CASE), "--horizon", "soon").exception)


@pytest.fixture(scope="module")
def compared():
    found = run("plan", str(EXAMPLE), "--every", "1,4", "--rise", "5", "--max-sessions", "8",
                "--on", "2026-12-15", "--json")  # fmt: skip
    assert found.exit_code == 0, (found.output, found.exception)
    return json.loads(found.output)


def test_a_plan_compares_what_was_asked_and_leaves_out_what_a_limit_forbids(compared):
    names = [c["schedule"]["name"] for c in compared["choices"]]
    assert "no further dose" in names
    assert "every 4 weeks" in names
    assert any("rises by 5" in name for name in names)
    assert [e["schedule"]["name"] for e in compared["excluded"]] == ["weekly"]
    single = next(c["schedule"] for c in compared["choices"] if c["schedule"]["kind"] == "dates")
    assert single["days"] == pytest.approx([43.0])  # 2 November to 15 December


def test_a_plan_is_shown_with_its_picture_and_its_table(tmp_path):
    page = tmp_path / "plan.html"
    found = run("plan", str(EXAMPLE), "--every", "2,4", "--out", str(page))
    assert found.exit_code == 0
    for words in ("every 2 weeks", "Relapse by", "Sessions", "Options, no order"):
        assert words in found.output
    assert "<svg" in page.read_text(encoding="utf-8")


def test_a_plan_needs_days_where_the_case_counts_days_and_dates_where_it_has_dates():
    days = run("plan", str(EXAMPLE), "--on", "20").exception
    dates = run("plan", str(CASE), "--not-before", "2026-12-01").exception
    weeks = run("plan", str(CASE), "--every", "often").exception
    assert "give one such as 2026-12-01" in str(days)
    assert "give a day number" in str(dates)
    assert "expected weeks such as 1,2,4" in str(weeks)


def test_a_plan_of_a_case_without_a_forecast_says_why(tmp_path):
    path = written(tmp_path, scores=[])
    said = run("plan", path).output
    assert said.startswith("When to treat again: ")
    assert "No forecast" in said
    assert "too_few_scores: There is no score" in said
    assert json.loads(run("plan", path, "--json").output)["status"] == "too_few_scores"
