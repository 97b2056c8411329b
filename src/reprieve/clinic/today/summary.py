"""The clinic in numbers: counts and rates over sessions, small groups withheld."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import quantiles

from reprieve.clinic.today import cells
from reprieve.clinic.today.facts import Fact


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a summary: its first column names the group."""

    key: str
    title: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(found: Sequence[Fact]) -> tuple[Table, ...]:
    """Every table of the summary."""
    return (
        _grouped("protocol", "By protocol", found, lambda f: f.protocol),
        _grouped("route", "By route", found, lambda f: f.route),
        _grouped("month", "By month", found, lambda f: f.month),
        _symptoms([f for f in found if f.given]),
    )


_COLUMNS = (
    "Sessions held", "Patients", "With an adverse event", "Adverse, share", "Severe or serious",
    "Severe, share", "Held or no-go before the dose", "Held, share",
    "Start to leaving, median min", "Start to leaving, middle half", "Drug wasted",
)  # fmt: skip


def _grouped(key: str, title: str, found: Iterable[Fact], of: Callable[[Fact], str]) -> Table:
    groups: dict[str, list[Fact]] = {}
    for fact in found:
        groups.setdefault(of(fact), []).append(fact)
    rows = tuple((name, *_row(groups[name])) for name in sorted(groups))
    about = "Shares are of sessions in which drug was given; holds are of sessions with a decision."
    return Table(key, title, about, (title.removeprefix("By ").capitalize(), *_COLUMNS), rows)


def _row(group: Sequence[Fact]) -> Iterator[str]:
    given = [f for f in group if f.given]
    people = len({f.patient for f in given})
    if people < cells.FEW:
        yield from (cells.WITHHELD, cells.count(people), *[cells.WITHHELD] * (len(_COLUMNS) - 2))
        return
    decided = [f for f in group if f.decided]
    yield cells.count(len(given))
    yield cells.count(people)
    for share in (
        cells.share(sum(f.adverse for f in given), len(given)),
        cells.share(sum(f.severe for f in given), len(given)),
        cells.share(sum(f.held for f in decided), len(decided)),
    ):
        yield from (share.count, share.percent)
    yield from _stay([f for f in given if f.stay_min is not None])
    yield _waste(given)


def _stay(group: Sequence[Fact]) -> tuple[str, str]:
    """Median and middle half, where enough people stand behind them."""
    if len({f.patient for f in group}) < cells.FEW:
        return cells.WITHHELD, cells.WITHHELD
    low, middle, high = quantiles([f.stay_min or 0.0 for f in group], n=4, method="inclusive")
    return f"{middle:.0f}", f"{low:.0f} to {high:.0f}"


def _waste(group: Sequence[Fact]) -> str:
    drawn = sum((f.drawn_mg for f in group), Decimal(0))
    wasted = sum((f.wasted_mg for f in group), Decimal(0))
    return f"{100 * wasted / drawn:.1f} %" if drawn else "none drawn"


def _symptoms(given: Sequence[Fact]) -> Table:
    seen = Counter(symptom for f in given for symptom in f.symptoms)
    rows = []
    for name, n in seen.most_common():
        share = cells.share(n, len(given))
        people = len({f.patient for f in given if name in f.symptoms})
        shown = share if people >= cells.FEW else cells.Share(cells.HIDDEN, cells.WITHHELD)
        rows.append((name.replace("_", " "), shown.count, shown.percent))
    about = "Sessions in which a side effect was recorded at least once, whatever its severity."
    columns = ("Side effect", "Sessions", "Share")
    return Table("symptoms", "Side effects recorded", about, columns, tuple(rows))
