"""What people do with the stock outside a session: receive, break, waste, send back, reverse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.amounts import checked, in_unit, shown
from reprieve.clinic.ledger.models import LedgerEntry, Lot, Vial
from reprieve.clinic.ledger.reversals import reverse_row
from reprieve.clinic.ledger.rows import locked, post
from reprieve.clinic.ledger.stock import expiry

Kind = LedgerEntry.Kind


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the label and the invoice of a delivery say. Amounts in `unit` a vial, mg a unit."""

    drug: str
    product: str
    number: str
    unit: str
    mg_per_unit: Decimal
    units_per_vial: Decimal
    expires_on: date
    opened_lasts_h: int | None = None
    manufacturer: str = ""
    supplier: str = ""
    invoice: str = ""

    @property
    def printed(self) -> tuple[object, ...]:
        """What every vial of a lot shares."""
        return (self.product, self.unit, self.mg_per_unit, self.units_per_vial, self.expires_on)


def receive(by: Actor, delivery: Delivery, labels: Sequence[str], *, at: datetime) -> Lot:
    """Take vials into stock, each full; a known lot gets more vials if its label agrees.

    Raises
    ------
    RefusedError
        No vials, a label twice, an expired lot, a strength or volume that cannot be, or a lot
        number already known with another label.
    """
    with act(by, "ledger.manage", "receive controlled drug") as log:
        not_later(by, at)
        lot = _lot(by, delivery)
        wanted = [label.strip() for label in labels]
        if not wanted or not all(wanted) or len(set(wanted)) < len(wanted):
            raise RefusedError("Give each vial a label of its own, like K-001, K-002.")
        taken = Vial.objects.filter(lot=lot, label__in=wanted).values_list("label", flat=True)
        if taken:
            raise RefusedError(
                f"This lot has {', '.join(taken)} already. Give the new vials other labels."
            )
        for label in wanted:
            vial = Vial.objects.create(lot=lot, label=label)
            post(by, vial, Kind.RECEIVE, lot.units_per_vial, at=at, reason=delivery.invoice)
        log.on = lot
        log.detail = {"vials": len(wanted), "each": lot.units_per_vial, "unit": lot.unit}
        return lot


def _lot(by: Actor, delivery: Delivery) -> Lot:
    checked(delivery.units_per_vial, delivery.unit, what="The content of a vial")
    checked(delivery.mg_per_unit, "mg", what=f"The strength in 1 {delivery.unit}")
    lot = Lot.objects.filter(
        clinic=by.clinic, drug=delivery.drug, number=delivery.number
    ).first()  # fmt: skip
    if lot is None:
        lot = Lot(
            clinic=by.clinic,
            drug=delivery.drug,
            product=delivery.product,
            manufacturer=delivery.manufacturer,
            number=delivery.number,
            unit=delivery.unit,
            mg_per_unit=delivery.mg_per_unit,
            units_per_vial=delivery.units_per_vial,
            expires_on=delivery.expires_on,
            opened_lasts_h=delivery.opened_lasts_h,
            supplier=delivery.supplier,
            invoice=delivery.invoice,
        )
    known = (lot.product, lot.unit, lot.mg_per_unit, lot.units_per_vial, lot.expires_on)
    if known != delivery.printed:
        raise RefusedError(
            f"Lot {lot.number} is known as {lot.product}, {in_unit(lot.units_per_vial, lot.unit)} "
            f"of {shown(lot.mg_per_unit)} mg, expiring {lot.expires_on:%d %b %Y}. "
            "Check the label against it."
        )
    if not 2000 <= lot.expires_on.year <= 2100:
        raise RefusedError(f"The lot's expiry is {lot.expires_on}. Check the year on the label.")
    if by.now >= expiry(lot, by.clinic):
        raise RefusedError(
            f"Lot {lot.number} expired on {lot.expires_on:%d %b %Y}. Check the date on the label; "
            "an expired delivery goes back without entering the stock."
        )
    lot.save()
    return lot


def record_breakage(
    by: Actor, vial_id: UUID, amount: Decimal, *, at: datetime, witness: User | None, reason: str
) -> LedgerEntry:
    """Drug that was broken or spilt, and of which nothing can be used."""
    return _take_out(
        by, "ledger.handle", Kind.BREAK, vial_id, amount, at=at, witness=witness, reason=reason
    )


def waste_rest(
    by: Actor, vial_id: UUID, amount: Decimal, *, at: datetime, witness: User | None, reason: str
) -> LedgerEntry:
    """Destroy what is left in an opened vial."""
    return _take_out(
        by, "ledger.handle", Kind.WASTE, vial_id, amount, at=at, witness=witness, reason=reason
    )


def send_back(
    by: Actor, vial_id: UUID, amount: Decimal, *, at: datetime, witness: User | None, reason: str
) -> LedgerEntry:
    """Hand over to a reverse distributor or supplier, or have destroyed; `reason` says to whom."""
    return _take_out(
        by, "ledger.manage", Kind.SEND_BACK, vial_id, amount, at=at, witness=witness, reason=reason
    )


def _take_out(
    by: Actor,
    permission: str,
    kind: Kind,
    vial_id: UUID,
    amount: Decimal,
    *,
    at: datetime,
    witness: User | None,
    reason: str,
) -> LedgerEntry:
    """Raises WitnessError or RefusedError; see `rows.post`."""
    with act(by, permission, f"{kind.act} controlled drug") as log:
        not_later(by, at)
        vial = locked(by, vial_id)
        _not_before_receipt(by, vial, at)
        exact = checked(amount, vial.lot.unit)
        row = post(by, vial, kind, -exact, at=at, witness=witness, reason=reason)
        log.on = vial
        log.detail = {"amount": exact, "unit": vial.lot.unit, "row": row.pk}
        return row


def reverse(by: Actor, entry_id: UUID, *, witness: User | None, reason: str) -> LedgerEntry:
    """Undo a row of the stock. A session's rows are undone by correcting the session's event.

    Raises
    ------
    WitnessError, RefusedError
        See `reversals.reverse_row`.
    """
    with act(by, "ledger.manage", "reverse a ledger row") as log:
        row = LedgerEntry.objects.filter(clinic=by.clinic, pk=entry_id).first()
        if row is None:
            raise RefusedError("That row is not in this clinic's ledger.")
        if row.event_id is not None:
            raise RefusedError(
                "That row belongs to a session's record. Correct the event there: its rows are "
                "reversed with it, so that the record and the ledger never disagree."
            )
        done = reverse_row(by, row, at=by.now, witness=witness, reason=reason)
        log.on = row.vial
        log.detail = {"row": row.pk, "amount": row.moved}
        return done


def _not_before_receipt(by: Actor, vial: Vial, at: datetime) -> None:
    """Refuse a move of a vial that was not in stock yet."""
    came = vial.entries.order_by("seq").values_list("at", flat=True).first()
    if came is not None and at < came:
        zone = ZoneInfo(by.clinic.time_zone)
        raise RefusedError(
            f"{at.astimezone(zone):%Y-%m-%d %H:%M} came as the time; {vial} was received on "
            f"{came.astimezone(zone):%Y-%m-%d %H:%M}. Give a time since then."
        )


def not_later(by: Actor, at: datetime) -> None:
    """Refuse a time that has not come.

    Raises
    ------
    RefusedError
        `at` is after the actor's now.
    """
    if at > by.now:
        raise RefusedError("The time given has not come yet. Give when it happened.")
