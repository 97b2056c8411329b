"""The streamed chain against the rooms it passes through, one after the other."""

import dataclasses

import numpy as np
import pytest

from reprieve.engine.core import arms
from reprieve.engine.core import effects as acute
from reprieve.engine.dosing.doses import Dose
from reprieve.engine.effects.acute import acute_effects
from reprieve.engine.effects.haemodynamics import draw_vitals
from reprieve.engine.effects.sensitivity import draw_sensitivity
from reprieve.engine.kinetics.concentrations import Concentrations, concentrations
from reprieve.engine.kinetics.models import Individuals, kinetic_model
from reprieve.engine.kinetics.occupancy import stimulus
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Baseline, MoodParameters, Setting
from reprieve.engine.patient import Patient, draw_people
from reprieve.engine.population.chain import BLOCK, Course, chain_block, stream_chain, summary
from reprieve.errors import ModelError

DAYS = (0, 2, 4, 7, 9, 11)
ONE = {"unit": "mg/kg", "duration_h": 2 / 3}


def course(drug="ketamine", amount=0.5, days=DAYS, **changes):
    doses = tuple(
        Dose(drug, "iv", amount, time_h=24.0 * d, session=k, **ONE) for k, d in enumerate(days)
    )
    parts = {
        "doses": doses,
        "visits_d": (0.0, 1.0, 7.0, 12.0, 28.0),
        "params": MoodParameters.prior(),
        "setting": Setting(Baseline(33.0, 5.0, 26.0)),
    }
    return Course(**(parts | changes))


@pytest.mark.parametrize("drug", ["ketamine", "esketamine", "arketamine"])
@pytest.mark.parametrize("liver", ["normal", "moderate"])
def test_the_chain_is_the_modular_path_in_one_pass(drug, liver):
    plan = course(drug, days=DAYS[:3])
    people = draw_people(70, np.random.default_rng(3), Patient(liver=liver))
    streamed = chain_block(people, np.random.default_rng(8), plan)

    rng = np.random.default_rng(8)  # the same draws in the documented order
    times = np.linspace(0.0, 4.0, 121)
    every = np.concatenate([d.time_h + times for d in plan.doses])
    Individuals.of(people, rng).values(kinetic_model("otto_2021_s_ketamine"))
    conc = concentrations(plan.doses, people, every, np.random.default_rng(8))
    sensitivity = draw_sensitivity(70, rng)
    vitals = draw_vitals(people, rng)
    for k in range(3):
        part = slice(121 * k, 121 * (k + 1))
        rows = (getattr(conc, f.name) for f in dataclasses.fields(conc)[1:7])
        here = Concentrations(times, *(np.ascontiguousarray(r[:, part]) for r in rows))
        effects = acute_effects(here, people, rng, k, vitals, sensitivity)
        peaks, found = effects.peaks, streamed.extremes[k]
        for column, expected in (
            (acute.PEAK_CADSS, peaks.cadss),
            (acute.TIME_CADSS, peaks.cadss_time_h),
            (acute.PEAK_SBP, peaks.sbp),
            (acute.PEAK_DBP, peaks.dbp),
            (acute.PEAK_HR, peaks.hr),
            (acute.LOWEST_SPO2, peaks.spo2),
            (acute.PEAK_SITE, effects.site.max(axis=1)),
        ):
            assert np.allclose(found[:, column], expected, rtol=1e-6, atol=1e-9)
        assert (found[:, acute.LOWEST_MOAAS] == peaks.moaas).all()
        assert np.allclose(streamed.peaks[k, :, 0], here.ketamine.max(axis=1), rtol=1e-6)
        assert np.allclose(streamed.peaks[k, :, 1], here.norketamine.max(axis=1), rtol=1e-6)
        for name, chance in effects.events.items():
            assert np.allclose(streamed.events[name][k], chance, rtol=1e-6)

    alone = stimulus(plan.doses[:1], people, np.random.default_rng(8))
    assert np.allclose(streamed.stimulus, alone, rtol=1e-6)

    params, visits = plan.params, len(plan.visits_d)
    uniform = np.clip(rng.random((70, mood.U_COLUMNS)), 1e-9, 1 - 1e-9)
    shock, noise = rng.standard_normal((70, visits, 2)), rng.standard_normal((70, visits))
    patient, amplitude, _ = mood.draw_patients(params, uniform, plan.setting)
    latent = np.empty((70, visits))
    arms.run_arm(
        patient, amplitude, alone, params.constant(), plan.table[1], np.empty((0, 4)), shock,
        noise, -1, -1.0, params["sm"], latent, np.empty((0, visits, 6)),
    )  # fmt: skip
    expected = mood.observe(latent, noise, params["sm"])
    assert (np.abs(streamed.scores - expected) > 0).mean() < 1e-3  # a point lies on its edge


def test_the_same_numbers_on_one_core_and_two():
    people = draw_people(2 * BLOCK + 7, np.random.default_rng(1))
    one, two = (stream_chain(people, course(), seed=4, workers=w) for w in (1, 2))
    assert (one.histogram == two.histogram).all()
    assert (one.extremes == two.extremes).all()
    assert (one.stimulus == two.stimulus).all()
    other = stream_chain(people, course(), seed=5)
    assert (one.histogram != other.histogram).any()


def test_sums_are_those_of_the_people():
    people = draw_people(40, np.random.default_rng(1))
    patients = chain_block(people, np.random.default_rng(2), course())
    sums = summary(patients)
    mean, sd = sums.score_mean_sd()
    assert np.allclose(mean, patients.scores.mean(axis=0))
    assert np.allclose(sd, patients.scores.std(axis=0))
    assert np.allclose(sums.extremes_mean_sd()[0], patients.extremes.mean(axis=1))
    both = sums.plus(sums)
    assert both.n == 80
    assert np.allclose(both.score_mean_sd(), sums.score_mean_sd())


def test_more_drug_brings_more_of_everything_but_saturates():
    people = draw_people(400, np.random.default_rng(1))
    low, high = (stream_chain(people, course(amount=a, days=(0,)), seed=3) for a in (0.25, 1.0))
    assert high.peaks[0, 0] == pytest.approx(4 * low.peaks[0, 0], rel=1e-9)
    assert low.stimulus[0] < high.stimulus[0] < 4 * low.stimulus[0]
    assert high.extremes[0, acute.PEAK_CADSS] > 2 * low.extremes[0, acute.PEAK_CADSS]
    assert high.score_mean_sd()[0][1] < low.score_mean_sd()[0][1]


def test_people_who_are_not_there_yet_change_nobody():
    """A larger population begins with the numbers of a smaller one of whole blocks."""
    people = draw_people(2 * BLOCK, np.random.default_rng(1))
    half = draw_people(2 * BLOCK, np.random.default_rng(1))
    first = {
        f.name: getattr(half, f.name)[:BLOCK]
        for f in dataclasses.fields(half)
        if isinstance(getattr(half, f.name), np.ndarray)
    }
    small = stream_chain(dataclasses.replace(half, **first), course(), seed=9)
    whole = stream_chain(people, course(), seed=9)
    assert (whole.histogram >= small.histogram).all()


def test_what_the_chain_cannot_do_is_said():
    with pytest.raises(ModelError, match="one of ketamine, esketamine and arketamine, IV"):
        Course((Dose("esketamine", "nasal", 56.0),), (0.0,), None, None)
    people = draw_people(3, np.random.default_rng(1))
    close = tuple(Dose("ketamine", "iv", 0.2, time_h=3.0 * k, session=k, **ONE) for k in (0, 1))
    with pytest.raises(ModelError, match="overlap"):
        stream_chain(people, course(doses=close), seed=1)
