"""A clinic's own courses teach its effects, and only sums leave the courses."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp

from reprieve.engine.cases.case import Case, Person
from reprieve.engine.forecast.posterior import posterior
from reprieve.engine.forecast.setting import (
    FEWEST,
    NODES,
    SettingEffects,
    log_likelihood,
    nodes,
    read_setting,
    update_setting,
)
from reprieve.engine.forecast.traits import Place
from reprieve.engine.judging.situations import simulate_case
from reprieve.errors import InputError

FEW = 512  # virtual people
SLOW = (-3.0, -3.0, -3.0)  # SD between trials: a clinic of slow responders


def courses(count, seed, place=SLOW):
    rng = np.random.default_rng(seed)
    made = [
        simulate_case("after_induction", rng, place=place, name=f"demo-{k}") for k in range(count)
    ]
    # bodies unknown: their kinetics are then computed once for all
    return [replace(m.record, person=Person()) for m in made]


@pytest.fixture(scope="module")
def learned():
    return learn(courses(30, 1))


def learn(records):
    return update_setting(records, particles=FEW)


def test_a_clinic_with_slower_responders_becomes_better_forecast(learned):
    """Log score of people of the same clinic that the learning never saw.

    A course's probability is the product of the forecasts of each of its scores from those
    before it, at an unknown place and at the place that was learned.
    """
    weight = learned.total - logsumexp(learned.total)
    gains = []
    for record in courses(24, 2):
        here = log_likelihood(posterior(record, 0, particles=FEW))
        gains.append(logsumexp(here + weight) - (logsumexp(here) - np.log(NODES)))
    assert sum(learned.place.mean) < -2  # of -9; so few people cannot say all of it
    assert np.mean(gains) > 0.05  # nats a course


def test_an_average_clinic_is_left_where_it_was():
    found = learn(courses(10, 3, place=(0.0, 0.0, 0.0))).place
    sd = np.sqrt(np.diag(found.cov))
    assert np.abs(np.array(found.mean) / sd).max() < 2
    assert sd.max() < 1.1


def test_only_sums_leave_the_cases(learned):
    data = json.loads(learned.to_json())
    assert set(data) == {"version", "ensemble", "courses", "mean", "log_likelihood"}
    assert len(data["log_likelihood"]) == NODES
    assert "demo-" not in learned.to_json()


def test_two_halves_of_a_clinic_add_up_to_the_whole():
    records = courses(10, 5)
    first, second, whole = learn(records[:5]), learn(records[5:]), learn(records)
    np.testing.assert_allclose(first.plus(second).total, whole.total, rtol=1e-9)
    other = SettingEffects("another", 5, np.zeros(NODES))
    with pytest.raises(InputError, match="one version"):
        first.plus(other)


def test_too_few_courses_are_refused():
    with pytest.raises(InputError, match="at least 5"):
        learn(courses(FEWEST - 1, 7))


def test_a_course_is_as_likely_everywhere_when_it_says_nothing():
    record = Case.from_dict(
        {
            "version": 1, "id": "demo", "clock": "day", "asked_at": 0,
            "scores": [{"day": 0, "instrument": "MADRS", "value": 33}],
        }
    )  # fmt: skip
    found = log_likelihood(posterior(record, 0, particles=4096))
    near = np.linalg.norm(nodes(), axis=1) < 1.5
    assert np.ptp(found[near]) < 0.1


def test_a_setting_file_comes_back_and_a_broken_one_is_refused(tmp_path, learned):
    path = tmp_path / "clinic.json"
    path.write_text(learned.to_json())
    np.testing.assert_allclose(read_setting(path).mean, learned.place.mean, atol=1e-3)
    assert isinstance(read_setting(path), Place)
    for text, said in (
        ("{", "Not a setting file"),
        (learned.to_json().replace(learned.ensemble, "another"), "belongs to ensemble another"),
        (json.dumps(json.loads(learned.to_json()) | {"log_likelihood": [1.0]}), "512 finite"),
        (json.dumps(json.loads(learned.to_json()) | {"courses": 1}), "at least 5"),
        (json.dumps(json.loads(learned.to_json()) | {"version": 7}), "version 7"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_setting(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_setting(tmp_path / "missing.json")


def test_cores_do_not_move_the_sums():
    records = courses(FEWEST, 7)
    one, two = (update_setting(records, particles=FEW, workers=k) for k in (1, 2))
    assert np.array_equal(one.total, two.total)
    assert one.courses == two.courses == FEWEST
