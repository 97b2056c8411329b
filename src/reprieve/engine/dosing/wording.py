"""Doses back into words: the text that reads as the same doses again."""

from dataclasses import dataclass
from itertools import groupby

from reprieve.engine.dosing.doses import HOURS_PER_DAY, Daily, Dose, Regimen
from reprieve.engine.dosing.pattern import NAMED, ONCE, SHORTEST_GAP_H, Pattern, every, number

_ROUTE = {"iv": "IV", "im": "IM", "sc": "SC"}
_FORM = {"er": "ER"}


@dataclass(frozen=True, slots=True)
class _Visit:
    """One visit's words, and when it begins."""

    words: str
    time_h: float


def format_regimen(regimen: Regimen) -> str:
    """The regimen as one line of its own language."""
    lanes: list[list[_Visit]] = []
    for visit in _visits(regimen.doses):
        # visits that begin together run in parallel courses
        free = next((lane for lane in lanes if lane[-1].time_h < visit.time_h), None)
        if free is None:
            lanes.append([visit])
        else:
            free.append(visit)
    courses = [", then ".join(_phases(lane)) for lane in lanes]
    return " with ".join([*courses, *(_home(daily) for daily in regimen.daily)])


def _visits(doses: tuple[Dose, ...]) -> list[_Visit]:
    """Doses joined into visits: steps of one session that follow each other without a gap."""
    open_steps: list[list[Dose]] = []
    for dose in doses:
        before = next((steps for steps in open_steps if _continues(steps[-1], dose)), None)
        if before is None:
            open_steps.append([dose])
        else:
            before.append(dose)
    return [_Visit(_content(steps), steps[0].time_h) for steps in open_steps]


def _continues(before: Dose, dose: Dose) -> bool:
    same = (before.session, before.drug, before.route, before.form, before.unit)
    return (
        before.end_h == dose.time_h
        and same == (dose.session, dose.drug, dose.route, dose.form, dose.unit)
        and dose.duration_h > 0
    )


def _content(steps: list[Dose]) -> str:
    first = steps[0]
    words = [first.drug]
    if first.amount or first.drug not in ("saline", "placebo"):
        words.append(f"{number(first.amount)} {first.unit}")
    words.append(_ROUTE.get(first.route, first.route))
    if first.form:
        words.append(_FORM.get(first.form, first.form))
    words.extend(_length(first))
    for step in steps[1:]:
        words += ["then", f"{number(step.amount)} {step.unit}", *_length(step)]
    return " ".join(words)


def _length(dose: Dose) -> list[str]:
    if dose.duration_h:
        return [f"over {_time(dose.duration_h)}"]
    return ["bolus"] if dose.route == "iv" else []


def _time(hours: float) -> str:
    """Minutes or hours, whichever is short and reads back as the same float."""
    minutes = float(round(hours * 60, 6))
    if minutes / 60 == hours and (hours < 2 or hours != int(hours)):
        return f"{number(minutes)} min"
    return f"{number(hours)} h"


def _phases(lane: list[_Visit]) -> list[str]:
    phases: list[str] = []
    next_h: float | None = 0.0
    for words, group in groupby(lane, key=lambda visit: visit.words):
        times = [visit.time_h for visit in group]
        while times:
            pattern, count = _longest(times)
            text, next_h = _schedule(pattern, times[:count], next_h)
            phases.append(f"{words} {text}")
            times = times[count:]
    return phases


def _longest(times: list[float]) -> tuple[Pattern, int]:
    """The pattern that covers most of the sessions ahead, and how many."""
    best, most = ONCE, 1
    gap = times[1] - times[0] if len(times) > 1 else 0.0
    for pattern in (*NAMED, every(gap)) if gap >= SHORTEST_GAP_H else ():
        count = 0
        while count < len(times) and times[count] == times[0] + pattern.offset(count):
            count += 1
        turns = count // len(pattern.offsets_h)
        if turns and count < len(times):
            count = turns * len(pattern.offsets_h)  # the odd session opens the next phase
        if count > most:
            best, most = pattern, count
    return best, most


def _schedule(
    pattern: Pattern, times: list[float], next_h: float | None
) -> tuple[str, float | None]:
    start = times[0]
    day = start / HOURS_PER_DAY
    if not pattern.period_h:
        if start == next_h:
            return "once", None
        if day * HOURS_PER_DAY == start:
            return f"on day {number(day)}", None
        return f"at hour {number(start)}", None
    text = f"{pattern.name} x{len(times)}"
    after = start + pattern.offset(len(times))
    if start == next_h:
        return text, after
    if day * HOURS_PER_DAY == start:
        return f"{text} from day {number(day)}", after
    listed = ", ".join(number(time) for time in times)
    return f"at hours {listed}", None


def _home(daily: Daily) -> str:
    words = f"{daily.drug} {number(daily.amount_mg)} mg oral daily"
    if daily.from_d:
        words += f" from day {number(daily.from_d)}"
    if daily.to_d is not None:
        words += f" until day {number(daily.to_d)}"
    return words
