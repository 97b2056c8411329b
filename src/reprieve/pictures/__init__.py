"""Pictures as SVG, one module for terminal, report and documentation.

>>> from reprieve.pictures import Axis, Figure
>>> fig = Figure("One dose", "Falls by half each hour.", Axis("Time", "h"), Axis("Level", "mg/L"))
>>> svg = fig.line([0, 1, 2], [4, 2, 1], "typical").svg()

`Figure` holds one coordinate system, `Grid` several; both give `svg()`, and `table()` for those
who would rather read the numbers. `terminal(figure)` draws in characters.
"""

from typing import TYPE_CHECKING

from reprieve.pictures.figure import Figure, Grid, Picture, Table
from reprieve.pictures.scale import Axis

if TYPE_CHECKING:
    from reprieve.pictures.characters import terminal

__all__ = ["Axis", "Figure", "Grid", "Picture", "Table", "terminal"]


def __getattr__(name: str) -> object:
    # plotext is needed only where somebody watches a terminal
    if name == "terminal":
        from reprieve.pictures.characters import terminal

        return terminal
    raise AttributeError(f"module 'reprieve.pictures' has no attribute {name!r}")
