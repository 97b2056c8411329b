"""Losses and thefts: told once, then followed until the authority has what it must have."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.actions import not_later
from reprieve.clinic.ledger.amounts import checked
from reprieve.clinic.ledger.models import CountAnswer, Loss, LossStep, Lot
from reprieve.clinic.ledger.rows import need_reason

Step = LossStep.Kind


def record_loss(
    by: Actor,
    *,
    kind: str,
    drug: str,
    lot: Lot | None,
    amount: Decimal,
    unit: str,
    discovered_at: datetime,
    description: str,
    answer: CountAnswer | None = None,
) -> Loss:
    """Append a loss, in the transaction of whoever found it. Amount in `unit`."""
    return Loss(
        stream=f"loss:{by.clinic.pk}",
        clinic=by.clinic,
        kind=kind,
        drug=drug,
        lot=lot,
        amount=amount,
        unit=unit,
        mg=amount * lot.mg_per_unit if lot else Decimal(0),
        discovered_at=discovered_at,
        entered_at=by.now,
        description=description,
        answer=answer,
        by=by.user,
    ).append()


def report_loss(
    by: Actor,
    *,
    kind: str,
    drug: str,
    lot_id: UUID | None,
    amount: Decimal,
    unit: str,
    discovered_at: datetime,
    description: str,
) -> Loss:
    """Tell of a loss that no count shows: in transit, or of drug drawn up.

    What is missing from a vial is told by counting it, so that the balance is put right too.

    Raises
    ------
    RefusedError
        A time to come, an amount that cannot be, no description, or a lot of elsewhere.
    """
    with act(by, "ledger.handle", "report a loss of controlled drug") as log:
        not_later(by, discovered_at)
        lot = Lot.objects.filter(clinic=by.clinic, pk=lot_id).first() if lot_id else None
        if lot_id and (lot is None or (lot.drug, lot.unit) != (drug, unit)):
            raise RefusedError("That lot is not of this clinic, or of another drug or unit.")
        log.on = loss = record_loss(
            by,
            kind=Loss.Kind(kind),
            drug=drug,
            lot=lot,
            amount=checked(amount, unit),
            unit=unit,
            discovered_at=discovered_at,
            description=need_reason(description, "report a loss"),
        )
        return loss


def add_step(
    by: Actor, loss_id: UUID, kind: str, *, at: datetime, reference: str = "", note: str = ""
) -> LossStep:
    """Record what was done about a loss.

    Raises
    ------
    RefusedError
        No such loss; before its discovery or in the future; a judgment without its reasons; a
        theft judged not significant; a notice or form without its reference.
    """
    with act(by, "ledger.manage", f"loss: {Step(kind).label}") as log:
        lock(f"loss-steps:{loss_id}")
        loss = Loss.objects.filter(clinic=by.clinic, pk=loss_id).first()
        if loss is None:
            raise RefusedError("That loss is not of this clinic.")
        not_later(by, at)
        if at < loss.discovered_at.replace(second=0, microsecond=0):  # people type minutes
            raise RefusedError("That is before the loss was discovered. Check the time.")
        _complete(loss, Step(kind), reference, note)
        step = LossStep(
            stream=f"loss:{loss.pk}",
            loss=loss,
            kind=kind,
            at=at,
            entered_at=by.now,
            reference=reference.strip(),
            note=note.strip(),
            by=by.user,
        ).append()
        log.on = loss
        return step


def _complete(loss: Loss, kind: LossStep.Kind, reference: str, note: str) -> None:
    judged = (Step.SIGNIFICANT, Step.NOT_SIGNIFICANT)
    if kind == Step.NOT_SIGNIFICANT and loss.kind == Loss.Kind.THEFT:
        raise RefusedError("A theft is reported whatever its size; only a loss is judged.")
    if kind in (*judged, Step.FOUND, Step.NOTE) and not note.strip():
        raise RefusedError("Say why in the note: an inspector reads it years later.")
    if kind in (Step.NOTICE, Step.FORM, Step.POLICE) and not reference.strip():
        raise RefusedError("Give the reference: the number, or to whom and how it was sent.")
