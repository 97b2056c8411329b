"""`reprieve score`: forecasts of records whose later scores are known."""

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reprieve.cli.options import SEED, WORKERS, OutFile
from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.engine.cases.case import Case
    from reprieve.engine.judging.scoring import AsOf


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path())
@click.option(
    "--as-of", default="each", show_default=True,
    help="Hide what came after: a day from the first treatment, a date, or 'each' score.",
)  # fmt: skip
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--workers", type=WORKERS, help="Cores to use; all of them when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--out", type=OutFile(), help="Write .html, .md or JSON here.")
def command(
    cases: tuple[str, ...],
    as_of: str,
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
    records = [_read(path) for path in _files(cases)]
    with progress_bar("Cases", as_json) as tick:
        found = score(records, when, seed=seed, workers=workers, progress=tick)
    record = report.record(found, as_of, seed, len(records))
    if out:
        footer = f"reprieve score --as-of {as_of} --seed {seed}; {len(records)} cases."
        lead = report.lead_of(found, len(records))
        write(out, "Forecasts beside what came", lead, report.sections(found), footer, record)
    show_json(record) if as_json else report.show(found, len(records))


def _read(path: Path) -> "Case":
    """A record; the refusal names the file."""
    from reprieve.engine.cases.case import Case, CaseError

    try:
        return Case.from_json(path)
    except CaseError as error:
        raise InputError(f"{path.name}: {error}") from error


def _files(given: Sequence[str]) -> list[Path]:
    """Case files by name or folder, in order, each once."""
    found: dict[Path, None] = {}
    for name in given:
        path = Path(name)
        if path.is_dir():
            inside = sorted(path.glob("*.json"))
            if not inside:
                raise InputError(f"The folder '{name}' holds no .json file; give case files.")
            found.update(dict.fromkeys(inside))
        elif not path.exists():
            raise InputError(f"There is no file or folder '{name}'; give case files.")
        else:
            found[path] = None
    return list(found)


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
