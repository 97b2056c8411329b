"""What happened at a person's earlier sessions, read: reports and readings beside their session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from reprieve.engine.cases import clock
from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.trials.design import Form

SEVERITIES = ("mild", "moderate", "severe")
ABSENT = ("none", "absent", "no")
_REPORTS = {
    "hypertension": "blood_pressure_increased",
    "high_blood_pressure": "blood_pressure_increased",
    "blood_pressure": "blood_pressure_increased",
    "bp": "blood_pressure_increased",
    "depersonalisation": "dissociation",
    "derealisation": "dissociation",
    "hallucinations": "hallucination",
    "drowsiness": "somnolence",
    "sleepiness": "somnolence",
    "palpitations": "tachycardia",
    "euphoria": "euphoric_mood",
    "taste": "dysgeusia",
    "numbness": "hypoaesthesia",
}
_READINGS = {
    "cadss": "cadss", "dissociation": "cadss",
    **dict.fromkeys(("sbp", "systolic", "systolic_pressure", "peak_systolic", "peak_sbp",
                     "blood_pressure_increased"), "sbp"),
    **dict.fromkeys(("dbp", "diastolic", "diastolic_pressure", "peak_diastolic", "peak_dbp"),
                    "dbp"),
    **dict.fromkeys(("hr", "heart_rate", "pulse", "peak_heart_rate", "tachycardia"), "hr"),
    **dict.fromkeys(("resting_systolic", "systolic_before", "baseline_systolic", "resting_sbp",
                     "sbp_before"), "resting_sbp"),
    **dict.fromkeys(("resting_diastolic", "diastolic_before", "baseline_diastolic", "resting_dbp",
                     "dbp_before"), "resting_dbp"),
}  # fmt: skip
_POSSIBLE = {"cadss": (0.0, 92.0), "sbp": (50.0, 300.0), "dbp": (20.0, 200.0), "hr": (20.0, 250.0)}
_NUMBER_OF = {"dissociation": "cadss", "blood_pressure_increased": "sbp", "tachycardia": "hr"}
MOST_SIGNS = 60
MOST_NAMED = 5
_SAME_VISIT_D = 1.0


class Noted(Protocol):
    """An event of a case: what happened on which day, and how badly.

    `severity` is "mild", "moderate", "severe", "none" (looked for and not there) or None.
    """

    @property
    def day(self) -> float: ...
    @property
    def what(self) -> str: ...
    @property
    def severity(self) -> str | None: ...


@runtime_checkable
class Measured(Protocol):
    """An event that may carry a number: a CADSS total, the highest pressure or heart rate read."""

    @property
    def value(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that can be learnt from: at which session, of which form.

    `kind` is an event of `reprieve_acute`, or "cadss", "sbp", "dbp", "hr" (peaks read) and
    "resting_sbp", "resting_dbp". `told` is how it is said back.
    """

    kind: str
    session: int
    form: Form
    severity: str | None
    value: float | None
    told: str


@dataclass(frozen=True, slots=True)
class History:
    """What is used, the sessions behind it, and sentences on what is not used."""

    signs: tuple[Sign, ...] = ()
    sessions: tuple[tuple[int, Form], ...] = ()
    notes: tuple[str, ...] = ()


def read_history(
    events: Sequence[Noted],
    given: Sequence[tuple[float, Form]],
    form: Form,
    sessions_before: int,
    origin: datetime | None = None,
) -> History:
    """Events put beside the sessions that they belong to.

    `given` holds day and doses of the earlier sessions, the last ones if not all; when empty they
    are taken to have been like `form`, each day with events a session in order. `origin` is the
    instant of day 0, from which days are told as dates.
    """
    notes: list[str] = []
    days = sorted({e.day for e in events})
    sessions = _sessions(given, form, sessions_before)
    if events and not given and sessions:
        notes.append("What was given earlier is not told; it is read as the same session.")
    signs: list[Sign] = []
    unused: list[str] = []
    for event in events:
        k = _session_of(event.day, given, days, len(sessions))
        sign = None if k is None else _sign(event, *sessions[k], origin)
        if sign is not None:
            signs.append(sign)
        else:
            why = "no session that day" if k is None else "no acute model or an impossible value"
            unused.append(f"{_said(event, origin)} does not move these odds: {why}.")
    kept = _once(signs)
    if len(kept) > MOST_SIGNS:
        notes.append(f"Of {len(kept)} things reported or read the last {MOST_SIGNS} are used.")
    unused = list(dict.fromkeys(unused))
    if len(unused) > MOST_NAMED:
        notes.append(f"{len(unused) - MOST_NAMED} more events do not move these odds.")
    return History(kept[-MOST_SIGNS:], sessions, (*unused[:MOST_NAMED], *notes))


def _once(signs: list[Sign]) -> tuple[Sign, ...]:
    """The worst of each kind a session, in order; a number stands for the report of the same."""
    worst: dict[tuple[int, str], Sign] = {}
    for sign in sorted(signs, key=lambda s: s.session):
        place = sign.session, sign.kind
        if place not in worst or _rank(sign) > _rank(worst[place]):
            worst[place] = sign
    return tuple(s for (k, kind), s in worst.items() if (k, _NUMBER_OF.get(kind, "")) not in worst)


def _rank(sign: Sign) -> float:
    if sign.value is not None:
        return sign.value
    known = (*ABSENT, None, *SEVERITIES)
    return float(known.index(sign.severity))


def _sessions(
    given: Sequence[tuple[float, Form]], form: Form, before: int
) -> tuple[tuple[int, Form], ...]:
    if not given:
        return tuple((k, form) for k in range(before))
    first = max(0, before - len(given))
    return tuple((first + k, doses) for k, (_, doses) in enumerate(given))


def _session_of(
    day: float, given: Sequence[tuple[float, Form]], days: list[float], count: int
) -> int | None:
    """Place of the session that an event belongs to: the last one begun within a day before it."""
    if not given:
        return min(days.index(day), count - 1) if count else None
    begun = [k for k, (start, _) in enumerate(given) if -0.5 < day - start < _SAME_VISIT_D]
    return max(begun, key=lambda k: (-abs(day - given[k][0]), k), default=None)


def _sign(event: Noted, session: int, form: Form, origin: datetime | None) -> Sign | None:
    word = "_".join(event.what.lower().replace("-", " ").replace("_", " ").split())
    word = _REPORTS.get(word, word)
    severity = event.severity.lower() if event.severity else None
    value = _value(event)
    if value is not None and word in _READINGS:
        kind = _READINGS[word]
        low, high = _POSSIBLE[kind.removeprefix("resting_")]
        if not low <= value <= high:  # NaN fails the comparison too
            return None
        return Sign(kind, session, form, None, float(value), _said(event, origin))
    if word not in acute_model().events:
        return None
    known = severity if severity in (*ABSENT, *SEVERITIES) else None
    return Sign(word, session, form, known, None, _said(event, origin))


def _value(event: Noted) -> float | None:
    return event.value if isinstance(event, Measured) else None


def _said(event: Noted, origin: datetime | None) -> str:
    what = event.what.replace("_", " ").strip() or "An event without a name"
    value = _value(event)
    how = f" {value:g}" if value is not None else ""
    how += f" ({event.severity})" if event.severity else ""
    return f"{what[0].upper()}{what[1:]}{how} on {clock.said(event.day, origin)}"
