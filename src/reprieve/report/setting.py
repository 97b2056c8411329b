"""A clinic's own effects in words and as a table."""

from typing import Any

import click
import numpy as np

from reprieve.engine.forecast.setting import FEWEST, SettingEffects
from reprieve.report.blocks import Cell, Column, DataTable
from reprieve.report.console import show_table

NAMES = ("drug", "context", "shared care")
OPEN, SOME = 0.9, 0.6  # doubt left, SD between trials: nearly all of it, much of it


def doubt(found: SettingEffects) -> tuple[float, float, float]:
    """SD of each effect after learning, in SD between trials; 1 before."""
    drug, context, shared = np.sqrt(np.diag(np.asarray(found.place.cov)))
    return float(drug), float(context), float(shared)


def record(found: SettingEffects, used: int, given: int) -> dict[str, Any]:
    """What was learned, for JSON; the sums themselves are in the file."""
    effects = {
        name.replace(" ", "_"): {"mean": mean, "sd": sd}
        for name, mean, sd in zip(NAMES, found.place.mean, doubt(found), strict=True)
    }
    return {
        "ensemble": found.ensemble, "courses": found.courses, "given": given,
        "used": used, "unit": "SD between trials", "effects": effects,
    }  # fmt: skip


def table(found: SettingEffects) -> DataTable:
    """Each effect beside the average place's, with what is still open."""
    rows: list[list[Cell]] = [
        [name.capitalize(), f"{mean:+z.1f}".replace("-", "−"), f"{sd:.1f}", _told(sd)]
        for name, mean, sd in zip(NAMES, found.place.mean, doubt(found), strict=True)
    ]
    heads: list[Column | str] = [
        "Effect", Column("Here", "SD", numeric=True), Column("Doubt", "SD", numeric=True), "Learned"
    ]  # fmt: skip
    return DataTable(heads, rows, "Against the average place, in SD between trials (doubt was 1.0)")


def _told(sd: float) -> str:
    return "hardly anything" if sd > OPEN else "something" if sd > SOME else "much"


def show(found: SettingEffects, used: int, given: int, out: str) -> None:
    """The table, what was left out, and where the sums are."""
    left = given - used
    click.echo(f"{found.courses} courses in all, {used} of them new.")
    if left:
        click.echo(
            f"{left} case{'s' * (left != 1)} allowed no forecast and taught nothing "
            "(reprieve forecast says why)."
        )
    show_table(table(found))
    click.echo(
        f"Written to {out}: sums over all courses, of which there are at least {FEWEST}; no course "
        "can be read back from them."
    )
