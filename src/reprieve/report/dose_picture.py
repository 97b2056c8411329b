"""Doses and routes in a picture: what each buys and what one session of it costs, on one scale."""

from collections.abc import Sequence

import numpy as np

from reprieve.engine.planning.comparison import Threshold
from reprieve.engine.planning.options import DoseAnswer, Option
from reprieve.pictures import Axis, Figure
from reprieve.report.when import Clock, percent

WIDTH, ROW, FRAME = 860.0, 34.0, 110.0
WEEK_D = 7.0
DISSOCIATION = "CADSS"


def dose_picture(answer: DoseAnswer) -> Figure:
    """A row for each option: odds of response and relapse beside odds of what a session costs."""
    options = answer.options
    fig = Figure(
        "What each option buys and costs",
        dose_sentence(answer),
        Axis("Odds", "%", low=0.0, high=100.0),
        Axis("", categories=tuple(named(o) for o in options)),
        width=WIDTH,
        height=FRAME + ROW * len(options),
    )
    week = week_of(answer)
    _row(fig, options, "in response after a week", [o.response[week] for o in options], 1)
    if all(o.relapse is not None for o in options):
        _row(fig, options, "relapse by the end", [o.relapse for o in options], 2)
    told = dissociation_name(answer)
    if told:
        _row(fig, options, f"{told}, one session", [dissociation(o) for o in options], 4)
    if line := worst_line(answer):
        _row(fig, options, f"{line}, one session", [one_session(o, line) for o in options], 3)
    return fig


def _row(
    fig: Figure, options: Sequence[Option], label: str, shares: Sequence[float | None], color: int
) -> None:
    shape = {1: "circle", 2: "square", 3: "triangle", 4: "diamond"}[color]
    fig.points(
        [np.nan if p is None else 100 * p for p in shares], range(len(options)), label,
        color=color, size=5.5, shape=shape,  # type: ignore[arg-type]
        names=[named(o) for o in options],
    )  # fmt: skip


def named(option: Option) -> str:
    """The treatment, starred where trials end."""
    return option.treatment + ("\u00a0*" if option.extrapolated else "")


def week_of(answer: DoseAnswer) -> int:
    """Which of the answer's days lies a week after the question."""
    return int(np.argmin(np.abs(np.array(answer.days) - answer.asked_at - WEEK_D)))


def dissociation(option: Option) -> float | None:
    """Chance that one session is felt as dissociation, by the cut of the trials."""
    return next(
        (t.probability for t in option.acute.thresholds if t.name.startswith(DISSOCIATION)), None
    )


def dissociation_name(answer: DoseAnswer) -> str:
    """The cut in words; empty where no acute model answers."""
    found = (t.name for o in answer.options for t in o.acute.thresholds)
    return next((name for name in found if name.startswith(DISSOCIATION)), "")


def common_lines(answer: DoseAnswer) -> list[str]:
    """Lines of pressure that hold for every option with an acute model, as listed first."""
    known = [[t.name for t in o.thresholds] for o in answer.options if o.thresholds]
    return [name for name in known[0] if all(name in names for names in known)] if known else []


def worst_line(answer: DoseAnswer) -> str:
    """Of these, the one most likely crossed at a session; empty where there is none."""
    lines = common_lines(answer)
    return max(
        lines, key=lambda n: max(one_session(o, n) or 0.0 for o in answer.options), default=""
    )


def line_of(option: Option, name: str) -> Threshold | None:
    """A line of pressure by name."""
    return next((t for t in option.thresholds if t.name == name), None)


def one_session(option: Option, name: str) -> float | None:
    """Chance of crossing a line at one session."""
    found = line_of(option, name)
    return None if found is None else found.one_session


def dose_sentence(answer: DoseAnswer) -> str:
    """Each option with its odds."""
    week, end = week_of(answer), Clock(answer.origin).day(answer.days[-1])
    parts = []
    for o in answer.options:
        said = f"{o.treatment}: {percent(o.response[week])} in response after a week"
        if o.relapse is not None:
            said += f", {percent(o.relapse)} relapse by {end}"
        felt = dissociation(o)
        if felt is not None:
            said += f", {percent(felt)} {dissociation_name(answer)} at a session"
        parts.append(said)
    return f"{'; '.join(parts)}."
