"""A course followed to relief and relapse: probabilities that behave, checked a second way."""

import numpy as np
import pytest

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.mood.model import MoodParameters, free_names
from reprieve.engine.trials import prognosis
from reprieve.engine.trials.design import Design, Plan, sittings
from reprieve.engine.trials.prognosis import TYPICAL, Prognosis, course
from reprieve.engine.trials.virtual import virtual_trial
from reprieve.errors import ModelError

SIX = "ketamine 0.5 mg/kg IV over 40 min, three times weekly for 2 weeks"


@pytest.fixture(scope="module")
def members() -> Ensemble:
    rng, names = np.random.default_rng(6), free_names()
    sets = [MoodParameters.from_theta(0.2 * rng.normal(size=len(names))) for _ in range(8)]
    table = np.array([[s[name] for name in names] for s in sets])
    return Ensemble(names, table, np.full(8, 1 / 8), table[0], {"seed": 0})


@pytest.fixture(scope="module")
def six(members) -> Prognosis:
    return course(Regimen.parse(SIX), members, 3, n=24_000)


def test_probabilities_behave(six):
    for share in (six.response, six.remission, six.responded, six.lasting):
        assert ((share.middle >= 0) & (share.middle <= 1)).all()
        assert ((share.low <= share.middle + 1e-9) & (share.middle <= share.high + 1e-9)).all()
    assert (np.diff(six.responded.middle) >= -1e-12).all()
    assert (np.diff(six.lasting.middle) <= 1e-12).all()
    assert (six.responded.middle >= six.response.middle - 1e-12).all()
    assert (np.diff(six.score, axis=0) >= 0).all()


def test_visits_follow_the_doses_and_then_the_weeks(six):
    assert six.last_dose_d == pytest.approx(11.0)
    assert {1.0, 12.0, 18.0} <= set(six.days)
    np.testing.assert_allclose(six.weeks, np.arange(1, 13))


def test_the_same_shares_come_from_a_virtual_trial(six, members):
    branch = tuple(sittings(Regimen.parse(SIX), "open"))
    design = Design(
        "twin", "", "none", "MADRS", TYPICAL, tuple(six.days), (Plan("course", None, (branch,)),)
    )
    arm = virtual_trial(design, members, 24_000, 99).arms["course"]
    # other people, other places: places differ by several points, so twelve blocks leave noise
    assert np.abs(arm.response / arm.n - six.response.middle).max() < 0.12
    assert np.abs(arm.quantile(0.5) - six.score[2]).max() <= 4


def test_the_drug_does_more_than_saline(six, members):
    salt = course(
        Regimen.parse("saline IV over 40 min, three times weekly for 2 weeks"),
        members, 3, awareness="saline_control", n=24_000,
    )  # fmt: skip
    assert six.at(six.response, 1.0)[0] > salt.at(salt.response, 1.0)[0] + 0.1


def test_the_same_seed_gives_the_same_numbers(six, members):
    again = course(Regimen.parse(SIX), members, 3, n=24_000)
    np.testing.assert_array_equal(again.response.middle, six.response.middle)
    np.testing.assert_array_equal(again.score, six.score)


def test_intervals_hardly_depend_on_the_seed(members):
    once = Regimen.parse("ketamine 0.5 mg/kg IV over 40 min")
    ends = []
    for seed in range(1, 6):
        found = course(once, members, seed, weeks=2)
        ends.append([*found.at(found.response, 1.0), *found.at(found.remission, 1.0)])
    assert (100 * np.std(ends, axis=0, ddof=1) < 2).all()


def test_intervals_hold_far_more_than_the_chance_of_a_block(six):
    width = six.response.high - six.response.low
    assert width.max() > 3 * 2 * 1.645 * np.sqrt(0.25 / prognosis.BLOCK)


def test_it_refuses_a_regimen_without_sessions(members):
    with pytest.raises(ModelError, match="no session"):
        course(Regimen.parse("sertraline 100 mg oral daily for 12 weeks"), members, 1)
