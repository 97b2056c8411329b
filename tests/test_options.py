"""Dose and route, review of non-response, the value of a score: odds, costs, where trials end."""

import json

import numpy as np
import pytest

from plan_cases import INFUSION, course, nonresponder, responder
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.forecast.posterior import Posterior, posterior
from reprieve.engine.forecast.score_draws import law, learned
from reprieve.engine.planning.extrapolation import beyond
from reprieve.engine.planning.options import DoseAnswer, compare_doses
from reprieve.engine.planning.review import review
from reprieve.engine.planning.tested import given, span, tried
from reprieve.engine.planning.value import value_of_score
from reprieve.engine.trials.design import Form
from reprieve.errors import InputError
from reprieve.evidence import load, protocol

HIGHER = "ketamine 0.75 mg/kg IV over 40 min"
LONGER = "ketamine 0.5 mg/kg IV over 80 min"
SPRAY = "esketamine 56 mg nasal"


def form_of(text: str) -> Form:
    return Regimen.parse(text).doses


def kinds(text: str, repeated: bool = False, before: tuple[str, ...] = ()) -> set[str]:
    return {b.kind for b in beyond(form_of(text), repeated, [form_of(b) for b in before], 70.0)}


@pytest.fixture(scope="module")
def post() -> Posterior:
    return posterior(nonresponder(), 1)


@pytest.fixture(scope="module")
def answer(post: Posterior) -> DoseAnswer:
    low = "ketamine 0.1 mg/kg IV over 40 min"
    return compare_doses(post, (low, HIGHER, LONGER, SPRAY), session_days=(14, 17.5, 21, 24.5))


# -- dose and route


def test_more_drug_buys_a_little_and_costs_more(answer: DoseAnswer):
    now, low, high, *_ = answer.options
    assert now.now
    assert now.against_now is None
    for option, sign in ((low, 1), (high, -1)):
        assert option.against_now is not None
        assert np.all(sign * np.array(option.against_now.score) > 0)
        assert sign * option.against_now.well_days < 0
    peaks = [o.acute.peaks[0].median for o in (low, now, high)]
    assert peaks == sorted(peaks)
    crossed = [max(t.any_session for t in o.thresholds) for o in (low, now, high)]
    assert crossed == sorted(crossed)


def test_differences_are_sharper_than_the_odds_themselves(answer: DoseAnswer, post: Posterior):
    for option in answer.options[1:]:
        assert option.against_now is not None
        gap = np.array(option.score) - np.array(answer.options[0].score)
        assert np.allclose(option.against_now.score, gap)
        assert max(option.against_now.score_se) < 0.15
    assert answer.options[0].relapse is None  # there is no response to lose


def test_what_is_given_now_is_no_extrapolation_and_the_others_say_why(answer: DoseAnswer):
    now, low, high, longer, spray = answer.options
    assert not now.extrapolated
    assert "repeated" in {b.kind for b in high.beyond}
    assert "length" in {b.kind for b in longer.beyond}
    assert {b.kind for b in spray.beyond} == {"switch"}
    assert {b.kind for b in low.beyond} == {"repeated", "unfitted"}
    assert "Extrapolation" in high.sentence
    assert "4 of 5 options" in " ".join(answer.sentences)


def test_an_answer_is_plain_data_and_orders_nothing(answer: DoseAnswer):
    text = json.dumps(answer.to_dict()).lower()
    assert "not an order" in text
    for order in ("should", "recommend", "please"):
        assert order not in text


def test_the_same_treatment_is_one_option_whatever_its_words(post: Posterior):
    found = compare_doses(post, (INFUSION, "ketamine 0.5 mg/kg IV over 40 minutes"))
    assert len(found.options) == 1
    assert found.session_days == (14.0,)


def test_the_days_of_a_plan_are_those_of_every_option():
    case = course(plan=f"{INFUSION}, weekly for 3 weeks")
    assert compare_doses(case, (), seed=1).session_days == (46.0, 53.0, 60.0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"alternatives": ("ketamine 0.5 IV",)}, "unit|mg"),
        ({"alternatives": ("saline IV over 40 min",)}, "holds no ketamine"),
        ({"session_days": (3.0,)}, "today"),
        ({"horizon_days": 1.0}, "expected 7"),
        ({"alternatives": (INFUSION,) * 13}, "at most 12"),
    ],
)
def test_what_cannot_be_asked_is_refused(wrong: dict[str, object], said: str, post: Posterior):
    with pytest.raises(InputError, match=said):
        compare_doses(post, **wrong)  # type: ignore[arg-type]


# -- where trials end: ranges come from the evidence


def test_ranges_are_those_of_the_papers():
    arms = tried("ketamine", "iv")
    assert span(arms, "mg/kg") == (0.1, 1.0)
    doses = {arm.dose for arm in load("studies/fava_2020").arms if arm.route == "IV"}
    assert {a.low for a in arms if a.reference == "fava_2020"} == doses
    assert not any(a.repeated for a in arms if a.reference == "fava_2020")
    fitted = [a for a in tried("esketamine", "nasal") if a.taught]
    assert span(fitted, "mg") == (28.0, 84.0)
    assert tried("ketamine", "im") == ()


@pytest.mark.parametrize(
    ("text", "repeated", "expected"),
    [
        (INFUSION, True, set()),
        (SPRAY, True, set()),
        (HIGHER, False, {"unfitted"}),
        (HIGHER, True, {"repeated", "unfitted"}),
        ("ketamine 1.5 mg/kg IV over 40 min", False, {"dose", "unfitted", "protocol"}),
        (LONGER, False, {"length"}),
        ("ketamine 35 mg IV over 40 min", True, set()),
        ("ketamine 0.75 mg/kg SC", True, {"unfitted", "kinetics"}),
        ("ketamine 0.5 mg/kg IM", False, {"untried", "unfitted", "kinetics"}),
        ("esketamine 112 mg nasal", False, {"dose", "unfitted", "protocol"}),
    ],
)
def test_extrapolation_is_named_by_its_kind(text: str, repeated: bool, expected: set[str]):
    assert kinds(text, repeated) == expected


def test_every_other_route_has_an_absorption_that_is_assumed():
    for text in ("ketamine 100 mg sublingual", "ketamine 70 mg oral", "ketamine 0.5 mg/kg SC"):
        assert "kinetics" in kinds(text), text


def test_a_switch_of_route_in_one_person_is_said():
    assert "switch" in kinds(SPRAY, before=(INFUSION,))
    assert "switch" not in kinds(HIGHER, before=(INFUSION,))
    assert "switch" not in kinds(SPRAY)


def test_an_infusion_of_hours_carries_its_protocols_warning():
    long = "ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for 6 h"
    found = [b for b in beyond(form_of(long), False) if b.kind == "protocol"]
    assert "simulation only" in found[0].sentence
    assert given(form_of(long))[2] == pytest.approx(6 + 40 / 60)


def test_a_dose_in_mg_needs_a_weight_to_stand_beside_trials_per_kg():
    (said,) = [b for b in beyond(form_of("ketamine 35 mg IV over 40 min"), False)
               if b.kind == "dose"]  # fmt: skip
    assert "did not dose in mg" in said.sentence


# -- review of non-response


def test_continuing_helps_more_than_stopping_and_more_sessions_more(post: Posterior):
    few, many = review(post, 2), review(post, 8)
    assert 0 < few.helps < many.helps < 1
    for found in (few, many):
        assert np.all(np.diff(found.ever_continuing) >= 0)
        assert np.all(np.array(found.continuing) >= np.array(found.stopping))
        assert np.all(np.array(found.ever_continuing) >= np.array(found.continuing) - 0.01)
        assert found.helps == pytest.approx(found.ever_continuing[-1] - found.ever_stopping[-1])
    assert few.session_days == (14.0, 17.5)
    assert few.days == (15.0, 18.5)


def test_points_of_review_are_the_protocols(post: Posterior):
    found = review(post, 2)
    rules = protocol("iv_racemic").thresholds("review")
    by_name = {p.name: p for p in found.points}
    assert set(by_name) == {"dose step after", "early after", "stop after"}
    assert found.improvement == pytest.approx(4 / 34)
    early = by_name["early after"]
    assert (early.reached, early.kept, early.source) == (True, False, "guangzhou_2024")
    assert not by_name["stop after"].reached
    assert rules["stop_after"].value > found.sessions


def test_the_labels_review_counts_days():
    days = (0, 3, 7, 10, 14, 17, 21, 24)
    scores = ((-2, 34), (1, 31), (8, 30), (15, 29), (28, 28))
    found = review(course(scores, days, 29.0, "esketamine 56 mg nasal"), 2, seed=1)
    (label,) = [p for p in found.points if p.standing == "label"]
    assert label.reached
    assert "28 days" in label.sentence
    assert found.session_days == (29.0, 32.5)


def test_facts_stand_beside_with_their_rows(post: Posterior):
    late, spray = review(post, 1).facts
    assert (late.row, late.source, spray.row, spray.source) == (
        "E203", "guangzhou_2024", "E353", "turkoz_2021")  # fmt: skip
    assert "54.9 %" in spray.sentence
    assert "(2024)" in late.citation


def test_a_responder_is_not_asked_about_non_response():
    found = review(responder(), 1, seed=1)
    assert found.in_response
    assert "spacing is the question" in " ".join(found.sentences)


@pytest.mark.parametrize("wrong", [{"more": 0}, {"more": 61}, {"every_days": 0.1}])
def test_an_impossible_review_is_refused(wrong: dict[str, float], post: Posterior):
    with pytest.raises(InputError, match="expected"):
        review(post, **wrong)  # type: ignore[arg-type]


# -- the value of one more score


def test_a_score_nearer_the_decision_tells_more_and_a_blunter_scale_less():
    found = value_of_score(posterior(responder(), 1), instruments=("MADRS", "PHQ-9"))
    own = [d for d in found.days if d.instrument == "MADRS"]
    other = [d for d in found.days if d.instrument == "PHQ-9"]
    assert [d.day for d in own] == [46.0 + k for k in range(1, 15)]
    left = [d.score_sd for d in own]
    assert left == sorted(left, reverse=True)
    assert found.score_sd > left[0]
    assert all(a.score_sd < b.score_sd for a, b in zip(own, other, strict=True))
    assert found.best == own[-1]
    # a rating on the day itself leaves little more than its own error
    assert own[-1].score_sd < 2.6
    assert found.relapse_sd is not None
    for day in found.days:
        assert day.relapse_sd is not None
        assert day.relapse_moves is not None
        total = day.relapse_sd**2 + day.relapse_moves**2
        assert total == pytest.approx(found.relapse_sd**2, abs=1e-9)


def test_the_day_of_decision_is_the_next_planned_session():
    case = course(plan=f"{INFUSION}, weekly for 3 weeks")
    found = value_of_score(case, seed=1)
    assert found.decision_day == 53.0
    assert [d.day for d in found.days] == [46.0 + k for k in range(1, 8)]
    assert "day 53" in found.sentences[0]


def test_without_a_response_only_the_score_is_at_stake(post: Posterior):
    found = value_of_score(post, decision_day=21.0)
    assert found.relapse is None
    assert found.best_relapse is None
    assert len(found.sentences) == 1


def test_what_a_rating_teaches_is_the_closed_form_of_a_normal():
    """True score normal, rating with error: the variance explained is their product over sum."""
    rng = np.random.default_rng(3)
    true = rng.normal(30.0, 5.0, (2, 20_000))
    likely = [law(t, np.full(len(t), 2.5), 0.0, 60.0) for t in true]
    assert np.allclose([p.sum(axis=1) for p in likely], 1.0)
    expected = 25.0**2 / (25.0 + 2.5**2 + 1 / 12)
    assert learned(likely, true) == pytest.approx(expected, rel=0.03)
    nothing = rng.normal(size=(2, 20_000))
    assert learned(likely, nothing) < 0.002


@pytest.mark.parametrize(
    "wrong", [{"decision_day": 14.5}, {"decision_day": 400.0}, {"horizon_days": 1.0}]
)
def test_an_impossible_question_of_a_score_is_refused(wrong: dict[str, float], post: Posterior):
    with pytest.raises(InputError, match="expected"):
        value_of_score(post, **wrong)  # type: ignore[arg-type]
