"""`reprieve compare`: treatments side by side."""

from pathlib import Path

import click

from reprieve.cli.options import SEED, OutFile, horizon_days


@click.command()
@click.argument("treatments", nargs=-1, required=True)
@click.option("--for", "span", default="12w", show_default=True, help="How far to look: 12w, 84d.")
@click.option("--population", "people", default="trd", show_default=True, help="trd or first_line.")
@click.option(
    "-n",
    "patients",
    type=click.IntRange(100, 1_000_000),
    default=2048,
    show_default=True,
    help="Patients each.",
)
@click.option(
    "--sets",
    type=click.IntRange(2, 1000),
    default=24,
    show_default=True,
    help="Parameter sets behind the intervals.",
)
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--html", "page", type=OutFile(), help="Write a page to this file.")
@click.option("--out", type=OutFile(), help="Write the JSON to this file too.")
def command(
    treatments: tuple[str, ...],
    span: str,
    people: str,
    patients: int,
    sets: int,
    seed: int,
    as_json: bool,
    page: str | None,
    out: str | None,
) -> None:
    """Compare TREATMENTS: names (SSRI, ECT, CBT ...) or regimens in quotes.

    \b
    reprieve compare "ketamine 0.5 mg/kg IV twice weekly for 3 weeks" SSRI ECT esketamine --for 12w
    """
    import json

    from reprieve.engine.calibration.ensemble import ensemble
    from reprieve.engine.mood.stimuli import FormStimuli
    from reprieve.engine.trials.comparators import comparator, population
    from reprieve.engine.trials.comparison import compare
    from reprieve.errors import InputError
    from reprieve.report import compare as report
    from reprieve.report.console import progress_bar

    horizon = horizon_days(span)
    who = population(people)
    members = ensemble()
    if sets > len(members):
        raise InputError(f"--sets was {sets}; the ensemble holds {len(members)} parameter sets.")
    chosen = [comparator(text, who, horizon) for text in treatments]
    with progress_bar("Comparing", quiet=as_json) as tick:
        result = compare(chosen, who, horizon, members, FormStimuli(), patients, sets, seed, tick)
    text = json.dumps(report.record(result), indent=1)
    if out:
        Path(out).write_text(text + "\n", encoding="utf-8")
    if page:
        Path(page).write_text(report.html(result), encoding="utf-8")
    if as_json:
        click.echo(text)
        return
    _show(result)
    if page:
        click.echo(f"Page written to {page}.")


def _show(result: object) -> None:
    from reprieve.engine.trials.comparison import Comparison
    from reprieve.pictures import Figure, terminal
    from reprieve.report import compare as report
    from reprieve.report.beside import beside_table, verdicts
    from reprieve.report.console import show_table

    assert isinstance(result, Comparison)
    for table in (
        report.response_table(result),
        report.remission_table(result),
        beside_table(result),
    ):
        if table:
            show_table(table)
    for line in verdicts(result):
        click.echo(f"! {line}" if result.beside else line)
    for table in (
        report.course_table(result),
        report.setting_table(result),
        report.event_table(result),
    ):
        show_table(table)
    drawing = report.figure(result, bands=False)
    for figure in [drawing] if isinstance(drawing, Figure) else drawing.figures:
        click.echo(terminal(figure))
    for line in (*report.uses(result), *report.remarks(result)):
        click.echo(f"- {line}")
    click.echo(report.lead(result))
    click.echo(f"Sources: {', '.join(report.cited(result))}; 'reprieve evidence show KEY' tells.")
