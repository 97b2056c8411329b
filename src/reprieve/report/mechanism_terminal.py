"""The mechanism in the terminal: one line a step, then the courses."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.engine.mechanism.chain import Mechanism
from reprieve.engine.mechanism.steps import Step, steps
from reprieve.pictures import Axis, Figure, terminal
from reprieve.report.mechanism import LIMITS, use
from reprieve.report.mechanism_figures import size

_STYLE = {"measured": "green", "inferred": "yellow", "assumed": "magenta"}
_SHADES = " ▁▂▃▄▅▆▇█"
WIDTH = 25


def show(found: Mechanism, console: Console | None = None) -> None:
    """Print the steps with a bar of their course over log time, two pictures, and the limits."""
    console = console or Console()
    console.print(f"From receptor to mood: {found.text}", style="bold")
    for line in use(found):
        console.print(line)
    for k, step in enumerate(steps(), 1):
        rows = f" ({', '.join(step.rows)})" if step.rows else ""
        tag = Text(step.tag, style=_STYLE[step.tag])
        console.print(Text.assemble(f"\n{k} {step.title}: ", tag, Text(rows, style="dim")))
        console.print(_lines(found, step))
    console.print(
        "\nBars run from 1 minute to 14 days, each place 1.5 times the one before. "
        "Tags say what is known in people.",
        style="dim",
    )
    for figure in _figures(found):
        drawn = terminal(figure, min(90, console.width), 16, color=console.is_terminal)
        console.print(Text.from_ansi(drawn))
    for said in found.assumptions:
        console.print(said, style="dim")
    console.print(LIMITS, style="dim")


def _lines(found: Mechanism, step: Step) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 2))
    table.add_column(width=24)
    table.add_column(width=WIDTH, no_wrap=True)
    table.add_column(justify="right", min_width=9)
    table.add_column(justify="right", min_width=9)
    for key in step.courses:
        course = found[key]
        peak = size(course).removesuffix(" of mood").removesuffix(" of standard peak")
        table.add_row(course.label, bar(found, key), peak, f"at {found.peak_h(key):.1f} h")
    return table


def bar(found: Mechanism, key: str, width: int = WIDTH) -> str:
    """A course as block characters over logarithmic time."""
    times = [(1 / 60) * (336 * 60) ** (j / (width - 1)) for j in range(width)]
    top = max(found[key].peak, 1e-12)
    return "".join(_SHADES[round(8 * found.at(key, t) / top)] for t in times)


def _figures(found: Mechanism) -> tuple[Figure, Figure]:
    early = Figure(
        "First hours", "", Axis("Hours", low=0.0, high=6.0), Axis("Share of peak", low=0.0)
    )
    late = Figure("Two weeks", "", Axis("Days", low=0.0, high=14.0), Axis("Share of peak", low=0.0))
    for key in ("occupancy", "glutamate", "ampa", "bdnf"):
        inside = found.times_h <= 6.0
        course = found[key]
        early.line(found.times_h[inside], course.values[inside] / course.peak, course.label)
    for key in ("proteins", "spines", "mood"):
        course = found[key]
        late.line(found.times_h / 24.0, course.values / course.peak, course.label)
    return early, late
