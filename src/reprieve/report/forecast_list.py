"""The forecasts of many patients as a list: a line for each."""

from collections.abc import Sequence

import click

from reprieve.engine.forecast.outlook import Milestone, Outlook, Relapse
from reprieve.report.blocks import Cell, Column, DataTable
from reprieve.report.console import show_table
from reprieve.report.when import Clock

AHEAD_D = 28.0
NOT_AN_ORDER = (
    "Odds for a clinician to weigh; no dose is advised here. One patient in full: "
    "reprieve forecast CASE."
)


def table(outlooks: Sequence[Outlook]) -> DataTable:
    """A line for each forecast; those that allow none are told apart, in `refusals`."""
    rows = [_row(outlook) for outlook in outlooks if outlook.ok]
    heads: list[Column | str] = ["Case", "Asked on", "Last score", "In 4 weeks", "Response"]
    return DataTable([*heads, "Relapse"], rows)


def _row(outlook: Outlook) -> list[Cell]:
    own = [s for s in outlook.scores if s.used and s.instrument == outlook.instrument]
    band = min(outlook.bands, key=lambda b: abs(b.day - outlook.asked_at - AHEAD_D))
    return [
        outlook.case,
        Clock(outlook.origin).day(outlook.asked_at),
        f"{own[-1].instrument} {own[-1].value:g}",
        f"{band.median:g} ({band.p80[0]:g} to {band.p80[1]:g})",
        _response(outlook.response, outlook.again),
        _relapse(outlook.relapse),
    ]


def _response(first: Milestone | None, again: Milestone | None) -> str:
    if again is not None:
        return f"again {_percent(again.probability_ever)}"
    if first is not None and first.seen_day is not None:
        return "held"
    return "" if first is None else _percent(first.probability_ever)


def _relapse(odds: Relapse | None) -> str:
    if odds is None:
        return ""
    without = _percent(odds.no_further_dose[-1])
    if odds.plan is None:
        return without
    return f"{_percent(odds.plan[-1])}, {without} without a dose"


def _percent(p: float) -> str:
    return f"{100 * p:.0f} %"


def refusals(outlooks: Sequence[Outlook]) -> list[str]:
    """Why there is no forecast, a line for each case without one."""
    return [f"{o.case}: {o.status}: {o.sentence}" for o in outlooks if not o.ok]


def show(outlooks: Sequence[Outlook]) -> None:
    """The list in the terminal."""
    answered = [o for o in outlooks if o.ok]
    if answered:
        weeks = answered[0].horizon_days / 7
        click.echo(
            f"Median score in 4 weeks with the middle 80 %; odds of response and of relapse within "
            f"{weeks:g} weeks."
        )
        show_table(table(outlooks))
    for line in refusals(outlooks):
        click.echo(line)
    click.echo(NOT_AN_ORDER)
