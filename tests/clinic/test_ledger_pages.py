"""The ledger in the browser: every page for who may, nothing for others, errors beside the form."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.ledger import postings
from reprieve.clinic.ledger.counting import take_count
from reprieve.clinic.ledger.losing import report_loss
from reprieve.clinic.ledger.models import Count, CountLine, LedgerEntry, Loss, Lot, Vial
from reprieve.clinic.treatments.models import TreatmentSession

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
D = Decimal
WITNESS = {"second_username": "nurse2", "second_password": cast.PASSWORD}


@pytest.fixture
def count(people: dict[str, User], vial: Vial) -> Count:
    """A count that found 1 mL too little."""
    nurse = Actor.as_user(people["nurse"])
    return take_count(nurse, "opening", {vial.pk: D(9)}, second=people["nurse2"])


@pytest.fixture
def loss(people: dict[str, User], vial: Vial) -> Loss:
    now = timezone.now()
    return report_loss(
        Actor.as_user(people["nurse"], now), kind="transit", drug="ketamine",
        lot_id=vial.lot_id, amount=D(10), unit="mL", discovered_at=now, description="box empty",
    )  # fmt: skip


def addresses(vial: Vial, count: Count, loss: Loss) -> Iterator[tuple[str, set[str]]]:
    """Every address with the roles that may open it."""
    readers = {"owner", "prescriber", "nurse", "custodian"}
    floor = {"prescriber", "nurse", "custodian"}
    line = CountLine.objects.get()
    row = LedgerEntry.objects.get(kind="receive")
    for name, args, roles in [
        ("home", [], readers),
        ("rules", [], readers),
        ("lot", [vial.lot_id], readers),
        ("vial", [vial.pk], readers),
        ("receive", [], {"custodian"}),
        ("break", [vial.pk], floor),
        ("waste", [vial.pk], floor),
        ("send_back", [vial.pk], {"custodian"}),
        ("reverse", [row.pk], {"custodian"}),
        ("counts", [], readers),
        ("count_opening", [], floor),
        ("count_closing", [], floor),
        ("count_inventory", [], {"custodian"}),
        ("count_vial", [vial.pk], floor),
        ("count", [count.pk], readers),
        ("count_pdf", [count.pk], readers),
        ("explain", [line.pk], floor),
        ("losses", [], readers),
        ("loss_new", [], floor),
        ("loss", [loss.pk], readers),
        ("loss_pdf", [loss.pk], readers),
        ("register", [], readers),
        ("register_csv", [], readers),
        ("register_pdf", [], readers),
        ("signals", [], {"owner", "custodian"}),
    ]:
        yield reverse(f"ledger:{name}", args=args), roles


def test_each_page_opens_for_those_who_may_and_for_nobody_else(
    as_role: AsRole, vial: Vial, count: Count, loss: Loss
) -> None:
    for role in ("owner", "prescriber", "nurse", "custodian", "therapist", "front_desk"):
        client = as_role(role)
        for address, roles in addresses(vial, count, loss):
            wanted = 200 if role in roles else 403
            assert client.get(address).status_code == wanted, (role, address)


def test_the_rows_of_another_clinic_are_not_found(
    other_clinic: dict[str, User], vial: Vial, count: Count, loss: Loss
) -> None:
    client = Client()
    client.force_login(
        other_clinic["custodian"], "django.contrib.auth.backends.ModelBackend"
    )  # fmt: skip
    for address, _ in addresses(vial, count, loss):
        ours = any(str(x) in address for x in (vial.pk, vial.lot_id, count.pk, loss.pk))
        owned = ours or "/rows/" in address or "/lines/" in address
        assert client.get(address).status_code == (404 if owned else 200), address
    assert "K-001" not in client.get(reverse("ledger:home")).content.decode()


def test_a_delivery_is_received_and_shown_in_stock(as_role: AsRole) -> None:
    client = as_role("custodian")
    sent = {
        "drug": "ketamine", "product": "Ketamine 50 mg/mL", "number": "L7", "unit": "mL",
        "mg_per_unit": "50", "units_per_vial": "10", "expires_on": "2099-12-31",
        "labels": "K-1, K-2\nK-3", "at": "2026-01-05T08:00",
    }  # fmt: skip
    answer = client.post(reverse("ledger:receive"), sent)
    lot = Lot.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("ledger:lot", args=[lot.pk])
    assert [v.label for v in lot.vials.all()] == ["K-1", "K-2", "K-3"]
    page = client.get(reverse("ledger:home")).content.decode()
    assert "30 mL" in page
    assert "1500 mg" in page
    again = client.post(reverse("ledger:receive"), sent)
    assert again.status_code == 422
    assert "has K-1, K-2, K-3 already" in again.content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"second_password": "wrong"}, "not of an active person"),
        ({"second_username": "nurse"}, "somebody else than you"),
        ({"second_username": "therapist"}, "may not do this"),
        ({"second_username": ""}, "This field is required"),
        ({"reason": ""}, "This field is required"),
        ({"amount": "11"}, "K-001 has 10 mL"),
        ({"amount": "ten"}, "Enter a number"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": "0.0001"}, "no more than 3 decimal places"),
        ({"amount": "-1"}, "expected more than 0"),
        ({"at": "2099-01-01T00:00"}, "has not come yet"),
        ({"at": "yesterday"}, "Enter a valid date/time"),
        ({"at": "0001-01-01T00:00"}, "between the years 2000 and 2100"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_form_and_stores_nothing(
    as_role: AsRole, vial: Vial, change: dict[str, str], words: str
) -> None:
    sent = {"amount": "2", "at": "2026-11-02T09:00", "reason": "dropped", **WITNESS, **change}
    answer = as_role("nurse").post(reverse("ledger:break", args=[vial.pk]), sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert cast.PASSWORD not in answer.content.decode()
    vial.refresh_from_db()
    assert vial.balance == 10


def test_breakage_is_recorded_with_its_witness(as_role: AsRole, vial: Vial) -> None:
    sent = {"amount": "2", "at": "2026-11-02T09:00", "reason": "dropped", **WITNESS}
    answer = as_role("nurse").post(reverse("ledger:break", args=[vial.pk]), sent)
    assert answer.status_code == 302
    row = LedgerEntry.objects.get(kind="break")
    assert (row.balance_after, row.witness, row.reason) == (
        D(8), User.objects.get(username="nurse2"), "dropped",
    )  # fmt: skip


def test_times_typed_are_of_the_clinics_zone(as_role: AsRole, vial: Vial) -> None:
    clinic = vial.lot.clinic
    clinic.time_zone = "America/New_York"
    clinic.save()
    sent = {"amount": "2", "at": "2026-11-02T09:00", "reason": "dropped", **WITNESS}
    as_role("nurse").post(reverse("ledger:break", args=[vial.pk]), sent)
    assert LedgerEntry.objects.get(kind="break").at.isoformat() == "2026-11-02T14:00:00+00:00"
    page = as_role("nurse").get(reverse("ledger:vial", args=[vial.pk])).content.decode()
    assert "2 Nov 2026<br>09:00" in page


def test_a_count_is_blind_until_it_is_entered(as_role: AsRole, vial: Vial) -> None:
    client = as_role("nurse")
    vial.balance = D("7.431")
    vial.save()
    address = reverse("ledger:count_closing")
    assert "7.431" not in client.get(address).content.decode()
    wrong = client.post(address, {str(vial.pk): "5", **WITNESS, "second_password": "x"})
    assert wrong.status_code == 422
    assert "7.431" not in wrong.content.decode()
    answer = client.post(address, {str(vial.pk): "5", **WITNESS})
    assert answer.status_code == 302
    shown = client.get(answer["Location"]).content.decode()
    assert "7.431" in shown
    assert "1 difference to explain" in shown


def test_a_difference_is_explained_on_its_page_and_a_theft_starts_its_clocks(
    as_role: AsRole, count: Count, vial: Vial
) -> None:
    client = as_role("nurse")
    line = count.lines.get()
    sent = {"counted_again": "9", "cause": "theft", "reason": "the safe was open", **WITNESS}
    answer = client.post(reverse("ledger:explain", args=[line.pk]), sent)
    assert answer.status_code == 302
    vial.refresh_from_db()
    assert vial.balance == 9
    loss = Loss.objects.get()
    assert (loss.amount, loss.mg) == (D(1), D(50))
    home = client.get(reverse("ledger:home")).content.decode()
    assert reverse("ledger:loss", args=[loss.pk]) in home
    assert "Written notice to the DEA Field Division Office" in home
    custodian = as_role("custodian")
    step = {"kind": "notice", "at": loss.discovered_at.strftime("%Y-%m-%dT%H:%M"), "note": ""}
    refused = custodian.post(reverse("ledger:loss", args=[loss.pk]), step)
    assert refused.status_code == 422
    assert "Give the reference" in refused.content.decode()


def test_the_register_names_patients_only_when_asked_and_then_logs_it(
    as_role: AsRole, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    nurse = Actor.as_user(people["nurse"])
    postings.draw(nurse, vial.pk, D(1), session=session, event=None, at=nurse.now)
    custodian = as_role("custodian")
    address = reverse("ledger:register")
    today = timezone.now().date().isoformat()
    plain = custodian.get(address).content.decode()
    assert "T-001" not in plain
    assert "Patient T-001" not in plain
    named = custodian.get(address, {"first": today, "last": today, "names": "on"})
    assert "T-001" in named.content.decode()
    read = AuditEvent.objects.get(kind="read", verb="controlled-drug register")
    assert read.patient_id == session.patient_id
    owner = as_role("owner").get(address, {"first": today, "last": today, "names": "on"})
    assert "T-001" not in owner.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"first": "2026-02-01", "last": "2026-01-01"},
        {"first": "2016-02-01", "last": "2026-01-01"},
        {"first": "soon", "last": "2026-01-01"},
        {"first": "0001-01-01", "last": "0001-01-02"},
        {"first": "9999-12-31", "last": "9999-12-31"},
    ],
)
def test_a_period_that_cannot_be_is_refused_and_never_an_error_of_the_server(
    as_role: AsRole, vial: Vial, query: dict[str, str]
) -> None:
    for name in ("register", "register_csv", "register_pdf", "signals"):
        answer = as_role("custodian").get(reverse(f"ledger:{name}"), query)
        assert answer.status_code in (400, 422), (name, query)


def test_the_pdf_is_a_pdf(as_role: AsRole, vial: Vial, count: Count, loss: Loss) -> None:
    for name, args in (("register_pdf", []), ("count_pdf", [count.pk]), ("loss_pdf", [loss.pk])):
        answer = as_role("custodian").get(reverse(f"ledger:{name}", args=args))
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")


def test_a_row_of_the_stock_is_reversed_on_its_page(as_role: AsRole, vial: Vial) -> None:
    row = LedgerEntry.objects.get()
    address = reverse("ledger:reverse", args=[row.pk])
    client = as_role("custodian")
    assert address in client.get(reverse("ledger:vial", args=[vial.pk])).content.decode()
    answer = client.post(address, {"reason": "booked twice", **WITNESS})
    assert answer.status_code == 302
    vial.refresh_from_db()
    assert vial.balance == 0
    again = client.post(address, {"reason": "booked twice", **WITNESS})
    assert again.status_code == 422
    assert "reversed already" in again.content.decode()


def test_those_who_read_sessions_come_from_a_row_to_its_session(
    as_role: AsRole, people: dict[str, User], vial: Vial, session: TreatmentSession
) -> None:
    nurse = Actor.as_user(people["nurse"])
    postings.draw(nurse, vial.pk, D(1), session=session, event=None, at=nurse.now)
    for role, leads in (("nurse", True), ("custodian", False)):
        home = as_role(role).get(reverse("ledger:home")).content.decode()
        for name in ("treatments:cockpit", "treatments:paper"):
            assert (f'href="{reverse(name, args=[session.pk])}"' in home) is leads
