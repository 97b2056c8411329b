"""`reprieve trial`: a virtual trial from a trial file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reprieve.cli.options import PATIENTS, SEED, WORKERS, Number, OutFile

if TYPE_CHECKING:
    from reprieve.engine.trials.virtual import VirtualTrial


@click.command()
@click.argument("file")
@click.option(
    "-n", "patients", type=PATIENTS, default=10_000, show_default=True, help="Patients an arm."
)
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same numbers.")
@click.option(
    "--remission", type=Number(0, 60), default=10.0, show_default=True, help="MADRS at most."
)
@click.option("--workers", type=WORKERS, help="Cores to use; all of them when left out.")
@click.option("--cluster", help="Address of a Dask scheduler, such as tcp://127.0.0.1:8786.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--out", type=OutFile(), help="Write the JSON to this file too.")
def command(
    file: str,
    patients: int,
    seed: int,
    remission: float,
    workers: int | None,
    cluster: str | None,
    as_json: bool,
    out: str | None,
) -> None:
    """Run FILE, a trial file of your own or the name of a shipped design, on virtual patients."""
    from reprieve.engine.calibration.ensemble import ensemble
    from reprieve.engine.trials.design import find
    from reprieve.engine.trials.virtual import virtual_trial
    from reprieve.report.console import progress_bar

    design = find(file)
    with progress_bar(f"{patients:,} patients an arm", quiet=as_json) as tick:
        result = virtual_trial(
            design, ensemble(), patients, seed, remission, workers, cluster, tick
        )
    text = json.dumps(_record(result), indent=1)
    if out:
        Path(out).write_text(text + "\n", encoding="utf-8")
    click.echo(text) if as_json else _show(result)


def _record(result: "VirtualTrial") -> dict[str, Any]:
    d = result.design
    arms = {}
    for name, arm in result.arms.items():
        change, sd = arm.change_mean_sd()
        arms[name] = {
            "day": list(d.visits_d),
            "madrs_mean": arm.mean().round(3).tolist(),
            "madrs_p10": arm.quantile(0.1).tolist(),
            "madrs_p50": arm.quantile(0.5).tolist(),
            "madrs_p90": arm.quantile(0.9).tolist(),
            "change_mean": change.round(3).tolist(),
            "change_sd": sd.round(3).tolist(),
            "response_percent": (100 * arm.response / arm.n).round(3).tolist(),
            "remission_percent": (100 * arm.remission / arm.n).round(3).tolist(),
            "relapsed_percent": (100 * arm.relapsed / arm.n).round(3).tolist(),
        }
    return {
        "design": d.key, "title": d.title, "patients_per_arm": result.n, "seed": result.seed,
        "remission_at_most": result.remission_at_most, "arms": arms,
    }  # fmt: skip


def _show(result: "VirtualTrial") -> None:
    from rich.console import Console
    from rich.table import Table

    from reprieve.pictures import Axis, Figure, terminal

    console, design = Console(), result.design
    days = list(design.visits_d)
    fig = Figure(
        design.title, "Mean score by arm over time.", Axis("Day", "d"), Axis("MADRS", "points")
    )
    for name, arm in result.arms.items():
        fig.line([0.0, *days], [design.baseline.mean, *arm.mean()], name)
        table = Table(title=f"{name}: {result.n:,} patients", title_justify="left")
        for head in ("Day", "MADRS", "10 to 90 %", "Change (SD)", "Response %", "Remission %"):
            table.add_column(head, justify="right")
        change, sd = arm.change_mean_sd()
        low, high, mean = arm.quantile(0.1), arm.quantile(0.9), arm.mean()
        for v in _shown(len(days)):
            table.add_row(
                f"{days[v]:.3g}", f"{mean[v]:.1f}", f"{low[v]:.0f} to {high[v]:.0f}",
                f"{change[v]:+.1f} ({sd[v]:.1f})", f"{100 * arm.response[v] / arm.n:.1f}",
                f"{100 * arm.remission[v] / arm.n:.1f}",
            )  # fmt: skip
        console.print(table)
    click.echo(terminal(fig))
    console.print(f"Remission: MADRS at most {result.remission_at_most:g}. Seed {result.seed}.")


def _shown(n: int, most: int = 14) -> list[int]:
    """Up to `most` visits spread over all of them, the last one always."""
    step = max(1, -(-n // most))
    return sorted({*range(0, n, step), n - 1})
