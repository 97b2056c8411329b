"""Facts and trials as people meet them: terminal, JSON, Markdown, HTML."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from reprieve.cli import group
from reprieve.engine.calibration.facts import facts
from reprieve.engine.calibration.validation import FactResult
from reprieve.report.blocks import Aside, Badge, Card, Cards, DataTable, Items, Link, Section
from reprieve.report.facts import fact_table, failures, picture_of, ranges, tolerance, verdict
from reprieve.report.markdown import markdown
from reprieve.report.mood import learned_picture, parts

EXAMPLE = str(Path(__file__).parents[1] / "docs" / "examples" / "trial.toml")


def results(shift=0.0):
    """Every fact met at its target, or missed by `shift` tolerances."""
    moved = [f.target + shift * f.tolerance for f in facts()]
    return [FactResult(f, m, m - 0.1, m + 0.1) for f, m in zip(facts(), moved, strict=True)]


def test_the_verdict_counts_what_passes_by_status_and_split():
    assert verdict(results()).startswith("81 of 81 facts inside their tolerance (74 of 74 verified")
    wrong = results()
    wrong[0] = FactResult(wrong[0].fact, 99.0, 98.0, 100.0)
    assert verdict(wrong).startswith("80 of 81")
    assert failures(wrong) == [
        "F01, d at 40 min vs saline (endpoint SD): model 99, tolerance 0.3 to 1.1. "
        "no reason established."
    ]


def test_every_fact_is_a_row_and_a_point():
    assert len(fact_table(results()).rows) == 81
    # the order of three doses is yes or no: it has no width to draw on
    assert len(picture_of(results()).picture.table().rows) >= 80


def test_a_tolerance_open_on_one_side_is_said_in_words():
    by_id = {r.fact.id: r for r in results()}
    assert tolerance(by_id["F45"]) == "at most -0.5"
    assert tolerance(by_id["F01"]) == "0.3 to 1.1"


def test_a_median_that_is_not_reached_is_said_and_kept_out_of_json():
    fact = next(f for f in facts() if f.id == "F55")
    result = FactResult(fact, float("inf"), 300.0, float("inf"))
    assert not result.passed
    assert result.record()["model"] is None
    assert "not reached" in failures([result])[0]


def test_neighbouring_rows_are_joined():
    assert ranges(["E118", "E136", "E137", "E138", "E006"]) == "E118 E136-E138 E006"
    assert ranges([]) == ""


@pytest.mark.parametrize("ending", ["md", "html", "json"])
def test_a_trial_is_written_in_the_form_its_ending_names(tmp_path, ending):
    out = tmp_path / f"trial.{ending}"
    done = CliRunner().invoke(group, ["validate", EXAMPLE, "-n", "20", "--json", "--out", str(out)])
    assert done.exit_code == 0, done.output
    record = json.loads(done.output)
    assert [o["id"] for o in record["outcomes"]] == ["response-day-1", "difference-day-1"]
    assert record["observed"] == 2
    text = out.read_text(encoding="utf-8")
    assert "response-day-1" in text
    assert {"md": "# Ketamine", "html": "<!doctype html>", "json": "{"}[ending] in text


def test_the_trial_command_prints_and_repeats_itself():
    ask = ["trial", EXAMPLE, "-n", "3000", "--seed", "5", "--json"]
    first, second = (CliRunner().invoke(group, ask).output for _ in range(2))
    assert json.loads(first) == json.loads(second)
    assert json.loads(first)["patients_per_arm"] == 3000
    shown = CliRunner().invoke(group, ["trial", EXAMPLE, "-n", "500"])
    assert shown.exit_code == 0
    assert "Response %" in shown.output


def test_markdown_carries_every_kind_of_block():
    text = markdown(
        "Title",
        "Lead.",
        [
            Section(
                "One",
                [
                    "Words | with a bar.",
                    DataTable(["a", "b"], [["x", 1.5], [Badge("pass"), 2.0]]),
                    Items(["first", [Link("paper", "https://doi.org/10.1/x"), " second"]]),
                    Aside("Careful.", "Limit"),
                    Cards([Card("Response", "45 %", "day 1")]),
                ],
            )
        ],
        "Footer.",
    )
    assert "| a | b |\n| --- | ---: |\n| x | 1.5 |\n| pass | 2 |" in text
    assert "Words \\| with a bar." in text
    assert "- [paper](https://doi.org/10.1/x) second" in text
    assert '!!! note "Limit"\n    Careful.' in text
    assert "- **Response:** 45 % day 1" in text


def test_the_parts_of_improvement_start_at_nothing_and_the_drug_fades():
    days, made = parts(members=3, n=128)
    drug = made["drug"].mean(axis=0)
    assert drug[0] < drug[days.searchsorted(12)]
    assert drug[-1] < 0.6 * drug[days.searchsorted(12)]
    assert (made["shared care and time"][:, 0] < 0.05).all()


def test_what_was_learned_lists_every_free_parameter():
    from reprieve.engine.mood.model import free_names

    assert len(learned_picture().table().rows) >= len(free_names())
