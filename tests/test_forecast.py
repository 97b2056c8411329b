"""One patient's forecast: what must always be true of it."""

import json

import numpy as np
import pytest

from reprieve.engine.cases.case import Case
from reprieve.engine.core import filter as scores_core
from reprieve.engine.forecast.forecast import forecast, horizon_days
from reprieve.engine.forecast.future import follow
from reprieve.engine.forecast.outlook import Outlook
from reprieve.engine.forecast.posterior import posterior
from reprieve.engine.forecast.rules import rules
from reprieve.engine.forecast.words import odds
from reprieve.errors import InputError, ModelError
from reprieve.report import forecast as report

IV = "ketamine 0.5 mg/kg IV over 40 min"
SIX = (0, 3, 7, 10, 14, 17)


def case(scores=((-7, 34), (0, 33), (8, 22), (18, 12)), asked_at=18.0, days=SIX, **more):
    return Case.from_dict(
        {
            "version": 1,
            "id": "demo",
            "clock": "day",
            "asked_at": asked_at,
            "person": {"age": 44, "sex": "F", "weight_kg": 70},
            "setting": {"awareness": "open"},
            "treatments": [{"day": d, "regimen": IV, "given": True} for d in days],
            "scores": [{"day": d, "instrument": "MADRS", "value": v} for d, v in scores],
            **more,
        }
    )


@pytest.fixture(scope="module")
def outlook():
    return forecast(case(plan=f"{IV}, weekly for 12 weeks"), particles=2048)


def test_the_same_case_and_seed_give_the_same_outlook(outlook):
    again = forecast(case(plan=f"{IV}, weekly for 12 weeks"), particles=2048)
    assert again == outlook
    assert forecast(case(), seed=1, particles=2048) != forecast(case(), seed=2, particles=2048)


def test_an_outlook_survives_json(outlook):
    assert Outlook.from_dict(json.loads(json.dumps(outlook.to_dict(), allow_nan=False))) == outlook


def test_an_outlook_of_another_version_is_refused(outlook):
    with pytest.raises(InputError, match="version 9"):
        Outlook.from_dict(outlook.to_dict() | {"version": 9})
    with pytest.raises(InputError, match="unknown surprise"):
        Outlook.from_dict(outlook.to_dict() | {"surprise": 1})


def test_bands_nest_and_stay_on_the_scale(outlook):
    for band in outlook.bands:
        assert 0 <= band.p95[0] <= band.p80[0] <= band.p50[0] <= band.median
        assert band.median <= band.p50[1] <= band.p80[1] <= band.p95[1] <= 60


def test_odds_rise_with_time_and_treatment_lowers_them(outlook):
    found = outlook.relapse
    assert all(np.diff(found.plan) >= 0)
    assert all(np.diff(found.no_further_dose) >= 0)
    assert found.plan[-1] < found.no_further_dose[-1] - 0.05
    day = found.days[3]
    assert outlook.relapse_by(day) == pytest.approx(found.plan[3])
    assert 0 < outlook.relapse_by(day - 3.5) < found.plan[3]
    with pytest.raises(InputError, match="outside the forecast"):
        outlook.relapse_by(10_000)


def test_the_parts_add_up_to_the_change(outlook):
    why = outlook.why
    assert sum(p.points for p in why.parts) == pytest.approx(why.now - why.entry, abs=1e-6)
    assert all(p.p80[0] <= p.p80[1] for p in why.parts)
    low, high = why.drug_share
    assert 0 <= low < high <= 1


def test_a_milestone_that_was_seen_is_certain(outlook):
    assert outlook.response.seen_day == 18
    assert outlook.response.probability_ever == 1
    assert outlook.remission.seen_day is None
    assert 0 < outlook.remission.probability_ever < 1


def test_a_better_score_foretells_better_scores():
    means = []
    for last in (8, 16, 24, 32):
        post = posterior(case(((-7, 34), (0, 33), (18, last))), 0, particles=2048)
        means.append(follow(post, (), 28).mean[-1])
    assert np.all(np.diff(means) > 1)


def test_more_scores_narrow_the_forecast():
    few = posterior(case(((0, 33), (18, 12))), 0, particles=2048)
    more = ((0, 33), (4, 24), (8, 18), (11, 15), (15, 13), (18, 12))
    many = posterior(case(more), 0, particles=2048)
    assert follow(many, (), 28).sd[-1] < follow(few, (), 28).sd[-1]


def test_without_scores_on_its_way_the_future_is_the_population_s():
    """A lone entry score leaves the traits as they were."""
    post = posterior(case(((0, 33),), asked_at=0.0, days=()), 0, particles=2048)
    assert post.ess > 0.6 * post.n
    centre = post.weights @ post.tried.z
    assert np.abs(centre).max() < 0.05


def test_sessions_before_the_question_are_refused():
    post = posterior(case(), 0, particles=512)
    early = post.line.given[:1]
    with pytest.raises(ModelError, match="before the question"):
        follow(post, early, 28)


def test_shifting_the_clock_of_a_case_with_dates_changes_nothing():
    def dated(month):
        return Case.from_dict(
            {
                "version": 1, "id": "demo", "clock": "date",
                "asked_at": f"2026-{month:02d}-20T10:00+00:00",
                "person": {"age": 44},
                "treatments": [
                    {"day": f"2026-{month:02d}-02T10:00+00:00", "regimen": IV, "given": True}
                ],
                "scores": [
                    {"day": f"2026-{month:02d}-01T10:00+00:00", "instrument": "PHQ-9", "value": 20},
                    {"day": f"2026-{month:02d}-09T10:00+00:00", "instrument": "PHQ-9", "value": 11},
                ],
            }
        )  # fmt: skip

    a, b = (forecast(dated(m), particles=512) for m in (3, 5))
    assert a.bands == b.bands
    assert a.origin != b.origin


def test_the_mixture_is_the_sum_of_its_normals():
    """Nodes of a mesh against the law written out person by person."""
    from scipy.stats import norm

    from reprieve.engine.forecast.future import mixture

    rng = np.random.default_rng(1)
    score, variance = rng.uniform(1, 26, (60, 1)), rng.uniform(1, 16, (60, 1))
    weights = rng.dirichlet(np.ones(60))
    edge = np.concatenate([[-np.inf], np.arange(27) + 0.5, [np.inf]])
    law = norm.cdf((edge - score) / np.sqrt(variance))
    expected = weights @ np.diff(law, axis=1)
    np.testing.assert_allclose(mixture(weights, score, variance, 0, 27)[0], expected, atol=2e-4)


def test_the_filter_is_exact_where_nothing_bends():
    """Small fluctuation and error around the middle: Bayes' rule for joint normals."""
    constant = np.array([[0.02, 40.0, 0.015, 4.0, 0.1, 0.0, 1e6]])
    days, values = np.array([1.0, 5.0, 6.0]), np.array([31.0, 30.0, 30.0])
    score = np.column_stack([days, values, np.zeros(3)])
    scale, table = np.array([[-1.0, 0.0, 0.0, 60.0, -1.0]]), np.linspace(0, 60, 241)[None]
    mean, cov = np.empty((1, 3)), np.empty((1, 3, 3))
    news, foretold = np.empty((1, 3)), np.empty((1, 3))
    scores_core.believe(
        np.zeros((1, 3)), np.zeros(1, np.int64), constant, np.array([0.0, 0.03**2]), score, scale,
        table, 6.0, mean, cov, news, foretold,
    )  # fmt: skip
    gap = np.abs(days[:, None] - days)
    latent = 0.03**2 + 0.02**2 * np.exp(-gap / 40) + 0.015**2 * np.exp(-gap / 4)
    points = 15.0**2 * latent
    seen = points + np.eye(3) * (0.1**2 + 1 / 12)
    expected = 30 + points[2] @ np.linalg.solve(seen, values - 30)
    assert 30 + 15 * mean.sum() == pytest.approx(expected, abs=0.01)
    sign, log_det = np.linalg.slogdet(2 * np.pi * seen)
    log = -0.5 * (values - 30) @ np.linalg.solve(seen, values - 30) - 0.5 * log_det
    assert sign == 1
    assert news.sum() == pytest.approx(log, abs=0.02)


def test_a_score_at_the_floor_says_only_that_it_is_no_higher():
    floor, near = (
        posterior(case(((0, 33), (8, 12), (18, last))), 0, particles=2048) for last in (0, 1)
    )
    assert follow(floor, (), 7).mean[0] < follow(near, (), 7).mean[0]


def test_scales_are_joined_by_an_offset_of_the_person_s_own():
    rated = ((-3, "MADRS", 34), (-3, "PHQ-9", 12), (8, "MADRS", 20), (18, "PHQ-9", 6))
    record = case().to_dict()
    record["scores"] = [{"day": d, "instrument": name, "value": v} for d, name, v in rated]
    mixed = Case.from_dict(record)
    post = posterior(mixed, 0, particles=2048)
    index = int(post.line.scale[0, scores_core.INDEX])
    assert rules(mixed).instrument == "PHQ-9"
    # 12 on the PHQ-9 stands far below 34 on MADRS: this person scores low on it
    assert post.weights @ post.tried.mean[:, index] < -4


def test_response_is_held_until_a_score_stands_at_the_relapse_level():
    held = rules(case(((0, 34), (8, 15), (15, 20)), asked_at=18.0))
    lost = rules(case(((0, 34), (8, 15), (15, 26)), asked_at=18.0))
    never = rules(case(((0, 34), (8, 25)), asked_at=18.0))
    assert (held.in_response, lost.in_response, never.in_response) == (True, False, False)
    assert forecast(case(((0, 34), (8, 25))), particles=512).relapse is None


def test_stable_between_seeds():
    """Standard deviation over seeds of any shown probability and mean score, default setting."""
    found = [forecast(case(plan=f"{IV}, weekly for 8 weeks"), seed=s) for s in range(12)]
    odds = np.array([[*o.relapse.plan, *o.relapse.no_further_dose] for o in found])
    ever = np.array([o.remission.probability_ever for o in found])
    means = np.array([[b.mean for b in o.bands] for o in found])
    assert odds.std(axis=0, ddof=1).max() <= 0.015
    assert ever.std(ddof=1) <= 0.015
    assert means.std(axis=0, ddof=1).max() <= 0.2


@pytest.mark.parametrize(("text", "days"), [("12 weeks", 84), ("90 days", 90), (30, 30)])
def test_horizons(text, days):
    assert horizon_days(text) == days


@pytest.mark.parametrize("text", ["soon", "3 fortnights", "0 weeks", float("nan"), 5000])
def test_a_horizon_that_cannot_be_is_refused(text):
    with pytest.raises(InputError, match=r"expected"):
        horizon_days(text)


def test_who_is_outside_the_model_gets_a_reason_and_no_numbers():
    found = forecast(case(history={"diagnosis": "bipolar I disorder"}))
    assert found.status == "outside_model_population"
    assert not found.ok
    assert found.bands == ()
    assert "unipolar" in found.sentence


def test_odds_in_words_agree_with_the_per_cent_beside_them():
    for p in np.linspace(0, 1, 2001):
        per_cent, text = round(100 * p), odds(float(p))
        assert (text == "less than 1 in 20") == (per_cent < 5)
        assert (text == "more than 19 in 20") == (per_cent > 95)
        if text.startswith("about"):
            share, of = map(int, text.removeprefix("about ").split(" in "))
            assert abs(100 * share / of - per_cent) <= 5


def test_who_lost_a_response_is_told_of_response_again():
    lost = case(scores=((-7, 34), (0, 33), (8, 12), (18, 30)))
    assert "shows response again by" in forecast(lost, particles=512).sentence
    assert "again" not in forecast(case(scores=((0, 33), (8, 30))), particles=512).sentence


def test_a_last_score_of_weeks_ago_is_said_among_the_limits():
    old = " ".join(forecast(case(asked_at=40.0), particles=512).limits)
    assert "The last score is 22 days old (day 18)" in old
    assert "days old" not in " ".join(forecast(case(), particles=512).limits)


def test_a_week_is_too_short_for_relapse_and_says_so():
    found = forecast(case(), "7 days", particles=512)
    assert "which do not fit by day 25" in found.sentence
    page = report.text(found)
    assert "Relapse takes 2 weekly checks in a row" in page
    assert "Relapse by day" not in page
    assert "Relapse by day 32" in report.text(forecast(case(), "14 days", particles=512))
