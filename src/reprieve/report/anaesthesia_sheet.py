"""The paper of an anaesthesia chart: where times lie, and what has been drawn on it so far."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reprieve.pictures.text import number, width
from reprieve.report import anaesthesia_marks as marks
from reprieve.report.anaesthesia_chart import COLUMN_MIN, SessionChart

LEFT, RIGHT = 104.0, 20.0


@dataclass
class Sheet:
    """A chart on paper: where times and values lie, and what has been drawn so far."""

    chart: SessionChart
    width: float
    top: float = 0.0  # of the next row
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first, self.last = self.chart.window()
        self.right = self.width - RIGHT

    def x(self, at: datetime) -> float:
        """Where a time lies."""
        return LEFT + (at - self.first) / (self.last - self.first) * (self.right - LEFT)

    def grid_times(self) -> list[datetime]:
        """The times of the grid's lines."""
        steps = round((self.last - self.first) / timedelta(minutes=COLUMN_MIN))
        return [self.first + timedelta(minutes=COLUMN_MIN * k) for k in range(steps + 1)]

    def add(self, *parts: str) -> None:
        """Draw."""
        self.parts += parts


def head(y: float, title: str, unit: str = "") -> str:
    name = marks.words(8, y, title, bold=True)
    if not unit:
        return name
    return name + marks.words(12 + width(title, 13) * 1.06, y, unit, "muted", size=12)


def level_line(sheet: Sheet, y: float) -> str:
    return marks.path(f"M0 {number(y)}H{number(sheet.right)}", "grid", 1)
