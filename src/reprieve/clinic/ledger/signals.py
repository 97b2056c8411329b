"""Numbers that an owner looks at for diversion: shares, not verdicts.

A high share of waste has many innocent causes: small patients, large vials, stopped sessions. So
each number stands beside the clinic's own, with how many rows it rests on.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.ledger.register import Period, entries

Kind = LedgerEntry.Kind


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody or some vial accounts for, in mg. `share` is wasted of given and wasted, %."""

    who: str
    given: Decimal
    wasted: Decimal
    gone: Decimal  # broken, spilt, or adjusted away
    rows: int
    late: int
    reversed: int

    @property
    def share(self) -> Decimal | None:
        """Wasted of all that was given or wasted, in %; None where nothing was."""
        total = self.given + self.wasted
        return None if not total else (self.wasted / total * 100).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True)
class Signals:
    """Shares by person and by vial, the clinic's own beside them, and who witnessed for whom."""

    clinic: Share
    people: tuple[Share, ...]
    vials: tuple[Share, ...]
    pairs: tuple[tuple[str, str, int], ...]


def signals(clinic: Clinic, period: Period) -> Signals:
    """The numbers of a period, rows that were reversed left out of the amounts."""
    rows = list(entries(clinic, period))
    pairs = Counter((str(r.by), str(r.witness)) for r in rows if r.kind == Kind.WASTE and r.witness)
    return Signals(
        _share("the clinic", rows),
        _shares((str(r.by), r) for r in rows),
        _shares((f"{r.vial}, {r.vial.lot}", r) for r in rows),
        tuple((by, witness, n) for (by, witness), n in pairs.most_common()),
    )


def _shares(rows: Iterable[tuple[str, LedgerEntry]]) -> tuple[Share, ...]:
    groups: dict[str, list[LedgerEntry]] = {}
    for who, row in rows:
        groups.setdefault(who, []).append(row)
    found = [_share(who, of) for who, of in groups.items()]
    counted = [s for s in found if s.given or s.wasted or s.gone or s.reversed]
    return tuple(sorted(counted, key=lambda s: (-(s.share or 0), s.who)))


def _share(who: str, rows: list[LedgerEntry]) -> Share:
    standing = [r for r in rows if r.kind != Kind.REVERSE and not hasattr(r, "reversed_by")]
    gone = [r for r in standing if r.kind == Kind.BREAK or (r.kind == Kind.ADJUST and r.amount < 0)]
    return Share(
        who,
        _mg(r for r in standing if r.kind == Kind.GIVE),
        _mg(r for r in standing if r.kind == Kind.WASTE),
        _mg(gone),
        len(rows),
        sum(r.late for r in rows),
        sum(r.kind == Kind.REVERSE for r in rows),
    )


def _mg(rows: Iterable[LedgerEntry]) -> Decimal:
    return sum((r.mg for r in rows), Decimal(0))
