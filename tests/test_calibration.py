"""The fit sees its own rows and no others, and finds parameters it was made from."""

import numpy as np
import pytest

from reprieve.engine.calibration import fit as cal
from reprieve.engine.calibration.ensemble import ensemble, evidence_hash
from reprieve.engine.calibration.facts import facts
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import MoodParameters
from reprieve.engine.trials.design import shipped, shipped_names
from reprieve.engine.trials.outcomes import designs_of
from reprieve.errors import EvidenceError, ModelError

HELD = {f.id for f in facts() if f.split == "validation"}


def half_hour(form, uniform):
    return 0.5 + 0.1 * (uniform - 0.5)


def test_no_target_of_the_fit_is_kept_for_validation():
    targets = cal.calibration_targets()
    assert HELD.isdisjoint(t.id for t in targets)
    assert all(
        shipped(name).split == "calibration" for t in targets for name in designs_of(t.measure)
    )
    assert len(HELD) >= 15


def test_the_fit_cannot_run_a_design_kept_for_validation():
    kept = [n for n in shipped_names() if shipped(n).split == "validation"]
    assert len(kept) >= 10
    for name in kept:
        with pytest.raises(ModelError, match="kept for validation"):
            cal.permitted(name)


def test_a_target_that_needs_a_kept_design_stops_the_fit():
    fact = next(f for f in facts() if f.id == "F70")
    sneaky = cal.Target("F70", fact.measure, fact.target, 5.0)
    with pytest.raises(ModelError, match="transform_pooled"):
        cal.Problem(half_hour, 256, 1, [sneaky])


def test_recalled_rows_weigh_less_than_verified_rows():
    by_id = {t.id: t for t in cal.calibration_targets()}
    recalled = next(f for f in facts() if f.status == "recalled" and f.id in by_id)
    assert by_id[recalled.id].sd == pytest.approx(recalled.tolerance)
    verified = next(f for f in facts() if f.status == "verified" and f.id in by_id)
    assert by_id[verified.id].sd == pytest.approx(verified.tolerance / 2)


def test_the_search_recovers_what_made_the_data():
    wanted = [t for t in cal.calibration_targets() if designs_of(t.measure) == {"daly_2018"}]
    truth = MoodParameters.prior(emax=1.1, gain_nasal_placebo=0.6)
    made = cal.Problem(half_hour, 512, 5, wanted)
    values = made.predict(truth.theta())
    precise = [cal.Target(t.id, t.measure, v, 0.2) for t, v in zip(wanted, values, strict=True)]
    problem = cal.Problem(half_hour, 512, 5, precise)
    before = cal.huber(problem.residual(problem.predict(np.zeros(len(mood.free_names())))))
    found = cal.fit(problem, steps=4)
    after = cal.huber(problem.residual(found.values))
    assert after < 0.05 * before
    np.testing.assert_allclose(found.values, values, atol=1.0)


def test_the_shipped_ensemble_is_of_this_evidence_and_these_parameters():
    e = ensemble()
    assert 50 <= len(e) <= 200
    assert e.header["evidence"] == evidence_hash(e.header["designs"])
    assert e.weights.sum() == pytest.approx(1.0)
    assert HELD.isdisjoint(row["id"] for row in e.fit)
    spread = np.std(np.log(e.sets[:, e.names.index("emax")]))
    assert 0.02 < spread < 1.0
    # a member that is the mode again would narrow every interval
    assert not any(np.allclose(row, e.mode, rtol=1e-3) for row in e.sets)
    assert len(np.unique(e.sets[:, 0])) == len(e)


def test_a_broken_ensemble_file_is_refused(tmp_path):
    from reprieve.engine.calibration.ensemble import read

    for name, text in (("empty", ""), ("list", "[]"), ("half", '{"parameters": {"kon": "1/h"}}')):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(EvidenceError, match="is not an ensemble file"):
            read(path)
    with pytest.raises(EvidenceError, match="cannot be read"):
        read(tmp_path / "absent.json")
