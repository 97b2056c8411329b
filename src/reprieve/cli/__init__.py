"""The terminal. One module a command, loaded only when that command is asked for."""

import sys
from importlib import import_module
from typing import NoReturn

import click

from reprieve.errors import ReprieveError
from reprieve.version import __version__

# name of the command: one line of help. `reprieve NAME` runs `command` in reprieve.cli.NAME;
# the help lives here so that `reprieve --help` need not import the science.
COMMANDS = {
    "simulate": "Virtual patients on a regimen: levels, vital signs, dissociation, score.",
    "forecast": "What to expect for one patient, and why.",
    "plan": "When to treat again: schedules side by side, with their odds.",
    "setting": "A clinic's own effects, learned from its finished courses.",
    "score": "Forecasts of finished cases beside the scores that came.",
    "compare": "Treatments side by side: how soon, how likely, how long, at what cost.",
    "mechanism": "From receptor to mood, step by step, for one dose.",
    "trial": "A virtual trial from a trial file.",
    "calibrate": "Fit the ensemble to the evidence.",
    "validate": "The model beside what was published; or beside a trial file of yours.",
    "evidence": "The published numbers behind every answer.",
    "events": "NONMEM-style event tables, in and out.",
    "clinic": "The clinic in the browser: serve it, try it, back it up, verify it.",
    "demo": "One real patient unfolding, and the main job, as one report.",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"reprieve.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reprieve")
def group() -> None:
    """Ketamine treatment of depression: simulate it, compare it, check it against trials."""


def main() -> None:
    """Run the command line: exit 0 done, 1 a check failed, 2 bad input."""
    try:
        group(prog_name="reprieve")
    except ReprieveError as error:
        _refuse(str(error))
    except UnicodeDecodeError:
        _refuse("A file that was given is not text; expected UTF-8.")
    except OSError as error:
        where = f" '{error.filename}'" if error.filename else ""
        _refuse(f"Cannot read or write{where}: {error.strerror or error}.")


def _refuse(message: str) -> NoReturn:
    click.echo(f"reprieve: {message}", err=True)
    sys.exit(2)
