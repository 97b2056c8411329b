"""`reprieve demo`: the main job on real input, in one page."""

import json
import re
import time

import pytest
from click.testing import CliRunner

from reprieve.cli.demo import command
from reprieve.errors import InputError
from reprieve.evidence import observation
from reprieve.report import demo
from reprieve.report.demo_pictures import wilson


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "report"
    begun = time.monotonic()
    result = CliRunner().invoke(command, ["--out", str(folder), "--no-open"])
    assert result.exit_code == 0, result.output
    return folder, result.output, time.monotonic() - begun


def test_it_says_where_the_report_is_and_shows_the_answer(ran):
    folder, output, _ = ran
    assert str(folder / "index.html") in output.replace("\n", "")
    assert "six infusions" in output
    assert re.search(r"\d+ \(\d+–\d+\)", output)


def test_it_takes_less_than_a_minute(ran):
    assert ran[2] < 60


def test_the_page_stands_alone_and_holds_every_part(ran):
    html = (ran[0] / "index.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert not re.search(r'(src|href)="(?!https://|http://|#)', html)
    for title in ("In short", "How long it lasts", "Eight real people", "What trials saw"):
        assert title in html
    assert html.count("<svg") == html.count("</svg>") >= 6
    assert "NaN" not in html


def test_the_numbers_on_the_page_are_those_of_the_json(ran):
    record = json.loads((ran[0] / "demo.json").read_text(encoding="utf-8"))
    html = (ran[0] / "index.html").read_text(encoding="utf-8")
    infusions = record["courses"][0]
    day1 = infusions["days"].index(1.0)
    assert f"{100 * infusions['response']['middle'][day1]:.0f} %" in html
    people = record["people"]
    assert len(people) == 8
    scores = [
        low <= seen <= high
        for person in people
        for period in person["periods"]
        for seen, low, high in zip(period["seen"], period["low_80"], period["high_80"], strict=True)
    ]
    assert len(scores) == 32
    assert f"{sum(scores)} of 32 scores" in html


def test_what_people_scored_is_what_the_open_data_hold(ran):
    record = json.loads((ran[0] / "demo.json").read_text(encoding="utf-8"))
    person = next(p for p in record["people"] if p["id"] == "nimh-moa104")
    assert person["entry"] == 41
    assert [(p["after"], p["seen"]) for p in person["periods"]] == [
        ("ketamine", [17, 23]),
        ("saline", [12, 24]),
    ]


def test_dots_on_the_course_are_published_rows_of_that_course():
    for seen, drug in ((demo.INFUSIONS_SEEN, "racemic ketamine"), (demo.SPRAY_SEEN, "esketamine")):
        for row in seen.rows:
            found = observation(row)
            assert found.outcome.kind == "response_rate"
            assert found.outcome.what == "MADRS"
            assert found.arm is not None
            assert found.arm.drug == drug


def test_trials_on_the_page_were_kept_from_the_fit():
    from reprieve.engine.trials.design import shipped

    assert all(shipped(name).split == "validation" for name in demo.TRIALS)


def test_wilson_interval_of_newcombe_1998():
    # Newcombe 1998 table I, method 3: 81/263, 15/148, 0/20, 1/29
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718),
    ):  # fmt: skip
        found = wilson(hits / n, n)
        assert found == pytest.approx((low, high), abs=2e-4)


def test_it_refuses_a_file_for_a_folder_and_a_negative_seed(tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("x", encoding="utf-8")
    result = CliRunner().invoke(command, ["--out", str(taken)])
    assert isinstance(result.exception, InputError)
    assert "is a file; give a folder" in str(result.exception)
    result = CliRunner().invoke(command, ["--out", str(tmp_path / "new"), "--seed", "-1"])
    assert result.exit_code == 2
    assert "-1" in result.output
