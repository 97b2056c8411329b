"""Schedules side by side as a page: a picture of what each costs and keeps, and the table."""

from collections.abc import Sequence

from reprieve.engine.forecast.rules import CONSECUTIVE
from reprieve.engine.forecast.words import TOO_SHORT
from reprieve.engine.planning.comparison import Choice, Comparison, Excluded
from reprieve.report.blocks import Aside, Block, Cell, Column, DataTable, Items, Section, Shown
from reprieve.report.forecast import NOT_AN_ORDER
from reprieve.report.forecast_tables import capital, cited, some_checks
from reprieve.report.frontier_picture import frontier, frontier_sentence
from reprieve.report.markdown import markdown
from reprieve.report.page import page
from reprieve.report.when import Clock, length, odds, odds_fine


def title(comparison: Comparison) -> str:
    """The heading of its page."""
    return _heading(comparison.case)


def _heading(case: str) -> str:
    return f"When to treat again: {case}"


def refusal(case: str, status: str, sentence: str) -> tuple[str, list[Section]]:
    """Heading and sections where a sound case allows no comparison, as a forecast has them."""
    return _heading(case), [Section("No forecast", [Aside(sentence, f"{status}:", "warn")])]


def lead(comparison: Comparison) -> str:
    """What is compared and what nothing beats."""
    said = " ".join(comparison.sentences)
    return said or frontier_sentence(comparison)


def footer(comparison: Comparison) -> str:
    """What the answer was computed with."""
    c = comparison
    return (
        f"Reprieve {c.engine}, ensemble {c.ensemble}, seed {c.seed}, {c.particles:,} virtual "
        f"people worth {c.ess:.0f}."
    )


def sections(
    comparison: Comparison, in_words: bool = True, also: Sequence[Section] = ()
) -> list[Section]:
    """The comparison, each schedule `in_words`, limits that bind, and what it rests on.

    `also` are answers to further questions, set before what all of it rests on.
    """
    end = Clock(comparison.origin).day(comparison.asked_at + comparison.horizon_days)
    blocks: list[Block] = [Shown(frontier(comparison), _caption(comparison))]
    blocks.append(choice_table(comparison))
    found = [Section(f"Until {end}", blocks)]
    if any(c.relapse for c in comparison.choices) and _long_enough(comparison):
        found.append(Section("Relapse by date", [relapse_table(comparison)]))
    if safety := threshold_table(comparison):
        found.append(Section("At the sessions", [safety]))
    if limits := _limits(comparison):
        found.append(limits)
    if in_words:
        found.append(Section("In words", [Items([c.sentence for c in comparison.choices])]))
    rests: list[Block] = [Aside(NOT_AN_ORDER, "Options, no order.", "warn")]
    if comparison.limits:
        rests.append(Items(comparison.limits))
    return [*found, *also, Section("What it rests on", [*rests, footer(comparison)])]


def _long_enough(comparison: Comparison) -> bool:
    """Whether relapse can be said at all within the horizon."""
    return len(comparison.check_days) >= CONSECUTIVE


def _caption(comparison: Comparison) -> list[str]:
    """The relapse rule, and what the whiskers are."""
    whiskers = "Upright whiskers: error of simulation, 95 %; lying ones: 80 % of sessions."
    if comparison.relapse_rule is None:
        return ["The person is not in response, so days out of response are shown. ", whiskers]
    return [f"Relapse: {comparison.relapse_rule} ({comparison.relapse_source}). ", whiskers]


def choice_table(comparison: Comparison) -> DataTable:
    """One schedule a row."""
    relapses = any(c.relapse is not None for c in comparison.choices)
    weighed = any(c.milligrams is not None for c in comparison.choices)
    columns: list[Column | str] = ["Schedule", Column("Sessions", numeric=True)]
    if relapses:
        columns.append(Column("Relapse", numeric=True))
    columns += [
        Column("In response", "of days", numeric=True),
        Column(comparison.instrument, "at the end (80 %)", numeric=True),
        Column("Drug", "mg" if weighed else "mg/kg", numeric=True),
    ]
    rows = [_row(c, relapses, weighed) for c in comparison.choices]
    treated = f"{capital(length(comparison.horizon_days))} of {comparison.treatment}"
    caption = f"{treated}; ● nothing else has both fewer sessions and lower odds"
    if any(c.untried for c in comparison.choices):
        caption += "; † nobody was given so many such sessions: the model's word alone"
    if relapses and not _long_enough(comparison):
        caption += f"; relapse {TOO_SHORT} into so short a horizon"
    return DataTable(columns, rows, caption)


def _row(c: Choice, relapses: bool, weighed: bool) -> list[Cell]:
    low, high = c.sessions_80
    sessions = f"{c.sessions:.3g}" if low == high else f"{c.sessions:.2g} ({low:.0f} to {high:.0f})"
    amount = c.milligrams if weighed else c.mg_per_kg
    drug = "" if amount is None else f"{amount:.0f}" if weighed else f"{amount:.2g}"
    relapse = "" if c.relapse_at_end is None else odds(c.relapse_at_end)
    name = c.schedule.name + (" ●" if c.frontier else " †" if c.untried else "")
    score = f"{c.score:.0f} ({c.score_80[0]:.0f} to {c.score_80[1]:.0f})"
    return [name, sessions, *([relapse] if relapses else []), odds(c.well_share), score, drug]


def relapse_table(comparison: Comparison) -> DataTable:
    """Odds of relapse by a few dates, schedule by schedule."""
    clock, chosen = Clock(comparison.origin), some_checks(len(comparison.check_days))
    columns: list[Column | str] = ["Schedule"]
    columns += [
        Column(capital(f"by {clock.day(comparison.check_days[k])}"), numeric=True) for k in chosen
    ]
    rows: list[list[Cell]] = [
        [c.schedule.name, *(odds(c.relapse[k]) if c.relapse else "" for k in chosen)]
        for c in comparison.choices
    ]
    return DataTable(columns, rows, "Odds of relapse by then")


def threshold_table(comparison: Comparison) -> DataTable | None:
    """Chances of crossing lines of the protocol, for the fewest and the most sessions compared."""
    active = [c for c in comparison.choices if c.thresholds and c.sessions > 0]
    if not active:
        return None
    few, many = (pick(active, key=lambda c: c.sessions) for pick in (min, max))
    ends = [few] if few is many else [few, many]
    columns: list[Column | str] = ["Line", "Whose", Column("One session", numeric=True)]
    columns += [Column(f"Any session, {c.schedule.name}", numeric=True) for c in ends]
    rows: list[list[Cell]] = [
        [
            capital(line.name), line.standing, odds_fine(line.one_session),
            *(odds_fine(c.thresholds[k].any_session) for c in ends),
        ]
        for k, line in enumerate(few.thresholds)
    ]  # fmt: skip
    return DataTable(columns, rows, "Lines, and the odds of crossing them")


def _limits(comparison: Comparison) -> Section | None:
    rows: list[list[Cell]] = [
        [c.schedule.name, b.sentence, b.standing, cited(b.source) if b.source else "", "compared"]
        for c in comparison.choices
        for b in c.broken
    ]
    rows += [row for e in comparison.excluded for row in _excluded(e)]
    if not rows:
        return None
    table = DataTable(["Schedule", "Limit", "Whose", "Source", "What follows"], rows)
    return Section("Limits not kept", [table])


def _excluded(e: Excluded) -> list[list[Cell]]:
    return [
        [e.schedule.name, b.sentence, b.standing, cited(b.source) if b.source else "", "left out"]
        for b in e.reasons
    ]


def html(comparison: Comparison, also: Sequence[Section] = ()) -> str:
    """A self-contained page."""
    found = sections(comparison, also=also)
    return page(title(comparison), found, footer(comparison), lead=lead(comparison))


def text(comparison: Comparison, also: Sequence[Section] = ()) -> str:
    """The same as Markdown, without pictures."""
    found = sections(comparison, also=also)
    return markdown(title(comparison), lead(comparison), found, footer(comparison))
