"""Counting: blind, by two people, and closed only when every difference is explained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.amounts import checked
from reprieve.clinic.ledger.losing import record_loss
from reprieve.clinic.ledger.models import Count, CountAnswer, CountLine, LedgerEntry, Loss, Vial
from reprieve.clinic.ledger.rows import locked, need_reason, need_witness, post

Cause = CountAnswer.Cause
GONE = {Cause.LOSS: Loss.Kind.LOSS, Cause.THEFT: Loss.Kind.THEFT}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a line differs, after counting again: `counted_again` in the lot's unit."""

    counted_again: Decimal
    cause: str
    reason: str


def to_count(by: Actor, kind: str, vial_id: UUID | None = None) -> list[Vial]:
    """The vials that a count has to cover: one, or all that should hold anything."""
    vials = Vial.objects.select_related("lot").filter(lot__clinic=by.clinic)
    if kind == Count.Kind.SPOT:
        return list(vials.filter(pk=vial_id)) if vial_id else []
    return list(vials.filter(balance__gt=0).order_by("lot__drug", "lot__number", "label"))


def take_count(
    by: Actor,
    kind: str,
    counted: Mapping[UUID, Decimal],
    *,
    second: User | None,
    note: str = "",
) -> Count:
    """Record what two people found, and beside it what the ledger says at this moment.

    Raises
    ------
    WitnessError
        No second person, or one who may not be.
    RefusedError
        A vial that should be counted is not, or is not this clinic's; an amount that cannot be.
    """
    permission = "ledger.manage" if kind == Count.Kind.INVENTORY else "ledger.handle"
    with act(by, permission, f"take the {Count.Kind(kind).label}") as log:
        two = need_witness(by, second, "count")
        lock(f"count:{by.clinic.pk}")
        vials = [locked(by, vial_id) for vial_id in sorted(counted, key=str)]
        _all_there(by, kind, vials)
        count = Count(
            stream=f"count:{by.clinic.pk}", clinic=by.clinic, kind=kind, at=by.now, by=by.user,
            second=two, note=note,
        ).append()  # fmt: skip
        for vial in sorted(vials, key=lambda v: (v.lot.drug, v.lot.number, v.label)):
            found = checked(counted[vial.pk], vial.lot.unit, what=f"The count of {vial}", zero=True)
            CountLine(
                stream=f"count:{count.pk}", count=count, vial=vial, counted=found,
                expected=vial.balance,
            ).append()  # fmt: skip
        log.on = count
        log.detail = {"vials": len(vials), "differ": len(count.open_lines)}
        return count


def _all_there(by: Actor, kind: str, vials: Sequence[Vial]) -> None:
    if not vials:
        raise RefusedError("There is nothing to count: no vial of this clinic holds anything.")
    missing = {v.pk: v.label for v in to_count(by, kind)} if kind != Count.Kind.SPOT else {}
    for vial in vials:
        missing.pop(vial.pk, None)
    if missing:
        raise RefusedError(
            f"{', '.join(missing.values())} came into stock since the list was made. "
            "Open the count again and count every vial."
        )


def explain(by: Actor, line_id: UUID, said: Explanation, *, witness: User | None) -> CountAnswer:
    """Explain a difference after counting again; where it stays, adjust the balance to it.

    A loss or a suspected theft starts its clocks in the same transaction.

    Raises
    ------
    WitnessError
        No witness, or one who may not be.
    RefusedError
        The line agrees or is explained already; no reason; a cause that the numbers contradict.
    """
    with act(by, "ledger.handle", "explain a count's difference") as log:
        two = need_witness(by, witness, "explain a difference")
        reason = need_reason(said.reason, "explain a difference")
        line = _open_line(by, line_id)
        vial = locked(by, line.vial_id)
        again = checked(said.counted_again, vial.lot.unit, what="The second count", zero=True)
        change = again - vial.balance
        cause = _cause(said.cause, change)
        row = None
        if change:
            row = post(
                by, vial, LedgerEntry.Kind.ADJUST, change, at=by.now, witness=two,
                reason=f"{cause.label}: {reason}",
            )  # fmt: skip
        answer = CountAnswer(
            stream=f"count:{line.count_id}", line=line, counted_again=again, cause=cause,
            reason=reason, entry=row, at=by.now, by=by.user, witness=two,
        ).append()  # fmt: skip
        if cause in GONE:
            record_loss(
                by, kind=GONE[cause], drug=vial.lot.drug, lot=vial.lot, amount=-change,
                unit=vial.lot.unit, discovered_at=line.count.at, description=reason,
                answer=answer,
            )  # fmt: skip
        log.on = line.count
        log.detail = {"vial": vial.label, "variance": line.variance, "adjusted": change}
        return answer


def _open_line(by: Actor, line_id: UUID) -> CountLine:
    lock(f"line:{line_id}")
    line = (
        CountLine.objects.select_related("count", "vial")
        .filter(count__clinic=by.clinic, pk=line_id)
        .first()
    )
    if line is None:
        raise RefusedError("That line is not in a count of this clinic.")
    if not line.differs:
        raise RefusedError("That vial agreed with the ledger; there is nothing to explain.")
    if line.answered:
        raise RefusedError("That difference is explained already.")
    return line


def _cause(name: str, change: Decimal) -> CountAnswer.Cause:
    """A cause that the second count does not contradict."""
    if name not in Cause.values:
        raise RefusedError(f"The cause is '{name}'; expected one of {', '.join(Cause.values)}.")
    cause = Cause(name)
    if cause == Cause.MISCOUNT and change:
        raise RefusedError(
            "The second count still differs from the ledger, so the first was not simply wrong. "
            "Choose another cause, or count again."
        )
    if cause != Cause.MISCOUNT and not change:
        raise RefusedError(
            "The second count agrees with the ledger: the cause is that the first was wrong."
        )
    if cause in (Cause.BREAK, *GONE) and change > 0:
        raise RefusedError("There is more than the ledger says; that is no loss. Choose another.")
    return cause


def counts_of(by: Actor) -> QuerySet[Count]:
    """This clinic's counts, last first, with their lines."""
    return (
        Count.objects.filter(clinic=by.clinic)
        .select_related("by", "second")
        .prefetch_related("lines__vial__lot", "lines__answer__by", "lines__answer__witness")
    )
