"""Real people foretold: nothing later is known, and the bands hold what they promise."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.mood.model import MoodParameters, free_names
from reprieve.engine.trials import hindsight
from reprieve.engine.trials.hindsight import replay, weighted_quantiles
from reprieve.errors import ModelError
from reprieve.evidence import case, case_names


@pytest.fixture(scope="module")
def members() -> Ensemble:
    """Parameter sets around the prior medians, so that no fit is needed to test the method."""
    rng, names = np.random.default_rng(5), free_names()
    sets = [MoodParameters.from_theta(0.2 * rng.normal(size=len(names))) for _ in range(12)]
    table = np.array([[s[name] for name in names] for s in sets])
    return Ensemble(names, table, np.full(12, 1 / 12), table[0], {"seed": 0})


def plain(name: str) -> dict:
    """A case as an ordinary dictionary that a test may change."""
    found = case(name)
    return {
        "id": found["id"],
        "person": dict(found["person"]),
        "treatments": [dict(t) for t in found["treatments"]],
        "scores": [dict(s) for s in found["scores"]],
    }


def test_later_scores_change_nothing_that_was_foretold_before_them(members):
    seen = plain("nimh_moa104")
    changed = copy.deepcopy(seen)
    for score in changed["scores"]:
        if score["day"] > 14:
            score["value"] = 60 - score["value"]
    first, second = (replay(c, members, 1, 4000) for c in (seen, changed))
    for a, b in zip(first.periods, second.periods, strict=True):
        np.testing.assert_array_equal(a.band, b.band)
        np.testing.assert_array_equal(a.foretold, b.foretold)


def test_scores_of_the_first_period_move_the_second(members):
    seen = plain("nimh_moa104")
    worse = copy.deepcopy(seen)
    for score in worse["scores"]:
        if score["instrument"] == "MADRS" and score["day"] in (2, 10):
            score["value"] = 40
    first, second = (replay(c, members, 1, 4000).periods[1] for c in (seen, worse))
    assert (second.band[2] > first.band[2] + 3).all()


def test_every_shipped_case_has_both_treatments_and_four_scores(members):
    for name in case_names():
        found = replay(case(name), members, 1, 2000)
        assert {p.what for p in found.periods} == {"ketamine", "saline"}
        assert [p.start_d for p in found.periods] == [0.0, 14.0]
        assert sum(len(p.seen) for p in found.periods) == 4
        for period in found.periods:
            assert (np.diff(period.band, axis=0) >= 0).all()
            assert ((period.band >= 0) & (period.band <= 60)).all()


def test_ketamine_is_foretold_lower_than_saline_in_the_same_person(members):
    seen = plain("nimh_moa107")
    swapped = copy.deepcopy(seen)
    swapped["treatments"][0]["regimen"], swapped["treatments"][1]["regimen"] = (
        seen["treatments"][1]["regimen"],
        seen["treatments"][0]["regimen"],
    )
    drug, salt = (replay(c, members, 1, 4000).periods[0] for c in (seen, swapped))
    assert drug.what == "ketamine"
    assert salt.what == "saline"
    assert (drug.band[2, 1:3] < salt.band[2, 1:3] - 2).all()


def test_eighty_per_cent_bands_hold_about_eighty_per_cent_of_simulated_people(members):
    template = plain("nimh_moa107")
    days = np.array([2.0, 10.0, 16.0, 24.0])
    rng = np.random.default_rng(11)
    _, scores, _ = hindsight._virtual(template, 33.0, days, members, 77, 12_000, None)
    hits = []
    for person in rng.choice(len(scores), 45, replace=False):
        known = copy.deepcopy(template)
        known["scores"] = [{"day": -2, "instrument": "MADRS", "value": 33.0}]
        known["scores"] += [
            {"day": d, "instrument": "MADRS", "value": v}
            for d, v in zip(days, scores[person], strict=True)
        ]
        found = replay(known, members, 5, 4000)
        hits += [bool(x) for p in found.periods for x in p.inside]
    # 180 scores, correlated within a person; whole points make intervals a little too wide
    assert 0.73 <= np.mean(hits) <= 0.92


def test_a_person_gets_as_many_virtual_patients_as_it_takes(members, monkeypatch):
    seen = plain("nimh_moa107")
    found = replay(seen, members, 1, 2000)
    monkeypatch.setattr(hindsight, "MOST", 2000)
    capped = replay(seen, members, 1, 2000)
    assert found.effective >= hindsight.ENOUGH > capped.effective
    assert capped.thin
    assert not found.thin


def test_the_search_goes_all_the_way_to_its_limit_and_says_when_that_is_too_few(
    members, monkeypatch
):
    asked = []
    virtual = hindsight._virtual

    def counted(*args):
        asked.append(args[5])
        return virtual(*args)

    monkeypatch.setattr(hindsight, "_virtual", counted)
    monkeypatch.setattr(hindsight, "MOST", 7000)
    monkeypatch.setattr(hindsight, "ENOUGH", 1e6)
    found = replay(plain("nimh_moa107"), members, 1, 2000)
    assert asked[0] == 2000
    assert asked[-1] == 7000
    assert found.thin
    monkeypatch.setattr(hindsight, "ENOUGH", 0)
    asked.clear()
    assert not replay(plain("nimh_moa107"), members, 1, 2000).thin
    assert asked == [2000]


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40), st.floats(0.01, 0.99))
def test_equal_weights_give_plain_quantiles(values, level):
    column = np.array(values)[:, None]
    weights = np.full(len(values), 1 / len(values))
    found = weighted_quantiles(column, weights, [level])[0, 0]
    assert np.mean(column <= found) >= level - 1e-9
    assert np.mean(column < found) <= level + 1e-9


def test_a_heavy_person_is_the_answer():
    column = np.array([[1.0], [5.0], [9.0]])
    assert weighted_quantiles(column, np.array([0.01, 0.98, 0.01]), [0.1, 0.5, 0.9]).tolist() == [
        [5.0],
        [5.0],
        [5.0],
    ]


def test_it_refuses_a_case_without_a_score_to_start_from(members):
    seen = plain("nimh_moa104")
    seen["scores"] = [s for s in seen["scores"] if s["day"] > 0]
    with pytest.raises(ModelError, match="no MADRS before treatment"):
        replay(seen, members, 1, 2000)
