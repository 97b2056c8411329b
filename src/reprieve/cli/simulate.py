"""`reprieve simulate`: virtual patients on a regimen."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reprieve.cli.options import PATIENTS, SEED, WORKERS, OutFile, horizon_days

if TYPE_CHECKING:
    from reprieve.engine.mood.model import Baseline
    from reprieve.engine.population.simulate import Simulation


@click.command()
@click.argument("regimen")
@click.option(
    "-n", "patients", type=PATIENTS, default=10_000, show_default=True, help="Virtual patients."
)
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--for", "span", help="How long to follow: 8w, 56d; 4 weeks after the last session.")
@click.option("--weight", type=float, help="Everybody's weight, kg; drawn if left out.")
@click.option("--age", type=float, help="Everybody's age, years; drawn if left out.")
@click.option("--sex", type=click.Choice(["F", "M"]), help="Everybody's sex; drawn if left out.")
@click.option(
    "--known",
    "facts",
    multiple=True,
    metavar="NAME=VALUE",
    help="Something known of everybody: failed_trials=4, benzodiazepine_mg=10, anxious=yes ...",
)
@click.option(
    "--baseline", type=float, default=33.0, show_default=True, help="Mean MADRS at entry."
)
@click.option(
    "--awareness",
    default="open",
    show_default=True,
    help="What patients know of the allocation: open, midazolam_control ...",
)
@click.option("--strict", is_flag=True, help="Refuse a regimen that leaves something out.")
@click.option("--workers", type=WORKERS, help="Cores to use; all of them when left out.")
@click.option("--cluster", help="Address of a Dask scheduler, such as tcp://127.0.0.1:8786.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--out",
    type=OutFile(),
    help="Write a page (.html) or every distribution (.json) to this file.",
)
def command(
    regimen: str,
    patients: int,
    seed: int,
    span: str | None,
    weight: float | None,
    age: float | None,
    sex: str | None,
    facts: tuple[str, ...],
    baseline: float,
    awareness: str,
    strict: bool,
    workers: int | None,
    cluster: str | None,
    as_json: bool,
    out: str | None,
) -> None:
    """Run virtual patients on REGIMEN: levels, vital signs, dissociation, score.

    \b
    reprieve simulate "ketamine 0.5 mg/kg IV over 40 min, twice weekly for 3 weeks" --for 8w
    """
    import json

    from reprieve.engine.dosing.doses import Regimen
    from reprieve.engine.mood.predictors import told
    from reprieve.engine.patient import Patient
    from reprieve.engine.population.simulate import simulate
    from reprieve.report.console import progress_bar

    _writable(out)
    for_d = None if span is None else horizon_days(span)
    asked = Regimen.parse(regimen, strict=strict, until_d=for_d)
    person = Patient(age_y=age, weight_kg=weight, sex=sex)  # type: ignore[arg-type]
    who, checkin = told(facts, person)
    entry = _entry(baseline)
    with progress_bar(f"{patients:,} virtual patients", quiet=as_json) as tick:
        result = simulate(
            asked, patients, seed, patient=who, checkin=checkin, baseline=entry,
            awareness=awareness, for_d=for_d, workers=workers, cluster=cluster, progress=tick,
        )  # fmt: skip
    if out is not None:
        _write(result, out)
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=1))
    else:
        _show(result)


def _entry(mean: float) -> "Baseline":
    from reprieve.engine.mood.model import Baseline
    from reprieve.engine.population.simulate import RESISTANT
    from reprieve.errors import InputError

    if not 10 <= mean <= 50:
        raise InputError(f"The mean MADRS at entry was {mean:g}; expected 10 to 50.")
    return Baseline(mean, RESISTANT.sd, min(RESISTANT.minimum, mean - 8))


def _writable(out: str | None) -> None:
    """Refuse a file of unknown kind before the work, not after it."""
    from reprieve.errors import InputError

    if out is not None and Path(out).suffix not in (".html", ".json"):
        raise InputError(f"'{out}' ends in neither .html nor .json, so what to write is unknown.")


def _write(result: "Simulation", out: str) -> None:
    import json

    from reprieve.report.simulate import html

    page = Path(out).suffix == ".html"
    text = html(result) if page else json.dumps(result.to_dict(), indent=1)
    Path(out).write_text(text, encoding="utf-8")


def _show(result: "Simulation") -> None:
    from reprieve.pictures import terminal
    from reprieve.report import simulate as report
    from reprieve.report.console import show_table

    level, peak, crossing, event, score = report.tables(result)
    click.echo(result.regimen.format())
    for line in report.header(result):
        click.echo(line)
    click.echo()
    for table in (level, peak, crossing, event):
        show_table(table)
    click.echo(terminal(report.level_figure(result)))
    click.echo(terminal(report.acute_figure(result)))
    show_table(score)
    click.echo(terminal(report.score_figure(result)))
    click.echo(terminal(report.response_figure(result)))
    for line in report.remarks(result):
        click.echo(f"- {line}")
    click.echo(report.lead(result))
