"""The register: nothing missing, totals that add up, and numbers about people without verdicts."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.verify import faults
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger import actions, postings
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.ledger.overview import held_in_sessions
from reprieve.clinic.ledger.register import STOCK, Period, as_csv, entries, totals
from reprieve.clinic.ledger.signals import signals
from reprieve.clinic.treatments.models import TreatmentSession

pytestmark = pytest.mark.django_db
NOW = cast.NOW
D = Decimal
By = Callable[[str], Actor]
TODAY = Period(NOW.date(), NOW.date())


@pytest.fixture
def day(by: By, people: dict[str, User], vial: Vial, session: TreatmentSession) -> TreatmentSession:
    """One session of a day: 1 mL drawn, 0.7 given, 0.3 wasted; 2 mL spilt from the vial."""
    nurse, two = by("nurse"), people["nurse2"]
    postings.draw(nurse, vial.pk, D(1), session=session, event=None, at=NOW)
    postings.give(nurse, session, D("0.7"), event=None, at=NOW)
    postings.waste(
        nurse, session, D("0.3"), event=None, at=NOW, witness=two, reason="=left()"
    )  # fmt: skip
    actions.record_breakage(nurse, vial.pk, D(2), at=NOW, witness=two, reason="fell")
    return session


def test_a_period_opens_with_what_was_there_and_closes_with_what_is_left(
    clinic: Clinic, vial: Vial, day: TreatmentSession
) -> None:
    (total,) = totals(clinic, TODAY)
    assert (total.opening, total.closing, total.closing_mg) == (D(10), D(7), D(350))
    assert dict(zip(STOCK, total.columns, strict=True))["draw"] == D(-1)
    assert total.opening + sum(total.columns) == total.closing
    assert total.of_drawn == [D(1), D("0.7"), D("0.3"), D(0), D(0), D(0)]
    yesterday = NOW.date() - timedelta(days=1)
    (before,) = totals(clinic, Period(yesterday, yesterday))
    assert (before.opening, before.closing) == (D(0), D(10))
    tomorrow = NOW.date() + timedelta(days=1)
    (after,) = totals(clinic, Period(tomorrow, tomorrow))
    assert after.opening == after.closing == D(7)


def test_the_csv_says_what_the_rows_say_and_runs_no_formula(
    clinic: Clinic, day: TreatmentSession
) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(clinic, TODAY, names=False))))
    assert [(r["movement"], r["in"], r["out"], r["session has"]) for r in rows] == [
        ("drawn", "", "1", "1"),
        ("given", "", "", "-0.7"),
        ("wasted", "", "", "-0.3"),
        ("broken or spilt", "", "2", ""),
    ]
    assert [r["vial after"] for r in rows] == ["9", "9", "9", "7"]
    assert rows[2]["reason"] == "'=left()"
    assert rows[2]["witness"] == "Test Nurse2"
    assert {r["patient"] for r in rows} == {""}
    found = {str(r.pk): r.digest for r in LedgerEntry.objects.all()}
    assert all(found[r["row"]] == r["digest"] for r in rows)


def test_a_named_register_carries_name_number_and_address(
    clinic: Clinic, day: TreatmentSession
) -> None:
    day.patient.address = "1 Invented Road\nExampletown"
    day.patient.save()
    rows = list(csv.DictReader(io.StringIO(as_csv(clinic, TODAY, names=True))))
    assert (rows[0]["patient number"], rows[0]["patient"], rows[0]["address"]) == (
        "T-001", "Patient T-001, Test", "1 Invented Road Exampletown",
    )  # fmt: skip
    assert rows[3]["patient"] == ""


def test_a_register_ends_with_the_clinics_own_day(clinic: Clinic, day: TreatmentSession) -> None:
    clinic.time_zone = "Pacific/Auckland"  # 9:00 UTC is 22:00 there, still the same day
    assert entries(clinic, TODAY).count() == 4
    clinic.time_zone = "Pacific/Kiritimati"  # 23:00 there
    assert entries(clinic, TODAY).count() == 4
    clinic.time_zone = "Pacific/Pago_Pago"  # 22:00 of the day before
    assert entries(clinic, TODAY).count() == 0


@pytest.mark.parametrize("given", ["4.316", "0.003", "4.449"])
def test_a_session_that_used_what_it_drew_holds_exactly_nothing(
    by: By, people: dict[str, User], clinic: Clinic, vial: Vial, session: TreatmentSession,
    given: str,
) -> None:  # fmt: skip
    """SQLite's own sum of these is not 0 but some 10^-16: that is not drug."""
    nurse, drawn = by("nurse"), D("4.450")
    postings.draw(nurse, vial.pk, drawn, session=session, event=None, at=NOW)
    postings.give(nurse, session, D(given), event=None, at=NOW)
    postings.waste(
        nurse, session, drawn - D(given), event=None, at=NOW, witness=people["nurse2"], reason="x"
    )
    TreatmentSession.objects.filter(pk=session.pk).update(phase="signed")
    assert held_in_sessions(clinic) == ()
    assert [f for f in faults() if "hold" in f or "more than" in f] == []
    assert totals(clinic, TODAY)[0].of_drawn[-1] == 0


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 2, 1), date(2026, 1, 1)),
        (date(2020, 1, 1), date(2026, 1, 1)),
        (date(1, 1, 1), date(1, 1, 2)),
        (date(9999, 12, 31), date(9999, 12, 31)),
    ],
)
def test_a_period_that_cannot_be_is_refused(clinic: Clinic, first: date, last: date) -> None:
    with pytest.raises(RefusedError, match="cannot be shown"):
        Period(first, last).span(clinic)


def test_another_clinic_sees_none_of_it(
    other_clinic: dict[str, User], day: TreatmentSession
) -> None:
    elsewhere = other_clinic["owner"].clinic
    assert totals(elsewhere, TODAY) == []
    assert entries(elsewhere, TODAY).count() == 0
    assert signals(elsewhere, TODAY).people == ()


def test_shares_of_waste_stand_by_person_and_by_vial_beside_the_clinics(
    clinic: Clinic, day: TreatmentSession
) -> None:
    found = signals(clinic, TODAY)
    (nurse,) = found.people
    assert (nurse.who, nurse.given, nurse.wasted, nurse.share, nurse.gone) == (
        "Test Nurse", D(35), D(15), D("30.0"), D(100),
    )  # fmt: skip
    assert found.clinic.share == D("30.0")
    assert found.pairs == (("Test Nurse", "Test Nurse2", 1),)
    assert [v.share for v in found.vials] == [D("30.0")]


def test_two_people_of_one_name_are_two_people(
    by: By, people: dict[str, User], clinic: Clinic, vial: Vial, day: TreatmentSession
) -> None:
    people["prescriber"].printed_name = people["nurse"].printed_name
    people["prescriber"].save()
    said = {"witness": people["nurse2"], "reason": "fell"}
    actions.waste_rest(by("prescriber"), vial.pk, D(1), at=NOW, **said)
    assert [(s.who, s.wasted, s.share) for s in signals(clinic, TODAY).people] == [
        ("Test Nurse", D(50), D("100.0")),
        ("Test Nurse", D(15), D("30.0")),
    ]


def test_a_long_register_is_shown_in_pages_and_printed_whole(
    by: By, people: dict[str, User], as_role: Callable[[str], Client], vial: Vial
) -> None:
    for n in range(70):
        said = {"at": NOW, "witness": people["nurse2"], "reason": f"drop number {n}."}
        actions.record_breakage(by("nurse"), vial.pk, D("0.01"), **said)
    client, query = as_role("custodian"), {"first": NOW.date(), "last": NOW.date()}
    first = client.get("/drugs/register/", query).content.decode()
    assert "drop number 5." in first
    assert "drop number 65." not in first
    assert "page 1 of 2, 70 rows" in first
    later = client.get("/drugs/register/", {**query, "page": 2}).content.decode()
    assert "drop number 65." in later
    assert "drop number 65." in client.get("/drugs/register/csv/", query).content.decode()
    last = client.get(f"/drugs/vials/{vial.pk}/").content.decode()
    assert "drop number 69." in last
    assert "drop number 5." not in last
    wild = client.get(f"/drugs/vials/{vial.pk}/", {"page": "x'"})
    assert wild.status_code == 200


def test_a_reversed_row_is_not_held_against_anybody(
    by: By, people: dict[str, User], clinic: Clinic, day: TreatmentSession
) -> None:
    row = LedgerEntry.objects.get(kind="break")
    actions.reverse(by("custodian"), row.pk, witness=people["nurse2"], reason="booked twice")
    found = {s.who: s for s in signals(clinic, TODAY).people}
    assert found["Test Nurse"].gone == 0
    assert found["Test Custodian"].reversed == 1


def test_a_late_entry_is_counted_and_badged(
    by: By, people: dict[str, User], clinic: Clinic, vial: Vial
) -> None:
    said = {"witness": people["nurse2"], "reason": "fell"}
    at = NOW - timedelta(hours=2)
    row = actions.record_breakage(by("nurse"), vial.pk, D(1), at=at, **said)
    assert row.late
    assert [s.late for s in signals(clinic, TODAY).people] == [1]


def test_pages_ask_the_database_as_often_for_forty_rows_as_for_four(
    by: By,
    people: dict[str, User],
    as_role: Callable[[str], Client],
    day: TreatmentSession,
    vial: Vial,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for n in range(36):
        said = {"at": NOW, "witness": people["nurse2"], "reason": f"drop {n}"}
        actions.record_breakage(by("nurse"), vial.pk, D("0.01"), **said)
    other = cast.make_vial(vial.lot, people["custodian"], "K-9")
    assert other.balance
    client = as_role("custodian")
    query = f"first={NOW.date()}&last={NOW.date()}"
    for address in ("/drugs/", f"/drugs/register/?{query}", f"/drugs/vials/{vial.pk}/"):
        with django_assert_max_num_queries(24):  # type: ignore[attr-defined]
            assert client.get(address).status_code == 200
