"""`reprieve setting`: what a clinic's finished courses say of the clinic, as sums."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reprieve.cli.case_files import read_cases
from reprieve.cli.options import SEED, WORKERS, OutFile
from reprieve.cli.place import setting_file
from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.engine.cases.case import Case
    from reprieve.engine.forecast.setting import SettingEffects


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path())
@click.option("--out", type=OutFile(), required=True, help="Write the setting file here.")
@click.option("--add", metavar="FILE", help="Add to what this setting file has learned already.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--workers", type=WORKERS, help="Cores to use; all of them when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print what was learned as JSON.")
def command(
    cases: tuple[str, ...],
    out: str,
    add: str | None,
    seed: int,
    workers: int | None,
    as_json: bool,
) -> None:
    """Learn a clinic's own effects from its finished courses, CASES: files, or folders of them.

    Only sums over all courses are written; no course can be read back. Use the file with
    reprieve forecast --setting and reprieve plan --setting.

    \b
    reprieve setting finished/ --out clinic.json
    """
    records = read_cases(cases)
    _each_once(records)
    before = None if add is None else _read(add)
    from reprieve.engine.forecast.setting import update_setting
    from reprieve.report import setting as report
    from reprieve.report.console import progress_bar

    with progress_bar("Courses", as_json) as tick:
        new = update_setting(records, seed, progress=tick, workers=workers)
    found = new if before is None else before.plus(new)
    Path(out).write_text(found.to_json() + "\n", encoding="utf-8")
    if as_json:
        click.echo(json.dumps(report.record(found, new.courses, len(records)), indent=1))
    else:
        report.show(found, new.courses, len(records), out)


def _each_once(records: Sequence["Case"]) -> None:
    """Refuse a course that is given twice: it would count twice."""
    name, times = Counter(record.id for record in records).most_common(1)[0]
    if times > 1:
        raise InputError(
            f"{times} of the files hold a case '{name}'; a course counts once, so give each case "
            "its own id or leave the copies out."
        )


def _read(name: str) -> "SettingEffects":
    """A setting of this engine's ensemble, refused before any work otherwise."""
    from reprieve.engine.forecast.setting import SettingEffects, read_setting

    path = setting_file(name)
    read_setting(path)  # refuses another ensemble
    return SettingEffects.from_json(path.read_text(encoding="utf-8"))
