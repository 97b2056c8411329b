"""The picture of a patient's weights."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from reprieve.clinic.patients.models import Patient, WeightReading
from reprieve.pictures import Axis, Figure

WIDE, HIGH = 560, 220
SECONDS = 86_400


def counting(patient: Patient) -> QuerySet[WeightReading]:
    """Weights without those that were replaced or taken out, newest first."""
    found = patient.weights.filter(replaced_by=None, withdrawn=None)
    return found.select_related("by").order_by("-at", "-id")


def counted(patient: Patient) -> list[WeightReading]:
    """The weights of `counting`, read."""
    return list(counting(patient))


def picture(weights: Sequence[WeightReading], zone: str) -> str:
    """Weights over time as SVG for a page; nothing where there are fewer than two."""
    if len(weights) < 2:
        return ""
    rows = sorted(weights, key=lambda w: w.at)
    first = rows[0].at
    days = [(w.at - first).total_seconds() / SECONDS for w in rows]
    kg = [float(w.kg) for w in rows]
    if not days[-1]:
        return ""
    ticks, words = _dates(first, rows[-1].at, zone)
    figure = Figure(
        "",
        f"Weight from {rows[0].kg} kg on {words[0]} to {rows[-1].kg} kg on {words[-1]}.",
        Axis("", low=-0.1 * days[-1], high=1.1 * days[-1], ticks=ticks, words=words),
        Axis("Weight", "kg", low=min(kg) - 2, high=max(kg) + 2),
        width=WIDE,
        height=HIGH,
        legend="none",
    )
    return (
        figure.line(days, kg, "weight", color=1)
        .points(days, kg, color=1)
        .svg(standalone=False, prefix="weight-")
    )


def _dates(first: datetime, last: datetime, zone: str) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The first and the last day, and one between where there is room for it."""
    span = (last - first).total_seconds() / SECONDS
    shares = (0.0, 0.5, 1.0) if span >= 3 else (0.0, 1.0)
    there = ZoneInfo(zone)
    words = tuple(
        (first + (last - first) * s).astimezone(there).strftime("%-d %b %Y") for s in shares
    )
    return tuple(span * s for s in shares), words
