"""Which vials may be used now, and until when."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, QuerySet

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.amounts import in_unit, shown
from reprieve.clinic.ledger.models import CountLine, Lot, Vial


def expiry(lot: Lot, clinic: Clinic) -> datetime:
    """The end of the lot's last day, in the clinic's zone."""
    day_after = lot.expires_on + timedelta(days=1)
    return datetime.combine(day_after, time(), ZoneInfo(clinic.time_zone))


def open_until(vial: Vial) -> datetime | None:
    """When an opened vial may no longer be used; None where it is closed or has no such limit."""
    hours = vial.lot.opened_lasts_h
    if vial.opened_at is None or hours is None:
        return None
    return vial.opened_at + timedelta(hours=hours)


def unusable(vial: Vial, at: datetime) -> str:
    """Why a vial may not be drawn from at a time, in words; empty where it may."""
    lot, until = vial.lot, open_until(vial)
    if at >= expiry(lot, lot.clinic):
        return f"{vial} expired on {lot.expires_on:%d %b %Y}."
    if until is not None and at >= until:
        return (
            f"{vial} was opened at {_local(vial.opened_at or at, lot.clinic)} and may be used for "
            f"{lot.opened_lasts_h} h after that."
        )
    if vial.balance <= 0:
        return f"{vial} is empty."
    return ""


def refuse_unusable(vial: Vial, drug: str, at: datetime) -> None:
    """Refuse a vial of another drug, past its time or empty.

    Raises
    ------
    RefusedError
        Saying which, and what to take instead.
    """
    if vial.lot.drug != drug:
        raise RefusedError(
            f"{vial} holds {vial.lot.drug}; this session is of {drug}. Take a vial of {drug}."
        )
    why = unusable(vial, at)
    if why:
        raise RefusedError(f"{why} Take another vial; put this one aside for destruction.")
    if unexplained().filter(vial=vial).exists():
        raise RefusedError(
            f"{vial} was counted with a difference that nobody has explained yet. "
            "Take another vial, or explain the difference first."
        )


def unexplained() -> QuerySet[CountLine]:
    """Lines of counts whose difference waits for an explanation."""
    return CountLine.objects.exclude(counted=F("expected")).filter(answer=None)


def available(clinic: Clinic, drug: str, now: datetime) -> list[Vial]:
    """Vials of a drug that may be drawn from now: opened ones first, then by expiry."""
    vials = (
        Vial.objects.select_related("lot", "lot__clinic")
        .filter(lot__clinic=clinic, lot__drug=drug, balance__gt=0)
        .exclude(Exists(unexplained().filter(vial=OuterRef("pk"))))
    )
    usable = (v for v in vials if not unusable(v, now))
    return sorted(usable, key=lambda v: (v.opened_at is None, v.lot.expires_on, v.label))


def contents(vial: Vial) -> str:
    """What a vial holds in its unit and in mg: "7.5 mL (375 mg)"."""
    lot = vial.lot
    return f"{in_unit(vial.balance, lot.unit)} ({shown(vial.balance * lot.mg_per_unit)} mg)"


def _local(at: datetime, clinic: Clinic) -> str:
    return f"{at.astimezone(ZoneInfo(clinic.time_zone)):%d %b %H:%M}"
