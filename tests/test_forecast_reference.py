"""The fast posterior beside answers of a slow, independent sampler, ten cases, stored.

The reference shares no equation with the engine: its own mood model, fluctuation sampled and not
integrated out, whole points and ends of the scale exact (`benchmarks/reference_posterior`).
Tolerances stand there in `compare.py` and are argued for in docs/forecast-reference.md.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from benchmarks.reference_posterior import cases, members, reference
from benchmarks.reference_posterior.compare import Difference, compare
from benchmarks.reference_posterior.problem import problem

CASES = {case.id: case for case in cases.stored()}


def test_there_are_ten_cases_each_with_its_answers() -> None:
    assert len(CASES) == 10
    assert {path.stem for path in reference.FOLDER.glob("*.json")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_reference_knows_its_own_answer(name: str) -> None:
    found = reference.read(name)
    assert found.rhat < 1.01
    for number, error in found.error.items():
        if number.endswith((" half", "responds")) or number.startswith("share"):
            assert error < 0.01, number
        elif number.endswith(" mean"):
            assert error < 0.15, number


@pytest.mark.parametrize("name", CASES)
def test_the_evidence_is_still_what_the_reference_was_given(name: str) -> None:
    # when this fails: python -m benchmarks.reference_posterior --sample (development extra)
    assert reference.inputs(problem(CASES[name], members.stored())) == pytest.approx(
        reference.read(name).inputs, rel=2e-3
    )


@pytest.fixture(scope="module")
def compared() -> dict[str, list[Difference]]:
    sets = members.stored()
    return {
        name: compare(case, reference.read(name), sets, seeds=(1, 2))
        for name, case in CASES.items()
    }


@pytest.mark.parametrize("name", CASES)
def test_the_fast_posterior_agrees(name: str, compared: dict[str, list[Difference]]) -> None:
    assert not {d.name: round(d.units, 2) for d in compared[name] if d.apart}


def test_a_misread_score_would_be_noticed() -> None:
    case = CASES["02-single-infusion"]
    misread = replace(case.scores[-1], value=case.scores[-1].value - 3)
    other = replace(case, scores=(*case.scores[:-1], misread))
    found = compare(other, reference.read(case.id), members.stored(), seeds=(1,))
    assert next(d for d in found if d.name == "now mean").apart
