"""Relapse odds against the number of sessions: one mark a schedule."""

from collections.abc import Sequence

import numpy as np

from reprieve.engine.planning.comparison import Choice, Comparison
from reprieve.errors import InputError
from reprieve.pictures import Axis, Figure
from reprieve.pictures.text import width
from reprieve.report.when import Clock, percent

WIDTH, HIGH = 860.0, 400.0
_SURE = 1.96  # standard errors on either side of a chance
_PLOT = (800.0, 290.0)  # pixels that marks have, near enough to keep names apart
_TEXT, _LINE = 12.0, 14.0
# by whether nothing undercuts a schedule, and whether it repeats what was never given so often
_GROUPS = (
    ("nothing else has both fewer sessions and lower odds", (True, False)),
    ("another schedule has both", (False, False)),
    ("nobody was given so many such sessions", (False, True)),
)
Box = tuple[float, float, float, float]


def frontier(comparison: Comparison) -> Figure:
    """Odds of relapse by the end against sessions; filled marks are those that nothing beats.

    Where the person is not in response, days out of response stand in for relapse.
    """
    choices = comparison.choices
    if not choices:
        raise InputError(f"Case {comparison.case}: no schedule is left to compare.")
    values = [cost(c, comparison) for c in choices]
    sessions = [c.sessions for c in choices]
    fig = Figure(
        f"{_what(comparison)} against sessions",
        frontier_sentence(comparison),
        Axis("Sessions", low=-0.4, high=_ceiling(choices), ticks=_ticks(choices)),
        _axis(comparison, values),
        width=WIDTH,
        height=HIGH,
    )
    _edge(fig, comparison)
    for word, wanted in _GROUPS:
        at = [k for k, c in enumerate(choices) if (c.frontier, c.untried) == wanted]
        if at:
            _marks(fig, comparison, at, word)
    for choice, value, (dx, dy, anchor) in zip(
        choices, values, _places(sessions, values, fig, choices), strict=True
    ):
        fig.note(
            choice.sessions, value, choice.schedule.name, dx=dx, dy=dy,
            anchor=anchor,  # type: ignore[arg-type]
            color="ink" if choice.frontier else "muted",
        )  # fmt: skip
    return fig


def cost(choice: Choice, comparison: Comparison) -> float:
    """What a schedule is to keep low: odds of relapse by the end, or share of days unwell, %."""
    if _relapses(comparison):
        return 100 * (choice.relapse_at_end or 0.0)
    return 100 * (1 - choice.well_share)


def _relapses(comparison: Comparison) -> bool:
    return all(c.relapse is not None for c in comparison.choices)


def _what(comparison: Comparison) -> str:
    end = Clock(comparison.origin).day(comparison.asked_at + comparison.horizon_days)
    if _relapses(comparison):
        return f"Relapse by {end}"
    return f"Days out of response until {end}"


def frontier_sentence(comparison: Comparison) -> str:
    """The schedules that nothing beats, with sessions and odds."""
    word = "relapse" if _relapses(comparison) else "of the days out of response"
    parts = [
        f"{c.schedule.name}: {c.sessions:.3g} sessions, {percent(cost(c, comparison) / 100)} {word}"
        for c in comparison.frontier
    ]
    return f"No other schedule has both fewer sessions and lower odds than {'; '.join(parts)}."


def _marks(fig: Figure, comparison: Comparison, at: Sequence[int], label: str) -> None:
    chosen = [comparison.choices[k] for k in at]
    values = np.array([cost(c, comparison) for c in chosen])
    error = np.array([100 * (c.relapse_se[-1] if c.relapse_se else np.nan) for c in chosen])
    best = chosen[0].frontier
    fig.points(
        [c.sessions for c in chosen], values, label,
        low=np.maximum(values - _SURE * error, 0.0), high=np.minimum(values + _SURE * error, 100.0),
        x_low=[c.sessions_80[0] for c in chosen], x_high=[c.sessions_80[1] for c in chosen],
        color=1 if best else "muted", hollow=not best, size=5,
        names=[c.schedule.name for c in chosen],
    )  # fmt: skip


def _edge(fig: Figure, comparison: Comparison) -> None:
    best = comparison.frontier
    if len(best) > 1:
        fig.line(
            [c.sessions for c in best], [cost(c, comparison) for c in best], color=1, dash="dot",
            width=1.4,
        )  # fmt: skip


def _axis(comparison: Comparison, values: Sequence[float]) -> Axis:
    label = "Relapse by then" if _relapses(comparison) else "Days out of response"
    high = min(100.0, 10.0 * np.ceil((max(values) + 8) / 10))
    return Axis(label, "%", low=0.0, high=high)


def _ceiling(choices: Sequence[Choice]) -> float:
    return max(1.0, max(max(c.sessions, c.sessions_80[1]) for c in choices)) * 1.12 + 0.4


def _ticks(choices: Sequence[Choice]) -> tuple[float, ...]:
    high = _ceiling(choices)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 1000) if high / s <= 12)
    return tuple(float(t) for t in range(0, int(high) + 1, step))


def _places(
    x: Sequence[float], y: Sequence[float], fig: Figure, choices: Sequence[Choice]
) -> list[tuple[float, float, str]]:
    """For each mark the side on which its name touches neither names nor marks so far."""
    at = list(zip(_pixels(x, fig.x, _PLOT[0]), _pixels(y, fig.y, _PLOT[1]), strict=True))
    ends = [_pixels([c.sessions_80[k] for c in choices], fig.x, _PLOT[0]) for k in (0, 1)]
    taken: list[Box] = [
        (min(a - 6, low), b - 5, max(a + 6, high), b + 5)
        for (a, b), low, high in zip(at, *ends, strict=True)
    ]
    out = []
    for (a, b), choice in zip(at, choices, strict=True):
        long = width(choice.schedule.name, _TEXT)
        sides = (
            (9.0, -7.0, "start"), (9.0, 14.0, "start"), (-9.0, -7.0, "end"), (-9.0, 14.0, "end"),
            (0.0, -14.0, "middle"), (0.0, 24.0, "middle"), (9.0, -24.0, "start"),
            (9.0, 30.0, "start"),
        )  # fmt: skip
        boxes = [_box(a, b, side, long) for side in sides]
        free = next((k for k, box in enumerate(boxes) if not _touches(box, taken)), 0)
        taken.append(boxes[free])
        out.append(sides[free])
    return out


def _pixels(values: Sequence[float], axis: Axis, room: float) -> list[float]:
    low, high = axis.low or 0.0, axis.high or 1.0
    down = axis.unit == "%"  # the y axis rises where pixels fall
    share = [(v - low) / (high - low) for v in values]
    return [room * (1 - s if down else s) for s in share]


def _box(a: float, b: float, side: tuple[float, float, str], long: float) -> Box:
    dx, dy, anchor = side
    left = a + dx - {"start": 0.0, "middle": long / 2, "end": long}[anchor]
    return (left, b + dy - _LINE + 3, left + long, b + dy + 3)


def _touches(box: Box, taken: Sequence[Box]) -> bool:
    inside = box[0] >= 0 and box[2] <= _PLOT[0] and box[1] >= -8
    hit = any(box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in taken)
    return hit or not inside
