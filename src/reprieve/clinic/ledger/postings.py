"""What a session does to the ledger: draw, give, waste, put back, undo.

Called inside `act`, in the transaction of the session's event and under that verb's permission.
Amounts are positive, in the lot's unit (mL, device, tablet), to 0.001. `at` is when it happened.

    drawn = given + wasted + returned        or the session cannot close: `held(session) == 0`

`give` and `waste` take from what the session drew, in the order of drawing, so that each row
belongs to a vial. A prepare event that takes from several vials calls `draw_all`, which locks
them in one order so that two sessions never wait for each other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.amounts import Share, checked, in_unit, spread
from reprieve.clinic.ledger.holding import held, held_by_vial
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.ledger.reversals import reverse_row
from reprieve.clinic.ledger.rows import locked, need_reason, need_witness, post
from reprieve.clinic.ledger.rules import rules_of
from reprieve.clinic.ledger.stock import available, refuse_unusable
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession

__all__ = [
    "available",
    "draw",
    "draw_all",
    "give",
    "held",
    "held_by_vial",
    "put_back",
    "undo_event",
    "waste",
]
Kind = LedgerEntry.Kind


def draw(
    by: Actor,
    vial_id: UUID,
    amount: Decimal,
    *,
    session: TreatmentSession,
    event: SessionEvent | None,
    at: datetime,
) -> LedgerEntry:
    """Take from a vial for a session.

    Raises
    ------
    RefusedError
        No such vial here; another drug; expired; open too long; not enough in it; an amount that
        cannot be counted.
    """
    return draw_all(by, [(vial_id, amount)], session=session, event=event, at=at)[0]


def draw_all(
    by: Actor,
    draws: Sequence[tuple[UUID, Decimal]],
    *,
    session: TreatmentSession,
    event: SessionEvent | None,
    at: datetime,
) -> tuple[LedgerEntry, ...]:
    """Take from one or several vials for a session; all or nothing. See `draw`."""
    _begin(by, session)
    if not draws or len({vial_id for vial_id, _ in draws}) < len(draws):
        raise RefusedError("Name each vial that is drawn from once, with its amount.")
    # with those it holds already: a give later in this transaction locks them, in the same order
    has = {v for v, part in held_by_vial(session).items() if part}
    wanted = {vial_id for vial_id, _ in draws} | has
    vials = {vial_id: locked(by, vial_id) for vial_id in sorted(wanted, key=str)}
    if len({v.lot.unit for v in vials.values()}) > 1:
        raise RefusedError(
            "A session is of one form at a time: do not mix mL, devices and tablets. Account for "
            "what is drawn before drawing another form."
        )
    rows = []
    for vial_id, amount in draws:
        vial = vials[vial_id]
        exact = checked(amount, vial.lot.unit, what=f"The amount from {vial}")
        refuse_unusable(vial, session.course.drug, at)
        vial.opened_at = min(vial.opened_at or at, at)
        rows.append(
            post(by, vial, Kind.DRAW, -exact, held=exact, at=at, session=session, event=event)
        )
    return tuple(rows)


def give(
    by: Actor,
    session: TreatmentSession,
    amount: Decimal,
    *,
    event: SessionEvent | None,
    at: datetime,
) -> tuple[LedgerEntry, ...]:
    """Record what of the drawn went into the patient; a row for each vial it came from.

    Raises
    ------
    RefusedError
        More than the session holds, or an amount that cannot be counted.
    """
    _begin(by, session)
    return tuple(
        post(by, vial, Kind.GIVE, Decimal(0), held=-part.amount, at=at, session=session,
             event=event)
        for vial, part in _parts(by, session, amount)
    )  # fmt: skip


def waste(
    by: Actor,
    session: TreatmentSession,
    amount: Decimal,
    *,
    event: SessionEvent | None,
    at: datetime,
    witness: User | None,
    reason: str,
) -> tuple[LedgerEntry, ...]:
    """Record what of the drawn was destroyed, before a witness; a row for each vial.

    `witness` has proved who they are (`accounts.second_person.prove`).

    Raises
    ------
    WitnessError
        No witness, or one who may not be.
    RefusedError
        More than the session holds, no reason, or an amount that cannot be counted.
    """
    _begin(by, session)
    need_witness(by, witness, Kind.WASTE.act)
    need_reason(reason, Kind.WASTE.act)
    return tuple(
        post(by, vial, Kind.WASTE, Decimal(0), held=-part.amount, at=at, session=session,
             event=event, witness=witness, reason=reason)
        for vial, part in _parts(by, session, amount)
    )  # fmt: skip


def put_back(
    by: Actor,
    session: TreatmentSession,
    vial_id: UUID,
    amount: Decimal,
    *,
    event: SessionEvent | None,
    at: datetime,
    reason: str = "",
) -> LedgerEntry:
    """Return unused units to the vial, kit or box they came from.

    Which forms may go back is the site's rule: by the shipped rules whole devices and tablets,
    never what was in a syringe.

    Raises
    ------
    RefusedError
        More than the session holds of that vial, or a form that does not go back.
    """
    _begin(by, session)
    vial = locked(by, vial_id)
    unit = vial.lot.unit
    exact = checked(amount, unit)
    allowed = rules_of(by.clinic).put_back.units
    if unit not in allowed:
        raise RefusedError(
            f"What was drawn in {unit} does not go back to the stock here (the rules allow "
            f"{', '.join(allowed) or 'nothing'}). Record it as wasted, with a witness."
        )
    has = held_by_vial(session).get(vial.pk, Decimal(0))
    if exact > has:
        raise RefusedError(
            f"{in_unit(exact, unit)} is more than the {in_unit(has, unit)} of {vial} that the "
            "session still holds."
        )
    return post(by, vial, Kind.RETURN, exact, held=-exact, at=at, session=session, event=event,
                reason=reason)  # fmt: skip


def undo_event(
    by: Actor,
    event: SessionEvent,
    *,
    correction: SessionEvent | None,
    at: datetime,
    witness: User | None,
    reason: str,
) -> tuple[LedgerEntry, ...]:
    """Reverse every ledger row of a session event that a correction voids, last row first.

    Raises
    ------
    WitnessError
        No witness, or one who may not be.
    RefusedError
        No reason; or what was drawn has meanwhile been given, wasted or returned: void that first.
    """
    session = event.session
    _begin(by, session)
    rows = list(
        LedgerEntry.objects.filter(event=event, reverses=None, reversed_by=None)
        .order_by("-entered_at", "-seq")
    )  # fmt: skip
    for vial_id in sorted({row.vial_id for row in rows}, key=str):
        locked(by, vial_id)
    return tuple(
        reverse_row(by, row, at=at, witness=witness, reason=reason, event=correction)
        for row in rows
    )


def _begin(by: Actor, session: TreatmentSession) -> None:
    """Hold what the session holds, so that two tablets never spend it twice."""
    if session.clinic_id != by.clinic.pk:
        raise RefusedError("That session is not of this clinic.")
    lock(f"held:{session.pk}")


def _parts(by: Actor, session: TreatmentSession, amount: Decimal) -> list[tuple[Vial, Share[UUID]]]:
    has = held_by_vial(session)
    vials: Mapping[UUID, Vial] = {v: locked(by, v) for v in sorted(has, key=str)}
    if not vials:
        raise RefusedError("Nothing was drawn for this session yet. Draw first.")
    unit = next(iter(vials.values())).lot.unit
    exact = checked(amount, unit)
    return [(vials[part.key], part) for part in spread(exact, has.items())]
