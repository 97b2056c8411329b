"""A forecast's doubt is the right amount of doubt, and the check notices when it is not."""

import numpy as np
import pytest

from reprieve.engine.judging import situations
from reprieve.engine.judging.sbc import ORDER, Calibration, calibrate, level, rank

PATIENTS = 100


@pytest.fixture(scope="module", autouse=True)
def _alike():
    """Nothing is known of the patients, so that all share one computation of kinetics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(situations, "_who", lambda rng: {"person": {}, "history": {}})
        yield


def _run(error_scale: float) -> Calibration:
    return calibrate(
        "single_infusion", PATIENTS, 5, particles=1024, compare=False, error_scale=error_scale
    )


@pytest.fixture(scope="module")
def right() -> Calibration:
    return _run(1.0)


def test_the_right_likelihood_is_level(right):
    assert [r.quantity for r in right.ranks] == list(ORDER)
    assert level(right.ranks)


def test_intervals_of_the_right_likelihood_hold_what_they_say(right):
    found = right.scores.errors("model")
    # 100 people with five scores each: three standard errors, were scores one a person
    assert found.coverage_50 == pytest.approx(0.50, abs=0.15)
    assert found.coverage_80 == pytest.approx(0.80, abs=0.12)
    assert found.coverage_95 == pytest.approx(0.95, abs=0.06)


def test_half_the_rating_error_is_caught(right):
    """Patients are rated with twice the error that the likelihood assumes."""
    wrong = _run(2.0)
    assert not level(wrong.ranks)
    assert min(r.p for r in wrong.ranks) < 1e-5
    covered, before = wrong.scores.errors("model"), right.scores.errors("model")
    assert covered.coverage_80 < before.coverage_80 - 0.1


def test_the_same_seed_gives_the_same_ranks_on_any_number_of_cores():
    one, two = (
        calibrate("induction", 11, 9, particles=1024, compare=False, workers=w) for w in (1, 2)
    )
    assert one.ranks == two.ranks


def test_level_places_are_level_and_bent_ones_are_not():
    places = (np.arange(1000) + 0.5) / 1000
    assert rank("even", places).p > 0.99
    assert rank("bent", places**1.3).p < 1e-6
    narrow = 0.5 + (places - 0.5) * 0.8
    assert rank("too wide a posterior", narrow).p < 1e-6
