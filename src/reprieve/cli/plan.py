"""`reprieve plan`: schedules side by side for one patient."""

from typing import TYPE_CHECKING

import click

from reprieve.cli.case_days import day_of, maybe_day, weeks
from reprieve.cli.case_input import as_json, check_ending, read_case, write
from reprieve.cli.further import further, further_options
from reprieve.cli.options import SEED, Number, OutFile, horizon_days
from reprieve.cli.place import read_place, setting_option

if TYPE_CHECKING:
    from reprieve.engine.cases.case import Case
    from reprieve.engine.planning.comparison import Comparison
    from reprieve.report.further import Further

KINDS = {
    ".html": "a page", ".md": "Markdown", ".svg": "the picture of schedules", ".json": "everything",
}  # fmt: skip
COUNT = click.IntRange(min=0)
POSITIVE = Number(0.001, 1e6)


@click.command()
@click.argument("case")
@click.option(
    "--horizon", default="12 weeks", show_default=True, help='How far ahead: "12 weeks", 84d, 6m.'
)
@click.option(
    "--every", default="1,2,3,4,6", show_default=True, help='Weeks between sessions; "" for none.'
)
@click.option("--on", multiple=True, help="A single session on this day or date; may be repeated.")
@click.option(
    "--rise", type=POSITIVE, help="A session when a weekly check rises by so many points."
)
@click.option("--rise-on", default="", help="... on this scale; the patient's own if left out.")
@click.option("--max-sessions", type=COUNT, help="Limit: sessions within the horizon.")
@click.option("--max-mg", type=POSITIVE, help="Limit: total dose, mg, what was given included.")
@click.option("--max-mg-per-kg", type=POSITIVE, help="Limit: the same by body weight.")
@click.option("--not-before", help="Limit: first day or date of a session.")
@click.option("--not-after", help="Limit: last day or date of a session.")
@click.option("--min-days", type=POSITIVE, help="Limit: days between sessions.")
@click.option("--no-weekends", is_flag=True, help="Limit: Monday to Friday (cases with dates).")
@further_options
@setting_option
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--out", type=OutFile(), help="Write what the ending says: .html, .md, .svg or .json."
)
def command(
    case: str,
    horizon: str,
    every: str,
    on: tuple[str, ...],
    rise: float | None,
    rise_on: str,
    max_sessions: int | None,
    max_mg: float | None,
    max_mg_per_kg: float | None,
    not_before: str | None,
    not_after: str | None,
    min_days: float | None,
    no_weekends: bool,
    instead: tuple[str, ...],
    review: int | None,
    ask: bool,
    ask_on: tuple[str, ...],
    decide_on: str | None,
    setting: str | None,
    seed: int,
    json_wanted: bool,
    out: str | None,
) -> None:
    """When to treat again the patient of CASE: schedules with their odds, never an order.

    Each schedule is followed by the same virtual people. A limit excludes what breaks it. On
    request the same people also answer for another dose or route (--instead), for going on after
    little response (--review) and for one more score (--ask).

    \b
    reprieve plan docs/examples/case.json --every 1,2,4 --max-sessions 8
    reprieve plan docs/examples/case.json --instead "esketamine 84 mg nasal" --review --ask
    """
    check_ending(out, KINDS)
    days, spacings = horizon_days(horizon), weeks(every)
    record, place = read_case(case), read_place(setting)
    if _refused(record, json_wanted):
        return
    from reprieve.engine.forecast.posterior import posterior
    from reprieve.engine.planning.constraints import Limits
    from reprieve.engine.planning.plan import plan
    from reprieve.engine.planning.schedules import PlanOptions

    limits = Limits(
        max_sessions, max_mg, max_mg_per_kg, maybe_day(not_before, record, "--not-before"),
        maybe_day(not_after, record, "--not-after"), min_days, no_weekends,
    )  # fmt: skip
    options = PlanOptions(
        horizon_days=days, every_weeks=spacings,
        on_days=tuple(day_of(d, record, "--on") for d in on),
        on_rise=rise, rise_on=rise_on, limits=limits,
    )  # fmt: skip
    post = posterior(record, seed, place=place)
    found = plan(post, options)
    also = further(post, days, instead, review, ask, ask_on, decide_on)
    if out is not None:
        _write(found, also, out)
    if json_wanted:
        click.echo(as_json(found.to_dict() | also.to_dict()), nl=False)
    else:
        _show(found, also)


def _refused(record: "Case", json_wanted: bool) -> bool:
    """Say why a sound case allows no comparison, as `reprieve forecast` does."""
    from reprieve.engine.cases.checks import not_forecastable

    reason = not_forecastable(record)
    if reason is None:
        return False
    status, sentence = reason
    if json_wanted:
        record_ = {"case": record.id, "status": status, "sentence": sentence}
        click.echo(as_json(record_), nl=False)
    else:
        from reprieve.report.console_blocks import show_page
        from reprieve.report.plan import refusal

        heading, sections = refusal(record.id, status, sentence)
        show_page(heading, "", sections)
    return True


def _write(found: "Comparison", also: "Further", target: str) -> None:
    from reprieve.report import plan as report
    from reprieve.report.frontier_picture import frontier

    make = {
        ".html": lambda: report.html(found, also.sections(found.origin)),
        ".md": lambda: report.text(found, also.sections(found.origin)),
        ".svg": lambda: frontier(found).svg(),
        ".json": lambda: as_json(found.to_dict() | also.to_dict()),
    }
    write(target, make)


def _show(found: "Comparison", also: "Further") -> None:
    from reprieve.report import plan as report
    from reprieve.report.console_blocks import show_page

    sections = report.sections(found, in_words=False, also=also.sections(found.origin))
    show_page(report.title(found), report.lead(found), sections, pictures=4)
