"""Forecasts beside what came: measures, baselines, simulated cases, `reprieve score`."""

import json
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from click.testing import CliRunner

from reprieve.cli.score import command
from reprieve.engine.calibration.ensemble import ensemble
from reprieve.engine.judging import baselines, real_people, scoring, situations
from reprieve.engine.judging.baseline_fit import Person, fit
from reprieve.engine.judging.baselines import Fitted, Known, carried_forward, mixed_model
from reprieve.engine.judging.measures import errors, inside, judge, pit_shares, skill
from reprieve.engine.judging.scoring import Settings, ask, score, times
from reprieve.engine.judging.situations import SITUATIONS, simulate_case, situation_of
from reprieve.errors import InputError, UnknownNameError
from reprieve.report import forecast_validation
from reprieve.report.asked import Asked

QUICK = Settings(particles=1024, compare=False)


@pytest.fixture
def real():
    return next(c for c in real_people.people() if c.id == "nimh-moa104")


@pytest.fixture(autouse=True)
def _alike(monkeypatch):
    """Nothing is known of simulated patients, so that all share one computation of kinetics."""
    monkeypatch.setattr(situations, "_who", lambda rng: {"person": {}, "history": {}})


def _law(rng, points=28):
    weights = rng.random(points) ** 4
    return weights / weights.sum()


# --- measures ---------------------------------------------------------------------------------


def test_crps_is_the_mean_distance_less_half_the_own_spread():
    rng = np.random.default_rng(1)
    law, x = _law(rng), np.arange(28.0)
    for y in (0.0, 9.0, 27.0):
        expected = law @ np.abs(x - y) - 0.5 * law @ np.abs(x[:, None] - x) @ law
        assert judge(law[None], 0.0, np.array([y])).crps[0] == pytest.approx(expected)


def test_crps_of_a_sure_forecast_is_its_absolute_error():
    law = np.zeros((1, 61))
    law[0, 20] = 1.0
    judged = judge(law, 0.0, np.array([26.0]))
    assert judged.crps[0] == pytest.approx(6.0)
    assert judged.median[0] == judged.mean[0] == 20.0


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_a_right_forecast_of_whole_points_covers_exactly_what_it_says(level):
    """Whatever the steps of the distribution: the outcome drawn from it is inside at `level`."""
    law = _law(np.random.default_rng(2), points=7)
    judged = judge(np.tile(law, (7, 1)), 3.0, np.arange(3.0, 10.0))
    assert law @ inside(judged, level) == pytest.approx(level)
    assert law @ pit_shares(judged) == pytest.approx(np.full(10, 0.1))


def test_an_impossible_score_counts_once_and_outside():
    law = np.zeros((2, 11))
    law[:, 5] = 1.0
    judged = judge(law, 0.0, np.array([0.0, 10.0]))
    found = errors(judged)
    assert found.coverage_95 == 0.0
    assert sum(found.pit) == pytest.approx(1.0)


def test_skill_takes_a_persons_scores_together():
    mine, other = np.full(40, 1.0), np.full(40, 2.0)
    other[20:] = 4.0
    alone = skill(mine, other, np.arange(40))
    paired = skill(mine, other, np.repeat([0, 1], 20))
    assert alone.skill == paired.skill == pytest.approx(2 / 3)
    assert paired.high - paired.low > 2 * (alone.high - alone.low)


# --- baselines --------------------------------------------------------------------------------

_BY = Fitted(np.array([4.0, 1.0]), np.array([30.0, -3.0, 1.0, -5.0, -2.0]), 4 * np.eye(2), 2.0)
_KNOWN = Known(
    "induction", "MADRS", np.array([-1.0, 3.0]), np.array([34.0, 20.0]), np.array([0.0, 3.0, 7.0])
)


def test_the_last_score_is_carried_forward_with_more_doubt_later():
    law = carried_forward(_KNOWN, np.array([4.0, 19.0]), _BY)
    points = np.arange(61.0)
    mean = law @ points
    sd = np.sqrt(law @ points**2 - mean**2)
    assert mean == pytest.approx([20.0, 20.0], abs=0.01)
    # 4 at once and 1 a day; whole points add a twelfth
    assert sd**2 == pytest.approx([5 + 1 / 12, 20 + 1 / 12], rel=0.01)


def test_the_mixed_model_learns_from_this_person():
    days = np.array([7.0])
    higher = replace(_KNOWN, values=_KNOWN.values + 6.0)
    points = np.arange(61.0)
    level_only = replace(_BY, cov=np.diag([4.0, 1e-9]))
    one, two = (mixed_model(known, days, level_only) @ points for known in (_KNOWN, higher))
    # two scores of variance 4 about a level of variance 4: two thirds of 6 points are believed
    assert two - one == pytest.approx([4.0], abs=0.01)
    still = replace(_BY, cov=1e-9 * np.eye(2))
    same = (mixed_model(higher, days, still) - mixed_model(_KNOWN, days, still)) @ points
    assert same == pytest.approx([0.0], abs=1e-3)


def test_the_fit_foretells_as_the_mixed_model_that_made_the_data():
    """Parameters trade off where they foretell alike; what is foretold does not."""
    rng = np.random.default_rng(4)
    doses = np.array([0.0, 3.0, 7.0, 10.0])
    days = np.array([-2.0, 1.0, 3.0, 5.0, 7.0, 12.0, 20.0])
    x = baselines.features(days, doses)
    people = []
    for _ in range(600):
        effect = np.array([2.0, 2.0]) * rng.standard_normal(2)
        y = x @ _BY.beta + x[:, :2] @ effect + 2.0 * rng.standard_normal(len(days))
        known = Known("induction", "MADRS", days[:3], y[:3], doses)
        people.append(Person(known, days[3:], y[3:]))
    found, points = fit(people), np.arange(61.0)
    for person in people[:20]:
        laws = [mixed_model(person.known, person.days, by) for by in (found, _BY)]
        means = [law @ points for law in laws]
        sds = [np.sqrt(law @ points**2 - m**2) for law, m in zip(laws, means, strict=True)]
        assert means[0] == pytest.approx(means[1], abs=0.8)
        assert sds[0] == pytest.approx(sds[1], rel=0.12)


def test_another_scale_takes_the_parameters_by_its_range():
    ours, madrs = (
        baselines.fitted("maintenance", "HDRS-17"),
        baselines.fitted("maintenance", "MADRS"),
    )
    assert ours.sigma == pytest.approx(madrs.sigma * 52 / 60)


def test_the_baselines_were_fitted_to_this_ensemble():
    assert baselines.file()["made"]["evidence"] == ensemble().header["evidence"]
    assert set(baselines.file()["situations"]) == set(SITUATIONS)


# --- simulated cases --------------------------------------------------------------------------


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_simulated_case_knows_nothing_of_what_comes(situation):
    for k in range(5):
        made = simulate_case(situation, np.random.default_rng([3, k]))
        asked = made.case.asked_at
        assert situation_of(made.record, asked) == situation
        assert made.later
        assert all(s.day > asked for s in made.later)
        hidden = made.record.until(asked)
        assert made.case.scores == hidden.scores
        assert made.case.treatments == hidden.treatments
        ahead = [t.day for t in made.record.given if t.day > asked]
        planned = made.case.planned
        days = [] if planned is None else [made.case.plan_day + d for d in planned.session_days]
        assert days == pytest.approx(ahead)


def test_a_simulated_case_is_the_same_for_the_same_chance():
    one, two = (simulate_case("maintenance", np.random.default_rng(8)) for _ in range(2))
    assert one == replace(two, truth=one.truth)
    assert one.truth.values == two.truth.values


def test_an_unknown_situation_is_refused():
    with pytest.raises(UnknownNameError, match="single_infusion"):
        simulate_case("winter", np.random.default_rng(1))


def test_baseline_scores_are_those_of_the_prior():
    rng = np.random.default_rng(6)
    made = [simulate_case("single_infusion", rng) for _ in range(200)]
    base = np.array([m.truth.values["baseline"] for m in made])
    centre = np.log(31 / 29)
    assert base.mean() == pytest.approx(centre, abs=4 * 0.5 / np.sqrt(200))
    assert base.std() == pytest.approx(0.5, rel=0.2)


# --- scoring ----------------------------------------------------------------------------------


def test_what_is_hidden_moves_no_forecast(real):
    before = ask(real, [2.0], QUICK).questions[0].judged["model"]
    other = replace(
        real, scores=tuple(replace(s, value=s.value - 5) if s.day > 2 else s for s in real.scores)
    )
    after = ask(other, [2.0], QUICK).questions[0].judged["model"]
    assert (before.mean == after.mean).all()
    assert (before.observed == after.observed + 5).all()


def test_what_was_done_later_is_the_plan(real):
    # ketamine on day 0, saline on day 14: had the second been ketamine, less is expected
    ketamine = replace(real.treatments[0], day=14.0)
    again = replace(real, treatments=(real.treatments[0], ketamine))
    mean = [ask(c, [10.0], QUICK).questions[0].judged["model"].mean[0] for c in (real, again)]
    assert mean[1] < mean[0] - 1.0


def test_each_asks_once_before_treatment_and_after_every_score_but_the_last(real):
    assert times(real, "each") == [0.0, 2.0, 10.0, 16.0]


def test_what_cannot_be_asked_is_counted_with_its_reason(real):
    child = replace(real, person=replace(real.person, age=17.0))
    found = scoring.gathered([ask(real, [24.0], QUICK), ask(child, [2.0], QUICK)])
    assert found.refused == {"no_later_score": 1, "outside_model_population": 1}
    assert not found.questions
    assert found.errors("model") is None


def test_a_date_needs_a_record_with_dates(real):
    from datetime import date

    with pytest.raises(InputError, match="day numbers"):
        score([real], date(2026, 3, 1))


def test_the_eight_are_asked_after_ketamine_and_after_saline():
    few = real_people.described(QUICK)
    assert [len(s.questions) for s in few.values()] == [8, 8, 8, 8]
    assert [s.errors("model").n for s in few.values()] == [16, 16, 8, 8]


# --- the validation ---------------------------------------------------------------------------


def test_validation_says_what_missed_its_bar_and_writes_its_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(forecast_validation, "SITUATIONS", ("induction",))
    monkeypatch.setattr(forecast_validation, "described", lambda settings: {})
    out = tmp_path / "page.md"
    met = forecast_validation.run(Asked(as_json=True, out=str(out), patients=3, seed=2))
    found = json.loads(capsys.readouterr().out)
    assert found["pass"] == met == all(f["pass"] for f in found["facts"])
    assert [f["id"] for f in found["facts"]] == [
        "induction-coverage_50", "induction-coverage_80", "induction-coverage_95",
        "induction-ranks",
    ]  # fmt: skip
    assert found["situations"][0]["patients"] == 3
    told = [e["n"] for e in found["subgroups"]["instruments"].values()]
    assert sum(told) == found["situations"][0]["n"]
    assert "## During induction" in out.read_text()


# --- the command ------------------------------------------------------------------------------


def _cases(tmp_path):
    folder = files("reprieve.evidence") / "cases"
    for name in ("nimh_moa102.json", "nimh_moa104.json"):
        (tmp_path / name).write_text((folder / name).read_text())
    return str(tmp_path)


def test_score_prints_errors_beside_those_of_the_baselines(tmp_path):
    result = CliRunner().invoke(command, [_cases(tmp_path), "--as-of", "2", "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["cases"] == found["questions"] == 2
    (row,) = found["situations"]
    wanted = {"n", "coverage_50", "coverage_80", "coverage_95", "crps", "mae", "rmse", "pit"}
    assert wanted <= set(row)
    assert row["situation"] == "single_infusion"
    assert set(row["baselines"]) == {"carried_forward", "population_curve", "mixed_model"}
    assert all(wanted <= set(b) for b in row["baselines"].values())
    assert row["n"] == row["baselines"]["carried_forward"]["n"] == 6


def test_score_writes_a_page(tmp_path):
    folder, out = _cases(tmp_path), tmp_path / "page.html"
    result = CliRunner().invoke(command, [folder, "--as-of", "10", "--out", str(out)])
    assert result.exit_code == 0
    assert "last score stays" in out.read_text()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["."], "no .json file"),
        (["missing.json"], "no file or folder"),
        (["case.json", "--as-of", "nan"], "--as-of was 'nan'"),
        (["case.json", "--as-of", "soon"], "--as-of was 'soon'"),
        (["broken.json"], "broken.json: "),
    ],
)
def test_score_refuses_in_one_sentence(tmp_path, monkeypatch, given, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "case.json").write_text("{}")
    (tmp_path / "broken.json").write_text("{")
    monkeypatch.chdir(tmp_path / "empty" if given == ["."] else tmp_path)
    result = CliRunner().invoke(command, given)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
