"""Many cases at once say what each says alone: `forecast_many`, `reprieve forecast FOLDER`."""

import json
from dataclasses import asdict, replace

import pytest
from click.testing import CliRunner

from reprieve.cli import group
from reprieve.engine.cases.case import Case, Person
from reprieve.engine.forecast.forecast import forecast
from reprieve.engine.forecast.many import forecast_many
from reprieve.engine.forecast.outlook import Outlook
from reprieve.engine.judging import real_people
from reprieve.errors import InputError
from reprieve.evidence import case
from reprieve.evidence.library import HOME

FEW = 512  # virtual people
LEFT_OUT = ("duration", "next_session", "why", "sensitivity", "brief")


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Real people at several days, with a plan and without, and one who allows no forecast."""
    # bodies unknown: their kinetics are then computed once for all
    found = [replace(c.until(d), person=Person()) for c in real_people.people() for d in (3, 12)]
    plan = "ketamine 0.5 mg/kg IV over 40 min, every 2 weeks for 6 weeks"
    found.append(Case.from_dict({**case("nimh_moa104"), "plan": plan, "id": "planned"}))
    found.append(Case.from_dict({**case("nimh_moa104"), "scores": [], "id": "silent"}))
    return found


@pytest.fixture(scope="module")
def many(cases: list[Case]) -> list[Outlook]:
    return forecast_many(cases, "8 weeks", 3, particles=FEW, workers=2)


def test_every_number_of_a_list_is_that_of_the_patient_alone(cases, many):
    assert [o.case for o in many] == [c.id for c in cases]
    for one, brief in zip(cases, many, strict=True):
        whole = forecast(one, "8 weeks", 3, particles=FEW)
        kept = {k: v for k, v in asdict(whole).items() if k not in LEFT_OUT}
        assert kept == {k: v for k, v in asdict(brief).items() if k not in LEFT_OUT}


def test_odds_without_a_dose_are_told_where_there_is_a_response_to_lose(many):
    planned = next(o for o in many if o.case == "planned")
    held = [o for o in many if o.ok and o.relapse is not None]
    assert held
    assert all(o.relapse is not None for o in held)
    assert planned.bands


def test_order_and_cores_move_nothing(cases, many):
    alone = forecast_many(cases[::-1], 56.0, 3, particles=FEW, workers=1)
    assert [asdict(o) for o in alone[::-1]] == [asdict(o) for o in many]


def test_a_brief_outlook_says_what_it_lacks_and_reads_back(many):
    for outlook in many:
        assert not outlook.duration
        assert not outlook.sensitivity
        assert outlook.why is None
        assert outlook.next_session is None
        assert outlook.brief == outlook.ok
        assert Outlook.from_dict(json.loads(json.dumps(outlook.to_dict()))) == outlook


def test_a_case_without_a_forecast_gets_its_reason_and_the_others_theirs(many):
    silent = many[-1]
    assert silent.status == "too_few_scores"
    assert all(o.ok for o in many[:-1])


def test_what_cannot_be_asked_is_refused_and_nothing_is_nothing():
    assert forecast_many([]) == []
    with pytest.raises(InputError, match="horizon of 3 days"):
        forecast_many([], 3.0)
    one = Case.from_dict(case("nimh_moa104"))
    with pytest.raises(InputError, match="seed was -1"):
        forecast_many([one], seed=-1)
    with pytest.raises(InputError, match="number of workers was 0"):
        forecast_many([one], workers=0)


def test_progress_counts_cases(cases):
    seen: list[tuple[int, int]] = []
    forecast_many(
        cases[:5], particles=256, workers=1, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (5, 5)


def run(*words: str):
    return CliRunner().invoke(group, list(words))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("patients")
    for name in ("nimh_moa104", "nimh_moa102"):
        text = (HOME / "cases" / f"{name}.json").read_text(encoding="utf-8")
        (path / f"{name}.json").write_text(text, encoding="utf-8")
    text = (HOME / "cases" / "nimh_moa104.json").read_text(encoding="utf-8")
    data = {**json.loads(text), "scores": [], "id": "silent"}
    (path / "silent.json").write_text(json.dumps(data), encoding="utf-8")
    return path


def test_a_folder_is_answered_as_a_list(folder, tmp_path):
    out = tmp_path / "all.json"
    shown = run("forecast", str(folder), "--out", str(out))
    assert shown.exit_code == 0, shown.output
    for word in ("nimh-moa104", "nimh-moa102", "silent: too_few_scores", "no dose is advised"):
        assert word in shown.output
    found = [Outlook.from_dict(row) for row in json.loads(out.read_text(encoding="utf-8"))]
    assert [o.ok for o in found] == [True, True, False]
    printed = run("forecast", str(folder), "--json", "--workers", "1")
    assert json.loads(printed.output) == json.loads(out.read_text(encoding="utf-8"))


def test_a_folder_has_no_page_and_no_picture(folder, tmp_path):
    for words in (("--html", "x.html"), ("--svg", "x.svg"), ("--out", str(tmp_path / "x.md"))):
        assert "one case file" in str(run("forecast", str(folder), *words).exception)
    assert "no .json file" in str(run("forecast", str(tmp_path)).exception)
