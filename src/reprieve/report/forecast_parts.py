"""Pictures of a forecast: what it is made of, what told us, and how long a response lasts."""

import numpy as np

from reprieve.engine.forecast.outlook import Duration, Outlook
from reprieve.errors import InputError
from reprieve.pictures import Axis, Figure, Grid, Picture
from reprieve.report.forecast_pictures import WIDTH, needs_forecast
from reprieve.report.when import Clock, length, percent, signed

MOST_ROWS = 12
HALF = 0.5
NOTHING = 0.05  # points; a part that never reaches it is left out of the drawing


def drivers(outlook: Outlook) -> Picture:
    """What the change since entry is made of, and what each score moved."""
    needs_forecast(outlook)
    if outlook.why is None:
        raise InputError(f"Case {outlook.case} has no change to take apart.")
    why, unit = outlook.why, f"{outlook.instrument} points"
    change = why.now - why.entry
    made = [p for p in why.parts if max(map(abs, (p.points, *p.p80))) >= NOTHING] or why.parts
    names = [p.name for p in made]
    parts = Figure(
        f"Change since entry: {signed(change)} points",
        drivers_sentence(outlook),
        Axis("Below zero is better", unit),
        height=84 + 28 * len(names),
        legend="none",
    )
    low, high = zip(*(p.p80 for p in made), strict=True) if made else ((), ())
    parts.bars(names, [p.points for p in made], low, high, color=1, horizontal=True)
    moved = sorted(why.moved, key=lambda m: -abs(m.shift))[:MOST_ROWS]
    if not moved:
        return Grid(parts.title, parts.desc, [parts], columns=1, width=WIDTH, key=False)
    moved.sort(key=lambda m: m.day)
    clock = Clock(outlook.origin)
    data = Figure(
        f"What each score moved, {length(moved[0].ahead_days)} ahead",
        "",
        Axis("Shift of the forecast", unit),
        height=84 + 28 * len(moved),
        legend="none",
    )
    data.bars(
        [f"{clock.day(m.day)}: {m.instrument} {m.value:g}" for m in moved],
        [m.shift for m in moved], color=3, horizontal=True,
    )  # fmt: skip
    title = "What it is made of, and what told us"
    return Grid(title, parts.desc, [parts, data], columns=1, width=WIDTH, key=False)


def drivers_sentence(outlook: Outlook) -> str:
    """The parts in a sentence, with their 80 % ranges."""
    why = outlook.why
    if why is None:
        return ""
    parts = [
        f"{p.name} {signed(p.points)} ({signed(p.p80[0])} to {signed(p.p80[1])})" for p in why.parts
    ]
    return (
        f"From {why.entry:.0f} at entry to {why.now:.0f} expected now on {outlook.instrument}, of "
        f"which, in points with 80 % ranges: {'; '.join(parts)}."
    )


def durations(outlook: Outlook) -> Figure:
    """Days of response after each dose if no further one followed."""
    needs_forecast(outlook)
    if not outlook.duration:
        raise InputError(f"Case {outlook.case} has no dose whose effect could last.")
    clock = Clock(outlook.origin)
    doses = outlook.duration[-MOST_ROWS:]
    names = tuple(f"{clock.day(d.day)}{'' if d.given else ', planned'}" for d in doses)
    watched = max(d.watched_days for d in doses)
    fig = Figure(
        "How long a response lasts after each dose, if no further one followed",
        durations_sentence(outlook),
        Axis("Days of response after the dose", "d", low=0, high=watched),
        Axis("", categories=names),
        width=WIDTH,
        height=96 + 30 * len(doses),
    )
    for given in (True, False):
        at = [k for k, d in enumerate(doses) if d.given == given and d.days_80 is not None]
        if at:
            low, high = zip(*(doses[k].days_80 or (np.nan, np.nan) for k in at), strict=True)
            fig.points(
                [_median(doses[k]) for k in at], at,
                f"median and 80 % of responders, {'given' if given else 'planned'}",
                x_low=low, x_high=high, color=1, hollow=not given, size=5,
                names=[names[k] for k in at],
            )  # fmt: skip
    return fig


def _median(d: Duration) -> float:
    """Median days; none where more than half outlast the watch."""
    return np.nan if d.median_days is None or d.beyond >= HALF else d.median_days


def durations_sentence(outlook: Outlook) -> str:
    """The last dose in words."""
    if not outlook.duration:
        return ""
    last, clock = outlook.duration[-1], Clock(outlook.origin)
    if np.isnan(_median(last)):
        lasts = f"; of those, {percent(last.beyond)} last longer than {length(last.watched_days)}"
    else:
        lasts = f", lasting {length(_median(last))} at the median"
    return (
        f"After the dose of {clock.day(last.day)}, {percent(last.probability)} respond{lasts}, "
        "if no further dose followed."
    )
