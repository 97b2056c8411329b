"""Validation on fresh people, and predictions for a trial nobody has fitted."""

import numpy as np
import pytest

from reprieve.engine.calibration.ensemble import ensemble
from reprieve.engine.calibration.facts import facts
from reprieve.engine.calibration.validation import check_facts, predict_trial
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.trials.design import read_design, shipped
from reprieve.engine.trials.virtual import virtual_trial
from reprieve.errors import EvidenceError, InputError

TRIAL = """
version = 1
title = "A trial that nobody has run"
visits_d = [1, 7]

[population]
n = 40
instrument = "MADRS"
baseline_mean = 34
baseline_sd = 5
baseline_min = 24

[[arm]]
name = "ketamine"
n = 20
regimen = "ketamine 0.5 mg/kg IV over 40 min"
awareness = "aware_active"

[[arm]]
name = "midazolam"
n = 20
regimen = "midazolam 0.045 mg/kg IV over 40 min"
awareness = "midazolam_control"

[[outcome]]
id = "response"
arm = "ketamine"
kind = "response_rate"
time_d = 1
value = 50
unit = "%"
status = "assumed"

[[outcome]]
id = "difference"
contrast = ["ketamine", "midazolam"]
kind = "diff_vs_control"
time_d = 1
value = -7
status = "assumed"
"""


@pytest.fixture(scope="module")
def checked():
    return check_facts(ensemble(), FormStimuli(), 4242, 4096, members=4)


def test_at_least_76_of_81_facts_hold_on_fresh_people(checked):
    assert len(checked) == 81
    assert sum(r.passed for r in checked) >= 76


def test_every_fact_carries_its_published_tolerance(checked):
    for r, fact in zip(checked, facts(), strict=True):
        assert r.fact is fact
        assert r.low <= r.high or np.isnan(r.low)
        assert r.passed == (
            (fact.low is None or r.model >= fact.low)
            and (fact.high is None or r.model <= fact.high)
        )


def test_validation_refuses_too_few_patients_and_the_seed_of_the_fit():
    with pytest.raises(InputError, match="4,000 or more"):
        check_facts(ensemble(), FormStimuli(), 1, 500)
    with pytest.raises(InputError, match="needs a fresh one"):
        check_facts(ensemble(), FormStimuli(), ensemble().header["seed"])


def test_an_unseen_trial_gets_intervals_that_widen_when_it_is_smaller():
    stimuli = FormStimuli()
    small = {r.outcome.id: r for r in predict_trial(read_design(TRIAL), ensemble(), stimuli, 1, 60)}
    text = TRIAL.replace("n = 20", "n = 500")
    large = {r.outcome.id: r for r in predict_trial(read_design(text), ensemble(), stimuli, 1, 60)}
    for name, r in small.items():
        assert r.p95[0] < r.p50[0] <= r.median <= r.p50[1] < r.p95[1]
        assert np.diff(r.p95) > np.diff(large[name].p95)
    assert small["difference"].median < 0
    # a large trial still differs from another large one: places differ
    assert np.diff(large["response"].p95) > 4.0


def test_a_trial_that_says_too_little_is_refused_in_words():
    for old, new, says in (
        ("baseline_mean = 34\n", "", "needs baseline_mean"),
        ('awareness = "aware_active"\n', "", "needs an awareness"),
        ("over 40 min", "over 40 min max", "arm 'ketamine'"),
        ("0.5 mg/kg", "500 mg/kg", "arm 'ketamine'"),
    ):
        assert old in TRIAL
        with pytest.raises(EvidenceError, match=says):
            read_design(TRIAL.replace(old, new, 1))


def test_a_virtual_trial_is_the_same_on_one_and_two_workers():
    design = shipped("daly_2018")
    one = virtual_trial(design, ensemble(), 4500, 3, workers=1)
    two = virtual_trial(design, ensemble(), 4500, 3, workers=2)
    for name, arm in one.arms.items():
        np.testing.assert_array_equal(arm.histogram, two.arms[name].histogram)
        np.testing.assert_array_equal(arm.response, two.arms[name].response)
        assert arm.n == 4500
        assert arm.histogram.sum(axis=1).tolist() == [4500] * len(design.visits_d)


def test_a_virtual_trial_is_the_same_on_a_cluster_of_two_workers():
    import distributed

    design = shipped("murrough_2013a")
    here = virtual_trial(design, ensemble(), 5000, 3, workers=1)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        there = virtual_trial(design, ensemble(), 5000, 3, cluster=cluster.scheduler_address)
    for name, arm in here.arms.items():
        np.testing.assert_array_equal(arm.histogram, there.arms[name].histogram)
