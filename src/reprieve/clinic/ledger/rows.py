"""One row of the ledger: the vial locked, the balance computed, the row chained to the last.

Every movement in the clinic comes through `post`; nothing else writes a balance.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import RefusedError, WitnessError
from reprieve.clinic.ledger.amounts import in_unit
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession

NOTHING = Decimal(0)
WITNESSED = frozenset(k.value for k in LedgerEntry.WITNESSED)


def locked(by: Actor, vial_id: UUID) -> Vial:
    """A vial of the actor's clinic, held for this transaction with its true balance.

    Raises
    ------
    RefusedError
        There is no such vial here.
    """
    found = (
        Vial.objects.select_for_update(of=("self",))
        .select_related("lot")
        .filter(lot__clinic=by.clinic, pk=vial_id)
        .first()
    )
    if found is None:
        raise RefusedError("That vial is not in this clinic's stock. Choose one from the list.")
    return found


def need_witness(by: Actor, witness: User | None, act: str) -> User:
    """The second person of an act: another active person of the clinic who may witness.

    That the person is who they say was proved before, by `accounts.second_person.prove`.

    Raises
    ------
    WitnessError
        Nobody, the same person, somebody of elsewhere, or a person without the permission.
    """
    if witness is None:
        raise WitnessError(f"To {act} needs a witness: a second person signs with their password.")
    if witness.pk == by.user.pk:
        raise WitnessError(f"To {act} needs a second person: nobody witnesses their own act.")
    second = Actor.as_user(witness, by.now)
    if witness.clinic_id != by.clinic.pk or not witness.is_active:
        raise WitnessError(f"{witness} is not an active person of this clinic; ask a colleague.")
    if not second.may("ledger.witness"):
        raise WitnessError(f"{witness} may not witness; ask a nurse, prescriber or custodian.")
    return witness


def need_reason(reason: str, act: str) -> str:
    """A reason in words.

    Raises
    ------
    RefusedError
        There is none.
    """
    if not reason.strip():
        raise RefusedError(f"To {act} needs a reason in words: what happened and why.")
    return reason.strip()


def post(
    by: Actor,
    vial: Vial,
    kind: str,
    amount: Decimal,
    *,
    at: datetime,
    held: Decimal = NOTHING,
    session: TreatmentSession | None = None,
    event: SessionEvent | None = None,
    witness: User | None = None,
    reason: str = "",
    reverses: LedgerEntry | None = None,
) -> LedgerEntry:
    """Append a movement to a locked vial and move its balance with it.

    Parameters
    ----------
    vial : from `locked`, in the same transaction
    amount : in the lot's unit, signed as the vial sees it
    held : in the lot's unit, signed as the session sees it
    at : when it happened; when it was entered is the actor's `now`

    Raises
    ------
    RefusedError
        The vial does not have it, or the witness or reason that the kind calls for is missing.
    """
    title = LedgerEntry.Kind(kind).act
    if kind in WITNESSED:
        need_witness(by, witness, title)
        reason = need_reason(reason, title)
    before, after = vial.balance, vial.balance + amount
    if after < 0:
        has, wanted = in_unit(before, vial.lot.unit), in_unit(-amount, vial.lot.unit)
        raise RefusedError(
            f"{vial} has {has}, which is less than {wanted}. "
            "Take less, or take the rest from another vial."
        )
    row = LedgerEntry(
        stream=f"vial:{vial.pk}",
        clinic=by.clinic,
        vial=vial,
        session=session,
        event=event,
        kind=kind,
        amount=amount,
        held=held,
        balance_before=before,
        balance_after=after,
        at=at,
        entered_at=by.now,
        by=by.user,
        witness=witness,
        reason=reason,
        reverses=reverses,
    ).append()
    vial.balance = row.balance_after
    vial.save(update_fields=["balance", "opened_at"])
    return row
