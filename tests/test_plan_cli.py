"""`reprieve plan` beyond schedules: another dose, going on, one more score."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from reprieve.cli import group
from reprieve.evidence.library import HOME

CASE = HOME / "cases" / "nimh_moa104.json"
EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "case.json"
MORE, SPRAY = "ketamine 0.75 mg/kg IV over 40 min", "esketamine 84 mg nasal"
LONGER = "ketamine 0.5 mg/kg IV over 80 min"


def run(*words: str):
    return CliRunner().invoke(group, list(words))


def planned(*words: str):
    found = run("plan", *words, "--json")
    assert found.exit_code == 0, (found.output, found.exception)
    return json.loads(found.output)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Everything asked at once: the JSON, and the page that was written beside it."""
    page = tmp_path_factory.mktemp("plan") / "plan.html"
    words = [str(EXAMPLE), "--every", "4", "--instead", MORE, "--instead", SPRAY,
             "--instead", LONGER, "--review", "3", "--ask"]  # fmt: skip
    return planned(*words, "--out", str(page)), page.read_text(encoding="utf-8")


def dissociates(option) -> float:
    return next(
        t["probability"] for t in option["acute"]["thresholds"] if t["name"].startswith("CADSS")
    )


def test_each_question_adds_its_answer_and_nothing_is_there_unasked(asked):
    told = asked[0]
    plain = planned(str(EXAMPLE), "--every", "4")
    assert set(told) - set(plain) == {"instead", "review", "ask"}
    assert {k: told[k] for k in plain} == plain


def test_what_is_given_now_stands_first_and_others_beside_it(asked):
    now, more, spray, longer = asked[0]["instead"]["options"]
    assert now["now"]
    assert now["against_now"] is None
    assert [o["treatment"] for o in (more, longer)] == [MORE, LONGER]
    assert spray["treatment"].startswith(SPRAY)


def test_a_higher_dose_is_felt_more_and_a_slower_one_less(asked):
    now, more, _, longer = asked[0]["instead"]["options"]
    assert dissociates(longer) < dissociates(now) < dissociates(more)


def test_what_no_trial_did_is_said_to_be_extrapolation(asked):
    told, page = asked
    now, more, spray, longer = told["instead"]["options"]
    assert not now["beyond"]
    assert "repeated" in {b["kind"] for b in more["beyond"]}
    assert "switch" in {b["kind"] for b in spray["beyond"]}
    assert "length" in {b["kind"] for b in longer["beyond"]}
    for option in (more, spray, longer):
        for way in option["beyond"]:
            assert way["sentence"] in page


def test_the_plan_itself_relapses_as_often_among_doses_as_among_schedules(asked):
    told = asked[0]
    schedule = next(c for c in told["choices"] if c["schedule"]["kind"] == "planned")
    now = told["instead"]["options"][0]
    assert now["relapse"] == pytest.approx(schedule["relapse"][-1], abs=0.02)
    assert now["well_days"] == pytest.approx(schedule["well_days"], abs=2.0)


def test_the_review_looks_after_as_many_sessions_as_were_asked_for(asked):
    found = asked[0]["review"]
    assert len(found["session_days"]) == 3
    for way in ("ever_continuing", "ever_stopping"):
        assert found[way] == sorted(found[way])
    assert found["ever_continuing"][-1] >= found["ever_stopping"][-1]
    assert found["helps"] == pytest.approx(
        found["ever_continuing"][-1] - found["ever_stopping"][-1]
    )


def test_a_review_without_a_number_looks_four_sessions_ahead():
    assert len(planned(str(CASE), "--every", "", "--review")["review"]["session_days"]) == 4


def test_a_score_is_weighed_on_every_scale_that_the_case_has(asked):
    found = asked[0]["ask"]
    assert {d["instrument"] for d in found["days"]} == {"PHQ-9", "MADRS"}
    assert max(d["score_sd"] for d in found["days"]) <= found["score_sd"]
    own = [d for d in found["days"] if d["instrument"] == "PHQ-9"]
    other = [d for d in found["days"] if d["instrument"] == "MADRS"]
    assert own[-1]["score_sd"] < own[0]["score_sd"]
    # the patient's own scale says more about itself than another one
    assert own[-1]["score_sd"] < other[-1]["score_sd"]


def test_the_day_of_decision_and_the_scales_can_be_chosen():
    found = planned(str(EXAMPLE), "--every", "", "--decide-on", "2026-12-05", "--ask-on", "PHQ-9")
    assert "review" not in found
    assert found["ask"]["decision_day"] == pytest.approx(33.0)  # 2 November to 5 December
    assert {d["instrument"] for d in found["ask"]["days"]} == {"PHQ-9"}
    assert max(d["day"] for d in found["ask"]["days"]) <= 33.0


def test_the_page_shows_a_picture_and_tables_for_each_question(asked):
    page = asked[1]
    assert page.count("<svg") == 4
    for words in ("Another dose or route", "What it buys", "What one session costs",
                  "Extrapolation", "Odds of response", "What the protocol asks", "E203",
                  "One more score", "without another score", "Not at all"):  # fmt: skip
        assert words in page
    assert page.index("One more score") < page.index('id="what-it-rests-on"')


def test_half_of_what_the_best_day_gains_is_had_on_the_day_that_is_named(asked):
    told, page = asked
    found = told["ask"]
    day, left = re.search(
        r"is had by asking on (\d+) Dec 2026 already \(([\d.]+) points left\)", page
    ).groups()  # type: ignore[union-attr]
    best, before = found["best"], found["score_sd"]
    half = before - 0.5 * (before - best["score_sd"])
    own = [d for d in found["days"] if d["instrument"] == best["instrument"]]
    at = own[int(day) - 1]  # the first day of asking is the first of December
    assert at["score_sd"] == pytest.approx(float(left), abs=0.05)
    assert at["score_sd"] <= half


def test_terminal_and_markdown_say_the_same(tmp_path):
    path = tmp_path / "plan.md"
    found = run("plan", str(CASE), "--every", "2", "--instead", MORE, "--review", "--ask",
                "--out", str(path))  # fmt: skip
    assert found.exit_code == 0, found.exception
    text, shown = path.read_text(encoding="utf-8"), " ".join(found.output.split())
    for words in ("Another dose or route", "going on", "One more score"):
        assert f"## {words}" in text or words in text
        assert words in shown
    assert "0.75 mg/kg in a course of them is extrapolation" in text
    assert "Options, no order" in shown
