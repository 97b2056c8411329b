"""Kinds of options that several commands share; each refuses before any work is done."""

import math
from datetime import date
from pathlib import Path
from typing import Any

import click

from reprieve.engine.dosing.span import days_of

COUNT = click.IntRange(min=1)
PATIENTS = click.IntRange(min=1, max=100_000_000)
WORKERS = click.IntRange(min=1, max=1024)
SEED = click.IntRange(min=0, max=2**63 - 1)


class OutFile(click.Path):
    """A file to write: not a folder, and in a folder that exists."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not Path(value).absolute().parent.is_dir():
            self.fail(f"'{value}' cannot be written: its folder does not exist.", param, ctx)
        return super().convert(value, param, ctx)


class Number(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.3 only
    """A finite number from `low` to `high`; not-a-number is none."""

    name = "number"

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            found = float(value)
        except ValueError:
            found = math.nan
        if not self.low <= found <= self.high:
            self.fail(f"'{value}' is no number from {self.low:g} to {self.high:g}.", param, ctx)
        return found


class Day(click.ParamType):  # type: ignore[type-arg]
    """A date, YYYY-MM-DD, kept as text."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fail(f"'{value}' is no date; write it as 2026-01-31.", param, ctx)


def horizon_days(text: str) -> float:
    """Days in "12w", "84d" or "6m".

    Raises
    ------
    InputError
        Anything else.
    """
    return days_of(text)
