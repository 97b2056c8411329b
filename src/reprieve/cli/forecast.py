"""`reprieve forecast`: what to expect for one patient."""

from typing import TYPE_CHECKING

import click

from reprieve.cli.case_input import as_json, check_ending, read_case, write
from reprieve.cli.options import SEED, OutFile, horizon_days
from reprieve.cli.place import read_place, setting_option

if TYPE_CHECKING:
    from reprieve.engine.forecast.outlook import Outlook

KINDS = {".html": "a page", ".md": "Markdown", ".svg": "the picture", ".json": "the outlook"}


@click.command()
@click.argument("case")
@click.option(
    "--horizon", default="12 weeks", show_default=True, help='How far ahead: "12 weeks", 84d, 6m.'
)
@setting_option
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the outlook as JSON.")
@click.option("--html", type=OutFile(), help="Write a page to this file.")
@click.option("--svg", type=OutFile(), help="Write the picture of scores to this file.")
@click.option(
    "--out", type=OutFile(), help="Write what the ending says: .html, .md, .svg or .json."
)
def command(
    case: str,
    horizon: str,
    setting: str | None,
    seed: int,
    json_wanted: bool,
    html: str | None,
    svg: str | None,
    out: str | None,
) -> None:
    """What to expect for the patient of CASE, a case file; - reads standard input.

    A case that contradicts itself is refused with a reason code. A sound case that allows no
    forecast yet is answered with the reason.

    \b
    reprieve forecast docs/examples/case.json --horizon "12 weeks"
    """
    check_ending(out, KINDS)
    days = horizon_days(horizon)
    record, place = read_case(case), read_place(setting)
    from reprieve.engine.forecast.forecast import forecast

    found = forecast(record, days, seed, place=place)
    for target, suffix in ((html, ".html"), (svg, ".svg"), (out, None)):
        if target is not None:
            _write(found, target, suffix)
    if json_wanted:
        click.echo(as_json(found.to_dict()), nl=False)
    else:
        _show(found)


def _write(found: "Outlook", target: str, suffix: str | None) -> None:
    from reprieve.report import forecast as report
    from reprieve.report.forecast_pictures import fan

    make = {
        ".html": lambda: report.html(found),
        ".md": lambda: report.text(found),
        ".svg": lambda: fan(found).svg(),
        ".json": lambda: as_json(found.to_dict()),
    }
    write(target, make, suffix)


def _show(found: "Outlook") -> None:
    from reprieve.report import forecast as report
    from reprieve.report.console_blocks import show_page

    show_page(report.title(found), report.lead(found), report.sections(found))
