"""Going on after little response, on a page: odds, the protocol's points, what is published."""

from reprieve.engine.planning.review import Review
from reprieve.pictures import Axis, Figure
from reprieve.report.blocks import Badge, Block, Cell, Column, DataTable, Section, Shown
from reprieve.report.forecast_tables import capital, cited
from reprieve.report.when import Clock, odds, percent

WIDTH, HIGH = 860.0, 320.0
NO_BREAK = "\u00a0"


def review_sections(found: Review, origin: str | None) -> list[Section]:
    """Odds of going on beside those of stopping, review points, evidence."""
    clock, many = Clock(origin), found.sessions
    heading = "Before the first session"
    if many:
        heading = f"After {many} session{'s' * (many != 1)}: going on"
    blocks: list[Block] = [" ".join(found.sentences), helps_sentence(found)]
    blocks += [Shown(review_picture(found, clock), _CAPTION), odds_table(found, clock)]
    if found.points:
        blocks.append(points_table(found))
    blocks.append(facts_table(found))
    return [Section(heading, blocks)]


_CAPTION = "A score the day after each session; seen once in response counts from then on."


def helps_sentence(found: Review) -> str:
    """What going on adds, with its error of simulation."""
    more = len(found.days)
    error = 196 * found.helps_se
    return (
        f"Out of 100 such people, {100 * found.helps:.0f} more are seen in response at some time "
        f"with {'it' if more == 1 else 'them'} than without (error of simulation at most "
        f"{error:.0f})."
    )


def review_picture(found: Review, clock: Clock) -> Figure:
    """Odds that a score in response has been seen, going on and stopping."""
    pairs = zip(found.ever_continuing, found.ever_stopping, strict=True)
    high = 100 * max(max(pair) for pair in pairs)
    fig = Figure(
        "Seen in response by then",
        f"By {clock.day(found.days[-1])}: {percent(found.ever_continuing[-1])} going on, "
        f"{percent(found.ever_stopping[-1])} stopping.",
        clock.axis(found.session_days[0] - 0.5, found.days[-1] + 0.5),
        Axis("Seen in response", "%", low=0.0, high=min(100.0, 10 * (high // 10 + 1))),
        width=WIDTH,
        height=HIGH,
    )
    for label, shares, color in (
        (f"going on, {len(found.days)} more", found.ever_continuing, 1),
        ("stopping", found.ever_stopping, 2),
    ):
        y = [100 * p for p in shares]
        fig.line(found.days, y, label, color=color)
        fig.points(found.days, y, label, color=color)
    return fig


def odds_table(found: Review, clock: Clock) -> DataTable:
    """Session by session: in response the day after, and ever up to then."""
    columns: list[Column | str] = ["Session", "Scored"]
    columns += [
        Column(f"{head}, {way}", numeric=True)
        for head in ("In response then", "Ever by then")
        for way in ("going on", "stopping")
    ]
    shares = (found.continuing, found.stopping, found.ever_continuing, found.ever_stopping)
    rows: list[list[Cell]] = [
        [
            _cell(clock, found.session_days[k]), _cell(clock, day),
            *(odds(share[k]) for share in shares),
        ]
        for k, day in enumerate(found.days)
    ]  # fmt: skip
    return DataTable(columns, rows, f"Odds of response, {found.treatment}")


def _cell(clock: Clock, day: float) -> str:
    """A day that stays on one line."""
    return capital(clock.day(day)).replace(" ", NO_BREAK)


def points_table(found: Review) -> DataTable:
    """When the protocol looks, and whether what it asks for is there."""
    rows: list[list[Cell]] = [
        [
            p.sentence, "reached" if p.reached else "not yet",
            "" if p.kept is None else "seen" if p.kept else "not seen",
            p.standing, cited(p.source) if p.source else "", Badge(p.status),
        ]
        for p in found.points
    ]  # fmt: skip
    heads = ["Point of review", "Now", "Improvement asked for", "Whose", "Source", "Number"]
    return DataTable(heads, rows, "What the protocol asks")


def facts_table(found: Review) -> DataTable:
    """Published numbers on who responds late."""
    rows: list[list[Cell]] = [
        [f.row, f.sentence, cited(f.source), Badge(f.status)] for f in found.facts
    ]
    return DataTable(["Row", "Published", "Source", "Number"], rows, "Who responds late")
