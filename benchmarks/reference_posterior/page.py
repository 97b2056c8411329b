"""The page docs/forecast-reference.md."""

from pathlib import Path

import numpy as np

from benchmarks.reference_posterior.compare import UNJUDGED, Difference
from benchmarks.reference_posterior.reference import Reference
from reprieve.engine.cases.case import Case

Row = tuple[Case, Reference, list[Difference]]
SHOWN = (
    "now mean", "now sd", "+7 d mean", "+28 d mean", "+84 d mean", "+28 d q05", "+28 d q95",
    "+7 d half", "+28 d half", "+84 d half", "drug mean", "context mean", "share mean", "responds",
)  # fmt: skip
INTRO = Path(__file__).with_name("page.md")


def markdown(rows: list[Row]) -> str:
    """The whole page."""
    first = rows[0][1]
    errors = [
        (name, e * _scale(case, name)) for case, ref, _ in rows for name, e in ref.error.items()
    ]
    mean = max(e for n, e in errors if n.startswith(("now", "+")) and n.endswith((" mean", " sd")))
    chance = max(e for n, e in errors if n.endswith(" half") or n == "responds")
    text = INTRO.read_text(encoding="utf-8").format(
        runs=first.runs, particles=first.particles, worst_mean=mean, worst_probability=chance,
        rhat=max(ref.rhat for _, ref, _ in rows), count=len(set(first.answers) - UNJUDGED),
    )  # fmt: skip
    heads = ("case", "doses", "scores", "largest difference", "of allowed", "reference took")
    lines = ["| " + " | ".join(heads) + " |", "|---|---:|---:|---|---:|---:|"]
    for case, ref, found in rows:
        judged = [d for d in found if d.name not in UNJUDGED]
        worst = max(judged, key=lambda d: abs(d.units))
        cells = (
            case.id, str(len(case.given)), str(len(case.usable)),
            f"{worst.name}: {worst.fast:.2f} for {worst.reference:.2f}", f"{worst.units:+.2f}",
            f"{ref.seconds:.0f} s",
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    units = np.array([d.units for _, _, all_ in rows for d in all_ if d.name not in UNJUDGED])
    within = np.mean(np.abs(units) <= 1)
    lines += ["", f"{within:.1%} of {len(units)} numbers lie within what is allowed; the root mean "
              f"square is {np.sqrt((units**2).mean()):.2f} of it.", ""]  # fmt: skip
    for case, _, found in rows:
        lines += _section(case, found)
    return text + "\n".join(lines) + "\n"


def _section(case: Case, found: list[Difference]) -> list[str]:
    seen = ", ".join(f"day {s.day:g} {s.instrument} {s.value:g}" for s in case.usable)
    lines = [f"### {case.id}", "", f"Sessions: {len(case.given)}. Scores: {seen}.", ""]
    lines += ["| quantity | reference | Reprieve | difference | of allowed |"]
    lines += ["|---|---:|---:|---:|---:|"]
    for d in found:
        if d.name in SHOWN:
            lines.append(
                f"| {d.name} | {d.reference:.3f} ± {d.reference_error:.3f} "
                f"| {d.fast:.3f} | {d.difference:+.3f} | {d.units:+.2f} |"
            )
    return [*lines, ""]


def _scale(case: Case, name: str) -> float:
    """Points of the own instrument as points of 60."""
    from reprieve.engine.mood.instruments import link

    if not name.startswith(("now", "+")) or name.endswith(" half"):
        return 1.0
    own = link(case.own_instrument or "MADRS")
    return 60.0 / (own.high - own.low)
