"""The check behind the kill test notices what it is there to notice."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from benchmarks.reliability.checking import Acknowledged, Stored, faults

from clinic.cast import NOW

SESSION = uuid4()


@pytest.fixture
def acknowledged() -> list[Acknowledged]:
    """Five readings that the server confirmed."""
    return [
        Acknowledged(uuid4(), SESSION, "vitals", {"sbp": str(120 + k)}, NOW, k) for k in range(1, 6)
    ]


@pytest.fixture
def stored(acknowledged: list[Acknowledged]) -> list[Stored]:
    """The same, as rows."""
    return [
        Stored(e.id, e.session, e.kind, dict(e.content) | {"more": "1"}, e.at, e.seq, 1)
        for e in acknowledged
    ]


def test_a_record_that_holds_everything_once_has_no_fault(acknowledged, stored):
    assert faults(acknowledged, stored) == []


@pytest.mark.parametrize("dropped", range(5))
def test_one_lost_event_is_noticed(dropped, acknowledged, stored):
    found = faults(acknowledged, stored[:dropped] + stored[dropped + 1 :])
    assert f"lost: vitals {acknowledged[dropped].id}" in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"content": {"sbp": "99"}}, "sbp is '99'"),
        ({"content": {}}, "sbp is None"),
        ({"at": NOW + timedelta(microseconds=1)}, "time is"),
        ({"kind": "rating"}, "kind is rating"),
        ({"session": uuid4()}, "session is"),
        ({"audited": 0}, "0 audit rows"),
        ({"audited": 2}, "2 audit rows"),
    ],
)
def test_one_changed_event_is_noticed(change, said, acknowledged, stored):
    stored[2] = replace(stored[2], **change)
    assert any(said in line for line in faults(acknowledged, stored))


def test_an_event_stored_under_two_ids_is_noticed(acknowledged, stored):
    twice = replace(stored[4], id=uuid4(), seq=6)
    assert faults(acknowledged, [*stored, twice]) == [f"nobody sent vitals {twice.id}"]


def test_an_event_stored_twice_is_noticed(acknowledged, stored):
    assert any("stored 2 times" in line for line in faults(acknowledged, [*stored, stored[0]]))


def test_a_gap_in_the_numbering_is_noticed(acknowledged, stored):
    moved = replace(stored[4], seq=7)
    told = [*acknowledged[:4], replace(acknowledged[4], seq=7)]
    assert any("numbered [1, 2, 3, 4, 7]" in line for line in faults(told, [*stored[:4], moved]))
