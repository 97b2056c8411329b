"""One more score on a page: what it would leave of the doubt, by day and by scale."""

from reprieve.engine.planning.value import ScoreDay, ScoreValue
from reprieve.pictures import Axis, Figure
from reprieve.report.blocks import Block, Cell, Column, DataTable, Section, Shown
from reprieve.report.forecast_tables import capital
from reprieve.report.when import Clock, odds

WIDTH, HIGH = 860.0, 320.0
NO_BREAK = "\u00a0"
SHARE = 0.5  # of what the best day would take away; how early is that reached


def value_sections(found: ScoreValue) -> list[Section]:
    """The best day in words, doubt by day as picture and table."""
    blocks: list[Block] = [_in_words(found)]
    blocks += [Shown(value_picture(found), _caption(found)), value_table(found)]
    return [Section("One more score", blocks)]


def _in_words(found: ScoreValue) -> str:
    """The best day, what asking earlier keeps, and relapse."""
    first, *rest = found.sentences
    return " ".join(said for said in (first, earlier_sentence(found), *rest) if said)


def _caption(found: ScoreValue) -> str:
    return (
        f"Doubt: the standard deviation of the true {found.instrument} on "
        f"{Clock(found.origin).day(found.decision_day)}, the day of decision. A score nearer to it "
        "nearly always tells more; the slope says what asking earlier loses."
    )


def scales(found: ScoreValue) -> list[str]:
    """What could be asked, in the order given."""
    return list(dict.fromkeys(d.instrument for d in found.days))


def _of(found: ScoreValue, scale: str) -> list[ScoreDay]:
    return [d for d in found.days if d.instrument == scale]


def earlier_sentence(found: ScoreValue) -> str:
    """The first day that takes away half of what the best one does; empty if that is the best."""
    gained = found.score_sd - found.best.score_sd
    early = next(
        d for d in _of(found, found.best.instrument)
        if found.score_sd - d.score_sd >= SHARE * gained
    )  # fmt: skip
    if early.day == found.best.day or gained <= 0:
        return ""
    clock = Clock(found.origin)
    return (
        f"Half of what it takes off the doubt is had by asking on {clock.day(early.day)} already "
        f"({early.score_sd:.1f} points left)."
    )


def value_picture(found: ScoreValue) -> Figure:
    """Doubt left on the day of decision against the day of asking, a line for each scale."""
    clock = Clock(found.origin)
    days = [d.day for d in found.days]
    fig = Figure(
        f"Doubt about the {found.instrument} of {clock.day(found.decision_day)}",
        f"{found.sentences[0]} {earlier_sentence(found)}".strip(),
        clock.axis(min(days) - 0.5, max(days) + 0.5),
        Axis("Doubt left", "points, SD", low=0.0, high=1.15 * found.score_sd),
        width=WIDTH,
        height=HIGH,
    )
    fig.hline(found.score_sd, "without another score")
    for k, scale in enumerate(scales(found)):
        chosen = _of(found, scale)
        x, y = [d.day for d in chosen], [d.score_sd for d in chosen]
        fig.line(x, y, f"{scale} asked", color=k % 6 + 1)
        fig.points(x, y, f"{scale} asked", color=k % 6 + 1, size=3)
    return fig


def value_table(found: ScoreValue) -> DataTable:
    """A day a row: doubt left for each scale, and how far odds of relapse would move."""
    clock, names = Clock(found.origin), scales(found)
    told = found.relapse is not None
    columns: list[Column | str] = ["Asked on"]
    for name in names:
        columns.append(Column(f"{name}: doubt left", "points", numeric=True))
        if told:
            columns.append(Column(f"{name}: relapse moves", "in 100", numeric=True))
    by_scale = [_of(found, name) for name in names]
    rows: list[list[Cell]] = [
        [_cell(clock, asked[0].day), *(cell for d in asked for cell in _cells(d))]
        for asked in zip(*by_scale, strict=True)
    ]
    rows.append(["Not at all", *_unasked(found, told) * len(names)])
    caption = "What a score would leave of the doubt"
    if found.relapse is not None:
        caption += (
            f"; relapse by {clock.day(found.asked_at + found.horizon_days)} stands at "
            f"{odds(found.relapse)} and would move by so much (root mean square)"
        )
    return DataTable(columns, rows, caption)


def _cell(clock: Clock, day: float) -> str:
    """A day that stays on one line."""
    return capital(clock.day(day)).replace(" ", NO_BREAK)


def _cells(d: ScoreDay) -> list[Cell]:
    left: list[Cell] = [f"{d.score_sd:.1f}"]
    return left if d.relapse_moves is None else [*left, f"{100 * d.relapse_moves:.0f}"]


def _unasked(found: ScoreValue, told: bool) -> list[Cell]:
    return [f"{found.score_sd:.1f}", "0"] if told else [f"{found.score_sd:.1f}"]
