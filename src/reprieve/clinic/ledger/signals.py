"""Numbers that an owner looks at for diversion: shares, not verdicts.

A high share of waste has many innocent causes: small patients, large vials, stopped sessions. So
each number stands beside the clinic's own, with how many rows it rests on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.ledger.models import LATE, LedgerEntry, Vial
from reprieve.clinic.ledger.register import Period, entries
from reprieve.clinic.ledger.sums import exact_sum

Kind = LedgerEntry.Kind
STANDING = Q(reversed_by=None) & ~Q(kind=Kind.REVERSE)
GONE = Q(kind=Kind.BREAK) | Q(kind=Kind.ADJUST, amount__lt=0)


@dataclass(slots=True)
class Share:
    """What somebody or some vial accounts for, in mg. `gone`: broken, spilt or counted away."""

    who: str
    given: Decimal = Decimal(0)
    wasted: Decimal = Decimal(0)
    gone: Decimal = Decimal(0)
    rows: int = 0
    late: int = 0
    reversed: int = 0

    @property
    def share(self) -> Decimal | None:
        """Wasted of all that was given or wasted, in %; None where nothing was."""
        total = self.given + self.wasted
        return None if not total else (self.wasted / total * 100).quantize(Decimal("0.1"))

    @property
    def told(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.given or self.wasted or self.gone or self.reversed)

    def add(self, group: dict[str, Any]) -> None:
        """Take in a group of rows of one kind and one strength."""
        mg = group["vial__lot__mg_per_unit"]
        if group["kind"] == Kind.GIVE:
            self.given += _mg(group["used"], mg)
        elif group["kind"] == Kind.WASTE:
            self.wasted += _mg(group["used"], mg)
        self.gone += _mg(group["gone"], mg)
        self.rows += group["rows"]
        self.late += group["late"]
        self.reversed += group["rows"] if group["kind"] == Kind.REVERSE else 0


@dataclass(frozen=True, slots=True)
class Signals:
    """Shares by person and by vial, the clinic's own beside them, and who witnessed for whom."""

    clinic: Share
    people: tuple[Share, ...]
    vials: tuple[Share, ...]
    pairs: tuple[tuple[str, str, int], ...]


def signals(clinic: Clinic, period: Period) -> Signals:
    """The numbers of a period, rows that were reversed left out of the amounts."""
    rows = entries(clinic, period).select_related(None).order_by()
    people = {u.pk: str(u) for u in User.objects.all()}  # also who has left for another clinic
    own = Share("the clinic")
    for group in _groups(rows, "clinic"):
        own.add(group)
    return Signals(
        own,
        _shares(_groups(rows, "by"), "by", people),
        _shares(_groups(rows, "vial"), "vial", _vial_names(clinic)),
        _pairs(rows, people),
    )


def _groups(rows: QuerySet[LedgerEntry], key: str) -> Iterator[dict[str, Any]]:
    late = Q(entered_at__gt=F("at") + LATE)
    yield from rows.values(key, "kind", "vial__lot__mg_per_unit").annotate(
        used=exact_sum(F("held") + F("amount"), filter=STANDING),
        gone=exact_sum("amount", filter=STANDING & GONE),
        rows=Count("pk"),
        late=Count("pk", filter=late),
    )


def _shares(groups: Iterable[dict[str, Any]], key: str, names: dict[Any, str]) -> tuple[Share, ...]:
    found: dict[Any, Share] = {}
    for group in groups:
        found.setdefault(group[key], Share(names[group[key]])).add(group)
    told = (share for share in found.values() if share.told)
    return tuple(sorted(told, key=lambda s: (-(s.share or 0), s.who)))


def _pairs(rows: QuerySet[LedgerEntry], people: dict[Any, str]) -> tuple[tuple[str, str, int], ...]:
    wasted = rows.filter(STANDING, kind=Kind.WASTE).values_list("by", "witness")
    counted = wasted.annotate(n=Count("pk")).order_by("-n")
    return tuple((people[by], people[witness], n) for by, witness, n in counted)


def _vial_names(clinic: Clinic) -> dict[Any, str]:
    vials = Vial.objects.filter(lot__clinic=clinic).select_related("lot")
    return {v.pk: f"{v}, {v.lot}" for v in vials}


def _mg(amount: Any, mg_per_unit: Decimal) -> Decimal:
    """What left, in mg: rows count it negative; nothing where no row stands."""
    return abs(Decimal(str(amount or 0))).normalize() * mg_per_unit
