"""Stock outside a session: received, broken, wasted, sent back, reversed; never by one alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import NotAllowedError, RefusedError, WitnessError
from reprieve.clinic.ledger import actions, postings
from reprieve.clinic.ledger.actions import Delivery
from reprieve.clinic.ledger.models import LedgerEntry, Lot, Vial
from reprieve.clinic.ledger.overview import overview
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession

pytestmark = pytest.mark.django_db
NOW = cast.NOW
D = Decimal
By = Callable[[str], Actor]
BOX = Delivery(
    "esketamine", "Spravato 56 mg kit", "S-1", "device", D(28), D(2), date(2028, 1, 31),
    invoice="INV 7",
)  # fmt: skip


def test_a_delivery_fills_each_vial_and_is_audited(by: By, clinic: Clinic) -> None:
    lot = actions.receive(by("custodian"), BOX, ["kit 1", "kit 2"], at=NOW)
    assert [v.balance for v in lot.vials.all()] == [D(2), D(2)]
    assert {(r.kind, r.amount, r.reason) for r in LedgerEntry.objects.all()} == {
        ("receive", D(2), "INV 7")
    }
    event = AuditEvent.objects.get(verb="receive controlled drug")
    assert event.object_id == str(lot.pk)
    actions.receive(by("custodian"), BOX, ["kit 3"], at=NOW)
    assert Lot.objects.count() == 1
    assert [s.amount for s in overview(clinic, NOW).drugs] == [D(6)]
    assert [s.mg for s in overview(clinic, NOW).drugs] == [D(168)]


@pytest.mark.parametrize("role", ["owner", "prescriber", "nurse", "therapist", "front_desk"])
def test_only_the_custodian_receives(by: By, role: str) -> None:
    with pytest.raises(NotAllowedError):
        actions.receive(by(role), BOX, ["kit 1"], at=NOW)
    assert not Lot.objects.exists()


@pytest.mark.parametrize(
    ("change", "labels", "words"),
    [
        ({}, [], "label of its own"),
        ({}, ["a", "a"], "label of its own"),
        ({}, ["a", " "], "label of its own"),
        ({"units_per_vial": D("2.5")}, ["a"], "counted whole"),
        ({"units_per_vial": D(0)}, ["a"], "more than 0"),
        ({"mg_per_unit": D(-28)}, ["a"], "more than 0"),
        ({"mg_per_unit": D("NaN")}, ["a"], "give a number"),
        ({"expires_on": date(2026, 11, 1)}, ["a"], "expired on 01 Nov 2026"),
        ({"expires_on": date(9999, 12, 31)}, ["a"], "Check the year"),
    ],
)
def test_a_label_that_cannot_be_is_refused_and_leaves_nothing(
    by: By, change: dict[str, object], labels: list[str], words: str
) -> None:
    with pytest.raises(RefusedError, match=words):
        actions.receive(by("custodian"), replace(BOX, **change), labels, at=NOW)
    assert not Lot.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_known_lot_with_another_label_is_refused(by: By) -> None:
    actions.receive(by("custodian"), BOX, ["kit 1"], at=NOW)
    other = replace(BOX, units_per_vial=D(3))
    with pytest.raises(RefusedError, match="Lot S-1 is known as Spravato 56 mg kit, 2 devices"):
        actions.receive(by("custodian"), other, ["kit 2"], at=NOW)
    with pytest.raises(RefusedError, match="has kit 1 already"):
        actions.receive(by("custodian"), BOX, ["kit 1"], at=NOW)


VERBS = [
    (actions.record_breakage, "break", "nurse"),
    (actions.waste_rest, "waste", "nurse"),
    (actions.send_back, "send_back", "custodian"),
]


@pytest.mark.parametrize(("verb", "kind", "role"), VERBS)
def test_what_leaves_a_vial_leaves_its_balance_with_a_witness(
    by: By,
    people: dict[str, User],
    vial: Vial,
    verb: Callable[..., LedgerEntry],
    kind: str,
    role: str,
) -> None:
    said = {"at": NOW, "witness": people["nurse2"], "reason": "as said"}
    row = verb(by(role), vial.pk, D("2.5"), **said)
    assert (row.kind, row.amount, row.balance_after, row.held) == (kind, D("-2.5"), D("7.5"), D(0))
    for wrong, error in [
        ({"witness": None}, WitnessError),
        ({"witness": people[role]}, WitnessError),
        ({"reason": ""}, RefusedError),
        ({"at": NOW + timedelta(minutes=1)}, RefusedError),
        ({"at": vial.entries.get(kind="receive").at - timedelta(minutes=1)}, RefusedError),
    ]:
        with pytest.raises(error):
            verb(by(role), vial.pk, D(1), **{**said, **wrong})
    with pytest.raises(RefusedError, match=r"K-001 has 7\.5 mL"):
        verb(by(role), vial.pk, D(8), **said)
    vial.refresh_from_db()
    assert vial.balance == D("7.5")


@pytest.mark.parametrize(("verb", "kind", "role"), VERBS)
def test_nobody_takes_from_the_vial_of_another_clinic(
    other_clinic: dict[str, User],
    vial: Vial,
    verb: Callable[..., LedgerEntry],
    kind: str,
    role: str,
) -> None:
    said = {"at": NOW, "witness": other_clinic["nurse2"], "reason": "as said"}
    with pytest.raises(RefusedError, match="not in this clinic's stock"):
        verb(Actor.as_user(other_clinic[role], NOW), vial.pk, D(1), **said)


@pytest.mark.parametrize(("verb", "kind", "role"), VERBS)
def test_therapists_and_the_front_desk_take_nothing_out(
    by: By,
    people: dict[str, User],
    vial: Vial,
    verb: Callable[..., LedgerEntry],
    kind: str,
    role: str,
) -> None:
    for who in ("therapist", "front_desk", "owner"):
        with pytest.raises(NotAllowedError):
            verb(by(who), vial.pk, D(1), at=NOW, witness=people["nurse2"], reason="x")


def test_a_reversal_restores_the_balance_once_and_is_not_itself_reversed(
    by: By, people: dict[str, User], vial: Vial
) -> None:
    custodian, said = by("custodian"), {"witness": people["nurse2"], "reason": "wrong vial"}
    row = actions.record_breakage(custodian, vial.pk, D(3), at=NOW, **said)
    undone = actions.reverse(custodian, row.pk, **said)
    assert (undone.amount, undone.balance_after, undone.reverses) == (D(3), D(10), row)
    with pytest.raises(RefusedError, match="reversed already"):
        actions.reverse(custodian, row.pk, **said)
    with pytest.raises(RefusedError, match="itself a reversal"):
        actions.reverse(custodian, undone.pk, **said)
    other = actions.record_breakage(custodian, vial.pk, D(1), at=NOW, **said)
    for witness in (None, people["custodian"], people["therapist"]):
        with pytest.raises(WitnessError):
            actions.reverse(custodian, other.pk, witness=witness, reason="x")
    with pytest.raises(RefusedError, match="needs a reason"):
        actions.reverse(custodian, other.pk, witness=people["nurse2"], reason=" ")
    for who in ("nurse", "prescriber", "owner", "therapist"):
        with pytest.raises(NotAllowedError):
            actions.reverse(by(who), row.pk, **said)


def test_a_reversal_that_later_rows_depend_on_is_refused(
    by: By, people: dict[str, User], vial: Vial
) -> None:
    said = {"witness": people["nurse2"], "reason": "booked twice"}
    actions.record_breakage(by("custodian"), vial.pk, D(3), at=NOW, **said)
    received = vial.entries.get(kind="receive")
    with pytest.raises(RefusedError, match="K-001 has 7 mL, which is less than 10 mL"):
        actions.reverse(by("custodian"), received.pk, **said)


def test_a_sessions_rows_are_undone_in_the_session(
    by: By, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    event = SessionEvent(
        stream=f"session:{session.pk}", session=session, kind="prepare", at=NOW, entered_at=NOW,
        by=people["nurse"], by_name="x",
    ).append()  # fmt: skip
    row = postings.draw(by("nurse"), vial.pk, D(1), session=session, event=event, at=NOW)
    with pytest.raises(RefusedError, match="Correct the event there"):
        actions.reverse(by("custodian"), row.pk, witness=people["nurse2"], reason="x")


def test_the_overview_says_what_is_held_open_and_running_out(
    by: By, clinic: Clinic, vial: Vial, session: TreatmentSession
) -> None:
    vial.lot.expires_on = NOW.date() + timedelta(days=10)
    vial.lot.opened_lasts_h = 6
    vial.lot.save()
    assert overview(clinic, NOW).held == ()
    postings.draw(by("nurse"), vial.pk, D("0.7"), session=session, event=None, at=NOW)
    shown = overview(clinic, NOW)
    assert [(h.session, h.amount, h.unit) for h in shown.held] == [(session, D("0.7"), "mL")]
    (drug,) = shown.drugs
    assert (drug.amount, drug.mg, drug.usable_mg, drug.lots[0].soon) == (
        D("9.3"), D("465"), D("465"), True,
    )  # fmt: skip
    assert [s.open_until for s in shown.open_vials] == [NOW + timedelta(hours=6)]
    later = overview(clinic, NOW + timedelta(days=11))
    assert (later.drugs[0].usable_mg, later.drugs[0].lots[0].expired) == (D(0), True)
