"""Treatments side by side: names, regimens, numbers by two ways, tables, page."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from reprieve.cli.options import horizon_days
from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.mood.model import MoodParameters, free_names
from reprieve.engine.mood.others import treatments
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.trials.beside import seen_beside
from reprieve.engine.trials.comparators import (
    _file,
    comparator,
    head_to_head,
    population,
    treatment_names,
)
from reprieve.engine.trials.comparison import (
    compare,
    people_of,
    sessions_of,
    smoothing,
    summary,
    visit_days,
)
from reprieve.engine.trials.design import Design, shipped
from reprieve.engine.trials.trial import ArmResult, run_trial
from reprieve.errors import InputError, RegimenError, UnknownNameError
from reprieve.evidence import bibliography, load, observation
from reprieve.report import beside
from reprieve.report import compare as report

SIX = "ketamine 0.5 mg/kg IV twice weekly for 3 weeks"
TRD = population("trd")


@pytest.fixture(scope="module")
def ensemble():
    """The prior median and eight sets around it."""
    rng = np.random.default_rng(4)
    names = free_names()
    sets = [MoodParameters.from_theta(0.2 * rng.standard_normal(len(names))) for _ in range(8)]
    rows = np.array([[s[name] for name in names] for s in sets])
    mode = np.array([MoodParameters.prior()[name] for name in names])
    return Ensemble(names, rows, np.full(8, 1 / 8), mode, {})


@pytest.fixture(scope="module")
def result(ensemble):
    names = [SIX, "ketamine", "SSRI", "placebo", "ECT", "esketamine", "CBT"]
    chosen = [comparator(name, TRD, 84) for name in names]
    return compare(chosen, TRD, 84, ensemble, FormStimuli(), n=512, members=4, seed=2)


def row(result, label):
    return next(r for r in result.rows if r.comparator.label == label)


# --- names and regimens -----------------------------------------------------------------------


@pytest.mark.parametrize("name", treatment_names())
def test_every_name_is_measured_somewhere_and_found_in_any_case(name: str):
    places = [p for p in ("trd", "first_line") if _measured(name, p)]
    assert places
    for place in places:
        people = population(place)
        found = comparator(name.upper(), people, 84)
        assert found == comparator(f"  {name.lower()} ", people, 84)
        assert found.visits > 0
        assert found.sources


def _measured(name: str, place: str) -> bool:
    return any(row["name"] == name and place in row for row in _file()["treatment"].values())


def test_every_treatment_rests_on_references_and_courses_that_exist():
    for row in _file()["treatment"].values():
        for place in ("trd", "first_line"):
            here = row.get(place, {})
            assert set(here.get("sources", ())) <= set(bibliography())
            assert {*here.get("courses", ()), *here.get("after", ())} <= set(treatments())


def test_side_effects_are_the_rows_of_the_evidence():
    for event in comparator("ECT", TRD, 84).events:
        outcome = load(f"effects/{event.reference}").outcome(event.row)
        assert outcome.arm == "ECT"
        assert outcome.value == event.value
    headache = next(e for e in comparator("ECT", TRD, 84).events if e.what == "headache")
    assert (headache.value, headache.control) == (80.0, 22.0)  # 72 of 90, 20 of 91


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"'foo'.*ECT.*CBT"):
        comparator("foo", TRD, 84)


def test_a_regimen_that_cannot_be_read_points_at_its_word():
    with pytest.raises(RegimenError, match="mg/lb"):
        comparator("ketamine 0.5 mg/lb IV twice weekly", TRD, 84)


def test_a_treatment_is_refused_where_it_was_never_measured():
    with pytest.raises(InputError, match="first_line"):
        comparator("augmentation", population("first_line"), 84)
    with pytest.raises(UnknownNameError, match="population"):
        population("children")


def test_for_may_be_left_out_before_a_span():
    with_for, without = comparator(SIX, TRD, 84), comparator(SIX.replace("for ", ""), TRD, 84)
    assert with_for.plan.branches == without.plan.branches
    assert with_for.visits == 6


def test_a_daily_medicine_runs_as_the_treatment_it_belongs_to():
    daily = comparator("sertraline 100 mg oral daily for 6 weeks", TRD, 84)
    (course,) = daily.plan.others
    assert (course.what, course.from_d, course.to_d) == ("new_antidepressant", 0.0, 42.0)
    with pytest.raises(UnknownNameError, match="lithium"):
        comparator("lithium 900 mg oral daily", TRD, 84)


@given(st.integers(1, 100), st.sampled_from([("d", 1), ("w", 7), ("weeks", 7), ("days", 1)]))
def test_a_span_reads_as_days(count: int, unit: tuple[str, int]):
    assert horizon_days(f"{count}{unit[0]}") == count * unit[1]


@pytest.mark.parametrize("text", ["soon", "12", "-3w", "w12", ""])
def test_a_span_that_is_not_one_is_refused(text: str):
    with pytest.raises(InputError, match="12 weeks"):
        horizon_days(text)


@pytest.mark.parametrize("days", [0.0, 3.0, 5000.0, float("nan")])
def test_a_horizon_out_of_range_is_refused(days: float):
    with pytest.raises(InputError, match="horizon"):
        visit_days(days)


def test_one_treatment_twice_is_refused(ensemble):
    chosen = [comparator("SSRI", TRD, 84), comparator("ssris", TRD, 84)]
    with pytest.raises(InputError, match="twice"):
        compare(chosen, TRD, 84, ensemble, FormStimuli(), 128, 2)


# --- numbers ----------------------------------------------------------------------------------


def test_a_name_and_its_regimen_give_the_same_numbers(result):
    named, quoted = row(result, "ketamine infusions (six)"), row(result, SIX)
    assert named.response.value.tolist() == quoted.response.value.tolist()
    assert float(named.relapse.value) == float(quoted.relapse.value)


def test_every_treatment_beats_the_placebo_pill_that_shares_its_people(result):
    nothing = row(result, "placebo pill")
    for r in result.rows:
        if r is not nothing and r.comparator.plan.others:
            assert (r.response.value[3:] >= nothing.response.value[3:]).all(), r.comparator.label


def test_infusions_work_within_a_day_and_pills_within_weeks(result):
    assert row(result, SIX).response.value[0] > 10 > row(result, "SSRI").response.value[0]
    assert float(row(result, SIX).half_d.value) < 8 < float(row(result, "SSRI").half_d.value)


def test_numbers_are_median_and_quantiles_of_the_sets_drawn(ensemble):
    members, n, seed = 5, 256, 3
    chosen = [comparator("SSRI", TRD, 42)]
    made = compare(chosen, TRD, 42, ensemble, FormStimuli(), n, members, seed).rows[0]
    drawn = np.random.default_rng([seed, 13]).choice(len(ensemble), members, p=ensemble.weights)
    design = Design(
        "same", "", "none", "MADRS", TRD.baseline, visit_days(42), (chosen[0].plan,), pooled=True
    )
    shares = []
    for k, member in enumerate(drawn):
        params = ensemble.member(int(member))
        arms = run_trial(design, params, people_of(n, seed + k), seed + k, FormStimuli()).arms
        arm = arms["SSRI"]
        shares.append(100 * np.mean(arm.scores <= 0.5 * arm.baseline[:, None], axis=0))
    assert made.response.value == pytest.approx(np.median(shares, axis=0))
    assert made.response.low == pytest.approx(np.quantile(shares, 0.05, axis=0))
    assert made.response.high == pytest.approx(np.quantile(shares, 0.95, axis=0))


def test_the_best_set_has_no_say(ensemble):
    chosen = [comparator("SSRI", TRD, 28)]
    other = replace(ensemble, mode=ensemble.sets[0])
    one, two = (
        compare(chosen, TRD, 28, e, FormStimuli(), 128, 3).rows[0] for e in (ensemble, other)
    )
    assert one.response.value.tolist() == two.response.value.tolist()
    assert one.response.low.tolist() == two.response.low.tolist()


def test_shares_are_shares(result):
    for r in result.rows:
        for e in (r.response, r.remission, r.ever, r.relapse):
            assert (np.asarray(e.low) >= 0).all()
            assert (np.asarray(e.high) <= 100).all()
        assert (r.remission.value <= r.ever.value).all()
        assert (r.response.value <= r.ever.value + 1e-9).all()
        assert float(r.half_d.value) <= float(r.most_d.value)


# --- between doses far apart ------------------------------------------------------------------

FORTNIGHTLY = "ketamine 0.5 mg/kg IV twice weekly for 4 weeks, then every 2 weeks"


def test_fortnightly_doses_no_longer_swing_the_reported_share(ensemble):
    text = FORTNIGHTLY
    made = compare([comparator(text, TRD, 182)], TRD, 182, ensemble, FormStimuli(), 512, 3)
    row, days = made.rows[0], made.rows[0].days
    late = row.response.value[days > 60]
    raw = _unsmoothed(text, ensemble)[days > 60]
    swing = np.abs(np.diff(raw)).mean()
    assert swing > 3  # the swing is there
    assert np.abs(np.diff(late)).mean() < swing / 3


def _unsmoothed(text, ensemble):
    plan = comparator(text, TRD, 182).plan
    design = Design("raw", "", "none", "MADRS", TRD.baseline, visit_days(182), (plan,), pooled=True)
    arm = run_trial(design, ensemble.member(0), people_of(512, 1), 1, FormStimuli()).arms[plan.name]
    return 100 * np.mean(arm.scores <= 0.5 * arm.baseline[:, None], axis=0)


def test_smoothing_takes_the_visits_of_the_last_interval_and_nothing_else():
    days = np.array(visit_days(98))
    sessions = np.array([0.0, 3, 7, 10, 14, 28, 42, 56])
    weights = smoothing(days, sessions)
    assert weights.sum(axis=1) == pytest.approx(1)
    row = {day: days[weights[k] > 0].tolist() for k, day in enumerate(days)}
    assert row[7.0] == [7.0]
    assert row[14.0] == [14.0]
    assert row[42.0] == [35.0, 42.0]
    assert row[49.0] == [42.0, 49.0]
    assert row[70.0] == [63.0, 70.0]  # the last interval runs out
    assert row[77.0] == [77.0]  # and then treatment has ended


@given(st.lists(st.integers(0, 60), max_size=12, unique=True))
def test_two_doses_and_weekly_doses_are_left_as_they_are(days: list[int]):
    visits = np.array(visit_days(84))
    few = np.sort(np.array(days[:3], float))
    assert (smoothing(visits, few) == np.eye(len(visits))).all()
    assert (smoothing(visits, np.arange(0.0, 85.0, 7.0)) == np.eye(len(visits))).all()


# --- seen side by side ------------------------------------------------------------------------


@pytest.mark.parametrize("trial", head_to_head(), ids=lambda t: f"{t.trial} {t.rows[0]}")
def test_a_treatment_runs_the_arm_of_the_trial_it_cites(trial):
    design = shipped(trial.design)
    for key, arm, row in zip(trial.pair, trial.arms, trial.rows, strict=True):
        seen, ran = observation(row), design.arm(arm)
        plan = comparator(key, TRD, 182).plan
        assert seen.reference in comparator(key, TRD, 182).sources or key in ("ect", "ketamine")
        day = seen.outcome.time_d
        assert len(plan.branches) == len(ran.branches)
        for mine, theirs in zip(plan.branches, ran.branches, strict=True):
            mine, theirs = (
                [(s.day, s.form, s.awareness) for s in side if s.day < day]
                for side in (mine, theirs)
            )
            assert mine == theirs
        assert {c.what for c in plan.others if c.from_d < day} == {c.what for c in ran.others}


def test_head_to_head_rows_are_printed_as_published(result):
    table = beside.beside_table(result)
    assert table is not None
    printed = {str(row[-1]): row for row in table.cells()}
    for id_ in ("E224", "E225"):
        found = observation(id_)
        assert float(printed[id_][4]) == found.outcome.value
    assert "E404" not in printed  # quetiapine was not asked for


def test_spray_and_quetiapine_bring_their_trial_and_its_facts(ensemble):
    chosen = [comparator(name, TRD, 84) for name in ("esketamine", "quetiapine")]
    (found,) = seen_beside(chosen, ensemble, FormStimuli(), 1)
    assert found.trial.trial == "ESCAPE-TRD"
    assert [side.value for side in found.sides] == [27.1, 17.6]
    assert {f.fact.id for f in found.facts} == {"F67", "F68"}
    assert not seen_beside(chosen[:1], ensemble, FormStimuli(), 1)


def test_disagreement_is_said_in_words_and_agreement_is_not(result):
    (one, *_) = [b for b in result.beside if b.trial.rows[0] == "E224"]
    drug, shock = one.sides
    alike = replace(one, sides=(
        replace(drug, model=drug.value, low=drug.value - 5, high=drug.value + 5),
        replace(shock, model=shock.value, low=shock.value - 5, high=shock.value + 5),
    ))  # fmt: skip
    assert beside.disagreements(replace(result, beside=(alike,))) == []
    other = replace(alike.sides[1], model=90.0, low=80.0, high=95.0)
    turned = replace(alike, sides=(alike.sides[0], other))
    said = " ".join(beside.disagreements(replace(result, beside=(turned,))))
    assert "expects the opposite" in said
    assert "outside the 80 to 95 %" in said
    assert "unilateral" in said


def test_a_fact_that_fails_is_named(ensemble, result):
    chosen = [comparator(name, TRD, 84) for name in ("esketamine", "quetiapine")]
    (found,) = seen_beside(chosen, ensemble, FormStimuli(), 1)
    for f in found.facts:
        good, bad = replace(f, model=f.fact.target), replace(f, model=f.fact.high + 1)
        for side, says in ((good, False), (bad, True)):
            said = beside.disagreements(replace(result, beside=(replace(found, facts=(side,)),)))
            assert any(f.fact.id in line for line in said) == says


def test_whom_an_effect_was_measured_in_stands_beside_every_number(result):
    for table in (report.response_table(result), report.remission_table(result)):
        rows = {str(row[0]): row for row in table.cells()}
        assert "NOT trd" in str(rows["ECT"][1])
        assert all(row[1] for row in rows.values())


def test_every_ketamine_says_how_it_stands_to_its_label(result):
    said = report.uses(result)
    assert any("ketamine infusions (six)" in line and "off-label" in line for line in said)
    assert any("esketamine" in line and "has a label" in line for line in said)
    assert not any(line.startswith("ECT") for line in said)
    html = report.html(result)
    for use in row(result, "ketamine infusions (six)").comparator.uses:
        assert use in html
    record = report.record(result)["treatments"]
    assert all(t["label_status"] for t in record if "ketamine" in t["treatment"])


def test_sessions_of_all_branches_count_once():
    found = sessions_of(comparator("esketamine + new AD", TRD, 84))
    assert found[:8].tolist() == [0, 3, 7, 10, 14, 17, 21, 24]
    assert (np.diff(found) > 0).all()


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(ensemble):
    def run(seed):
        chosen = [comparator("SSRI", TRD, 28)]
        made = compare(chosen, TRD, 28, ensemble, FormStimuli(), n=300, members=2, seed=seed)
        return made.rows[0].response

    assert run(5).high.tolist() == run(5).high.tolist()
    assert run(5).value.tolist() != run(6).value.tolist()


def test_first_line_patients_relapse_less_than_resistant_ones(ensemble):
    def relapse(place):
        people = population(place)
        chosen = [comparator("SSRI", people, 364)]
        made = compare(chosen, people, 364, ensemble, FormStimuli(), n=1024, members=2)
        return float(made.rows[0].relapse.value)

    assert relapse("first_line") < relapse("trd")


def _arm(scores, baseline, days) -> ArmResult:
    n, visits = scores.shape
    blank = np.zeros((n, visits))
    return ArmResult(
        "a", baseline, scores, blank, blank[:, 0], np.zeros((n, visits + 1)), blank[:, 0], days,
        np.full(n, days[-1]), 1.0,
    )  # fmt: skip


@given(st.integers(0, 2**32 - 1))
def test_summary_matches_counting_patient_by_patient(seed: int):
    rng = np.random.default_rng(seed)
    days = np.array(visit_days(42))
    baseline = rng.integers(20, 45, 30).astype(float)
    scores = rng.integers(0, 45, (30, len(days))).astype(float)
    found = summary(_arm(scores, baseline, days), 10.0, 22.0)
    firsts, relapsed = [], 0
    for own, start in zip(scores, baseline, strict=True):
        hits = [k for k in range(len(days)) if own[k] <= start / 2]
        if not hits:
            continue
        firsts.append(days[hits[0]])
        later = [k for k in range(len(days)) if k > hits[0] and days[k] >= 7]
        relapsed += any(own[k] >= 22 and own[k + 1] >= 22 for k in later if k + 1 < len(days))
    t = len(days)
    assert found[2 * t] == pytest.approx(100 * len(firsts) / 30)
    order = sorted(firsts)
    assert found[2 * t + 1] == order[-(-len(order) // 2) - 1]
    assert found[2 * t + 2] == order[-(-4 * len(order) // 5) - 1]
    assert found[2 * t + 3] == pytest.approx(100 * relapsed / len(firsts))
    assert found[t : 2 * t] == pytest.approx(100 * (scores <= 10).mean(axis=0))


def test_nobody_responding_gives_no_day_rather_than_a_number():
    days = np.array(visit_days(28))
    found = summary(_arm(np.full((5, len(days)), 40.0), np.full(5, 40.0), days), 10.0, 22.0)
    assert found[2 * len(days)] == 0
    assert np.isnan(found[2 * len(days) + 1 :]).all()


# --- tables, page, command --------------------------------------------------------------------


def test_missing_evidence_is_said(result):
    rows = report.event_table(result).cells()
    assert rows[-1][:2] == ["CBT added", report.NO_ROW]
    assert report.record(result)["treatments"][-1]["side_effects"] == report.NO_ROW


def test_the_page_holds_picture_settings_and_sources_and_no_script(result):
    html = report.html(result)
    assert html.count("<svg") == 1
    assert "<script" not in html
    for key in report.cited(result):
        assert key in html
    for r in result.rows:
        assert r.comparator.setting in html


def test_pictures_share_out_many_treatments(result):
    assert len(report.figure(result).figures) == 2
    few = replace(result, rows=result.rows[:2])
    assert report.figure(few).title == "Response over time"


def test_the_command_prints_json_that_says_where_each_effect_comes_from(monkeypatch, ensemble):
    import reprieve.engine.calibration.ensemble as home
    from reprieve.cli.compare import command

    monkeypatch.setattr(home, "ensemble", lambda: ensemble)
    words = ["ketamine 0.5 mg/kg IV twice weekly 3 weeks", "SSRI", "augmentation", "ECT"]
    asked = [*words, "esketamine", "--for", "12w", "-n", "256", "--sets", "2", "--json"]
    ran = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert ran.exit_code == 0
    found = json.loads(ran.output)
    assert next(t["treatment"] for t in found["treatments"]) == words[0]
    assert len(found["treatments"]) == 5
    for t in found["treatments"]:
        assert t["setting"]
        assert t["tested_in"]
        assert t["awareness"]
        assert t["day"][-1] == 84
        assert len(t["response"]["value"]) == len(t["day"])
    assert found["treatments"][0]["visits"] == 6


def test_the_command_writes_tables_and_a_page(monkeypatch, ensemble, tmp_path):
    import reprieve.engine.calibration.ensemble as home
    from reprieve.cli.compare import command

    monkeypatch.setattr(home, "ensemble", lambda: ensemble)
    monkeypatch.setenv("COLUMNS", "180")
    out = tmp_path / "page.html"
    asked = ["SSRI", "CBT", "--for", "28d", "-n", "128", "--sets", "2", "--html", str(out)]
    ran = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert ran.exit_code == 0
    assert "Where each effect was measured" in out.read_text(encoding="utf-8")
    assert report.NO_ROW in ran.output
