"""Virtual patients: the same numbers whoever computes them, and numbers that hold together."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from reprieve import Patient, simulate
from reprieve.cli import group
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.kinetics.occupancy import stimulus
from reprieve.engine.kinetics.standing import kinetic_standing
from reprieve.engine.patient import draw_people
from reprieve.engine.population.simulate import Simulation
from reprieve.errors import InputError
from reprieve.report.simulate import crossing_table, event_table, header, html, remarks

COURSE = "ketamine 0.5 mg/kg IV over 40 min, twice weekly for 2 weeks"


@pytest.fixture(scope="module")
def course() -> Simulation:
    return simulate(COURSE, n=3000, seed=1, for_d=28, block=500, workers=1)


def same(a: Simulation, b: Simulation) -> bool:
    return json.dumps(a.to_dict()) == json.dumps(b.to_dict())


def test_one_worker_and_three_give_the_same_numbers(course: Simulation) -> None:
    assert same(course, simulate(COURSE, n=3000, seed=1, for_d=28, block=500, workers=3))


def test_another_seed_gives_other_numbers(course: Simulation) -> None:
    other = simulate(COURSE, n=500, seed=2, for_d=28, block=500)
    assert not np.array_equal(other.spread("score").counts, course.spread("score").counts)


def test_a_larger_run_begins_with_the_people_of_a_smaller_one() -> None:
    small, large = (simulate(COURSE, n=n, seed=3, for_d=7, block=250) for n in (250, 500))
    grown = large.spread("score").counts - small.spread("score").counts
    assert grown.min() >= 0
    assert grown.sum(axis=1).tolist() == [250] * len(large.visits_d)


def test_progress_reaches_the_end() -> None:
    ticks: list[tuple[int, int]] = []
    simulate(COURSE, n=700, seed=1, for_d=7, block=300, progress=lambda d, n: ticks.append((d, n)))
    assert ticks == [(300, 700), (600, 700), (700, 700)]


def test_levels_are_those_of_the_kinetics(course: Simulation) -> None:
    regimen = Regimen.parse("ketamine 0.5 mg/kg IV over 40 min")
    people = draw_people(3000, np.random.default_rng(8))
    conc = concentrations(regimen.doses, people, course.times_h, np.random.default_rng(9))
    spread = course.spread("level:ketamine")
    at = [4, 8, 20, 40]
    np.testing.assert_allclose(spread.mean[at], 1000 * conc.ketamine.mean(axis=0)[at], rtol=0.03)
    median = 1000 * np.median(conc.ketamine, axis=0)[at]
    np.testing.assert_allclose(spread.quantile(0.5)[at], median, rtol=0.04)


def test_the_occupancy_integral_is_that_of_the_mood_model(course: Simulation) -> None:
    regimen = Regimen.parse("ketamine 0.5 mg/kg IV over 40 min")
    people = draw_people(3000, np.random.default_rng(8))
    expected = stimulus(regimen.doses, people, np.random.default_rng(9))[:, 0]
    found = course.spread("occupancy_h")
    assert found.mean[0] == pytest.approx(expected.mean(), rel=0.02)
    assert found.sd[0] == pytest.approx(expected.std(), rel=0.08)


def test_shares_hold_together(course: Simulation) -> None:
    for name in ("response", "remission"):
        now, so_far = course.share(name), course.share(f"{name}_so_far")
        assert np.all((now >= 0) & (now <= so_far) & (so_far <= 1))
        assert np.all(np.diff(so_far) >= 0)
    counts = course.spread("score").counts
    remitted = counts[:, :11].sum(axis=1) / course.n
    np.testing.assert_allclose(course.share("remission"), remitted)
    for key in (k for k in course.tally.sums if k.startswith(("event:", "crossed:"))):
        by_session, ever = course.share(key), course.share(f"ever_{key}")[0]
        assert by_session.shape == (4,)
        assert by_session.max() - 1e-12 <= ever <= by_session.sum() + 1e-12


def test_the_first_hours_and_the_end_of_treatment_look_like_the_literature(
    course: Simulation,
) -> None:
    # murrough_2013 and han_2016: about half respond at a day; peaks of readings +13 to +16 mmHg
    assert 0.3 < course.at_day("response", 1) < 0.65
    assert 10 < course.spread("peak:sbp_rise").mean[0] < 19
    peak = 60 * course.times_h[course.spread("first:cadss").mean.argmax()]
    assert 30 <= peak <= 50
    assert course.at_day("response", 28) < course.at_day("response", 11)


def test_dissociation_fades_over_sessions_and_blood_pressure_does_not(course: Simulation) -> None:
    cadss, sbp = course.spread("peak:cadss").mean, course.spread("peak:sbp_rise").mean
    assert cadss[-1] < 0.85 * cadss[0]
    assert sbp[-1] == pytest.approx(sbp[0], abs=1.0)


def test_saline_carries_no_drug_and_moves_mood_less(course: Simulation) -> None:
    saline = simulate("saline IV over 40 min, twice weekly for 2 weeks", n=1000, seed=1,
                      for_d=28, awareness="saline_control")  # fmt: skip
    assert saline.spread("level:ketamine").mean.max() == 0
    assert saline.spread("total_mg").mean[0] == 0
    assert saline.at_day("response", 1) < 0.5 * course.at_day("response", 1)
    # no drug, no rise of the true course; the largest of many scattering readings still rises
    sbp = saline.spread("first:sbp").mean
    assert sbp.argmax() == 0
    assert saline.spread("peak:sbp_rise").mean[0] > 0


def test_total_mg_follows_the_weight() -> None:
    light, heavy = (
        simulate(COURSE, n=300, seed=1, for_d=14, patient=Patient(weight_kg=w)) for w in (50, 100)
    )
    assert light.spread("total_mg").mean[0] == pytest.approx(0.5 * 50 * 4)
    assert heavy.spread("total_mg").mean[0] == pytest.approx(0.5 * 100 * 4)
    assert light.spread("total_mg").sd[0] == pytest.approx(0, abs=1e-9)


def test_a_new_antidepressant_helps_and_an_old_one_is_no_news() -> None:
    base = "ketamine 0.5 mg/kg IV over 40 min once"
    alone = simulate(base, n=1500, seed=1, for_d=56)
    new = simulate(f"{base} with sertraline 50 mg oral daily", n=1500, seed=1, for_d=56)
    old = simulate(
        f"{base} with sertraline 50 mg oral daily from day -90", n=1500, seed=1, for_d=56
    )
    assert new.spread("score").mean[-1] < alone.spread("score").mean[-1] - 0.5
    assert np.array_equal(old.spread("score").counts, alone.spread("score").counts)
    assert "read as stable" in old.assumptions[0]


@pytest.mark.parametrize(
    "text",
    [
        "esketamine 56 mg nasal once, then 84 mg twice weekly x2",
        "ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for 6 h, once",
        "ketamine 0.15 mg/kg/h IV over 96 h",
        "ketamine 0.5 mg/kg IM, then 1 mg/kg SC from day 7, then 50 mg oral solution from day 14",
        "ketamine 100 mg sublingual lozenge weekly x2",
        "midazolam 0.045 mg/kg IV over 40 min",
    ],
)
def test_every_kind_of_regimen_runs(text: str) -> None:
    found = simulate(text, n=60, seed=1, for_d=21)
    for spread in found.tally.spreads.values():
        assert np.all(np.isfinite(spread.mean))
        assert np.all(spread.counts.sum(axis=1) == 60)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"n": 0}, "number of people was 0"),
        ({"n": -5}, "number of people was -5"),
        ({"seed": -1}, "seed was -1"),
        ({"for_d": 0.0}, "expected above 0"),
        ({"for_d": float("nan")}, "expected above 0"),
        ({"for_d": 1e9}, "expected above 0"),
        ({"workers": 0}, "number of workers was 0"),
        ({"block": 0}, "block size was 0"),
        ({"awareness": "psychic"}, "psychic"),
        ({"regimen": "sertraline 50 mg oral daily"}, "no session"),
        (
            {"regimen": "ketamine 0.5 mg/kg IV over 40 min on day 30", "for_d": 5.0},
            "No session falls",
        ),
    ],
)
def test_impossible_questions_are_refused(changes: dict[str, object], reason: str) -> None:
    asked = {"regimen": COURSE, "n": 10, "for_d": 7.0, **changes}
    with pytest.raises(InputError, match=reason):
        simulate(**asked)  # type: ignore[arg-type]


def test_long_infusions_are_read_to_their_end_and_two_hours_more() -> None:
    for text, name, last_h in (
        ("ketamine 0.2 mg/kg/h IV over 7 h, once", "iv_racemic_extended", 9.0),
        ("ketamine 0.15 mg/kg/h IV over 96 h", "infusion_96h", 98.0),
    ):
        found = simulate(text, n=200, seed=1, for_d=7)
        assert found.protocol.name == name
        assert found.readings_min[-1] == pytest.approx(60 * last_h)
        assert found.times_h[-1] >= last_h
        assert np.all(np.diff(found.times_h) > 0)
        # nothing claims more reported dissociation than ratings show: it has no rate here
        assert not [key for key in found.tally.sums if key.startswith("event:")]
        assert any("inpatient-level" in line for line in header(found))
        assert "no rates" in event_table(found).caption
        assert any("extrapolated (assumed)" in line for line in remarks(found))


def test_the_true_peak_does_not_depend_on_how_often_somebody_reads(course: Simulation) -> None:
    shown = course.spread("peak:sbp_rise_true").mean[0]
    assert shown < course.spread("peak:sbp_rise").mean[0] / 2
    rest = course.spread("first:sbp").mean
    assert rest.max() - rest[0] <= shown < 10
    spray = simulate("esketamine 84 mg nasal once", n=2000, seed=1, for_d=7)
    assert len(spray.readings_min) == 2
    # the two routes differ by far less in truth than in the largest of their readings
    apart = abs(spray.spread("peak:sbp_rise_true").mean[0] - shown)
    assert apart < 2 < abs(spray.spread("peak:sbp_rise").mean[0] - 14)


def test_every_output_states_the_use_and_how_the_kinetics_are_known(course: Simulation) -> None:
    record = course.to_dict()
    assert record["use"] == ["Racemic ketamine by vein for depression is off-label."]
    assert "Racemic ketamine by vein for depression is off-label." in html(course)
    assert "estimated in a population" in record["kinetics"][0]
    assert record["label_readings_min"]["sbp_rise"] == [40, 60, 90, 120]
    shown = run("ketamine 50 mg IM once", "-n", "60", "--for", "1w")
    assert "into the muscle for depression is off-label" in shown
    assert "Absorption assumed" in shown
    assert "f recalled, ka assumed" in shown


def test_a_rule_that_needs_more_than_a_number_says_so(course: Simulation) -> None:
    rules = {(str(row[0]), str(row[1])): str(row[2]) for row in crossing_table(course).rows}
    assert ("Systolic rise", "≥ 40 mmHg, with symptoms") in rules
    assert ("Systolic pressure", "≥ 180 mmHg, on two readings") in rules
    assert ("Diastolic pressure", "≥ 110 mmHg, on two readings") in rules
    assert ("MOAA/S", "≤ 2 score (rate assumed)") in rules
    assert rules["Systolic rise", "≥ 40 mmHg"] == "label, read at 40, 60, 90, 120 min"


@pytest.mark.parametrize(
    "text",
    [
        "ketamine 50 mg SC",
        "ketamine 100 mg sublingual lozenge",
        "ketamine 50 mg nasal",
        "ketamine 100 mg oral solution",
    ],
)
def test_routes_without_a_population_model_say_absorption_is_assumed(text: str) -> None:
    said = kinetic_standing(Regimen.parse(f"{text}, once").doses)
    assert said[0].startswith("Absorption assumed")
    assert "R-ketamine" in said[1]


# -- the terminal ---------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    result = CliRunner().invoke(group, ["simulate", *arguments], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_terminal_shows_tables_plots_and_what_was_assumed() -> None:
    shown = run("ketamine 0.5 mg/kg IV once", "-n", "200", "--for", "2w")
    for word in ("Ketamine, peak", "Systolic rise", "nausea", "In remission", "40 min assumed"):
        assert word in shown


def test_json_is_the_same_for_the_same_seed() -> None:
    arguments = (COURSE, "-n", "150", "--seed", "5", "--json", "--for", "1w")
    first, second = run(*arguments), run(*arguments, "--workers", "2")
    assert first == second
    record = json.loads(first)
    assert record["n"] == 150
    assert len(record["shares"]["response"]) == len(record["visits_d"])


def test_pages_and_files_are_written(tmp_path: object) -> None:
    page, data = f"{tmp_path}/a.html", f"{tmp_path}/a.json"
    run(COURSE, "-n", "100", "--for", "1w", "--out", page)
    run(COURSE, "-n", "100", "--for", "1w", "--out", data)
    with open(page, encoding="utf-8") as file:
        assert "virtual patients" in file.read()
    with open(data, encoding="utf-8") as file:
        assert json.load(file)["regimen"] == COURSE


def test_the_same_people_without_drug_stand_beside_every_course():
    found = simulate("ketamine 0.5 mg/kg IV over 40 min x6", 1000, 3, for_d=28)
    saline = simulate("saline IV over 40 min x6", 1000, 3, for_d=28)
    day = int(np.argmin(np.abs(found.visits_d - 18)))
    assert found.share("inert:response")[day] < found.share("response")[day]
    assert found.share("inert:score")[day] > found.spread("score").mean[day] + 1
    np.testing.assert_array_equal(saline.share("inert:response"), saline.share("response"))
    np.testing.assert_array_equal(saline.share("response"), found.share("inert:response"))
