"""The blocks of a page in the terminal: the same words, tables and pictures."""

import sys
from collections.abc import Sequence

import click

from reprieve.pictures.characters import terminal
from reprieve.report.blocks import (
    Aside,
    Block,
    Cards,
    DataTable,
    Items,
    Section,
    Shown,
    Stepper,
    Unfolding,
)
from reprieve.report.console import show_table
from reprieve.report.markdown import plain

COLUMNS, ROWS = 96, 24


def show_page(title: str, lead: str, sections: Sequence[Section], pictures: int = 2) -> None:
    """A page from top to bottom, its sentence first, with no more than so many pictures."""
    click.secho(title, bold=True)
    if lead:
        _words(lead)
    for section in sections:
        click.echo()
        click.secho(section.title, bold=True, underline=True)
        for block in section.blocks:
            if isinstance(block, Shown):
                pictures -= 1
                if pictures < 0:
                    continue
            _show(block)


def _show(block: Block) -> None:
    match block:
        case DataTable():
            click.echo()
            show_table(block)
        case Shown():
            color = sys.stdout.isatty()
            click.echo()
            click.echo(terminal(block.picture, COLUMNS, ROWS, color=color))
        case Cards():
            for card in block.cards:
                note = f" ({card.note})" if card.note else ""
                click.echo(f"  {click.style(card.value, bold=True):>14}  {card.label}{note}")
        case Aside():
            _words(f"{block.heading} {plain(block.text)}".strip())
        case Items():
            for item in block.items:
                _words(f"- {plain(item)}", "  ")
        case Stepper():
            for stage in block.stages:
                _words(f"- {stage.label}", "  ")
        case Unfolding():
            for moment in block.moments:
                _words(f"- {moment.label}: {moment.heading}", "  ")
        case _:
            _words(plain(block))


def _words(text: str, indent: str = "") -> None:
    click.echo(click.wrap_text(text, COLUMNS, "", indent))
