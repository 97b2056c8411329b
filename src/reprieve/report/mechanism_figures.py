"""The mechanism as one stacked picture: a row a step, the first hours left, two weeks right."""

from collections.abc import Sequence
from html import escape

import numpy as np

from reprieve.engine.mechanism.chain import Course, Mechanism
from reprieve.engine.mechanism.steps import Sighting, Step, steps
from reprieve.pictures import Axis, Figure, theme
from reprieve.pictures.legend import assign
from reprieve.pictures.marks import Dash
from reprieve.pictures.text import number

HOURS, DAYS = 6.0, 14.0
HALF, GAP, ROW, EDGE = 430.0, 24.0, 178.0, 16.0
_DASH: dict[str, Dash] = {"measured": "solid", "inferred": "dash", "assumed": "dot"}
# where along each half's axis a course is named; 0 leaves it out
_NAMED_AT = {
    "plasma": (0.45, 0.0),
    "occupancy": (0.3, 0.0),
    "glutamate": (0.2, 0.0),
    "ampa": (0.3, 0.0),
    "mtor": (0.4, 0.0),
    "bdnf": (0.65, 0.06),
    "proteins": (0.5, 0.08),
    "spines": (0.75, 0.5),
    "mood": (0.3, 0.72),
    "early": (0.0, 0.12),
    "late": (0.6, 0.0),
}
# courses whose tag differs from their step's
_OWN_TAG = {"early": "assumed", "late": "assumed"}
_WORDS = {
    "measured": "measured in people (solid)",
    "inferred": "inferred (dashed)",
    "assumed": "assumed (dotted)",
}
_FADE = (
    "@media (prefers-reduced-motion:no-preference){@media screen{"
    ".rp-step{animation:rp-in .8s ease-out both}@keyframes rp-in{from{opacity:.08}to{opacity:1}}"
)


class Drawing:
    """The stacked picture. `svg` builds up step by step on a screen that allows motion."""

    def __init__(self, found: Mechanism) -> None:
        self.found, self.steps = found, steps()
        self.title = f"From receptor to mood: {found.text}"

    @property
    def desc(self) -> str:
        """The picture in words, a sentence a step."""
        return " ".join(said(self.found, step) for step in self.steps)

    def rows(self) -> list[tuple[Figure, Figure]]:
        """For each step its first hours and its two weeks."""
        return [pair(self.found, step, k) for k, step in enumerate(self.steps, 1)]

    def svg(self, *, standalone: bool = True, prefix: str = "") -> str:
        """SVG text; with its own style and paper for a file, without for a page."""
        ident = f"{prefix}mechanism"
        parts = [self._row(k, pair, ident) for k, pair in enumerate(self.rows(), 1)]
        wide, tall = 2 * HALF + GAP + 2 * EDGE, 44 + ROW * len(parts) + 2 * EDGE
        paper = ""
        if standalone:
            delays = "".join(
                f".rp-step-{k}{{animation-delay:{number(1.4 * (k - 1))}s}}"
                for k in range(1, len(parts) + 1)
            )
            paper = (
                f"<style>{theme.css()}{_FADE}{delays}}}}}</style>"
                f'<rect width="{number(wide)}" height="{number(tall)}" {theme.fill("paper")}/>'
            )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(wide)} {number(tall)}" '
            f'width="{number(wide)}" height="{number(tall)}" class="rp-figure" role="img" '
            f'aria-labelledby="{ident}-t {ident}-d" font-family="{escape(theme.FONT)}">'
            f'<title id="{ident}-t">{escape(self.title)}</title>'
            f'<desc id="{ident}-d">{escape(self.desc)}</desc>{paper}'
            f'<text x="{number(EDGE)}" y="34" font-size="17" font-weight="600" '
            f"{theme.fill('ink')}>{escape(self.title)}</text>{''.join(parts)}</svg>\n"
        )

    def _row(self, k: int, pair: tuple[Figure, Figure], ident: str) -> str:
        top = 44 + EDGE + ROW * (k - 1)
        colors = assign([mark for figure in pair for mark in figure.marks])
        left, right = pair
        n = len(left.marks)
        drawn = []
        for figure, own, x in ((left, colors[:n], 0.0), (right, colors[n:], HALF + GAP)):
            body = figure.body(f"{ident}-{k}-{int(x)}", own, 13, False)
            drawn.append(f'<g transform="translate({number(EDGE + x)} {number(top)})">{body}</g>')
        return f'<g class="rp-step rp-step-{k}">{"".join(drawn)}</g>'


def said(found: Mechanism, step: Step) -> str:
    """A step in one sentence: what, how known, when it peaks."""
    main = found[step.courses[-1] if step.key in ("signal", "synapses") else step.courses[0]]
    peak = found.peak_h(main.key)
    when = f"{60 * peak:.0f} minutes" if peak < 3 else f"{peak:.0f} hours"
    return (
        f"{step.title} ({step.tag}): {main.label.lower()} peaks at {size(main)} after about {when}."
    )


def size(course: Course) -> str:
    """The peak with its unit."""
    if course.unit in ("ng/mL", "%"):
        return f"{course.peak:.0f} {course.unit}"
    return f"{course.peak:.2f} {course.unit}"


def pair(found: Mechanism, step: Step, k: int) -> tuple[Figure, Figure]:
    """The step's first hours and its two weeks, on the same upright scale."""
    courses = [found[key] for key in step.courses]
    known = [s for s in step.seen if not s.dose or s.dose in found.text]
    roof = 1.45 if any(s.value is None for s in known) else 1.15  # room for the rules' names
    top = max([c.peak for c in courses] + [s.value or 0.0 for s in known]) * roof
    y = Axis(_unit(courses[0]), "", low=0.0, high=top)
    hours = Axis("Hours", "", low=0.0, high=HOURS, ticks=(0, 1, 2, 3, 4, 5, 6))
    days = Axis("Days", "", low=0.0, high=DAYS, ticks=(0, 1, 2, 4, 7, 10, 14))
    left = Figure(f"{k}  {step.title}", said(found, step), hours, y, legend="none")
    right = Figure(_WORDS[step.tag], said(found, step), days, y, legend="none")
    for figure, scale, last in ((left, 1.0, HOURS), (right, 24.0, DAYS)):
        figure.width, figure.height = HALF, ROW - 10
        _marks(figure, known, scale, last)
        for series, course in enumerate(courses, 1):
            x, values = _thinned(found.times_h / scale, course.values, last)
            tag = _OWN_TAG.get(course.key, step.tag)
            figure.line(x, values, course.label, dash=_DASH[tag], color=series)
            place = last * _NAMED_AT[course.key][int(scale > 1.0)]
            if place > 0.0:
                height = float(np.interp(place, x, values))
                figure.note(place, height, course.label, dx=4, dy=-7, color=series)
    return left, right


def _unit(course: Course) -> str:
    return {"of standard peak": "of peak", "ng/mL": "ng/mL", "%": "%"}[course.unit]


def _marks(figure: Figure, known: Sequence[Sighting], scale: float, last: float) -> None:
    """Sightings that fall into this half: a span, a rule or a point."""
    for s in known:
        at, until = s.at_h / scale, (s.until_h or s.at_h) / scale
        if at > last or (scale > 1.0) != (s.at_h > HOURS):
            continue
        if s.value is not None:
            hollow = s.status == "recalled"
            figure.points([at], [s.value], s.label, color="ink", shape="diamond", hollow=hollow)
            figure.note(at, s.value, s.label, dx=8, dy=4, color="muted")
        elif until > at:
            figure.span(at, until, s.label)
        else:
            figure.vline(at, s.label)


def _thinned(x: np.ndarray, y: np.ndarray, last: float) -> tuple[np.ndarray, np.ndarray]:
    """At most about 240 points of what the axis shows."""
    inside = np.flatnonzero(x <= last + 1e-9)
    grid = np.linspace(x[0], x[inside[-1]], 241)
    return grid, np.interp(grid, x, y)
