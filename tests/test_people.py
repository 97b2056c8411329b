"""Real people foretold session by session: nothing later is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.engine.calibration.ensemble import ensemble
from reprieve.engine.cases.case import Case
from reprieve.engine.judging.people import as_known, foretold
from reprieve.engine.population.summaries import weighted_quantiles
from reprieve.evidence import case_names
from reprieve.evidence.library import HOME


def shipped(name):
    return Case.from_json(HOME / "cases" / f"{name}.json")


def otherwise(case, change):
    """The case with every MADRS after day 0 replaced by change(day, value)."""
    scores = tuple(
        replace(s, value=change(s.day, s.value)) if s.instrument == "MADRS" else s
        for s in case.scores
        if s.instrument == "MADRS"
    )
    return replace(case, scores=scores)


@pytest.fixture(scope="module")
def seen():
    return otherwise(shipped("nimh_moa104"), lambda day, value: value)


@pytest.fixture(scope="module")
def usual(seen):
    return foretold(seen, ensemble(), 1)


def test_later_scores_change_nothing_that_was_foretold_before_them(seen, usual):
    changed = otherwise(seen, lambda day, value: 60 - value if day > 14 else value)
    found = foretold(changed, ensemble(), 1)
    for a, b in zip(usual.periods, found.periods, strict=True):
        np.testing.assert_array_equal(a.band, b.band)
        np.testing.assert_array_equal(a.foretold, b.foretold)


def test_scores_of_the_first_period_move_the_second(seen, usual):
    worse = otherwise(seen, lambda day, value: 40 if day in (2, 10) else value)
    found = foretold(worse, ensemble(), 1)
    assert (found.periods[1].band[2] > usual.periods[1].band[2] + 3).all()


def test_ketamine_is_foretold_lower_than_saline_in_the_same_person(seen, usual):
    ketamine, saline = usual.periods
    assert (ketamine.what, saline.what) == ("ketamine", "saline")
    swapped = replace(
        seen,
        treatments=tuple(
            replace(a, regimen=b.regimen, text=b.text)
            for a, b in zip(seen.treatments, reversed(seen.treatments), strict=True)
        ),
    )
    first = foretold(swapped, ensemble(), 1).periods[0]
    assert first.what == "saline"
    assert ketamine.band[2][:5].mean() < first.band[2][:5].mean() - 2


def test_every_shipped_case_has_both_treatments():
    for name in case_names():
        assert {t.regimen.doses[0].drug for t in shipped(name).given} == {"ketamine", "saline"}


def test_a_case_as_known_plans_what_was_given_later(seen):
    known = as_known(seen, 10.0)
    assert [t.day for t in known.given] == [0.0]
    assert known.plan_day == 14.0
    assert known.planned.doses[0].drug == "saline"
    assert all(s.day <= 10 for s in known.scores)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40), st.floats(0.01, 0.99))
def test_equal_weights_give_plain_quantiles(values, level):
    column = np.array(values)[:, None]
    weights = np.full(len(values), 1 / len(values))
    found = weighted_quantiles(column, weights, [level])[0, 0]
    assert np.mean(column <= found) >= level - 1e-9
    assert np.mean(column < found) <= level + 1e-9


def test_a_heavy_person_is_the_answer():
    column = np.array([[1.0], [5.0], [9.0]])
    weights = np.array([0.01, 0.98, 0.01])
    assert weighted_quantiles(column, weights, [0.1, 0.5, 0.9]).tolist() == [[5.0]] * 3
