"""The names that `reprieve` itself offers: all there, all loaded on first use alone."""

import subprocess
import sys

import pytest

import reprieve


def test_every_public_name_loads_and_is_listed():
    for name in reprieve.__all__:
        assert getattr(reprieve, name) is not None
    assert dir(reprieve) == sorted(reprieve.__all__)
    assert set(reprieve._HOME) == set(reprieve.__all__) - {"__version__"}


def test_a_name_that_is_none_is_refused_as_python_does():
    with pytest.raises(AttributeError, match="no attribute 'heal'"):
        reprieve.heal  # noqa: B018


def test_forecast_and_plan_are_functions_whatever_was_imported_before():
    """No module of the package hides the function of the same name."""
    code = (
        "import reprieve.engine.forecast.forecast, reprieve.engine.planning.plan\n"
        "from reprieve import Case, Outlook, forecast, plan\n"
        "assert callable(forecast) and callable(plan) and Outlook.from_dict and Case.from_json"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
