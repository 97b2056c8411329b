"""`reprieve validate`: the model beside what was published, or beside a trial file of yours."""

import sys
from importlib import import_module

import click

from reprieve.cli.options import PATIENTS, SEED, WORKERS, OutFile
from reprieve.errors import InputError

# parts whose report goes by another name
REPORTS = {"forecast": "forecast_validation"}


@click.command()
@click.argument("file", required=False)
@click.option("--kinetics", is_flag=True, help="Concentrations, row by row.")
@click.option("--safety", is_flag=True, help="Acute effects, row by row.")
@click.option("--forecast", is_flag=True, help="One patient's forecast; minutes on all cores.")
@click.option(
    "--fit-baselines", type=OutFile(),
    help="With --forecast: only fit what it is compared with anew, and write it here.",
)  # fmt: skip
@click.option("--facts", is_flag=True, help="The course of depression (default).")
@click.option("-n", "patients", type=PATIENTS, help="Virtual patients an arm, or a situation.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option("--workers", type=WORKERS, help="Cores to use; all of them when left out.")
@click.option("--cluster", help="Address of a Dask scheduler, such as tcp://127.0.0.1:8786.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--out", type=OutFile(), help="Write .html, .md or JSON here.")
def command(
    file: str | None,
    kinetics: bool,
    safety: bool,
    forecast: bool,
    fit_baselines: str | None,
    facts: bool,
    patients: int | None,
    seed: int,
    workers: int | None,
    cluster: str | None,
    as_json: bool,
    out: str | None,
) -> None:
    """Set the model beside published numbers; exit 1 when a bar is missed.

    With FILE, a trial file that the project has never seen, print predicted intervals beside
    its observed values.
    """
    from reprieve.report.asked import Asked

    given = {"kinetics": kinetics, "safety": safety, "forecast": forecast, "facts": facts}
    parts = [name for name, chosen in given.items() if chosen]
    if len(parts) > 1:
        raise InputError(f"--{' and --'.join(parts)} exclude each other; give one of them.")
    part = parts[0] if parts else None
    if file is not None and part not in (None, "facts"):
        raise InputError(f"--{part} takes no FILE; give a trial file without it.")
    if fit_baselines is not None:
        _fit_baselines(fit_baselines, part)
        return
    asked = Asked(file, as_json, out, seed, patients, workers, cluster)
    module = REPORTS.get(part or "", part or "facts")
    # each report has run(asked) -> bool: whether every bar is met
    met: bool = import_module(f"reprieve.report.{module}").run(asked)
    if not met:
        sys.exit(1)


def _fit_baselines(out: str, part: str | None) -> None:
    """Fit the baselines to simulated patients and write their file."""
    import json
    from pathlib import Path

    from reprieve.engine.judging.baseline_fit import fit_all

    if part != "forecast":
        raise InputError("--fit-baselines belongs to --forecast; give both.")
    Path(out).write_text(json.dumps(fit_all(), indent=1) + "\n", encoding="utf-8")
    click.echo(f"Wrote {out}.")
