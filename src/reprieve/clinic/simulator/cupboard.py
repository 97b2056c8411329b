"""The drug cupboard between sessions: rests destroyed, counts taken, each by two people."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from reprieve.clinic.ledger.actions import Delivery, receive, waste_rest
from reprieve.clinic.ledger.counting import take_count, to_count
from reprieve.clinic.ledger.models import Count, Vial
from reprieve.clinic.ledger.stock import open_until
from reprieve.clinic.simulator.setting_up import WEEKS_BACK, Cast


def stock(cast: Cast, now: datetime) -> None:
    """Enough for every history and for the day, received long ago and again last week."""
    today = now.astimezone(UTC).date()
    for at, mark in ((first_delivery(now), "A"), (now - timedelta(days=6), "B")):
        by = cast.by("custodian", at)
        for delivery, prefix, count in _deliveries(mark, today):
            labels = [f"{prefix}{mark}-{k:03d}" for k in range(1, count + 1)]
            receive(by, delivery, labels, at=at)
        if mark == "A":
            _count(cast, "custodian", Count.Kind.INVENTORY, at + timedelta(hours=2))


def first_delivery(now: datetime) -> datetime:
    """When the cupboard was first filled."""
    return now - timedelta(weeks=WEEKS_BACK - 1)


def _deliveries(mark: str, today: date) -> tuple[tuple[Delivery, str, int], ...]:
    long, soon = today + timedelta(days=420), today + timedelta(days=24)
    vials = Delivery(
        "ketamine", "Ketamine 50 mg/mL, 10 mL vial", f"KET-{mark}7", "mL", Decimal(50), Decimal(10),
        long, 28 * 24, "Demo Pharma", "Demo Wholesale", f"INV-{mark}-1",
    )  # fmt: skip
    spray = Delivery(
        "esketamine", "Esketamine nasal spray 28 mg device", f"ESK-{mark}3", "device", Decimal(28),
        Decimal(1), long if mark == "A" else soon, None, "Demo Pharma", "Demo Wholesale",
        f"INV-{mark}-2",
    )  # fmt: skip
    tablets = Delivery(
        "ketamine", "Ketamine 25 mg lozenge, box of 30", f"LOZ-{mark}2", "tablet", Decimal(25),
        Decimal(30), long, None, "Demo Pharma", "Demo Wholesale", f"INV-{mark}-3",
    )  # fmt: skip
    return (
        (vials, "K", 25 if mark == "A" else 8),
        (spray, "E", 160 if mark == "A" else 12),
        (tablets, "L", 6),
    )


def tidy(cast: Cast, now: datetime) -> None:
    """Destroy what is left in vials that were opened too long ago, then count for the day."""
    for vial in Vial.objects.filter(opened_at__isnull=False, balance__gt=0).select_related("lot"):
        ends = open_until(vial)
        if ends is not None and ends < now:
            at = ends + timedelta(hours=2)
            waste_rest(
                cast.by("nurse", at), vial.pk, vial.balance, at=at,
                witness=cast.users["custodian"], reason="Opened too long ago.",
            )  # fmt: skip
    _count(cast, "nurse", Count.Kind.OPENING, now - timedelta(hours=6))


def _count(cast: Cast, who: str, kind: Count.Kind, at: datetime) -> None:
    by, second = cast.by(who, at), cast.users["custodian" if who == "nurse" else "nurse"]
    take_count(by, kind, {v.pk: v.balance for v in to_count(by, kind)}, second=second)
