"""The mood kernel: what must always be true, and a second way to the same numbers."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from reprieve.engine.core import mood as core
from reprieve.engine.dosing.doses import Dose, Regimen
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Baseline, MoodParameters, Setting
from reprieve.engine.trials.design import Design, Plan, Sitting, sittings
from reprieve.engine.trials.trial import events, run_trial
from reprieve.errors import InputError

BASE = Baseline(33, 5.5, 22)
QUIET = {"sw": 1e-6, "sv": 1e-6, "sm": 1e-6, "lam": 1e-9, "wh": 1e-6, "trial_shared": 0.0}


def one_hour(form, uniform):
    """Every active session blocks receptors for half an hour in total."""
    return np.full(len(uniform), 0.5)


def arm(sessions, visits=(1.0, 7.0, 28.0), others=(), **changes):
    design = Design(
        "t", "t", "none", "MADRS", BASE, tuple(visits), (Plan("a", None, (sessions,), others),)
    )
    params = MoodParameters.prior(**(QUIET | changes))
    people = mood.quasi_random(256, 1)
    return run_trial(design, params, people, 1, one_hour, explain=True).arms["a"]


def sit(day, awareness="open"):
    return Sitting(day, (Dose("ketamine", "iv", 0.5, "mg/kg", 0.0, 2 / 3),), awareness)


def test_no_treatment_and_no_time_effect_leaves_the_score_where_it_was():
    result = arm((), h=0.0)
    np.testing.assert_allclose(mood.to_madrs(result.latent[:, 0]), result.entry, atol=1e-3)


def test_saline_moves_the_context_and_never_the_drug():
    saline = arm((Sitting(0.0, None, "saline_control"),))
    assert np.all(saline.parts[:, :, core.DRUG] == 0)
    assert np.all(saline.parts[:, 0, core.CONTEXT] < 0)


def test_a_non_responder_to_the_drug_gains_nothing_from_it():
    result = arm((sit(0.0),), pnr=0.999999)
    assert np.abs(result.parts[:, :, core.DRUG]).max() == 0


def test_shifting_the_first_dose_shifts_the_drug_effect():
    early = arm((sit(0.0),), visits=(1.0, 8.0))
    late = arm((sit(5.0),), visits=(6.0, 13.0))
    np.testing.assert_allclose(
        early.parts[:, :, core.DRUG], late.parts[:, :, core.DRUG], rtol=2e-3, atol=1e-6
    )


def test_the_effect_of_one_dose_peaks_within_days_and_fades():
    drug = -arm((sit(0.0),), visits=(0.05, 1.0, 2.0, 7.0, 28.0)).parts[:, :, core.DRUG].mean(axis=0)
    assert drug[0] < drug[1]
    assert drug[1] > drug[3] > drug[4] > 0


def test_more_doses_hold_more():
    once = arm((sit(0.0),)).parts[:, -1, core.DRUG].mean()
    often = arm(tuple(sit(d) for d in (0, 3, 7, 10, 14, 17))).parts[:, -1, core.DRUG].mean()
    assert often < 2 * once < 0


def test_plasticity_follows_its_differential_equations():
    """The kernel's closed forms against a general solver, two doses apart by 3.3 d."""
    params = MoodParameters.prior(**QUIET, rhoc=0.0, hill=1.0, pnr=1e-9, we=1e-9, wtau=1e-9)
    visits = np.array([0.5, 2.0, 3.3, 3.8, 6.0, 11.0])
    result = arm((sit(0.0), sit(3.3)), visits, rhoc=0.0, hill=1.0, pnr=1e-9, we=1e-9, wtau=1e-9)
    v = params.values
    jump = 1 - np.exp(-v["kon"] * 0.5)

    def slope(_, q):
        return [
            -q[0] / v["tf"],
            -q[1] / v["ts"],
            q[0] / v["tf"] + q[1] / v["ts"] - q[2] / v["taup"],
        ]

    state, start, p = np.zeros(3), 0.0, []
    for begin, end in ((0.0, 3.3), (3.3, 11.0)):
        add = jump * (1 - state.sum())
        state = state + np.array([v["wf"] * add, (1 - v["wf"]) * add, 0])
        at = visits[(visits > begin) & (visits <= end)]
        solved = solve_ivp(slope, (begin, end), state, "LSODA", at, rtol=1e-10, atol=1e-12)
        p += solved.y[2].tolist()
        state, start = solved.y[:, -1], end
    assert start == 11.0
    p = np.array(p)
    expected = v["emax"] * (1 + v["p50"]) * p / (v["p50"] + p)
    np.testing.assert_allclose(-result.parts[0, :, core.DRUG], expected, rtol=1e-6)


def test_a_stopped_antidepressant_fades_with_its_own_time_constant():
    from reprieve.engine.trials.design import Course

    visits = (60.0, 90.0, 120.0)
    other = (Course("new_antidepressant", 0.0, 60.0),)
    a = arm((), visits, other).parts[:, :, core.OTHER]
    tauoff = MoodParameters.prior()["tauoff"]
    np.testing.assert_allclose(a[:, 1] / a[:, 0], np.exp(-30 / tauoff))
    np.testing.assert_allclose(a[:, 2] / a[:, 1], np.exp(-30 / tauoff))


def test_a_relapse_takes_back_no_more_than_is_left():
    """Drug and context fade by themselves; counting their loss twice would end above entry."""
    result = arm((sit(0.0),), visits=(10.0, 30.0, 200.0), lam=20.0, gam=0.1, h=0.6, wh=0.2)
    z = result.parts[:, :, core.RELAPSE]
    assert (z[:, 1] > 0.05).mean() > 0.7
    left = -result.parts[:, :, [core.DRUG, core.CONTEXT, core.SHARED]].sum(axis=2)
    assert np.all(z <= np.maximum(left, 0) + 1e-9)


def test_treatment_after_a_relapse_helps_again():
    visits = (30.0, 31.0)
    alone = arm((sit(0.0),), visits, lam=20.0, gam=0.1)
    again = arm((sit(0.0), sit(30.0)), visits, lam=20.0, gam=0.1)
    gain = again.latent[:, 1] - alone.latent[:, 1]
    assert gain.mean() < -0.3


def test_a_second_relapse_waits_until_there_is_something_to_lose_again():
    """Hazard so high that everybody relapses at once, treated again two months later."""
    visits, sessions = (59.0, 61.0, 100.0), (sit(0.0), sit(60.0))
    hazard = {"lam": 60.0, "gam": 0.1, "h": 0.6, "wh": 1e-6}
    only_one = arm(sessions, visits, rest=1e9, **hazard).parts[:, :, core.RELAPSE]
    z = arm(sessions, visits, **hazard).parts[:, :, core.RELAPSE]
    np.testing.assert_allclose(z[:, 0], only_one[:, 0])
    assert (z[:, 2] > only_one[:, 2] + 0.1).mean() > 0.5
    early = arm((sit(0.0), sit(20.0)), (21.0, 26.0), **hazard).parts[:, :, core.RELAPSE]
    once = arm((sit(0.0), sit(20.0)), (21.0, 26.0), rest=1e9, **hazard).parts[:, :, core.RELAPSE]
    np.testing.assert_allclose(early, once)  # within four weeks there is no second one


def test_fast_fluctuation_comes_and_goes_within_weeks():
    visits = (1.0, 2.0, 60.0)
    quiet = {"h": 0.0, "sv": 0.4, "tv": 4.0}
    w = arm((), visits, **quiet).parts[:, :, core.FLUCTUATION]
    assert np.corrcoef(w[:, 0], w[:, 1])[0, 1] == pytest.approx(np.exp(-1 / 4), abs=0.12)
    assert abs(np.corrcoef(w[:, 0], w[:, 2])[0, 1]) < 0.2
    assert w[:, 2].std() == pytest.approx(0.4, rel=0.15)


def test_who_has_not_improved_cannot_relapse():
    result = arm((), visits=(100.0,), lam=50.0, h=0.0)
    assert np.all(result.parts[:, :, core.RELAPSE] == 0)


def test_a_long_infusion_brings_relief_while_it_runs_and_not_before():
    long = Regimen.parse("ketamine 0.6 mg/kg/h IV over 96 h")
    branch = tuple(sittings(long, "open"))
    forms, event = events(branch, np.array([0.1, 1.0, 4.0]), MoodParameters.prior())
    assert len(forms) == 1
    inputs = event[event[:, core.KIND] == core.INPUT]
    assert inputs[:, core.SHARE].sum() == pytest.approx(1.0)
    assert 0 < inputs[0, core.TIME] < inputs[-1, core.TIME] < 4.0
    drug = -arm(branch, (0.1, 1.0, 2.0, 4.0)).parts[:, :, core.DRUG].mean(axis=0)
    assert np.all(np.diff(drug) > 0)


def test_a_mean_too_close_to_the_inclusion_minimum_is_refused():
    with pytest.raises(InputError, match="too close to the inclusion minimum"):
        mood.untruncated_mean(24.0, 6.0, 24.0)


def test_baseline_keeps_its_mean_spread_and_minimum():
    patient, _, true = mood.draw_patients(
        MoodParameters.prior(), mood.quasi_random(4096, 2), Setting(BASE)
    )
    assert true.min() >= BASE.minimum
    assert true.mean() == pytest.approx(BASE.mean, abs=0.15)
    assert np.isfinite(patient).all()


def test_parameters_survive_the_way_to_coordinates_and_back():
    params = MoodParameters.prior(emax=0.9, pnr=0.2, h=0.1)
    back = MoodParameters.from_theta(params.theta())
    for name, value in params.values.items():
        assert back[name] == pytest.approx(value, rel=1e-9)


def test_unknown_parameters_and_awareness_are_refused():
    with pytest.raises(InputError, match="Unknown mood parameters: nonsense"):
        MoodParameters.prior(nonsense=1.0)
    with pytest.raises(InputError, match="Unknown awareness 'psychic'"):
        MoodParameters.prior().gain("psychic")


def test_the_sessions_of_a_stepped_infusion_are_one_sitting():
    regimen = Regimen.parse("ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for 6 h, once")
    found = sittings(regimen, "open")
    assert len(found) == 1
    assert len(found[0].form or ()) == 2
