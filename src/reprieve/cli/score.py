"""`reprieve score`: forecasts of records whose later scores are known."""

import math
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reprieve.cli.case_files import read_cases
from reprieve.cli.options import SEED, WORKERS, OutFile
from reprieve.cli.place import read_place, setting_option
from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.engine.judging.scoring import AsOf


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path())
@click.option(
    "--as-of", default="each", show_default=True,
    help="Hide what came after: a day from the first treatment, a date, or 'each' score.",
)  # fmt: skip
@setting_option
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--workers", type=WORKERS, help="Cores to use; all of them when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--out", type=OutFile(), help="Write .html, .md or JSON here.")
def command(
    cases: tuple[str, ...],
    as_of: str,
    setting: str | None,
    seed: int,
    workers: int | None,
    as_json: bool,
    out: str | None,
) -> None:
    """Hide the later scores of finished CASES, forecast them, and compare with what came.

    CASES are case files, or folders of them. Unreadable files are refused before any work.
    """
    from reprieve.engine.judging.scoring import score
    from reprieve.report import score as report
    from reprieve.report.console import progress_bar, show_json
    from reprieve.report.facts import write

    when = _as_of(as_of)
    records, place = read_cases(cases), read_place(setting)
    with progress_bar("Cases", as_json) as tick:
        found = score(records, when, seed=seed, place=place, workers=workers, progress=tick)
    record = report.record(found, as_of, seed, len(records))
    if setting is not None:
        record["setting"] = Path(setting).name
    if out:
        chosen = "" if setting is None else f" --setting {Path(setting).name}"
        footer = f"reprieve score --as-of {as_of} --seed {seed}{chosen}; {len(records)} cases."
        lead = report.lead_of(found, len(records))
        write(out, "Forecasts beside what came", lead, report.sections(found), footer, record)
    show_json(record) if as_json else report.show(found, len(records))


def _as_of(text: str) -> "AsOf":
    """A day from the first treatment, a date, or "each"."""
    if text == "each":
        return "each"
    try:
        day = float(text)
        if math.isfinite(day):
            return day
    except ValueError:
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise InputError(
        f"--as-of was '{text}'; give a day from the first treatment such as 14, a date such as "
        "2026-03-31, or 'each'."
    )
