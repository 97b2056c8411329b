"""Schedules side by side: limits kept, odds that agree two ways, the burden counted."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan_cases import INFUSION, course, nonresponder, responder
from reprieve.engine.cases.case import Case
from reprieve.engine.dosing.doses import Dose, Regimen
from reprieve.engine.forecast.forecast import forecast
from reprieve.engine.forecast.future import follow
from reprieve.engine.forecast.posterior import Posterior, posterior
from reprieve.engine.planning.adaptive import Courses, Progress, Rule, said_by
from reprieve.engine.planning.comparison import Comparison, Schedule
from reprieve.engine.planning.constraints import Ground, Limits, hard_limits
from reprieve.engine.planning.departures import departures
from reprieve.engine.planning.odds import corrected, frontier
from reprieve.engine.planning.permission import latest_scores, permission, sessions_left
from reprieve.engine.planning.plan import plan
from reprieve.engine.planning.question import days_ahead, ground_of, knows, sessions_on
from reprieve.engine.planning.schedules import PlanOptions, schedules, spaced
from reprieve.engine.trials.design import Form
from reprieve.errors import InputError, UnknownNameError
from reprieve.evidence.practice import governing
from reprieve.report import plan as report

MONDAY = datetime.fromisoformat("2026-11-02T09:00+00:00")


def form_of(text: str) -> Form:
    return Regimen.parse(text).doses


def ground(
    days: tuple[float, ...] = (), text: str = INFUSION, weight_kg: float | None = 70.0
) -> Ground:
    form = form_of(text)
    return Ground(tuple((d, form) for d in days), form, governing(form), weight_kg)


def on(*days: float) -> Schedule:
    return Schedule("these days", "dates", tuple(days))


@pytest.fixture(scope="module")
def post() -> Posterior:
    return posterior(responder(), 1)


@pytest.fixture(scope="module")
def compared(post: Posterior) -> Comparison:
    return plan(post, PlanOptions(on_days=(60.0,), on_rise=5.0))


# -- what comes out


def test_more_sessions_mean_fewer_relapses_and_a_larger_burden(compared: Comparison):
    names = "no further dose", "every 6 weeks", "every 4 weeks", "every 2 weeks", "weekly"
    ladder = [compared.choice(name) for name in names]
    relapse = [c.relapse_at_end for c in ladder]
    assert relapse == sorted(relapse, reverse=True)
    assert relapse[0] - relapse[-1] > 0.1
    well = [c.well_days for c in ladder]
    assert well == sorted(well)
    assert [c.sessions for c in ladder] == [0, 2, 3, 6, 12]
    assert [c.milligrams for c in ladder] == [35.0 * c.sessions for c in ladder]
    assert [c.mg_per_kg for c in ladder] == [0.5 * c.sessions for c in ladder]
    crossed = [c.thresholds[0].any_session for c in ladder]
    assert crossed == sorted(crossed)
    assert crossed[0] == 0.0 < crossed[1]


def test_odds_of_relapse_rise_from_check_to_check_and_carry_an_error(compared: Comparison):
    for choice in compared.choices:
        assert choice.relapse is not None
        assert choice.relapse_se is not None
        assert len(choice.relapse) == len(compared.check_days) == 12
        assert np.all(np.diff(choice.relapse) >= 0)
        assert 0.0 < choice.relapse_se[-1] < 0.03
        assert 0.0 <= choice.well_share <= 1.0


def test_sessions_of_one_person_cross_a_line_less_often_than_strangers_would(
    compared: Comparison,
):
    for line in compared.choice("weekly").thresholds:
        assert line.one_session <= line.any_session <= 1 - (1 - line.one_session) ** 12


def test_the_frontier_holds_what_nothing_undercuts(compared: Comparison):
    kept = compared.frontier
    assert kept[0].schedule.kind == "none"
    relapse = [c.relapse_at_end for c in kept]
    assert relapse == sorted(relapse, reverse=True)
    for choice in compared.choices:
        if not choice.frontier:
            assert any(
                k.sessions <= choice.sessions and k.relapse_at_end <= choice.relapse_at_end
                for k in kept
            )


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8))
def test_a_frontier_is_never_empty_and_never_beaten(pairs: list[tuple[int, int]]):
    best = frontier([a for a, _ in pairs], [b for _, b in pairs])
    assert any(best)
    kept = [p for p, flag in zip(pairs, best, strict=True) if flag]
    for a, b in pairs:
        assert any(x <= a and y <= b for x, y in kept)


def test_the_same_seed_gives_the_same_comparison():
    options = PlanOptions(every_weeks=(2.0,), on_rise=5.0, paths=256)
    first, again = (plan(responder(), options, seed=4) for _ in range(2))
    assert json.dumps(first.to_dict()) == json.dumps(again.to_dict())
    assert plan(responder(), options, seed=5).to_dict() != first.to_dict()


def test_nobody_is_ordered_anything(compared: Comparison):
    said = " ".join(
        [*compared.sentences, *compared.limits, *(c.sentence for c in compared.choices)]
    ).lower()
    for order in ("should", "recommend", "must ", "please", "best option"):
        assert order not in said
    assert "not an order" in said


def test_without_a_response_there_is_no_relapse_but_days_well():
    found = plan(nonresponder(), PlanOptions(horizon_days=28.0, every_weeks=(1.0,)))
    assert found.relapse_rule is None
    for choice in found.choices:
        assert choice.relapse is None
        assert "in response" in choice.sentence
    none, weekly = found.choices
    assert weekly.well_days > none.well_days
    assert none.frontier
    assert weekly.frontier


def test_the_plan_of_the_case_is_one_of_the_options():
    case = course(plan="ketamine 0.5 mg/kg IV over 40 min, every 2 weeks for 8 weeks")
    found = plan(case, PlanOptions(every_weeks=(2.0,)), seed=1)
    planned = found.choice("as planned")
    assert planned.schedule.days == (46.0, 60.0, 74.0, 88.0)
    assert planned.milligrams == pytest.approx(4 * 35)


def test_an_unknown_weight_is_said_and_only_doses_per_kg_are_added_up():
    found = plan(course(weight_kg=None), PlanOptions(every_weeks=(4.0,), on_rise=5.0, paths=128))
    for choice in found.choices:
        assert choice.milligrams is None
        assert choice.mg_per_kg == pytest.approx(0.5 * choice.sessions)
    assert any("weight is unknown" in said for said in found.limits)


def test_a_case_that_cannot_be_forecast_or_dosed_is_refused_in_words():
    with pytest.raises(InputError, match="score"):
        plan(course(scores=()))
    bare = course(scores=((-2, 30), (0, 31)), given=(), asked_at=1.0)
    with pytest.raises(InputError, match="nothing to repeat"):
        plan(posterior(bare, 0))
    with pytest.raises(InputError, match="seed"):
        plan(responder(), seed=-1)
    with pytest.raises(UnknownNameError, match="no further dose"):
        plan(posterior(responder(), 0, particles=256), PlanOptions(every_weeks=())).choice("daily")


# -- two ways to the same odds


def test_lived_courses_agree_with_the_law_of_the_scores(post: Posterior):
    """A rule that always fires is a weekly schedule; one that never does is none."""
    ahead = days_ahead(0.0, 84.0)
    form = post.form
    assert form is not None
    always = Rule(-np.inf, "MADRS", form, np.inf, True, lambda d, n, s: n < 99, lambda d: 0.0)
    people = post.subset(2048)
    courses = Courses(people, "MADRS", len(ahead))
    weekly = sessions_on(tuple(46.0 + 7 * np.arange(12)), [form] * 12, post)
    for rule, sittings, count in ((None, [], 0), (always, weekly, 12)):
        lived = courses.live(rule, ahead)
        known = follow(post, sittings, 84.0, grid=ahead + 46.0)
        assert np.all(lived.sessions == count)
        error = lived.seen.std(axis=0) / np.sqrt(post.ess)
        assert np.all(np.abs(lived.seen.mean(axis=0) - known.mean) < 3 * error)
        said = said_by(lived.seen[:, 1::2], 22.0, 2).mean(axis=0)
        assert known.relapse is not None
        assert np.all(np.abs(said - known.relapse) < 0.04)


def test_a_rule_on_another_instrument_is_asked_on_that_one(post: Posterior):
    found = plan(post, PlanOptions(every_weeks=(), on_rise=5.0, rise_on="phq9", paths=512))
    rule = found.choices[-1]
    assert rule.schedule.name == "a dose when PHQ-9 rises by 5"
    rare = plan(post, PlanOptions(every_weeks=(), on_rise=20.0, rise_on="phq9", paths=512))
    assert rare.choices[-1].sessions < 0.2 < rule.sessions


def test_a_known_mean_takes_out_the_chance_that_two_ways_share():
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((400, 1))
    mine, other = 1.0 + shared + 0.1 * rng.standard_normal((400, 1)), shared
    found, error = corrected(mine, other, np.zeros(1))
    assert abs(found[0] - 1.0) < 4 * error[0] < 0.03
    assert abs(mine.mean() - 1.0) > error[0]


def test_a_rise_is_counted_from_the_best_since_the_last_session():
    blank = np.zeros((1, 2))
    at = Progress(blank, blank, np.zeros(1), np.zeros(1), np.full(1, np.inf), np.zeros(1, bool))
    due = []
    for score in (12.0, 10.0, 14.0, 15.0):
        at.judge(5.0, np.array([score]))
        due.append(bool(at.due[0]))
    assert due == [False, False, False, True]
    at.treat(np.array([True]), 28.0)
    for score, expected in ((20.0, False), (24.0, False), (25.0, True)):
        at.judge(5.0, np.array([score]))
        assert at.due[0] == expected
    assert (at.sessions[0], at.last[0]) == (1.0, 28.0)


def test_a_rule_keeps_the_days_between_that_were_asked(post: Posterior):
    limits = Limits(min_days_between=28.0, not_after=100.0)
    often = PlanOptions(every_weeks=(), on_rise=1.0, paths=256)
    free = plan(post, often).choices[-1]
    kept = plan(post, replace(often, limits=limits)).choices[-1]
    # from day 59 on, four weeks apart, none after day 100
    assert kept.sessions_80[1] <= 2 < free.sessions


def test_a_forecast_and_a_comparison_tell_the_same_odds(post: Posterior, compared: Comparison):
    outlook = forecast(responder(), 84.0, seed=1)
    none = compared.choice("no further dose")
    assert outlook.relapse is not None
    assert none.relapse is not None
    assert none.relapse_at_end == pytest.approx(outlook.relapse.no_further_dose[-1], abs=0.02)
    assert none.score == pytest.approx(outlook.bands[-1].mean, abs=0.05)


def test_a_route_nobody_tried_is_said_among_the_limits():
    case = course(regimen="ketamine 0.5 mg/kg IM")
    found = plan(case, PlanOptions(every_weeks=()), seed=1)
    assert any("No trial in the evidence gave ketamine into the muscle" in s for s in found.limits)


def test_a_session_after_a_blinded_start_is_known_for_what_it_is():
    case = course()
    blind = replace(case, setting=replace(case.setting, awareness="saline_control"))
    assert knows(posterior(blind, 1, particles=256)) == "aware_active"
    assert knows(posterior(case, 1, particles=256)) == "open"


def test_relapse_needs_checks_in_a_row():
    seen = np.array([[30, 10, 30, 30, 10], [30, 10, 30, 10, 30]])
    assert said_by(seen, 22, 2).tolist() == [[False] * 3 + [True] * 2, [False] * 5]


# -- hard limits


@pytest.mark.parametrize(
    ("limits", "days", "said"),
    [
        (Limits(max_sessions=2), (50, 60, 70), "3 sessions, more than the 2"),
        (Limits(max_mg=100), (50, 60, 70), "105 mg in all"),
        (Limits(max_mg_per_kg=1.2), (50, 60, 70), "1.5 mg/kg in all"),
        (Limits(not_before=55), (50, 60), "before day 55"),
        (Limits(not_after=55), (50, 60), "after day 55"),
        (Limits(min_days_between=14), (50, 60), "10 days apart"),
    ],
)
def test_a_hard_limit_names_what_breaks_it(limits: Limits, days: tuple[float, ...], said: str):
    (broken,) = hard_limits(on(*days), ground(), limits)
    assert said in broken.sentence
    assert broken.hard
    assert broken.standing == "user"
    assert hard_limits(on(), ground(), limits) == ()


def test_what_was_given_counts_towards_the_most():
    assert hard_limits(on(50), ground((0, 7)), Limits(max_mg=105)) == ()
    assert hard_limits(on(50), ground((0, 7, 14)), Limits(max_mg=105))
    assert sessions_left(ground((0, 7)), PlanOptions(limits=Limits(max_mg=105))) == 1
    with pytest.raises(InputError, match="body weight"):
        hard_limits(on(50), ground(weight_kg=None), Limits(max_mg=105))


def test_excluded_schedules_are_listed_with_their_reason(post: Posterior):
    limits = Limits(max_sessions=4, not_before=53.0)
    found = plan(post, PlanOptions(on_days=(50.0,), on_rise=3.0, paths=256, limits=limits))
    out = {e.schedule.name: e.reasons[0].sentence for e in found.excluded}
    assert set(out) == {"weekly", "every 2 weeks", "one dose on day 50"}
    assert "more than the 4" in out["weekly"]
    assert all(d >= 53.0 for c in found.choices for d in c.schedule.days)
    assert found.choice("a dose when MADRS rises by 3").sessions_80[1] <= 4


def test_sessions_keep_off_weekends_when_asked():
    base = replace(ground((0,)), origin=MONDAY)
    limits = Limits(no_weekends=True)
    days = spaced(3.0, 4.0, 32.0, base, limits)
    assert days
    assert all((MONDAY + timedelta(days=d)).weekday() < 5 for d in days)
    assert hard_limits(on(5.0), base, limits)
    _, waits = permission(base, PlanOptions(limits=limits))
    assert [waits(d) for d in (4.0, 5.0, 6.0, 7.0)] == [0.0, 2.0, 1.0, 0.0]
    with pytest.raises(InputError, match="dates"):
        hard_limits(on(5.0), ground(), limits)


@settings(max_examples=40)
@given(
    every=st.floats(2, 60), last=st.floats(0, 40), wait=st.floats(0, 30), horizon=st.floats(7, 200)
)
def test_spaced_sessions_stay_apart_and_inside(
    every: float, last: float, wait: float, horizon: float
):
    asked = last + wait
    base = ground((last,))
    days = spaced(every, asked, asked + horizon, base, Limits())
    assert all(asked - 1e-6 <= d < asked + horizon for d in days)
    if days:
        # never sooner than the spacing asks, unless that is past; never a week later than due
        assert days[0] >= min(last + every, asked) - 1e-6
        assert days[0] <= max(last + every, asked) + 7.0
        assert np.allclose(np.diff(days), every)


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon_days": 3}, {"horizon_days": float("nan")}, {"every_weeks": (0.0,)},
        {"on_rise": -1.0}, {"paths": 1}, {"every_weeks": tuple(range(1, 40))},
    ],
)  # fmt: skip
def test_impossible_options_are_refused(wrong: dict[str, object]):
    with pytest.raises(InputError, match=r"expected|at most"):
        PlanOptions(**wrong)  # type: ignore[arg-type]


def test_impossible_limits_and_days_are_refused():
    with pytest.raises(InputError, match="exchange"):
        Limits(not_before=10, not_after=5)
    with pytest.raises(InputError, match="0 or more"):
        Limits(max_sessions=-1)
    with pytest.raises(InputError, match="later"):
        schedules(PlanOptions(on_days=(40.0,)), 46.0, ground((0,)), "MADRS")
    with pytest.raises(InputError, match="at least one"):
        schedules(PlanOptions(none=False, every_weeks=()), 46.0, ground((0,)), "MADRS")


# -- the protocol's word


def test_the_label_of_the_spray_keeps_maintenance_between_one_and_two_weeks():
    label = ground((0, 3, 7, 10, 28, 35, 42, 49, 56), "esketamine 56 mg nasal")
    assert departures(on(70, 84, 98), label) == ()
    assert departures(on(63, 70, 77), label) == ()
    (early,) = departures(on(60, 64), label)
    assert early.standing == "label"
    assert early.source == "spravato_hcp_dosing"
    assert "at least 7" in early.sentence
    (late,) = departures(on(77, 105), label)
    assert "at most 14" in late.sentence


def test_twice_weekly_is_the_most_of_the_labels_induction():
    label = ground((0, 3, 7), "esketamine 56 mg nasal")
    assert departures(on(10, 14, 17), label) == ()
    said = " ".join(b.sentence for b in departures(on(9, 11, 13), label))
    assert "4 sessions in a week of induction; the label has 2" in said


def test_racemic_maintenance_is_bounded_by_what_was_reported():
    base = ground((0, 3, 7, 10, 14, 17, 24, 31, 38, 45))
    assert departures(on(60, 100), base) == ()
    (late,) = departures(on(45 + 85), base)
    assert (late.standing, late.source) == ("clinic", "maintenance_intervals_czech")
    close = departures(on(50, 50.5), base)
    assert any("12 h apart" in b.sentence for b in close)


def test_a_session_of_hours_is_not_repeated_and_a_large_dose_is_said():
    long = "ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for 6 h, once"
    (again,) = [b for b in departures(on(50), ground((0,), long)) if "such sessions" in b.sentence]
    assert "2 such sessions" in again.sentence
    assert again.untried
    (dose,) = departures(on(50), ground((0, 30), "ketamine 1.5 mg/kg IV over 40 min"))
    assert "1.5 mg/kg a session" in dose.sentence


LONG = "ketamine 0.6 mg/kg/h IV over 96 h"


def test_what_nobody_repeated_is_never_among_the_best_and_says_so():
    text = responder().to_dict()
    text["treatments"] = [{"day": 0, "regimen": LONG, "given": True}]
    long = Case.from_dict(text)
    found = plan(long, PlanOptions(every_weeks=(1 / 3.5, 2.0)), seed=1)
    assert [e.schedule.name for e in found.excluded] == ["every 2 days"]
    assert "48 h after the one before it, which lasts 96 h" in found.excluded[0].reasons[0].sentence
    none, often = found.choices
    assert often.untried
    assert not often.frontier
    assert none.frontier
    assert not none.untried
    assert "model's word alone" in often.sentence
    said = " ".join(found.limits)
    assert "96 h is extrapolation" in said
    assert "5760 min" not in said
    page = report.text(found)
    assert "every 2 weeks †" in page
    assert "nobody was given so many such sessions" in page


def test_too_many_sessions_in_a_month_outside_induction():
    base = ground(tuple(range(0, 21, 3)))
    often = on(*(60 + 3.0 * k for k in range(11)))
    assert any("30 days outside induction" in b.sentence for b in departures(often, base))


# -- what a rule reads from the record


def test_a_rule_starts_from_the_best_score_since_the_last_session():
    case = course(scores=((-2, 34), (30, 20), (36, 9), (42, 12), (45, 15)), given=(0, 31))
    assert latest_scores(case, "MADRS", 31.0, 5.0) == (9.0, True)
    assert latest_scores(case, "MADRS", 31.0, 7.0) == (9.0, False)
    assert latest_scores(case, "PHQ-9", 31.0, 5.0) == (np.inf, False)
    stale = course(scores=((-2, 34), (32, 9), (35, 20)), given=(0, 31))
    assert latest_scores(stale, "MADRS", 31.0, 5.0) == (9.0, False)


def test_a_mixed_session_counts_in_mg_per_kg_only_where_that_can_be_told():
    doses = (Dose("ketamine", "iv", 0.5, "mg/kg", 0.0, 0.67), Dose("ketamine", "im", 20, "mg", 1.0))
    base = ground()
    assert replace(base, form=doses).total_mg([doses]) == pytest.approx(55)
    assert replace(base, weight_kg=None).total_mg_per_kg([doses]) is None
    assert ground_of(posterior(responder(), 0, particles=256)).last_day == 31.0


def test_a_contrast_stronger_than_the_withdrawal_trial_is_said():
    from dataclasses import replace

    from comparison_example import comparison
    from reprieve.engine.planning.contrast import beyond_trials

    choices = [c for c in comparison().choices if c.relapse]
    none = next(c for c in choices if c.schedule.kind == "none")
    other = next(c for c in choices if c.schedule.kind != "none")
    odds = none.relapse[-1]
    strong = replace(other, relapse=(*other.relapse[:-1], 0.05 * odds))
    weak = replace(other, relapse=(*other.relapse[:-1], 0.9 * odds))
    assert "goes beyond the 0.49 and 0.3" in beyond_trials([none, strong])[0]
    assert beyond_trials([none, weak]) == ()
    assert beyond_trials([strong]) == ()
