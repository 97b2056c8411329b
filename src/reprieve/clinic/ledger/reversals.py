"""Undoing a row of the ledger: by an opposite row, once, before a witness."""

from datetime import datetime
from decimal import Decimal

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.amounts import in_unit
from reprieve.clinic.ledger.holding import held_by_vial
from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.ledger.rows import locked, post
from reprieve.clinic.treatments.models import SessionEvent


def reverse_row(
    by: Actor,
    row: LedgerEntry,
    *,
    at: datetime,
    witness: User | None,
    reason: str,
    event: SessionEvent | None = None,
) -> LedgerEntry:
    """Append the opposite of a row.

    What came later stays as it is, so that a reversal which would leave a vial below zero, or a
    session with less than nothing in hand, is refused: reverse what depends on it first.

    Raises
    ------
    WitnessError
        No witness, or one who may not be.
    RefusedError
        Reversed already; itself a reversal; no reason; or later rows depend on it.
    """
    vial = locked(by, row.vial_id)
    if row.reverses_id is not None:
        raise RefusedError("That row is itself a reversal. Record what is true as a new row.")
    if LedgerEntry.objects.filter(reverses=row).exists():
        raise RefusedError("That row was reversed already; a row is reversed once.")
    if row.session is not None and row.held > 0:
        has = held_by_vial(row.session).get(vial.pk, Decimal(0))
        if has < row.held:
            raise RefusedError(
                f"Of the {in_unit(row.held, vial.lot.unit)} drawn from {vial}, "
                f"{in_unit(row.held - has, vial.lot.unit)} is given, wasted or returned already. "
                "Void that first."
            )
    return post(by, vial, LedgerEntry.Kind.REVERSE, -row.amount, held=-row.held, at=at,
                session=row.session, event=event, witness=witness, reason=reason,
                reverses=row)  # fmt: skip
