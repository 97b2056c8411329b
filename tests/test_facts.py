"""The list of facts: complete, well formed, and traceable to the evidence."""

import re

import pytest

from reprieve.engine.calibration.facts import facts
from reprieve.engine.trials.design import shipped
from reprieve.engine.trials.outcomes import KINDS, designs_of
from reprieve.evidence import observations


def rows_of(text):
    """E266-E314 as single rows."""
    if match := re.fullmatch(r"E(\d+)-E(\d+)", text):
        return [f"E{i:03d}" for i in range(int(match[1]), int(match[2]) + 1)]
    return [text]


def test_all_81_facts_are_there_in_order():
    assert [f.id for f in facts()] == [f"F{i:02d}" for i in range(1, 82)]


def test_every_fact_rests_on_rows_that_exist():
    known = {o.id for o in observations()}
    for fact in facts():
        named = [r for row in fact.rows for r in rows_of(row)]
        # a range names a block of the table; not every number in it was used as an id
        missing = [r for r in named if r not in known]
        assert len(missing) < max(1, len(named)), f"{fact.id}: none of {fact.rows} exists"
        assert not missing or "-" in fact.rows[0], f"{fact.id}: {missing}"


def test_targets_lie_inside_their_own_tolerance():
    for fact in facts():
        assert fact.holds(fact.target), fact.id


def test_a_missing_value_never_holds():
    assert not any(f.holds(float("nan")) for f in facts())


@pytest.mark.parametrize("fact", facts(), ids=lambda f: f.id)
def test_every_measure_names_a_known_kind_and_arms_that_exist(fact):
    def leaves(spec):
        return [x for s in spec["of"] for x in leaves(s)] if "of" in spec else [spec]

    for leaf in leaves(fact.measure):
        if leaf.get("op") == "value":
            continue
        assert leaf["kind"] in KINDS
        design = shipped(leaf["design"])
        for key in ("arm", "control"):
            if key in leaf:
                assert design.arm(leaf[key])
    if fact.split == "calibration":
        assert all(shipped(n).split == "calibration" for n in designs_of(fact.measure))
