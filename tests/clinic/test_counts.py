"""Counting: two people, blind, and no difference left unexplained."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.errors import NotAllowedError, RefusedError, WitnessError
from reprieve.clinic.ledger import postings
from reprieve.clinic.ledger.counting import Explanation, explain, take_count
from reprieve.clinic.ledger.models import (
    Count,
    CountAnswer,
    CountLine,
    LedgerEntry,
    Loss,
    Vial,
)
from reprieve.clinic.ledger.overview import overview
from reprieve.clinic.treatments.models import TreatmentSession

pytestmark = pytest.mark.django_db
NOW = cast.NOW
D = Decimal
By = Callable[[str], Actor]


@pytest.fixture
def short(by: By, people: dict[str, User], vial: Vial) -> Count:
    """A count that found half a mL too little."""
    return take_count(by("nurse"), "opening", {vial.pk: D("9.5")}, second=people["nurse2"])


def test_a_count_that_agrees_is_closed_at_once(by: By, people: dict[str, User], vial: Vial) -> None:
    count = take_count(by("nurse"), "opening", {vial.pk: D(10)}, second=people["custodian"])
    assert count.closed
    assert LedgerEntry.objects.count() == 1


def test_a_count_stays_open_until_the_difference_is_explained(
    by: By, people: dict[str, User], vial: Vial, short: Count
) -> None:
    assert not short.closed
    line = short.lines.get()
    assert (line.counted, line.expected, line.variance) == (D("9.5"), D(10), D("-0.5"))
    said = Explanation(D("9.5"), "fill", "the vial held less than its label")
    answer = explain(by("nurse"), line.pk, said, witness=people["nurse2"])
    assert answer.entry is not None
    assert (answer.entry.kind, answer.entry.amount) == ("adjust", D("-0.5"))
    assert Count.objects.get().closed
    vial.refresh_from_db()
    assert vial.balance == D("9.5")
    with pytest.raises(RefusedError, match="explained already"):
        explain(by("nurse"), line.pk, said, witness=people["nurse2"])
    for model in (Count, CountLine, CountAnswer, LedgerEntry):
        assert list(faults(model.objects.all())) == []


def test_a_miscount_leaves_the_balance_alone(
    by: By, people: dict[str, User], vial: Vial, short: Count
) -> None:
    said = Explanation(D(10), "miscount", "read the wrong mark")
    answer = explain(by("nurse"), short.lines.get().pk, said, witness=people["nurse2"])
    assert answer.entry is None
    vial.refresh_from_db()
    assert vial.balance == 10


def test_a_loss_found_by_counting_adjusts_and_starts_its_clocks_at_the_count(
    by: By, people: dict[str, User], vial: Vial, short: Count
) -> None:
    said = Explanation(D("9.5"), "loss", "nobody knows")
    explain(by("nurse"), short.lines.get().pk, said, witness=people["nurse2"])
    loss = Loss.objects.get()
    assert (loss.amount, loss.mg, loss.discovered_at) == (D("0.5"), D(25), short.at)
    assert [x for x, _ in overview(vial.lot.clinic, NOW).losses] == [loss]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Explanation(D("9.5"), "miscount", "x"), "still differs"),
        (Explanation(D(10), "loss", "x"), "first was wrong"),
        (Explanation(D("10.5"), "loss", "x"), "more than the ledger says"),
        (Explanation(D("10.5"), "theft", "x"), "more than the ledger says"),
        (Explanation(D("9.5"), "fill", "  "), "needs a reason"),
        (Explanation(D("9.5"), "aliens", "x"), "expected one of"),
        (Explanation(D("-1"), "fill", "x"), "0 or more"),
        (Explanation(D("9.1234"), "fill", "x"), "counts to 0.001"),
    ],
)
def test_an_explanation_that_the_numbers_contradict_is_refused(
    by: By, people: dict[str, User], vial: Vial, short: Count, said: Explanation, words: str
) -> None:
    with pytest.raises(RefusedError, match=words):
        explain(by("nurse"), short.lines.get().pk, said, witness=people["nurse2"])
    assert not CountAnswer.objects.exists()
    vial.refresh_from_db()
    assert vial.balance == 10


def test_what_moved_between_the_two_counts_is_not_adjusted_away(
    by: By, people: dict[str, User], vial: Vial, short: Count
) -> None:
    """The second count is held against the balance of its own moment."""
    from reprieve.clinic.ledger.actions import record_breakage

    record_breakage(
        by("nurse"), vial.pk, D(2), at=NOW, witness=people["nurse2"], reason="spilt"
    )  # fmt: skip
    said = Explanation(D("7.5"), "fill", "less in it than its label says")
    answer = explain(by("nurse"), short.lines.get().pk, said, witness=people["nurse2"])
    assert answer.entry is not None
    assert answer.entry.amount == D("-0.5")


def test_a_vial_with_an_unexplained_difference_is_not_drawn_from(
    by: By, people: dict[str, User], clinic: Clinic, session: TreatmentSession, short: Count
) -> None:
    line = short.lines.get()
    assert postings.available(clinic, "ketamine", NOW) == []
    with pytest.raises(RefusedError, match="nobody has explained yet"):
        postings.draw(by("nurse"), line.vial_id, D(1), session=session, event=None, at=NOW)
    said = Explanation(D(10), "miscount", "read the wrong mark")
    explain(by("nurse"), line.pk, said, witness=people["nurse2"])
    postings.draw(by("nurse"), line.vial_id, D(1), session=session, event=None, at=NOW)


def test_every_vial_that_should_hold_anything_is_counted(
    by: By, people: dict[str, User], vial: Vial
) -> None:
    cast.make_vial(vial.lot, people["custodian"], "K-002")
    with pytest.raises(RefusedError, match="K-002 came into stock since"):
        take_count(by("nurse"), "opening", {vial.pk: D(10)}, second=people["nurse2"])
    take_count(by("nurse"), "spot", {vial.pk: D(10)}, second=people["nurse2"])
    with pytest.raises(RefusedError, match="nothing to count"):
        take_count(by("nurse"), "spot", {}, second=people["nurse2"])


@pytest.mark.parametrize("who", [None, "nurse", "therapist", "front_desk", "owner"])
def test_a_count_takes_two_people(
    by: By, people: dict[str, User], vial: Vial, who: str | None
) -> None:
    second = people[who] if who else None
    with pytest.raises(WitnessError):
        take_count(by("nurse"), "opening", {vial.pk: D(10)}, second=second)
    assert not Count.objects.exists()


def test_who_may_count_and_who_may_not(
    by: By, people: dict[str, User], other_clinic: dict[str, User], vial: Vial
) -> None:
    counted = {vial.pk: D(10)}
    for role in ("owner", "therapist", "front_desk", "researcher"):
        with pytest.raises(NotAllowedError):
            take_count(by(role), "closing", counted, second=people["nurse2"])
    with pytest.raises(NotAllowedError):
        take_count(by("nurse"), "inventory", counted, second=people["nurse2"])
    elsewhere = Actor.as_user(other_clinic["nurse"], NOW)
    with pytest.raises(RefusedError, match="not in this clinic's stock"):
        take_count(elsewhere, "spot", counted, second=other_clinic["nurse2"])
    take_count(by("custodian"), "inventory", counted, second=people["nurse2"])


def test_a_part_of_a_device_is_not_counted(by: By, people: dict[str, User], clinic: Clinic) -> None:
    lot = cast.make_lot(clinic, number="D", unit="device", mg_per_unit=D(28), units_per_vial=D(2))
    kit = cast.make_vial(lot, people["custodian"], "kit 1")
    with pytest.raises(RefusedError, match="counted whole"):
        take_count(by("nurse"), "opening", {kit.pk: D("1.5")}, second=people["nurse2"])
