"""Pictures of a protocol: one session in minutes, one course in weeks."""

from reprieve.evidence.practice import Protocol
from reprieve.pictures import Axis, Figure

# weeks of an open-ended phase that the picture shows
OPEN_WEEKS = 8


def session_picture(protocol: Protocol) -> Figure:
    """When the drug is given, when each reading is due, and the earliest discharge."""
    hours = protocol.duration_h > 6
    per, unit = (60.0, "h") if hours else (1.0, "min")
    rows = [("Vital signs", protocol.vitals)] + [
        (o.title, o.schedule) for o in protocol.observations
    ]
    names = tuple(name for name, _ in rows)
    leave = earliest_discharge_min(protocol)
    times = [t for _, v in rows for t in (0.0, *v.minutes(protocol.duration_h))]
    figure = Figure(
        "One session",
        f"Readings are due at {protocol.vitals.times_min} min; discharge at the earliest "
        f"{leave:g} min after the start{_continued(protocol)}.",
        Axis("Time from the start", unit, low=0, high=max([leave, *times]) / per * 1.04),
        Axis("", low=-0.6, high=len(rows) - 0.2, ticks=tuple(map(float, range(len(rows)))),
             words=names),
        height=150 + 34 * len(rows),
    )  # fmt: skip
    if protocol.duration_h:
        figure.span(0, 60 * protocol.duration_h / per, "drug given")
    for k, (name, schedule) in enumerate(rows):
        due = [0.0, *schedule.minutes(protocol.duration_h)]
        due = due if 0 in schedule.times_min else due[1:]
        figure.points([t / per for t in due], [k] * len(due), name, size=5)
    figure.vline(leave / per, "earliest discharge", color="good")
    figure.legend = "none"
    return figure


def course_picture(protocol: Protocol) -> Figure | None:
    """The sessions of each phase over weeks; None where there is one session only."""
    starts, at, spans = [], 0.0, []
    for phase in protocol.phases:
        if phase.interval_d is None:
            return None
        weeks = phase.weeks if phase.weeks is not None else OPEN_WEEKS
        step = phase.interval_d / 7
        n = phase.sessions or round(weeks / step)
        starts.append((phase.name, [at + step * k for k in range(n)]))
        open_end = "" if phase.weeks else ", open end"
        spans.append((at, at + weeks, f"{phase.name}{open_end}"))
        at += weeks
    count = sum(len(found) for _, found in starts)
    figure = Figure(
        "One course",
        f"{len(starts)} phases; {count} sessions in the {at:g} weeks shown.",
        Axis("Time from the first session", "weeks", low=-0.2, high=at + 0.2),
        Axis("", low=-0.3, high=len(starts) - 0.4,
             ticks=tuple(map(float, range(len(starts)))), words=tuple(n for _, _, n in spans)),
        height=150 + 26 * len(starts),
        legend="none",
    )  # fmt: skip
    for k, (name, found) in enumerate(starts):
        figure.points(found, [k] * len(found), name, size=5)
    return figure


def _continued(protocol: Protocol) -> str:
    more = protocol.thresholds("duration").get("continuation")
    if more is None:
        return ""
    return (
        f", or {longest_stay_min(protocol):g} min where the infusion is continued for the longest "
        f"time ({more.value:g} min)"
    )


def earliest_discharge_min(protocol: Protocol) -> float:
    """Minutes from the start to the earliest discharge that the clock rules admit."""
    return _discharge_min(protocol, 60 * protocol.duration_h)


def longest_stay_min(protocol: Protocol) -> float:
    """The same where the drug is continued for as long as the protocol allows."""
    more = protocol.thresholds("duration").get("continuation")
    return _discharge_min(protocol, 60 * protocol.duration_h + (more.value if more else 0))


def _discharge_min(protocol: Protocol, given: float) -> float:
    ends = [given]
    for t in protocol.thresholds("discharge").values():
        if t.action == "require" and t.measures == "since_start":
            ends.append(60 * t.value)
        if t.action == "require" and t.measures == "since_end":
            ends.append(given + 60 * t.value)
    return max(ends)
