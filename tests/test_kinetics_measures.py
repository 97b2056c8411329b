"""What a curve is summarised by, against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from reprieve.engine.kinetics.profiles import (
    area,
    area_to_infinity,
    half_life,
    mean_residence,
    peak,
    time_of_peak,
)
from reprieve.errors import ModelError

TIMES = np.linspace(0.0, 30.0, 6001)


@settings(max_examples=25, deadline=None)
@given(k=st.floats(0.1, 2.0), height=st.floats(0.01, 100.0))
def test_one_exponential(k: float, height: float) -> None:
    curve = height * np.exp(-k * TIMES)[None, :]
    assert_allclose(area_to_infinity(TIMES, curve), height / k, rtol=1e-4)
    assert_allclose(mean_residence(TIMES, curve), 1.0 / k, rtol=1e-4)
    assert_allclose(half_life(TIMES, curve, (1.0, 9.0)), np.log(2.0) / k, rtol=1e-9)
    assert_allclose(area(TIMES, curve, 3.0037), height / k * (1 - np.exp(-3.0037 * k)), rtol=1e-4)


def test_peak_and_its_time_by_person() -> None:
    ka, k = np.array([[1.0], [4.0]]), 0.25
    curve = np.exp(-k * TIMES) - np.exp(-ka * TIMES)
    expected = np.log(ka[:, 0] / k) / (ka[:, 0] - k)
    assert_allclose(time_of_peak(TIMES, curve), expected, atol=0.005)
    assert_allclose(peak(curve), np.exp(-k * expected) - np.exp(-ka[:, 0] * expected), rtol=1e-5)


def test_a_half_life_depends_on_the_window() -> None:
    """Two phases: the window must be the one that was sampled."""
    curve = (np.exp(-2.0 * TIMES) + 0.05 * np.exp(-0.1 * TIMES))[None, :]
    early, late = (half_life(TIMES, curve, w)[0] for w in ((0.0, 1.0), (10.0, 30.0)))
    assert early < 0.5
    assert late == pytest.approx(np.log(2.0) / 0.1, rel=1e-3)


def test_zero_has_no_area_and_no_half_life() -> None:
    zero = np.zeros((1, len(TIMES)))
    assert area_to_infinity(TIMES, zero)[0] == 0.0
    with pytest.raises(ModelError, match="two positive values"):
        half_life(TIMES, zero, (1.0, 2.0))
    with pytest.raises(ModelError, match="ends at 30 h"):
        area(TIMES, zero, 31.0)
