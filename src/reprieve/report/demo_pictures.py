"""The pictures of the demonstration: a course, what lasts of it, eight people, one session."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reprieve.engine.calibration.validation import OutcomeResult
from reprieve.engine.judging.people import Replay
from reprieve.engine.mood.model import Array
from reprieve.engine.trials.beside import rows_read
from reprieve.engine.trials.design import Design
from reprieve.engine.trials.prognosis import Prognosis, Share
from reprieve.evidence import Observation, observations
from reprieve.pictures import Axis, Figure, Grid

PERCENT = Axis("Patients", "%", low=0, high=100)


@dataclass(frozen=True, slots=True)
class Seen:
    """What trials reported about a course: every row of the evidence that `pick` takes.

    A rule and not a list, so that no row is left out for what it says.
    """

    pick: Callable[[Observation], bool]

    def observed(self) -> list[Observation]:
        """The rows, in order of day."""
        return sorted(filter(self.pick, observations()), key=_day)

    @property
    def rows(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(o.id for o in self.observed())


def six_infusions(o: Observation) -> bool:
    """Response at a day of a course of six infusions of racemic ketamine, any instrument."""
    a = o.arm
    return (
        _dated_response(o) and a is not None and "racemic ketamine" in a.drug and a.route == "IV"
        and re.search(r"\b6 infusions", a.schedule) is not None
    )  # fmt: skip


def spray_induction(o: Observation) -> bool:
    """Response at a day of four weeks of spray, of everybody who began it."""
    a = o.arm
    return (
        _dated_response(o) and a is not None and a.drug == "esketamine" and a.route == "IN"
        and re.search(r"2/week x 4 weeks|^induction", a.schedule) is not None
        and "responders" not in a.name.lower()
    )  # fmt: skip


def after_infusions(o: Observation) -> bool:
    """Share still well, at a day after the last of six infusions."""
    a = o.arm
    return (
        o.outcome.kind == "relapse_free" and o.outcome.time_d is not None and a is not None
        and o.outcome.value is not None and "racemic ketamine" in a.drug
        and re.search(r"\b6 infusions", a.schedule) is not None
    )  # fmt: skip


def _dated_response(o: Observation) -> bool:
    out = o.outcome
    return out.kind == "response_rate" and out.time_d is not None and out.value is not None


def course_picture(course: Prognosis, seen: Seen, title: str, until_d: float) -> Figure:
    """Response and remission by day, with what trials of that course reported."""
    shown = course.days <= until_d
    days = course.days[shown]
    fig = Figure(
        title,
        f"{_said(course.response, course, 1)} respond a day after the first dose and "
        f"{_said(course.response, course, course.last_dose_d + 1)} a day after the last.",
        Axis("Time since the first dose", "d", low=0),
        PERCENT,
        width=860,
        height=380,
    )
    fig.span(0, course.last_dose_d, "treatment")
    for name, share in (
        ("response, model", course.response),
        ("remission, model", course.remission),
    ):
        fig.band(days, 100 * share.low[shown], 100 * share.high[shown], name)
        fig.line(days, 100 * share.middle[shown], name)
    _published(fig, [o for o in seen.observed() if _day(o) <= until_d])
    return fig


def _published(fig: Figure, rows: list[Observation]) -> None:
    """Dots with 95 % intervals; square: the fit has read the row, hollow: recalled."""
    nudges = _dodge(np.array([_day(o) for o in rows]))
    for fitted in (True, False):
        for status in ("verified", "recalled"):
            chosen = [
                k for k, o in enumerate(rows)
                if o.outcome.status == status and (o.id in rows_read()) == fitted
            ]  # fmt: skip
            if not chosen:
                continue
            group = [rows[k] for k in chosen]
            values = np.array([_value(o) for o in group])
            ends = np.array([wilson(v / 100, o.n or 0) for v, o in zip(values, group, strict=True)])
            read = "fitted" if fitted else "kept back"
            fig.points(
                [_day(o) for o in group], values, f"response, trials ({read}, {status})",
                low=100 * ends[:, 0], high=100 * ends[:, 1], color="ink",
                hollow=status == "recalled", shape="square" if fitted else "circle",
                names=[f"{dot_name(o)}; {read}, {status}" for o in group], nudge=nudges[chosen],
            )  # fmt: skip


def dot_name(o: Observation) -> str:
    """A published row in few words: where, on what scale, under which schedule."""
    schedule = o.arm.schedule if o.arm else ""
    return f"{o.reference} ({o.id}), {o.outcome.what}, {schedule}"


def _value(o: Observation) -> float:
    assert o.outcome.value is not None
    return o.outcome.value


def _day(o: Observation) -> float:
    assert o.outcome.time_d is not None
    return o.outcome.time_d


def _dodge(days: Array, gap: float = 0.45) -> Array:
    """How far points of one day are moved apart in the drawing, days; their table keeps the day."""
    at = days.astype(np.float64).copy()
    for k in range(len(at)):
        while np.any(np.abs(at[:k] - at[k]) < gap * 0.9):
            at[k] += gap
    return at - days


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share seen in n people (Wilson); NaN when n is unknown."""
    if n <= 0:
        return (np.nan, np.nan)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(middle - half), float(middle + half)


def _said(share: Share, course: Prognosis, day: float) -> str:
    return f"{100 * course.at(share, day)[0]:.0f} %"


def lasting_picture(courses: Sequence[tuple[str, Prognosis]], seen: Seen) -> Figure:
    """How long a response holds when dosing stops."""
    parts = [f"{name}: {_half(c)}" for name, c in courses]
    fig = Figure(
        "How long a response lasts when dosing stops",
        f"Share of responders still responding. Half is lost by: {'; '.join(parts)}.",
        Axis("Time since the last dose", "weeks", low=0),
        Axis("Responders still responding", "%", low=0, high=100),
        width=860,
    )
    fig.hline(50)
    for name, course in courses:
        weeks = np.concatenate([[0.0], course.weeks])
        whole = np.array([1.0])
        low, high, middle = (
            100 * np.concatenate([whole, v])
            for v in (course.lasting.low, course.lasting.high, course.lasting.middle)
        )
        fig.band(weeks, low, high, name, opacity=0.13)
        fig.line(weeks, middle, name)
    for row in seen.observed():
        ends = wilson(_value(row) / 100, row.n or 0)
        read = "fitted" if row.id in rows_read() else "kept back"
        fig.points(
            [_day(row) / 7], [_value(row)], f"{row.reference} ({read}, {row.outcome.status})",
            low=[100 * ends[0]], high=[100 * ends[1]], color="ink",
            shape="square" if read == "fitted" else "circle",
            hollow=row.outcome.status == "recalled",
        )  # fmt: skip
    return fig


def _half(course: Prognosis) -> str:
    week = half_life_weeks(course)
    return "not within the weeks followed" if week is None else f"week {week:.0f}"


def half_life_weeks(course: Prognosis) -> float | None:
    """First weekly visit at which half of the responders have lost the response."""
    below = np.flatnonzero(course.lasting.middle < 0.5)
    return float(course.weeks[below[0]]) if below.size else None


def trials_picture(trials: Sequence[tuple[Design, list[OutcomeResult]]]) -> Figure:
    """Rates that trials reported beside what the model expected of a trial of that size."""
    rows = [
        (design, r)
        for design, results in trials
        for r in results
        if r.outcome.unit == "%" and r.outcome.value is not None
    ]
    names = tuple(row_name(d, r) for d, r in rows)
    inside = sum(bool(r.inside) for _, r in rows)
    fig = Figure(
        "Trials that the fit has never read",
        f"{inside} of {len(rows)} observed rates lie inside the 95 % interval of the model.",
        Axis("Patients", "%", low=0, high=100),
        Axis("", categories=names),
        width=860,
        height=90 + 24 * len(rows),
    )
    at = np.arange(len(rows), dtype=np.float64)
    fig.points(
        [r.median for _, r in rows], at, "model, 95 % interval for a trial of that size",
        x_low=[r.p95[0] for _, r in rows], x_high=[r.p95[1] for _, r in rows], shape="bar",
    )  # fmt: skip
    for status, hollow in (("verified", False), ("recalled", True)):
        chosen = [k for k, (_, r) in enumerate(rows) if r.outcome.status == status]
        if chosen:
            values = [rows[k][1].outcome.value or 0.0 for k in chosen]
            fig.points(
                values, at[chosen], f"observed, {status}", color=2, hollow=hollow,
                names=[names[k] for k in chosen],
            )  # fmt: skip
    return fig


_WORDS = {
    "response_rate": "response",
    "remission_rate": "remission",
    "change_mean": "mean change",
    "diff_vs_control": "difference",
    "relapse_free": "still without relapse",
    "relapse_mean": "mean days to relapse",
}


def row_name(design: Design, result: OutcomeResult) -> str:
    """One outcome in few words: trial, arm, what, when."""
    o = result.outcome
    kind = o.kind if o.kind != "other" else str(o.measure.get("kind", "other"))
    what = _WORDS.get(kind, kind.replace("_", " "))
    day = f", day {o.time_d:.0f}" if o.time_d is not None else ""
    arm = o.arm or " against ".join(o.contrast or ())
    return f"{trial_name(design)}, {arm}: {what}{day}"


def trial_name(design: Design) -> str:
    """A key as people say it: "murrough_2013a" is Murrough 2013a."""
    words = design.key.split("_")
    return " ".join(w if w[0].isdigit() else w.capitalize() for w in words)


def cases_picture(replays: Sequence[Replay]) -> Grid:
    """Each person's scores over the band that was foretold before each treatment."""
    hits = sum(int(p.inside.sum()) for r in replays for p in r.periods)
    scores = sum(len(p.seen) for r in replays for p in r.periods)
    return Grid(
        "Eight people, foretold and seen",
        f"{hits} of {scores} scores lie inside the 80 % band that was foretold from earlier "
        "scores alone.",
        [_case_picture(r) for r in replays],
        columns=2,
        width=860,
    )


def _case_picture(replay: Replay) -> Figure:
    who = ", ".join(str(part) for part in (replay.age, replay.sex) if part is not None)
    label = replay.id.rsplit("-", 1)[-1].upper()
    fig = Figure(
        f"{label} ({who})" if who else label,
        f"Entered at {replay.entry:.0f}.",
        Axis("Day", low=-3, high=25, ticks=(0, 2, 10, 14, 16, 24)),
        Axis("MADRS", "points", low=0, high=60, ticks=(0, 20, 40, 60)),
        height=205,
    )
    for period in replay.periods:
        color = 1 if period.what == "ketamine" else 2
        name = f"foretold after {period.what}, 80 %"
        fig.band(period.days, period.band[0], period.band[4], name, color=color)
        fig.line(period.days, period.band[2], color=color)
        fig.vline(period.start_d, period.what, dash="dot")
    days = [-2.0, *(float(d) for p in replay.periods for d in p.seen_d)]
    values = [replay.entry, *(float(v) for p in replay.periods for v in p.seen)]
    fig.points(days, values, "seen", color="ink")
    return fig
