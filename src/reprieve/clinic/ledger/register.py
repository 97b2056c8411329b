"""The register: every movement of a period, with balances before and after, and its totals."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.amounts import PLACES, shown
from reprieve.clinic.ledger.models import LedgerEntry, Lot
from reprieve.clinic.ledger.sums import exact_sum

Kind = LedgerEntry.Kind
LONGEST = timedelta(days=3 * 366)
YEARS = range(2000, 2101)  # what a calendar of this clinic can mean


@dataclass(frozen=True, slots=True)
class Period:
    """Days from first to last, both counted, in the clinic's zone; a drug or a vial, or all."""

    first: date
    last: date
    drug: str = ""
    vial: UUID | None = None
    lot: UUID | None = None

    def span(self, clinic: Clinic) -> tuple[datetime, datetime]:
        """Start and end as times.

        Raises
        ------
        RefusedError
            The last day is before the first, or the period is longer than three years.
        """
        meant = self.first.year in YEARS and self.last.year in YEARS
        if not meant or not timedelta(0) <= self.last - self.first <= LONGEST:
            raise RefusedError(
                f"The period from {self.first} to {self.last} cannot be shown. "
                "Give a first and a last day from 2000 on, at most three years apart."
            )
        zone = ZoneInfo(clinic.time_zone)
        start = datetime.combine(self.first, time(), zone)
        return start, datetime.combine(self.last + timedelta(days=1), time(), zone)


@dataclass(slots=True)
class Total:
    """A lot over a period, in its unit: what it began with, each kind of movement, what it left.

    `moves` is signed as the stock sees it. `held` is what sessions drew and did with it.
    """

    lot: Lot
    opening: Decimal
    closing: Decimal
    moves: dict[str, Decimal] = field(default_factory=dict)
    held: dict[str, Decimal] = field(default_factory=dict)

    @property
    def closing_mg(self) -> Decimal:
        """What it left, in mg."""
        return self.closing * self.lot.mg_per_unit

    def moved(self, kind: str) -> Decimal:
        """One kind of movement, signed as the stock sees it."""
        return self.moves.get(kind, Decimal(0))

    @property
    def columns(self) -> list[Decimal]:
        """Movements of the stock in the order of `STOCK`."""
        return [self.moved(kind) for kind in STOCK]

    @property
    def of_drawn(self) -> list[Decimal]:
        """What sessions drew, gave, wasted, returned, had reversed, and what they still hold."""
        signs = [(Kind.DRAW, 1), (Kind.GIVE, -1), (Kind.WASTE, -1), (Kind.RETURN, -1),
                 (Kind.REVERSE, 1)]  # fmt: skip
        each = [self.held.get(k, Decimal(0)) * sign + 0 for k, sign in signs]  # + 0: no "-0"
        return [*each, sum(self.held.values(), Decimal(0))]


STOCK = [Kind.RECEIVE, Kind.DRAW, Kind.RETURN, Kind.WASTE, Kind.BREAK, Kind.SEND_BACK,
         Kind.ADJUST, Kind.REVERSE]  # fmt: skip


def entries(clinic: Clinic, period: Period) -> QuerySet[LedgerEntry]:
    """The rows entered in a period, in the order of entering."""
    start, end = period.span(clinic)
    rows = _of(clinic, period).filter(entered_at__gte=start, entered_at__lt=end)
    return rows.select_related(
        "vial__lot", "by", "witness", "session__patient", "reverses", "reversed_by"
    ).order_by("entered_at", "vial__lot__number", "vial__label", "seq")


def _of(clinic: Clinic, period: Period) -> QuerySet[LedgerEntry]:
    rows = LedgerEntry.objects.filter(clinic=clinic)
    if period.drug:
        rows = rows.filter(vial__lot__drug=period.drug)
    if period.vial:
        rows = rows.filter(vial=period.vial)
    if period.lot:
        rows = rows.filter(vial__lot=period.lot)
    return rows


def totals(clinic: Clinic, period: Period) -> list[Total]:
    """Each lot that held anything in the period, or moved in it."""
    start, end = period.span(clinic)
    before: dict[UUID, Decimal] = {}
    for row in _sums(_of(clinic, period).filter(entered_at__lt=start), "vial__lot"):
        before[row["vial__lot"]] = _exact(row["stock"])
    found: dict[UUID, Total] = {}
    inside = _of(clinic, period).filter(entered_at__gte=start, entered_at__lt=end)
    moved = list(_sums(inside, "vial__lot", "kind"))
    wanted = {r["vial__lot"] for r in moved} | {lot for lot, has in before.items() if has}
    for lot in Lot.objects.filter(pk__in=wanted).order_by("drug", "expires_on", "number"):
        opening = before.get(lot.pk, Decimal(0))
        found[lot.pk] = Total(lot, opening, opening)
    for row in moved:
        total = found[row["vial__lot"]]
        total.moves[row["kind"]] = _exact(row["stock"])
        total.held[row["kind"]] = _exact(row["in_hand"])
        total.closing += total.moves[row["kind"]]
    return list(found.values())


def _sums(rows: QuerySet[LedgerEntry], *by: str) -> Iterator[dict[str, Any]]:
    grouped = (
        rows.order_by().values(*by).annotate(stock=exact_sum("amount"), in_hand=exact_sum("held"))
    )
    yield from grouped


def _exact(value: object) -> Decimal:
    """A sum as an amount; + 0 makes SQLite's -0.0 a plain zero."""
    return Decimal(str(value)).quantize(PLACES) + 0


COLUMNS = (
    "entered at", "happened at", "drug", "product", "lot", "vial", "movement", "in", "out",
    "unit", "mg", "vial before", "vial after", "session has", "patient number", "patient",
    "address", "session", "by", "witness", "reason", "reverses row", "row", "number in vial",
    "digest",
)  # fmt: skip


def as_csv(clinic: Clinic, period: Period, *, names: bool) -> str:
    """The register as CSV, one row a movement; patients named only where `names`."""
    zone = ZoneInfo(clinic.time_zone)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in entries(clinic, period):
        writer.writerow([_safe(cell) for cell in _cells(row, zone, names=names)])
    return out.getvalue()


def _cells(row: LedgerEntry, zone: ZoneInfo, *, names: bool) -> list[str]:
    lot, patient = row.vial.lot, row.session.patient if row.session and names else None
    return [
        row.entered_at.astimezone(zone).isoformat(timespec="seconds"),
        row.at.astimezone(zone).isoformat(timespec="seconds"),
        lot.drug,
        lot.product,
        lot.number,
        row.vial.label,
        row.get_kind_display(),
        shown(row.amount) if row.amount > 0 else "",
        shown(-row.amount) if row.amount < 0 else "",
        lot.unit,
        shown(row.mg),
        shown(row.balance_before),
        shown(row.balance_after),
        shown(row.held) if row.held else "",
        patient.number if patient else "",
        str(patient) if patient else "",
        " ".join(patient.address.split()) if patient else "",
        str(row.session_id or ""),
        str(row.by),
        str(row.witness or ""),
        row.reason,
        str(row.reverses_id or ""),
        str(row.pk),
        str(row.seq),
        row.digest,
    ]


def _safe(cell: str) -> str:
    """Text that a spreadsheet will not run as a formula; numbers stay numbers."""
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not _number(cell):
        return f"'{cell}"
    return cell


def _number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdigit()
