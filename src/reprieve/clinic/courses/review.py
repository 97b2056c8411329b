"""Reviews that a protocol asks for: of benefit, of need, of what adds up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reprieve.clinic.courses.findings import asked
from reprieve.evidence.practice import Protocol, Threshold

State = Literal["due", "coming", "done"]
_DAYS = {"d": 1.0, "weeks": 7.0, "months": 30.4375}

# (group, key) -> what is asked, and the rule that says what counts as too little
_ONCE = {
    ("review", "dose_step_after"): ("Enough benefit, or a dose step?", "dose_step_improvement"),
    ("review", "early_after"): ("An early response?", "early_improvement"),
    ("review", "stop_after"): ("Non-response: go on, extend once, or stop?", "stop_improvement"),
}
_AGAIN = {
    ("review", "need"): "Is it still needed?",
    ("exposure", "cumulative_review"): "Cumulative dose and sessions; can it be tapered?",
    ("exposure", "bladder_questions"): "Bladder: frequency, urgency, pain, blood?",
    ("exposure", "liver_tests"): "Liver tests with ALP and GGT",
}
_MAINTENANCE_ONLY = {("review", "need"), ("exposure", "liver_tests")}
TITLES = {key: title for (_, key), (title, _) in _ONCE.items()} | {
    key: title for (_, key), title in _AGAIN.items()
}


@dataclass(frozen=True, slots=True)
class Progress:
    """What reviews are counted from."""

    starts: Sequence[datetime]  # of sessions in which drug was given, rising
    phase: str
    phase_since: datetime
    reviewed: Mapping[str, datetime]  # the last review of each key


@dataclass(frozen=True, slots=True)
class Task:
    """A review and where it stands."""

    key: str
    title: str
    state: State
    when: str
    rule: str
    done_at: datetime | None = None


def tasks(protocol: Protocol, progress: Progress, now: datetime) -> tuple[Task, ...]:
    """Reviews by their standing: due first, then coming, then done."""
    order = {"due": 0, "coming": 1, "done": 2}
    found = (*_once(protocol, progress, now), *_again(protocol, progress, now))
    return tuple(sorted(found, key=lambda task: order[task.state]))


def _once(protocol: Protocol, progress: Progress, now: datetime) -> Iterator[Task]:
    first = progress.starts[0] if progress.starts else None
    for (group, key), (title, too_little) in _ONCE.items():
        rule = protocol.thresholds(group).get(key)
        if rule is None:
            continue
        least = protocol.thresholds(group).get(too_little)
        said = asked(rule) + (f"; improvement {asked(least)}" if least else "")
        done = progress.reviewed.get(key)
        state, when = _standing(rule, progress.starts, first, now)
        yield Task(key, title, "done" if done else state, when, said, done)


def _again(protocol: Protocol, progress: Progress, now: datetime) -> Iterator[Task]:
    for (group, key), title in _AGAIN.items():
        rule = protocol.thresholds(group).get(key)
        maintenance = (group, key) in _MAINTENANCE_ONLY
        if rule is None or (maintenance and progress.phase != "maintenance"):
            continue
        begun = progress.phase_since if maintenance else None
        since = progress.reviewed.get(key) or begun
        starts = [at for at in progress.starts if since is None or at > since]
        since = since or (starts[0] if starts else None)
        state, when = _standing(rule, starts, since, now)
        yield Task(key, title, state, when, asked(rule), progress.reviewed.get(key))


def _standing(
    rule: Threshold, starts: Sequence[datetime], since: datetime | None, now: datetime
) -> tuple[State, str]:
    if rule.unit == "sessions":
        left = rule.value - len(starts)
        return ("due", "now") if left <= 0 else ("coming", f"after {left:g} more sessions")
    if since is None:
        return "coming", f"{rule.value:g} {rule.unit} after the first session"
    at = since + timedelta(days=rule.value * _DAYS.get(rule.unit, 1.0))
    return ("due" if at <= now else "coming"), f"{at:%-d %b %Y}"
