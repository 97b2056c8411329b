"""A clinic's own effects from the file that `reprieve setting` wrote."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.engine.forecast.traits import Place

setting_option = click.option(
    "--setting", metavar="FILE", help="The clinic's own effects, learned by reprieve setting."
)


def read_place(name: str | None) -> "Place | None":
    """The clinic's effects; None where no file was given.

    Raises
    ------
    InputError
        It is no file, no setting, or belongs to another ensemble.
    """
    if name is None:
        return None
    from reprieve.engine.forecast.setting import read_setting

    return read_setting(setting_file(name))


def setting_file(name: str) -> Path:
    """The path of a setting file, refused before it is opened where it cannot be one."""
    path = Path(name)
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise InputError(f"'{name}' is {what}; give a setting file (docs/setting.md).")
    return path
