"""What is known of a patient moves the prediction as far as its evidence, and no further."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve import evidence
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import MoodParameters, Setting
from reprieve.engine.mood.predictors import CheckIn, columns_of, predictors, shift, told
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.patient import Patient
from reprieve.engine.population.simulate import simulate
from reprieve.engine.trials.design import shipped
from reprieve.engine.trials.trial import run_trial
from reprieve.errors import InputError, UnknownNameError

LIMIT = 0.7
WORSE = {
    "benzodiazepine_mg": 20.0, "age_y": 80.0, "age_at_onset_y": 60.0, "failed_trials": 7.0,
}  # fmt: skip
BETTER = {"bmi": 40.0, "family_alcohol": 1.0}
NULL = ("anxious", "female", "psychotherapy", "sleep_h", "active_days", "drinks", "stress")


def improvement(em: float, context: float = 0.0) -> float:
    """Mean fall of MADRS a day after an open infusion, points."""
    design = shipped("ibrahim_2012")
    setting = Setting(design.baseline, em_shift=em, context_shift=context)
    uniform = mood.quasi_random(1024, 3)
    arm = run_trial(
        design, MoodParameters.prior(), uniform, 3, FormStimuli(), setting
    ).arms["ketamine"]  # fmt: skip
    day = int(np.argmin(np.abs(arm.visits_d - 1.0)))
    return float((arm.baseline - arm.scores[:, day]).mean())


# --- the priors -------------------------------------------------------------------------------


def test_every_predictor_names_its_rows_and_they_exist():
    ids = {row.id for row in evidence.observations()}
    for p in predictors().values():
        assert set(p.rows) <= ids, p.name
        assert p.rows or p.mean == 0.0, f"{p.name} has a direction without a row"
        assert p.why


def test_what_rests_on_nothing_has_no_direction():
    for name in NULL:
        assert predictors()[name].mean == 0.0
        assert predictors()[name].sd > 0.0


def test_no_prior_excludes_the_opposite_direction():
    for p in predictors().values():
        assert abs(p.mean) <= 1.96 * p.sd, p.name


def test_the_list_is_complete():
    assert set(predictors()) == {*WORSE, *BETTER, *NULL}


# --- direction and size -----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), [*WORSE.items(), *BETTER.items()])
def test_a_predictor_moves_the_prediction_its_way_within_its_size(name: str, value: float):
    em, context = shift({name: value})
    assert context == 0.0
    assert 0 < abs(em) <= predictors()[name].size + 1e-12
    moved = improvement(float(em)) - improvement(0.0)
    assert np.sign(moved) == (-1 if name in WORSE else 1)
    # the drug is part of the fall, so a shift of its log cannot move the fall by a larger share
    assert abs(moved) <= improvement(0.0) * np.expm1(abs(em))


@pytest.mark.parametrize("name", NULL)
def test_a_null_predictor_moves_no_central_prediction_but_widens_it(name: str):
    p = predictors()[name]
    value = p.high
    assert all(float(s) == 0.0 for s in shift({name: value}))
    drawn = shift({name: value}, np.random.default_rng(1), n=20_000)
    spread = float(drawn[0 if p.acts_on == "drug" else 1].std())
    assert spread == pytest.approx(p.sd * abs(p.high - p.centre) / p.per, rel=0.03)


def test_benzodiazepines_count_by_dose_up_to_a_ceiling():
    doses = np.array([0.0, 5.0, 10.0, 20.0, 40.0])
    em, _ = shift({"benzodiazepine_mg": doses})
    assert (np.diff(em)[:3] < 0).all()
    assert em[3] == em[4]


def test_context_moves_open_treatment():
    assert improvement(0.0, 0.2) > improvement(0.0) > improvement(0.0, -0.2)


# --- unknown ----------------------------------------------------------------------------------


def test_the_average_trial_patient_is_shifted_by_nothing():
    centre = {p.name: p.centre for p in predictors().values() if not p.flag}
    em, context = shift(centre)
    assert em == pytest.approx(0.0)
    assert context == pytest.approx(0.0)


def test_unknown_is_the_average_over_the_known():
    """A flag left out stands where the average over carriers and the others stands."""
    for p in predictors().values():
        if not p.flag:
            continue
        value = (
            np.array([0.0, 1.0]) if p.at_least is None else np.array([p.at_least - 1, p.at_least])
        )
        em, context = shift({p.name: value})
        share = np.array([1 - p.centre, p.centre])
        assert float(em @ share) == pytest.approx(0.0, abs=1e-12)
        assert float(context @ share) == pytest.approx(0.0, abs=1e-12)
    unknown = shift(Patient())
    assert [float(s) for s in unknown] == [0.0, 0.0]
    assert [float(s) for s in shift({"bmi": None})] == [0.0, 0.0]


def test_learning_one_fact_moves_no_other_draw():
    few = shift(Patient(failed_trials=5), np.random.default_rng(2), n=50)[0]
    more = shift(Patient(failed_trials=5, family_alcohol=True), np.random.default_rng(2), n=50)[0]
    only = shift(Patient(family_alcohol=True), np.random.default_rng(2), n=50)[0]
    inside = np.abs(few + only) < LIMIT
    assert inside.sum() > 30
    assert more[inside] == pytest.approx((few + only)[inside])


# --- patients and columns ---------------------------------------------------------------------


def test_a_patient_is_read_into_columns():
    patient = Patient(weight_kg=90, height_cm=180, sex="F", family_alcohol=False, anxious=True)
    found = columns_of(patient, CheckIn(sleep_h=5, psychotherapy=True))
    assert found == pytest.approx(
        {"bmi": 27.78, "female": 1, "family_alcohol": 0, "anxious": 1, "sleep_h": 5,
         "psychotherapy": 1},
        rel=1e-3,
    )  # fmt: skip
    assert "bmi" not in columns_of(Patient(weight_kg=90))


@settings(max_examples=50)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "benzodiazepine_mg": st.floats(0, 400), "bmi": st.floats(10, 90),
            "age_y": st.floats(18, 100), "failed_trials": st.floats(0, 60),
            "family_alcohol": st.sampled_from([0.0, 1.0]), "drinks": st.floats(0, 200),
            "age_at_onset_y": st.floats(0, 100), "stress": st.floats(0, 10),
        },
    ),
    st.integers(0, 1000),
)  # fmt: skip
def test_no_patient_is_moved_beyond_half_or_double(columns: dict[str, float], seed: int):
    for found in (shift(columns), shift(columns, np.random.default_rng(seed), n=20)):
        for part in found:
            assert (np.abs(part) <= LIMIT).all()


def test_columns_give_an_array_and_patients_one_number():
    em, context = shift({"failed_trials": np.array([2.0, 3.0, 6.0])})
    assert em.shape == context.shape == (3,)
    assert shift(Patient(failed_trials=6))[0] == pytest.approx(em[2])


def test_bad_input_is_refused():
    with pytest.raises(UnknownNameError, match="shoe"):
        shift({"shoe_size": 44.0})
    with pytest.raises(InputError, match="NaN"):
        shift({"bmi": float("nan")})
    with pytest.raises(InputError, match="stress"):
        CheckIn(stress=11)


# --- told on the command line -----------------------------------------------------------------


def test_facts_are_read_into_patient_and_check_in():
    facts = ["failed_trials=4", "Anxious = yes", "sleep_h=5.5", "psychotherapy=no"]
    patient, checkin = told(facts, Patient(age_y=50))
    assert patient == Patient(age_y=50, failed_trials=4, anxious=True)
    assert checkin == CheckIn(sleep_h=5.5, psychotherapy=False)


@pytest.mark.parametrize(
    ("fact", "says"),
    [("shoes=44", "shoes"), ("failed_trials", "=4"), ("anxious=3", "neither"), ("stress=12", "10"),
     ("failed_trials=nan", "failed_trials")],
)  # fmt: skip
def test_facts_that_cannot_be_are_refused(fact: str, says: str):
    with pytest.raises(InputError, match=says):
        told([fact], Patient())


def test_a_simulation_listens_to_what_is_known():
    def response(**known):
        run = simulate(
            "ketamine 0.5 mg/kg IV over 40 min", 4000, 5, patient=Patient(**known), for_d=7
        )  # fmt: skip
        return run.at_day("response", 1.0)

    hard = response(failed_trials=8, benzodiazepine_mg=20, age_at_onset_y=60, age_y=80)
    assert hard < response(failed_trials=3, age_at_onset_y=30, age_y=80)
