"""`reprieve forecast`: what to expect for one patient, or for every patient of a folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reprieve.cli.case_files import read_cases
from reprieve.cli.case_input import as_json, check_ending, read_case, write
from reprieve.cli.options import SEED, WORKERS, OutFile, horizon_days
from reprieve.cli.place import read_place, setting_option
from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.engine.forecast.outlook import Outlook
    from reprieve.engine.forecast.traits import Place

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
@click.option("--workers", type=WORKERS, help="Of a folder: cores to use; all when left out.")
def command(
    case: str,
    horizon: str,
    setting: str | None,
    seed: int,
    json_wanted: bool,
    html: str | None,
    svg: str | None,
    out: str | None,
    workers: int | None,
) -> None:
    """What to expect for the patient of CASE, a case file; - reads standard input.

    A case that contradicts itself is refused with a reason code. A sound case that allows no
    forecast yet is answered with the reason. Of a folder every case is answered, in brief.

    \b
    reprieve forecast docs/examples/case.json --horizon "12 weeks"
    reprieve forecast patients/ --json
    """
    check_ending(out, KINDS)
    days = horizon_days(horizon)
    if Path(case).is_dir():
        _check_list(html, svg, out)
        _list(case, days, seed, read_place(setting), workers, json_wanted, out)
        return
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


def _check_list(html: str | None, svg: str | None, out: str | None) -> None:
    """Of many patients there is a list and no page; refused before the work."""
    if html or svg or (out is not None and Path(out).suffix != ".json"):
        raise InputError(
            "Of a folder there are only the list, --json and --out FILE.json; give one case file "
            "for a page or a picture."
        )


def _list(
    folder: str,
    days: float,
    seed: int,
    place: "Place | None",
    workers: int | None,
    json_wanted: bool,
    out: str | None,
) -> None:
    records = read_cases([folder])
    from reprieve.engine.forecast.many import forecast_many
    from reprieve.report import forecast_list as report
    from reprieve.report.console import progress_bar

    with progress_bar("Cases", json_wanted) as tick:
        found = forecast_many(records, days, seed, place=place, workers=workers, progress=tick)
    text = as_json([outlook.to_dict() for outlook in found]) if json_wanted or out else ""
    if out is not None:
        Path(out).write_text(text, encoding="utf-8")
    click.echo(text, nl=False) if json_wanted else report.show(found)


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
