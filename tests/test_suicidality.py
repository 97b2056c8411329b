"""Suicidal ideation: follows mood and drug, is fitted to one trial, is checked on others."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from reprieve.engine.calibration import fit as calibration
from reprieve.engine.calibration.ensemble import ensemble
from reprieve.engine.core import mood as core
from reprieve.engine.mood import model as mood
from reprieve.engine.mood import suicidality
from reprieve.engine.mood.model import MoodParameters
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.mood.suicidality import Entry, mediated, ratings, shipped_values
from reprieve.engine.trials.design import shipped
from reprieve.engine.trials.outcomes import KINDS, measure
from reprieve.engine.trials.trial import run_trial
from reprieve.errors import EvidenceError, ModelError

ENTRY = Entry(14.5, 7.0, 4.0)
SSI, ITEM = "SSI", "MADRS item 10"


@cache
def run(name="grunebaum_2018", n=4096):
    return run_trial(shipped(name), ensemble().best(), mood.quasi_random(n, 21), 21, FormStimuli())


def arms():
    found = run().arms
    return found["ketamine"], found["midazolam"]


def model(name, outcome):
    return measure({"design": name} | dict(outcome.measure), {name: run(name)})


# --- fitted and checked -----------------------------------------------------------------------


@pytest.mark.parametrize("outcome", shipped("grunebaum_2018").outcomes, ids=lambda o: o.id)
def test_the_trial_it_was_fitted_to_is_reproduced(outcome):
    found = model("grunebaum_2018", outcome)
    if outcome.interval:
        assert outcome.interval[0] <= found <= outcome.interval[1]
    assert abs(found - outcome.value) <= 2 * outcome.measure["ideation_sd"]


def test_a_third_of_the_effect_goes_through_mood_as_that_trial_found():
    share = mediated(*arms(), 0, shipped_values())
    assert share == pytest.approx(suicidality.MEDIATED, abs=2 * suicidality.MEDIATED_SD)


def test_pooled_trials_it_never_saw_report_effects_of_that_size():
    """Wilkinson 2018: d between 0.48 and 0.85 at every day from 1 to 7."""
    for outcome in shipped("wilkinson_2018").outcomes[:2]:
        assert 0.3 <= model("wilkinson_2018", outcome) <= 1.0


def test_the_shipped_values_are_what_the_fit_finds():
    found = suicidality.fit(ensemble().best(), FormStimuli(), 2048, 5)
    for prior in suicidality.priors():
        gap = prior.to_scale(found[prior.name]) - prior.to_scale(shipped_values()[prior.name])
        assert abs(gap) < 0.5 * prior.sd, prior.name


def test_the_fit_of_mood_reads_none_of_it():
    assert not [t for t in calibration.calibration_targets() if t.id in ("E052", "E054", "E055")]
    for name in ("wilkinson_2018", "phillips_2020"):
        with pytest.raises(ModelError):
            calibration.permitted(name)


# --- what it implies --------------------------------------------------------------------------


def test_ideation_falls_more_with_ketamine_than_with_midazolam_on_either_scale():
    ketamine, midazolam = arms()
    for scale, entry in ((SSI, ENTRY), (ITEM, Entry(3.2, 1.0, 2.0))):
        treated, control = ratings(ketamine, 0, entry, scale), ratings(midazolam, 0, entry, scale)
        assert (treated[0] == control[0]).all()  # the same people enter
        assert treated[1].mean() < control[1].mean() < control[0].mean()


def test_scores_are_whole_and_inside_the_scale():
    start, score = ratings(arms()[0], 0, ENTRY, SSI)
    assert ((start >= 4) & (start <= 38)).all()
    assert ((score >= 0) & (score <= 38)).all()
    assert (score == np.round(score)).all()
    assert start.mean() == pytest.approx(ENTRY.mean, abs=1.0)


def test_without_loading_drug_or_easing_the_group_does_not_improve():
    still = dict(shipped_values()) | {"loading": 0.0, "direct": 0.0, "easing": 0.0, "wander": 0.0}
    start, score = ratings(arms()[0], 0, ENTRY, SSI, still)
    assert abs((score - start).mean()) < 0.5


def test_without_a_direct_effect_nothing_but_mood_tells_the_arms_apart():
    only_mood = dict(shipped_values()) | {"direct": 0.0}
    assert mediated(*arms(), 0, only_mood) == pytest.approx(100.0)


def test_ideation_goes_with_mood_between_people_of_one_arm():
    control = arms()[1]
    start, score = ratings(control, 0, ENTRY, SSI)
    better = control.baseline - control.scores[:, 0]
    assert np.corrcoef(start - score, better)[0, 1] > 0.05
    assert np.corrcoef(start, control.baseline)[0, 1] == pytest.approx(0.0, abs=0.06)


def test_an_arm_without_parts_is_refused():
    design = shipped("ibrahim_2012")
    arm = run_trial(
        design, MoodParameters.prior(), mood.quasi_random(64, 1), 1, FormStimuli()
    ).arms["ketamine"]  # fmt: skip
    assert arm.parts is None
    with pytest.raises(ModelError, match="explain"):
        ratings(arm, 0, ENTRY, SSI)


def test_designs_that_ask_for_ideation_are_run_with_their_parts():
    assert run().arms["ketamine"].parts.shape[2] == core.PARTS
    assert not shipped("popova_2019").needs_parts


def test_an_incomplete_outcome_is_refused():
    spec = {"design": "grunebaum_2018", "kind": "si_response", "arm": "ketamine", "day": 1}
    with pytest.raises(EvidenceError, match="entry"):
        measure(spec, {"grunebaum_2018": run()})
    full = dict(shipped("grunebaum_2018").outcomes[0].measure) | {"design": "grunebaum_2018"}
    full.pop("control")
    with pytest.raises(EvidenceError, match="control"):
        measure(full, {"grunebaum_2018": run()})


def test_every_kind_is_registered():
    assert set(suicidality.KINDS) <= set(KINDS)
    assert all(name.startswith("si_") for name in suicidality.KINDS)


def test_the_page_shows_the_shipped_values():
    page = (Path(__file__).parents[1] / "docs" / "mood-suicidality.md").read_text(encoding="utf-8")
    for prior in suicidality.priors():
        assert f"| {shipped_values()[prior.name]:.2f} |" in page, prior.name
