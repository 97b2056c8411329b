"""Every trial that ships can be run, and says what its paper says."""

from functools import cache

import numpy as np
import pytest

from reprieve.engine.kinetics.occupancy import stimulus
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import MoodParameters
from reprieve.engine.patient import draw_people
from reprieve.engine.trials.design import INACTIVE, shipped, shipped_names
from reprieve.engine.trials.outcomes import measure
from reprieve.engine.trials.trial import run_trial
from reprieve.evidence import keys, load

PEOPLE = 256


@cache
def _typical(form):
    return float(stimulus(form, draw_people(1, np.random.default_rng(0)))[0, 0])


def stimuli(form, uniform):
    """Occupancy of a typical person, spread over people by a fifth."""
    return _typical(form) * np.exp(0.2 * mood.ndtri(uniform))


@cache
def run(name):
    design = shipped(name)
    return run_trial(
        design, MoodParameters.prior(), mood.quasi_random(PEOPLE, 3), seed=5, stimuli=stimuli
    )


@pytest.mark.parametrize("name", shipped_names())
def test_every_outcome_of_a_design_has_a_finite_model_value(name):
    result = run(name)
    for arm in result.arms.values():
        assert np.isfinite(arm.scores).all()
        assert (arm.scores >= 0).all()
        assert (arm.scores <= 60).all()
    for outcome in result.design.outcomes:
        spec = {"design": name} | dict(outcome.measure)
        assert outcome.measure, outcome.id
        assert np.isfinite(measure(spec, {name: result})), outcome.id


def _published(reference):
    for kind in ("studies", "course"):
        if reference in keys(kind):
            return {o.id: o for o in load(f"{kind}/{reference}").outcomes}
    raise AssertionError(reference)


@pytest.mark.parametrize("name", [n for n in shipped_names() if shipped(n).outcomes])
def test_outcomes_are_those_of_the_paper(name):
    rows = _published(shipped(name).reference)
    for outcome in shipped(name).outcomes:
        paper = rows[outcome.id]
        for field in ("value", "spread", "spread_kind", "unit", "status", "time_h"):
            assert getattr(outcome, field) == getattr(paper, field), (outcome.id, field)


def test_an_outcome_kept_for_validation_stands_behind_no_fact_that_the_fit_reads():
    from reprieve.engine.calibration.facts import facts

    used = {row for fact in facts() if fact.split == "calibration" for row in fact.rows}
    for name in shipped_names():
        if shipped(name).split == "validation":
            assert not used & {o.id for o in shipped(name).outcomes}, name


def test_every_design_says_what_it_assumes():
    for name in shipped_names():
        assert shipped(name).assumed, name


def test_controls_carry_no_drug():
    for name in shipped_names():
        for arm in shipped(name).arms:
            for branch in arm.branches:
                for sitting in branch:
                    assert sitting.form is None or not {d.drug for d in sitting.form} & INACTIVE
