"""`reprieve calibrate`: fit the ensemble to the evidence."""

import datetime
from pathlib import Path

import click

from reprieve.cli.options import SEED, Day, OutFile


@click.command()
@click.option("--out", type=OutFile(), default="ensemble.json", show_default=True)
@click.option(
    "--members",
    type=click.IntRange(2, 10_000),
    default=100,
    show_default=True,
    help="Sets in the ensemble.",
)
@click.option(
    "-n",
    "patients",
    type=click.IntRange(256, 1_000_000),
    default=4096,
    show_default=True,
    help="Patients an arm.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 1000),
    default=12,
    show_default=True,
    help="Most steps of the search.",
)
@click.option("--seed", type=SEED, default=3, show_default=True, help="Same seed, same ensemble.")
@click.option(
    "--date", type=Day(), help="Date written into the file, YYYY-MM-DD; today when left out."
)
@click.option("--from", "start", type=click.Path(), help="Start at the mode of this ensemble.")
@click.option("--json", "as_json", is_flag=True, help="Print the file's header as JSON.")
def command(
    out: str,
    members: int,
    patients: int,
    steps: int,
    seed: int,
    date: str | None,
    start: str | None,
    as_json: bool,
) -> None:
    """Fit the mood model to the calibration rows and write an ensemble of parameter sets.

    Rows kept for validation cannot be read here. About 20 minutes on two cores.
    """
    import json

    from reprieve.engine.calibration import fit as cal
    from reprieve.engine.calibration.ensemble import read
    from reprieve.engine.mood.stimuli import FormStimuli
    from reprieve.report.console import progress_bar

    problem = cal.Problem(FormStimuli(), patients, seed)
    origin = None if start is None else read(start).best().theta()
    with progress_bar("Searching the mode", quiet=as_json) as tick:
        mode = cal.fit(problem, origin, steps, tick)
    with progress_bar("Drawing the ensemble", quiet=as_json) as tick:
        thetas, misfit = cal.draw_ensemble(problem, mode, members, seed, tick)
    command_line = f"reprieve calibrate -n {patients} --members {members} --seed {seed}"
    if start is not None:
        command_line += f" --from {Path(start).name}"
    today = date or datetime.date.today().isoformat()
    made = cal.assemble(problem, mode, thetas, misfit, command_line, seed, today)
    Path(out).write_text(made.to_json() + "\n", encoding="utf-8")
    if as_json:
        click.echo(json.dumps(made.header, indent=1))
    else:
        click.echo(f"Loss {mode.loss:.2f} over {len(problem.targets)} rows; wrote {out}.")
