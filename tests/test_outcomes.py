"""What a trial reports: rates, effect sizes, survival; against hand counts and known laws."""

import numpy as np
import pytest

from reprieve.engine.mood.model import Baseline
from reprieve.engine.trials.design import Design, Group, Plan, Relapse
from reprieve.engine.trials.outcomes import (
    cox_two_arms,
    kaplan_meier,
    measure,
    members,
    relapse_days,
)
from reprieve.engine.trials.trial import ArmResult, TrialResult
from reprieve.errors import EvidenceError

DAYS = np.array([1.0, 7.0, 14.0])


def result(scores, base=None, relapse=None, groups=(), completes=1.0, censor=14.0):
    scores = np.asarray(scores, float)
    n = len(scores)
    base = np.full(n, 40.0) if base is None else np.asarray(base, float)
    arm = ArmResult(
        "a", base, scores, np.zeros_like(scores), base, np.zeros((n, 4)), np.zeros(n), DAYS,
        np.full(n, censor), completes,
    )  # fmt: skip
    design = Design(
        "d", "d", "none", "MADRS", Baseline(40, 5, 0), tuple(DAYS), (Plan("a", n, ((),)),),
        groups, relapse,
    )  # fmt: skip
    return {"d": TrialResult(design, {"a": arm, "b": arm})}


def ask(found, **spec):
    return measure({"design": "d", "arm": "a"} | spec, found)


FOUR = [[20, 10, 30], [21, 20, 30], [10, 8, 8], [40, 40, 40]]


def test_response_counts_falls_of_half_and_remission_scores_at_the_cut():
    found = result(FOUR)
    assert ask(found, kind="response_rate", day=1) == 50.0
    assert ask(found, kind="remission_rate", day=7, at_most=10) == 50.0
    assert ask(found, kind="ever_rate", day=7, fall=0.5) == 75.0
    assert ask(found, kind="change_mean", day=1) == pytest.approx(-17.25)


def test_those_who_left_count_as_failures():
    assert ask(result(FOUR, completes=0.9), kind="response_rate", day=1) == pytest.approx(45.0)


def test_a_group_is_chosen_by_its_rules_and_without_another():
    early = Group("early", ({"days": [1], "fall": 0.5},))
    late = Group("late", ({"days": [7], "fall": 0.5},), without="early")
    found = result(FOUR, groups=(early, late))
    design, arm = found["d"].design, found["d"].arms["a"]
    assert members(design, arm, "early").tolist() == [True, False, True, False]
    assert members(design, arm, "late").tolist() == [False, True, False, False]


def test_relapse_needs_consecutive_visits_and_is_dated_at_the_first():
    rule = Relapse("22 twice", 0.0, at_least=22, consecutive=2)
    found = result([[30, 30, 5], [30, 5, 30], [5, 30, 30], [5, 5, 30]], relapse=rule)
    days = relapse_days(found["d"].design, found["d"].arms["a"])
    assert days.tolist() == [1.0, np.inf, 7.0, np.inf]
    assert ask(found, kind="relapse_free", day=14) == 50.0


def test_a_lost_response_is_judged_against_the_own_baseline():
    rule = Relapse("lost", 1.0, fall_below=0.5, consecutive=1)
    found = result([[10, 19, 21], [10, 10, 10], [10, 30, 10]], relapse=rule)
    days = relapse_days(found["d"].design, found["d"].arms["a"])
    assert days.tolist() == [14.0, np.inf, 7.0]


def test_kaplan_meier_of_a_worked_example():
    # six people: events at 1, 3, 3; censored at 2, 4, 5
    time = np.array([1.0, 2, 3, 3, 4, 5])
    event = np.array([True, False, True, True, False, False])
    t, alive = kaplan_meier(time, event)
    assert dict(zip(t.tolist(), alive.round(6).tolist(), strict=True)) == {
        0: 1, 1: round(5 / 6, 6), 2: round(5 / 6, 6), 3: round(5 / 12, 6), 4: round(5 / 12, 6),
        5: round(5 / 12, 6),
    }  # fmt: skip


def test_cox_recovers_the_ratio_of_two_exponential_hazards():
    rng = np.random.default_rng(4)
    a, b = rng.exponential(1 / 0.4, 20_000), rng.exponential(1.0, 20_000)
    stop = 2.0
    ratio = cox_two_arms(np.minimum(a, stop), a < stop, np.minimum(b, stop), b < stop)
    assert ratio == pytest.approx(0.4, rel=0.03)


def test_operations_combine_measures():
    found = result(FOUR)
    one = {"design": "d", "arm": "a", "kind": "response_rate", "day": 1}
    ever = {"design": "d", "arm": "a", "kind": "ever_rate", "day": 7, "fall": 0.5}
    assert measure({"op": "ratio", "of": [one, ever]}, found) == pytest.approx(2 / 3)
    assert measure({"op": "falling", "of": [ever, one]}, found) == 1.0
    assert measure({"op": "difference", "of": [{"op": "value", "value": 100.0}, one]}, found) == 50


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"kind": "happiness", "day": 1}, "Unknown kind of outcome 'happiness'"),
        ({"kind": "response_rate", "day": 3}, "No visit at day 3"),
        ({"kind": "response_rate", "day": 1, "arm": "z"}, "no arm 'z'"),
        ({"kind": "response_rate", "day": 1, "among": "nobody"}, "no group 'nobody'"),
        ({"kind": "relapse_free", "day": 7}, "needs a \\[relapse\\] rule"),
        ({"kind": "response_rate", "day": 1, "design": "other"}, "which was not run"),
    ],
)
def test_it_refuses_what_it_cannot_compute(spec, says):
    with pytest.raises(EvidenceError, match=says):
        ask(result(FOUR), **spec)
