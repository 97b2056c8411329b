"""Losses are told once and followed until the authority has what it must have, in time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.ledger.clocks import (
    count_clocks,
    end_of_business,
    inventory_clock,
    loss_clocks,
    years_after,
)
from reprieve.clinic.ledger.counting import take_count
from reprieve.clinic.ledger.losing import add_step, report_loss
from reprieve.clinic.ledger.models import Loss, Vial
from reprieve.clinic.ledger.rules import SHIPPED, parse_rules, rules_of
from reprieve.errors import EvidenceError

NOW = cast.NOW  # a Monday
D = Decimal
By = Callable[[str], Actor]
NEW_YORK = ZoneInfo("America/New_York")


def a_loss(by: Actor, kind: str = "loss") -> Loss:
    return report_loss(
        by, kind=kind, drug="ketamine", lot_id=None, amount=D(2), unit="mL",
        discovered_at=by.now, description="not where it should be",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("discovered", "due"),
    [
        (datetime(2026, 11, 2, 9, tzinfo=NEW_YORK), datetime(2026, 11, 4, tzinfo=NEW_YORK)),
        (datetime(2026, 11, 6, 9, tzinfo=NEW_YORK), datetime(2026, 11, 10, tzinfo=NEW_YORK)),
        (datetime(2026, 11, 7, 9, tzinfo=NEW_YORK), datetime(2026, 11, 10, tzinfo=NEW_YORK)),
        # Friday evening there is Saturday in UTC: the clinic's own day counts
        (datetime(2026, 11, 7, 3, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=NEW_YORK)),
    ],
)
def test_one_business_day_ends_with_the_next_weekday(discovered: datetime, due: datetime) -> None:
    assert end_of_business(discovered, 1, NEW_YORK) == due


def test_two_years_after_a_leap_day_is_the_28th() -> None:
    start = datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert years_after(start, 2, ZoneInfo("UTC")) == datetime(2026, 3, 1, tzinfo=UTC)
    assert years_after(start, 4, ZoneInfo("UTC")) == datetime(2028, 3, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_a_loss_runs_two_clocks_that_its_steps_stop(by: By, clinic: Clinic) -> None:
    loss, rules = a_loss(by("nurse")), rules_of(clinic)

    def status(at: datetime) -> dict[str, str]:
        return {c.key: c.status for c in loss_clocks(Loss.objects.get(), at, rules)}

    assert status(NOW) == {"notice": "open", "form": "open"}
    assert status(NOW + timedelta(days=2)) == {"notice": "overdue", "form": "open"}
    assert status(NOW + timedelta(days=46)) == {"notice": "overdue", "form": "overdue"}
    add_step(by("custodian"), loss.pk, "notice", at=NOW, reference="e-mail, 09:30")
    add_step(by("custodian"), loss.pk, "form", at=NOW, reference="106-12345")
    assert status(NOW + timedelta(days=46)) == {"notice": "done", "form": "done"}


@pytest.mark.django_db
def test_the_last_judgment_of_significance_counts(by: By, clinic: Clinic) -> None:
    loss = a_loss(by("nurse"))
    for kind, status in (("not_significant", "off"), ("significant", "open")):
        add_step(by("custodian"), loss.pk, kind, at=NOW, note="0.1 mL of overfill")
        found = loss_clocks(Loss.objects.get(), NOW, rules_of(clinic))
        assert {c.status for c in found} == {status}


@pytest.mark.django_db
def test_what_an_inspector_would_miss_is_refused(by: By) -> None:
    loss, theft = a_loss(by("nurse")), a_loss(by("nurse"), "theft")
    custodian = by("custodian")
    for found, kind, more, words in [
        (loss, "notice", {}, "Give the reference"),
        (loss, "form", {"note": "sent"}, "Give the reference"),
        (loss, "significant", {"reference": "1"}, "Say why"),
        (theft, "not_significant", {"note": "small"}, "whatever its size"),
        (loss, "note", {"note": "x", "at": NOW - timedelta(days=1)}, "before the loss"),
        (loss, "note", {"note": "x", "at": NOW + timedelta(minutes=1)}, "not come yet"),
    ]:
        with pytest.raises(RefusedError, match=words):
            add_step(custodian, found.pk, kind, **{"at": NOW, **more})
    with pytest.raises(RefusedError, match="needs a reason"):
        report_loss(
            custodian, kind="loss", drug="ketamine", lot_id=None, amount=D(1), unit="mL",
            discovered_at=NOW, description=" ",
        )  # fmt: skip


@pytest.mark.django_db
def test_who_tells_and_who_follows_a_loss(by: By, other_clinic: dict[str, User]) -> None:
    for role in ("owner", "therapist", "front_desk"):
        with pytest.raises(NotAllowedError):
            a_loss(by(role))
    loss = a_loss(by("nurse"))
    with pytest.raises(NotAllowedError):
        add_step(by("nurse"), loss.pk, "note", at=NOW, note="x")
    elsewhere = Actor.as_user(other_clinic["custodian"], NOW)
    with pytest.raises(RefusedError, match="not of this clinic"):
        add_step(elsewhere, loss.pk, "note", at=NOW, note="x")


@pytest.mark.django_db
def test_the_inventory_is_owed_at_once_and_then_every_two_years(
    by: By, people: dict[str, User], clinic: Clinic, vial: Vial
) -> None:
    first = inventory_clock(clinic, NOW)
    assert first is not None
    assert first.status == "overdue"
    take_count(by("custodian"), "inventory", {vial.pk: D(10)}, second=people["nurse"])
    then = inventory_clock(clinic, NOW)
    assert then is not None
    assert (then.status, then.due) == ("open", datetime(2028, 11, 3, tzinfo=UTC))
    later = inventory_clock(clinic, datetime(2028, 11, 3, tzinfo=UTC))
    assert later is not None
    assert later.status == "overdue"


@pytest.mark.django_db
def test_todays_counts_are_of_the_clinics_own_day(
    by: By, people: dict[str, User], clinic: Clinic, vial: Vial
) -> None:
    clinic.time_zone = "America/New_York"
    clinic.save()
    evening = by("nurse").at(datetime(2026, 11, 3, 3, tzinfo=UTC))  # 22:00 of the 2nd there
    take_count(evening, "closing", {vial.pk: D(10)}, second=people["nurse2"])
    assert [c.status for c in count_clocks(clinic, NOW + timedelta(hours=6))] == ["open", "done"]
    assert [c.status for c in count_clocks(clinic, NOW + timedelta(days=1))] == ["open", "open"]


def test_the_shipped_rules_name_a_source_or_say_that_they_are_assumed() -> None:
    rules = parse_rules(SHIPPED.read_text(), "us.toml")
    assert rules.loss_notice.source
    assert rules.loss_form_due.unit == "days"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("value = 45", "value = 45.5", "expected a whole number"),
        ("value = 45", 'value = "45"', "expected a whole number"),
        ("value = 45", "value = true", "expected a whole number"),
        ("value = 45", "value = -1", "expected a whole number"),
        ("[loss_form_due]", "[form_due]", "expected exactly"),
        ('source = "21 CFR 1304.11(c)"', 'source = ""', "names no source"),
        ('standing = "clinic"', 'standing = "habit"', "expected one of regulation, clinic"),
        ('units = ["device", "tablet"]', 'units = ["spoon"]', "expected some of mL"),
        ("title =", "title", "is not TOML"),
    ],
)
def test_rules_that_cannot_be_are_refused_by_name(old: str, new: str, words: str) -> None:
    text = SHIPPED.read_text()
    assert old in text
    with pytest.raises(EvidenceError, match=words):
        parse_rules(text.replace(old, new), "ledger-rules.toml")


@pytest.mark.django_db
def test_a_sites_own_rules_take_the_place_of_the_shipped_ones(
    by: By, clinic: Clinic, settings: object, tmp_path: object
) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    settings.DATA_DIR = folder  # type: ignore[attr-defined]
    loss = a_loss(by("nurse"))
    before = loss_clocks(loss, NOW, rules_of(clinic))[1].due
    text = SHIPPED.read_text().replace("value = 45", "value = 10")
    (folder / "ledger-rules.toml").write_text(text)
    after = loss_clocks(loss, NOW, rules_of(clinic))[1].due
    assert before is not None
    assert after is not None
    assert before - after == timedelta(days=35)
