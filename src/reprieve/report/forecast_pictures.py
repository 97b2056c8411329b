"""Pictures of a forecast: scores in a fan with doses at its foot, and odds of relapse.

Every function takes an `Outlook` that is ok and gives a picture with a sentence for those who
cannot see it; `Figure.svg`, `Figure.table` and `pictures.terminal` do the rest.
"""

from collections.abc import Sequence

import numpy as np

from reprieve.engine.forecast.outlook import DoseSeen, Outlook, Seen
from reprieve.engine.trials.design import INACTIVE
from reprieve.errors import InputError
from reprieve.evidence import instrument
from reprieve.pictures import Axis, Figure
from reprieve.report.when import Clock, percent

WIDTH, HIGH = 860.0, 410.0
DOSE_SHARE = 0.13  # of the height of the scale, kept free below it for doses
MOST_PAST = 1.5  # horizons of the past that are drawn
_BANDS = (("95 %", "p95", 0.10), ("80 %", "p80", 0.16), ("50 %", "p50", 0.30))


def fan(
    outlook: Outlook,
    *,
    later: Sequence[tuple[float, float]] = (),
    since: float | None = None,
    until: float | None = None,
) -> Figure:
    """Scores seen, what to expect after the question, and the doses below.

    Parameters
    ----------
    later : (day, score) on the own instrument that came after the question, to be shown as such
    since, until : days to draw from and to; left out, they follow the case and the horizon
    """
    needs_forecast(outlook)
    scale = outlook.scale or (0.0, 60.0)
    clock = Clock(outlook.origin)
    first = _first_day(outlook) if since is None else since
    last = outlook.bands[-1].day if until is None else until
    fig = Figure(
        f"{outlook.instrument}: seen and to be expected",
        fan_sentence(outlook),
        clock.axis(first, last),
        _score_axis(outlook, scale),
        width=WIDTH,
        height=HIGH,
    )
    days = [b.day for b in outlook.bands]
    for name, key, opacity in _BANDS:
        low, high = zip(*(getattr(b, key) for b in outlook.bands), strict=True)
        fig.band(days, low, high, f"expected, {name}", color=1, opacity=opacity, edged=True)
    fig.line(days, [b.median for b in outlook.bands], "median", color=1, width=2.4)
    fig.vline(outlook.asked_at, f"asked, {clock.day(outlook.asked_at)}", dash="dot")
    for word, mark in (("response", outlook.response), ("remission", outlook.remission)):
        if mark is not None and scale[0] <= mark.at_most <= scale[1]:
            fig.hline(mark.at_most, f"{word} ≤ {mark.at_most:.3g}", outside=True)
    _seen(fig, outlook, first)
    if later:
        came, value = zip(*later, strict=True)
        fig.points(came, value, "came later", color=2, hollow=True, shape="square", size=5)
    _doses(fig, [d for d in outlook.doses if first <= d.day <= last], outlook.asked_at)
    return fig


def fan_sentence(outlook: Outlook) -> str:
    """What the fan says, for those who cannot see it."""
    clock, end = Clock(outlook.origin), outlook.bands[-1]
    middle = outlook.bands[len(outlook.bands) // 2]
    parts = [
        f"{clock.day(b.day)}: median {b.median:.0f}, 80 % between {b.p80[0]:.0f} and {b.p80[1]:.0f}"
        for b in dict.fromkeys((outlook.bands[0], middle, end))
    ]
    own = [s for s in outlook.scores if s.instrument == outlook.instrument and s.used]
    last = f"The last score seen was {own[-1].value:g} on {clock.day(own[-1].day)}. " if own else ""
    return f"{last}Expected {outlook.instrument} by {'; '.join(parts)}."


def needs_forecast(outlook: Outlook) -> None:
    """Refuse to draw what is not there."""
    if not outlook.ok or not outlook.bands:
        raise InputError(
            f"Case {outlook.case} has no forecast to draw ({outlook.status}): {outlook.sentence}"
        )


def _first_day(outlook: Outlook) -> float:
    days = [s.day for s in outlook.scores] + [d.day for d in outlook.doses] + [outlook.asked_at]
    oldest = outlook.asked_at - MOST_PAST * outlook.horizon_days
    ahead = outlook.bands[-1].day - max(min(days), oldest)
    return max(min(days), oldest) - 0.02 * ahead


def _score_axis(outlook: Outlook, scale: tuple[float, float]) -> Axis:
    low, high = scale
    room = DOSE_SHARE * (high - low)
    step = next(s for s in (1, 2, 3, 5, 10, 20, 50, 100) if (high - low) / s <= 7)
    ticks = tuple(float(t) for t in np.arange(low, high + 1e-9, step))
    return Axis(outlook.instrument or "Score", "points", low=low - room, high=high, ticks=ticks)


def _seen(fig: Figure, outlook: Outlook, since: float) -> None:
    """Own scores as dots; other scales where a published table puts them; unused ones hollow."""
    own = outlook.instrument or ""
    shown = [s for s in outlook.scores if s.day >= since]
    for used in (True, False):
        mine = [s for s in shown if s.instrument == own and s.used == used]
        word = "seen" if used else "seen, not used"
        if mine:
            fig.points(
                [s.day for s in mine], [s.value for s in mine], word, color="ink", hollow=not used,
                size=4.5,
            )  # fmt: skip
    others = [(s, at) for s in shown if s.used and (at := converted(s, own)) is not None]
    if others:
        names = [f"{s.instrument} {s.value:g}, as {own}" for s, _ in others]
        fig.points(
            [s.day for s, _ in others], [at for _, at in others], "another scale, converted",
            color="muted", hollow=True, shape="diamond", size=3.2, names=names,
        )  # fmt: skip


def converted(score: Seen, own: str) -> float | None:
    """A score of another scale on the own one, through MADRS; None where no table links them."""
    if score.instrument == own:
        return None
    try:
        return instrument(own).from_madrs(instrument(score.instrument).to_madrs(score.value))
    except InputError:
        return None


def _doses(fig: Figure, doses: Sequence[DoseSeen], asked_at: float) -> None:
    most = max((d.mg_per_kg or 0.0 for d in doses), default=0.0)
    kinds = {"given": ("dose given", 4), "planned": ("dose planned", 4), "missed": ("missed", None)}
    for kind, (label, color) in kinds.items():
        group = [d for d in doses if _kind(d, asked_at) == kind]
        if group:
            fig.doses(
                [d.day for d in group], [_share(d, most) for d in group],
                [f"{kind}: {d.text}" for d in group], label,
                color=color or "muted", hollow=kind != "given",
            )  # fmt: skip


def _kind(dose: DoseSeen, asked_at: float) -> str:
    if dose.given:
        return "given"
    return "planned" if dose.day >= asked_at else "missed"


def _share(dose: DoseSeen, most: float) -> float:
    """Length of a stem: in proportion to mg/kg, a middle one where that is unknown."""
    if dose.text.split(" ")[0] in INACTIVE:
        return 0.0
    if dose.mg_per_kg is None:
        return 0.6
    return dose.mg_per_kg / most if most else 0.0


def relapse_odds(outlook: Outlook) -> Figure:
    """Odds of relapse by each day ahead, under the plan and without a further dose."""
    needs_forecast(outlook)
    if outlook.relapse is None:
        raise InputError(f"Case {outlook.case} is not in response: there is no relapse to draw.")
    clock, relapse = Clock(outlook.origin), outlook.relapse
    days = [outlook.asked_at, *relapse.days]
    fig = Figure(
        "Odds of relapse by each day",
        relapse_sentence(outlook),
        clock.axis(days[0], days[-1]),
        Axis("Relapse by then", "%", low=0, high=100),
        width=WIDTH,
        height=300,
        legend="top",
    )
    if relapse.plan is not None:
        fig.line(days, [0.0, *(100 * p for p in relapse.plan)], "as planned", color=1)
    without = [0.0, *(100 * p for p in relapse.no_further_dose)]
    return fig.line(days, without, "no further dose", color=2, dash="dash")


def relapse_sentence(outlook: Outlook) -> str:
    """The odds at the end and at half time, both ways."""
    relapse = outlook.relapse
    if relapse is None:
        return "The person is not in response, so there is nothing to relapse from."
    clock, places = Clock(outlook.origin), sorted({len(relapse.days) // 2, len(relapse.days) - 1})
    parts = []
    for k in places:
        plan = "" if relapse.plan is None else f"{percent(relapse.plan[k])} as planned, "
        without = percent(relapse.no_further_dose[k])
        parts.append(f"by {clock.day(relapse.days[k])} {plan}{without} with no further dose")
    return f"Odds of relapse: {'; '.join(parts)}."
