"""Drawing, giving, wasting and putting back: every unit is somewhere, and nobody acts alone."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.errors import RefusedError, WitnessError
from reprieve.clinic.ledger import postings
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession

pytestmark = pytest.mark.django_db
NOW = cast.NOW
D = Decimal
By = Callable[[str], Actor]


def an_event(session: TreatmentSession, user: User, kind: str = "prepare") -> SessionEvent:
    return SessionEvent(
        stream=f"session:{session.pk}",
        session=session,
        kind=kind,
        at=NOW,
        entered_at=NOW,
        by=user,
        by_name=str(user),
    ).append()


def draw(by: Actor, vial: Vial, amount: str, session: TreatmentSession) -> LedgerEntry:
    return postings.draw(by, vial.pk, D(amount), session=session, event=None, at=NOW)


def test_what_is_drawn_is_given_and_wasted_to_the_last_microlitre(
    by: By, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    nurse = by("nurse")
    event = an_event(session, people["nurse"])
    row = postings.draw(nurse, vial.pk, D("0.7"), session=session, event=event, at=NOW)
    assert (row.balance_before, row.amount, row.balance_after) == (D(10), D("-0.7"), D("9.3"))
    assert postings.held(session) == D("0.7")
    postings.give(nurse, session, D("0.655"), event=None, at=NOW)
    assert postings.held(session) == D("0.045")
    postings.waste(
        nurse, session, D("0.045"), event=None, at=NOW, witness=people["nurse2"], reason="left over"
    )
    assert postings.held(session) == 0
    vial.refresh_from_db()
    assert vial.balance == D("9.3")
    assert vial.opened_at == NOW
    assert list(faults(LedgerEntry.objects.all())) == []
    assert {r.event_id for r in session.drug.filter(kind="draw")} == {event.pk}


def test_one_preparation_may_take_from_several_vials_and_is_used_in_the_order_of_drawing(
    by: By, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    second = cast.make_vial(vial.lot, people["custodian"], "K-002")
    draws = [(second.pk, D(4)), (vial.pk, D(10))]
    postings.draw_all(by("nurse"), draws, session=session, event=None, at=NOW)
    given = postings.give(by("nurse"), session, D(6), event=None, at=NOW)
    assert [(r.vial_id, r.held) for r in given] == [(second.pk, D(-4)), (vial.pk, D(-2))]
    assert postings.held_by_vial(session) == {second.pk: D(0), vial.pk: D(8)}


def test_drawing_from_several_vials_is_all_or_nothing(
    by: By, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    second = cast.make_vial(vial.lot, people["custodian"], "K-002", D(1))
    with pytest.raises(RefusedError, match=r"K-002 has 1 mL, which is less than 4 mL"):  # noqa: SIM117
        with transaction.atomic():
            postings.draw_all(
                by("nurse"), [(vial.pk, D(1)), (second.pk, D(4))], session=session, event=None,
                at=NOW,
            )  # fmt: skip
    assert postings.held(session) == 0


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "more than 0"),
        ("-1", "more than 0"),
        ("0.0001", "counts to 0.001"),
        ("NaN", "give a number"),
        ("Infinity", "give a number"),
        ("1000000", "up to 999999.999"),
        ("10.001", "K-001 has 10 mL, which is less than 10.001 mL"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_in_words(
    by: By, vial: Vial, session: TreatmentSession, amount: str, words: str
) -> None:
    with pytest.raises(RefusedError, match=words):
        draw(by("nurse"), vial, amount, session)


def test_a_part_of_a_device_is_refused(
    by: By, clinic: Clinic, people: dict[str, User], session: TreatmentSession
) -> None:
    lot = cast.make_lot(clinic, number="D", unit="device", mg_per_unit=D(28), units_per_vial=D(2))
    kit = cast.make_vial(lot, people["custodian"], "kit 1")
    with pytest.raises(RefusedError, match="a device is counted whole"):
        draw(by("nurse"), kit, "1.5", session)


def test_a_vial_of_another_drug_is_refused(
    by: By, clinic: Clinic, people: dict[str, User], session: TreatmentSession
) -> None:
    lot = cast.make_lot(clinic, number="E", drug="esketamine")
    other = cast.make_vial(lot, people["custodian"], "E-1")
    with pytest.raises(RefusedError, match="holds esketamine; this session is of ketamine"):
        draw(by("nurse"), other, "1", session)
    assert other not in postings.available(clinic, "ketamine", NOW)


def test_a_vial_is_good_until_the_end_of_its_last_day_in_the_clinics_own_zone(
    by: By, clinic: Clinic, vial: Vial, session: TreatmentSession
) -> None:
    clinic.time_zone = "America/New_York"
    clinic.save()
    vial.lot.expires_on = NOW.date()
    vial.lot.save()
    midnight_there = NOW.replace(hour=0) + timedelta(days=1, hours=5)
    assert postings.available(clinic, "ketamine", midnight_there - timedelta(seconds=1)) == [vial]
    assert postings.available(clinic, "ketamine", midnight_there) == []
    with pytest.raises(RefusedError, match=r"expired on 02 Nov 2026\. Take another vial"):
        postings.draw(
            by("nurse"), vial.pk, D(1), session=session, event=None, at=midnight_there
        )  # fmt: skip


def test_an_opened_vial_is_used_for_as_long_as_its_lot_says(
    by: By, clinic: Clinic, vial: Vial, session: TreatmentSession
) -> None:
    vial.lot.opened_lasts_h = 6
    vial.lot.save()
    draw(by("nurse"), vial, "1", session)
    late = NOW + timedelta(hours=6)
    assert postings.available(clinic, "ketamine", late - timedelta(seconds=1)) == [vial]
    assert postings.available(clinic, "ketamine", late) == []
    with pytest.raises(RefusedError, match="may be used for 6 h after that"):
        postings.draw(by("nurse"), vial.pk, D(1), session=session, event=None, at=late)


def test_an_empty_vial_is_refused(by: By, vial: Vial, session: TreatmentSession) -> None:
    draw(by("nurse"), vial, "10", session)
    with pytest.raises(RefusedError, match="K-001 is empty"):
        draw(by("nurse"), vial, "0.001", session)


def test_no_more_is_given_or_wasted_than_is_held(
    by: By, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    with pytest.raises(RefusedError, match="Nothing was drawn"):
        postings.give(by("nurse"), session, D(1), event=None, at=NOW)
    draw(by("nurse"), vial, "1", session)
    with pytest.raises(RefusedError, match="more than the 1 that the session still holds"):
        postings.give(by("nurse"), session, D("1.001"), event=None, at=NOW)
    with pytest.raises(RefusedError, match="more than the 1 that the session still holds"):
        postings.waste(
            by("nurse"), session, D(2), event=None, at=NOW, witness=people["nurse2"], reason="x"
        )


@pytest.mark.parametrize("who", [None, "nurse", "therapist", "front_desk", "owner"])
def test_waste_needs_a_witness_who_is_another_and_may(
    by: By, people: dict[str, User], vial: Vial, session: TreatmentSession, who: str | None
) -> None:
    draw(by("nurse"), vial, "1", session)
    witness = people[who] if who else None
    with pytest.raises(WitnessError):
        postings.waste(
            by("nurse"), session, D(1), event=None, at=NOW, witness=witness, reason="left over"
        )
    assert postings.held(session) == 1


def test_a_witness_of_another_clinic_or_who_left_is_refused(
    by: By,
    people: dict[str, User],
    other_clinic: dict[str, User],
    vial: Vial,
    session: TreatmentSession,
) -> None:
    draw(by("nurse"), vial, "1", session)
    people["nurse2"].is_active = False
    people["nurse2"].save()
    for witness in (other_clinic["nurse"], people["nurse2"]):
        with pytest.raises(WitnessError, match="not an active person of this clinic"):
            postings.waste(
                by("nurse"), session, D(1), event=None, at=NOW, witness=witness, reason="x"
            )


def test_waste_needs_a_reason(
    by: By, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    draw(by("nurse"), vial, "1", session)
    with pytest.raises(RefusedError, match="needs a reason"):
        postings.waste(
            by("nurse"), session, D(1), event=None, at=NOW, witness=people["nurse2"], reason=" "
        )


def test_another_clinics_vial_and_session_do_not_exist(
    by: By, other_clinic: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    elsewhere = Actor.as_user(other_clinic["nurse"], NOW)
    with pytest.raises(RefusedError, match="not of this clinic"):
        draw(elsewhere, vial, "1", session)
    theirs = cast.make_vial(
        cast.make_lot(elsewhere.clinic, number="X"), other_clinic["custodian"], "X-1"
    )
    with pytest.raises(RefusedError, match="not in this clinic's stock"):
        draw(by("nurse"), theirs, "1", session)


def test_a_session_holds_one_form_at_a_time(
    by: By, clinic: Clinic, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    lot = cast.make_lot(clinic, number="D", unit="device", mg_per_unit=D(28), units_per_vial=D(3))
    kit = cast.make_vial(lot, people["custodian"], "kit 1")
    draw(by("nurse"), vial, "1", session)
    with pytest.raises(RefusedError, match="do not mix mL, devices and tablets"):
        draw(by("nurse"), kit, "1", session)
    postings.give(by("nurse"), session, D(1), event=None, at=NOW)
    draw(by("nurse"), kit, "1", session)


def test_unused_devices_go_back_and_what_was_in_a_syringe_does_not(
    by: By, clinic: Clinic, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    nurse = by("nurse")
    draw(nurse, vial, "1", session)
    with pytest.raises(RefusedError, match="does not go back to the stock"):
        postings.put_back(nurse, session, vial.pk, D(1), event=None, at=NOW)
    postings.give(nurse, session, D(1), event=None, at=NOW)
    lot = cast.make_lot(clinic, number="D", unit="device", mg_per_unit=D(28), units_per_vial=D(3))
    kit = cast.make_vial(lot, people["custodian"], "kit 1")
    draw(nurse, kit, "3", session)
    row = postings.put_back(nurse, session, kit.pk, D(1), event=None, at=NOW)
    assert (row.balance_after, postings.held(session)) == (D(1), D(2))
    with pytest.raises(RefusedError, match="more than the 2 devices"):
        postings.put_back(nurse, session, kit.pk, D(3), event=None, at=NOW)


def test_voiding_an_event_puts_back_what_it_moved_and_only_once(
    by: By, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    nurse = by("nurse")
    second = cast.make_vial(vial.lot, people["custodian"], "K-002")
    event = an_event(session, people["nurse"])
    postings.draw_all(
        nurse, [(vial.pk, D(2)), (second.pk, D(3))], session=session, event=event, at=NOW
    )

    def undo() -> tuple[LedgerEntry, ...]:
        return postings.undo_event(
            nurse, event, correction=None, at=NOW, witness=people["nurse2"], reason="wrong patient"
        )

    given = an_event(session, people["nurse"], "stop")
    postings.give(nurse, session, D(1), event=given, at=NOW)
    with (
        pytest.raises(RefusedError, match="given, wasted or returned already"),
        transaction.atomic(),
    ):
        undo()
    postings.undo_event(
        nurse, given, correction=None, at=NOW, witness=people["nurse2"], reason="not given"
    )
    assert len(undo()) == 2
    assert undo() == ()
    assert postings.held(session) == 0
    assert {v.balance for v in Vial.objects.all()} == {D(10)}
    assert list(faults(LedgerEntry.objects.all())) == []


def test_rows_cannot_be_changed_or_removed_and_a_balance_never_goes_below_zero(
    vial: Vial,
) -> None:
    for statement in (
        "UPDATE ledger_ledgerentry SET amount = 1",
        "DELETE FROM ledger_ledgerentry",
        "UPDATE ledger_vial SET balance = -1",
    ):
        with pytest.raises(Exception, match=r"append-only|vial_not_below_zero"):  # noqa: SIM117
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
