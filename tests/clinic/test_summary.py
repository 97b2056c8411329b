"""The clinic in numbers: right where it speaks, silent where it would single people out."""

import csv
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from clinic import cast
from clinic.chair import Chair
from reprieve.clinic.accounts.models import User
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.today import cells
from reprieve.clinic.today.facts import Fact, facts
from reprieve.clinic.today.summary import tables
from reprieve.clinic.treatments.models import TreatmentSession

PLAIN = Fact(
    patient=UUID(int=0), month="2026-11", protocol="IV", route="iv", given=True, decided=True,
    held=False, adverse=False, severe=False, symptoms=frozenset(), stay_min=120.0,
    drawn_mg=Decimal(50), wasted_mg=Decimal(15),
)  # fmt: skip


def sessions(patients: int, each: int = 1, **fields: object) -> list[Fact]:
    """So many patients with so many sessions each."""
    people = [uuid4() for _ in range(patients)]
    return [replace(PLAIN, patient=p, **fields) for p in people for _ in range(each)]  # type: ignore[arg-type]


def row(found: list[Fact], key: str = "protocol") -> dict[str, str]:
    table = next(t for t in tables(found) if t.key == key)
    return dict(zip(table.columns, table.rows[0], strict=True))


def test_rates_are_of_the_sessions_they_name() -> None:
    found = [*sessions(10), *sessions(10, adverse=True), *sessions(5, given=False, held=True)]
    seen = row(found)
    assert (seen["Sessions held"], seen["Patients"]) == ("20", "20")
    assert seen["With an adverse event"] == "10"
    assert (seen["Adverse, share"], seen["Held, share"]) == ("50 %", "20 %")
    assert seen["Drug wasted"] == "30.0 %"
    assert seen["Start to leaving, median min"] == "120"


def test_many_sessions_of_few_people_are_withheld() -> None:
    found = row(sessions(4, each=50))
    assert found["Patients"] == "<5"
    assert "200" not in found.values()
    assert found["Drug wasted"] == "withheld"


def test_a_rare_event_is_hidden_and_so_is_its_complement() -> None:
    rare = row([*sessions(20), *sessions(3, adverse=True)])
    assert rare["With an adverse event"] == "<5"
    assert rare["Adverse, share"] == "withheld"
    common = row([*sessions(3), *sessions(20, adverse=True)])
    assert common["With an adverse event"] == "withheld"


@given(st.integers(0, 60), st.integers(0, 60))
def test_no_share_ever_gives_away_one_to_four_people(n: int, rest: int) -> None:
    shown = cells.share(n, n + rest)
    if 0 < n < 5 or 0 < rest < 5:
        assert shown.percent == "withheld"
        assert shown.count != str(n)


def test_a_side_effect_of_one_talkative_patient_is_not_shown() -> None:
    one = [replace(f, symptoms=frozenset({"nausea"})) for f in sessions(1, each=30)]
    table = next(t for t in tables([*one, *sessions(10)]) if t.key == "symptoms")
    assert table.rows == (("nausea", "<5", "withheld"),)


def test_a_held_session_is_read_from_its_events_and_its_ledger(
    session: TreatmentSession, people: dict[str, User], vial: Vial
) -> None:
    chair = Chair(session, people, vial)
    chair.started()
    chair.does("nurse", "adverse", 20, what="vomiting", severity="moderate")
    chair.does("nurse", "observation", 20, symptom="nausea", severity="mild")
    chair.recovered()
    chair.does("nurse", "discharge", 136)
    (fact,) = facts(session.clinic, cast.NOW.date(), cast.NOW.date().replace(day=3))
    assert (fact.given, fact.decided, fact.held, fact.adverse) == (True, True, False, True)
    assert (fact.stay_min, fact.symptoms) == (126, frozenset({"nausea"}))
    assert fact.drawn_mg == 35


def test_who_may_read_it_and_that_no_name_is_in_it(
    as_role: Callable[[str], Client], session: TreatmentSession
) -> None:
    may = {"researcher", "owner", "prescriber"}
    for role in (*may, "nurse", "front_desk", "custodian", "therapist"):
        status = 200 if role in may else 403
        for url in ("/summary/", "/summary/csv/"):
            answer = as_role(role).get(url)
            assert answer.status_code == status
            assert session.patient.family_name not in answer.content.decode()


def test_the_csv_holds_the_numbers_of_the_page(
    as_role: Callable[[str], Client], session: TreatmentSession, people: dict[str, User], vial: Vial
) -> None:
    Chair(session, people, vial).arrives()
    asked = {"first": "2026-11-01", "last": "2026-11-30"}
    text = as_role("researcher").get("/summary/csv/", asked).content.decode()
    rows = list(csv.reader(StringIO(text)))
    assert rows[0] == ["table", "group", "measure", "value"]
    assert ["protocol", "Ketamine by vein over 40 minutes", "Sessions held", "withheld"] in rows
    assert any(r[2] == "Adverse, share" for r in rows)


@pytest.mark.parametrize("last", ["2025-01-01", "soon", ""])
def test_a_period_that_is_none_is_said_so(as_role: Callable[[str], Client], last: str) -> None:
    answer = as_role("researcher").get("/summary/", {"first": "2026-01-01", "last": last})
    assert answer.status_code == 422
