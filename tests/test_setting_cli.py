"""`reprieve setting` learns a clinic from its finished courses; forecasts then start from it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from reprieve.cli import group
from reprieve.engine.forecast.setting import NODES
from reprieve.errors import InputError
from reprieve.evidence.library import HOME

CASE = HOME / "cases" / "nimh_moa104.json"
SLOW = ((34, 30, 33), (30, 29, 28), (38, 36, 37), (33, 31, 34), (29, 27, 30))  # MADRS


def run(*words: str):
    return CliRunner().invoke(group, list(words))


def course(name: str, scores: tuple[int, ...]) -> dict[str, object]:
    days = (-1, 4, 28)
    return {
        "version": 1, "id": name, "clock": "day", "asked_at": 30,
        "setting": {"id": "demo clinic", "awareness": "open", "visits": None},
        "treatments": [
            {"day": day, "regimen": "ketamine 0.5 mg/kg IV over 40 min"} for day in (0, 3, 7, 10)
        ],
        "scores": [
            {"day": day, "instrument": "MADRS", "value": value}
            for day, value in zip(days, scores, strict=True)
        ],
    }  # fmt: skip


def write(folder: Path, *courses: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    for k, record in enumerate(courses):
        (folder / f"{k}.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def clinic() -> list[dict[str, object]]:
    return [course(f"demo-{k}", scores) for k, scores in enumerate(SLOW)]


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A clinic of people who hardly respond: its folder, its file, what was said."""
    home = tmp_path_factory.mktemp("clinic")
    folder = write(home / "cases", *clinic(), course("unscored", SLOW[0]) | {"scores": []})
    out = home / "clinic.json"
    found = run("setting", str(folder), "--out", str(out))
    assert found.exit_code == 0, (found.output, found.exception)
    return folder, out, found.output


def test_only_sums_are_written(learned):
    text = learned[1].read_text(encoding="utf-8")
    data = json.loads(text)
    assert set(data) == {"version", "ensemble", "courses", "mean", "log_likelihood"}
    assert data["courses"] == 5
    assert len(data["log_likelihood"]) == NODES
    assert "demo" not in text


def test_it_says_what_was_learned_and_what_was_left_out(learned):
    said = " ".join(learned[2].split())
    assert "5 courses in all, 5 of them new" in said
    assert "1 case allowed no forecast and taught nothing" in said
    for effect in ("Drug", "Context", "Shared care"):
        assert effect in said


def test_a_clinic_of_poor_responses_lowers_the_odds_for_its_next_patient(learned):
    average = json.loads(run("forecast", str(CASE), "--json").output)
    there = run("forecast", str(CASE), "--setting", str(learned[1]), "--json")
    here = json.loads(there.output)
    assert here["bands"][-1]["mean"] > average["bands"][-1]["mean"]
    assert any("clinic's own effects" in limit for limit in here["limits"])
    assert not any("clinic's own effects" in limit for limit in average["limits"])


def test_a_plan_starts_from_the_clinic_too(learned):
    words = ("plan", str(CASE), "--every", "2", "--review", "--json")
    average = json.loads(run(*words).output)
    here = json.loads(run(*words, "--setting", str(learned[1])).output)
    assert any("clinic's own effects" in limit for limit in here["limits"])
    score = [found["choices"][-1]["score"] for found in (average, here)]
    assert score[1] != score[0]  # five courses move a treated score by less than chance does
    assert here["review"]["continuing"][-1] < average["review"]["continuing"][-1]


def test_forecasts_are_scored_from_the_clinic_too(learned, tmp_path):
    """Another patient of the same clinic, who hardly responds either, is foretold better."""
    folder = write(tmp_path / "next", course("next", (35, 34, 34)))
    words = ("score", str(folder), "--as-of", "0", "--json")
    average = json.loads(run(*words).output)
    there = run(*words, "--setting", str(learned[1]))
    assert there.exit_code == 0, there.exception
    here = json.loads(there.output)
    assert here["setting"] == "clinic.json"
    errors = [found["overall"]["mae"] for found in (average, here)]
    assert errors[1] < errors[0]


def test_later_courses_are_added_to_earlier_ones(learned, tmp_path):
    folder, first, _ = learned
    out = tmp_path / "both.json"
    found = run("setting", str(folder), "--add", str(first), "--out", str(out), "--json")
    told = json.loads(found.output)
    assert (told["courses"], told["used"], told["given"]) == (10, 5, 6)
    once, twice = (json.loads(p.read_text(encoding="utf-8")) for p in (first, out))
    assert twice["log_likelihood"] == pytest.approx(
        [2 * x for x in once["log_likelihood"]], abs=1e-3
    )
    # twice the courses, less doubt
    assert told["effects"]["context"]["mean"] == twice["mean"]["context"]
    assert told["effects"]["context"]["sd"] < 1.0


def test_a_course_given_twice_is_refused(tmp_path):
    folder = write(tmp_path / "cases", *clinic(), clinic()[0])
    found = run("setting", str(folder), "--out", str(tmp_path / "x.json"))
    assert isinstance(found.exception, InputError)
    assert "hold a case 'demo-0'" in str(found.exception)
    assert not (tmp_path / "x.json").exists()


def test_too_few_courses_are_refused_and_nothing_is_written(tmp_path):
    folder = write(tmp_path / "cases", *clinic()[:4])
    found = run("setting", str(folder), "--out", str(tmp_path / "x.json"))
    assert "at least 5" in str(found.exception)
    assert not (tmp_path / "x.json").exists()


def test_a_setting_of_another_ensemble_is_refused(learned, tmp_path):
    path = tmp_path / "old.json"
    data = json.loads(learned[1].read_text(encoding="utf-8")) | {"ensemble": "1999-01-01-abc"}
    path.write_text(json.dumps(data), encoding="utf-8")
    for words in (("forecast", str(CASE), "--setting", str(path)),
                  ("setting", str(learned[0]), "--out", "x.json", "--add", str(path))):  # fmt: skip
        assert "belongs to ensemble 1999-01-01-abc" in str(run(*words).exception)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"version": 1, "ensemble": "x", "courses": 1e400,'
                                  ' "log_likelihood": [0]}'])  # fmt: skip
def test_a_hostile_setting_file_gets_one_sentence(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    found = run("forecast", str(CASE), "--setting", str(path))
    assert isinstance(found.exception, InputError)
    assert str(found.exception).startswith("Not a setting file")
