"""Where a schedule leaves its protocol, and whose word it leaves.

The numbers come from the protocol files (`spacing`, phases, `exposure`, doses) with their
standing; nothing clinical is written here. Departures are shown, never forbidden: the prescriber
decides.
"""

from collections.abc import Sequence
from dataclasses import replace

from reprieve.engine.dosing.doses import Dose
from reprieve.engine.planning.comparison import Broken, Schedule
from reprieve.engine.planning.constraints import SLACK_D, Ground, gaps
from reprieve.engine.trials.design import Form
from reprieve.evidence.practice import Phase, Threshold

WEEK_D, MONTH_D = 7.0, 30.0
_WHOSE = {
    "label": "the label",
    "guideline": "a guideline",
    "clinic": "practice",
    "assumed": "an assumed limit",
}


def departures(schedule: Schedule, ground: Ground) -> tuple[Broken, ...]:
    """Where a schedule of known days leaves the protocol."""
    days, found = schedule.days, []
    if not days and schedule.kind != "rule":
        return ()
    spacing = ground.protocol.thresholds("spacing")
    found += _doses(ground.forms(schedule) or (ground.form,), ground)
    found += _spaced(days, ground, spacing.get("hours_between_doses"))
    found += _crowded(days, ground, spacing.get("most_per_week"))
    found += _phased(days, ground)
    found += _maintained(days, ground)
    found += _month(days, ground, ground.protocol.thresholds("exposure").get("sessions_30d"))
    found += _once(ground.forms(schedule), ground, spacing.get("most_sessions"))
    return tuple(found)


def _shown(sentence: str, limit: Threshold) -> Broken:
    """A departure with whose word it departs from; the sentence leaves a place for it."""
    whose = _WHOSE[limit.standing]
    return Broken(f"{sentence.format(whose=whose)}.", False, limit.standing, limit.source)


def _doses(forms: Sequence[Form], ground: Ground) -> list[Broken]:
    """Doses outside the protocol's usual range."""
    found = []
    for unit, amount in dict.fromkeys(part for form in forms for part in _at_once(form)):
        usual = ground.protocol.dose(unit)
        if usual is not None and usual.judge(amount) != "usual":
            low, high = usual.usual
            said = f"{amount:g} {unit} a session; {_WHOSE[usual.standing]} has {low:g} to {high:g}"
            sentence = f"{said} {unit}."
            found.append(Broken(sentence, False, usual.standing, usual.source))
    return found


def _at_once(form: Form) -> list[tuple[str, float]]:
    """Amounts by unit: what is given at once, without the slow part that continues an infusion."""
    first: dict[str, float] = {}
    for dose in form:
        if dose is form[0] or not _continues(dose, form[0]):
            first[dose.unit] = first.get(dose.unit, 0.0) + dose.amount
    return list(first.items())


def _continues(dose: Dose, first: Dose) -> bool:
    return dose.duration_h > 0 and dose.time_h >= first.end_h - SLACK_D and first.duration_h > 0


def _spaced(days: Sequence[float], ground: Ground, limit: Threshold | None) -> list[Broken]:
    shortest = 24.0 * min(gaps(days, ground), default=float("inf"))
    if limit is None or shortest >= limit.value - 24.0 * SLACK_D:
        return []
    sentence = f"sessions {shortest:.3g} h apart; {{whose}} asks for {limit.value:g} h"
    return [_shown(sentence.capitalize(), limit)]


def _crowded(days: Sequence[float], ground: Ground, limit: Threshold | None) -> list[Broken]:
    most = _most_within(days, ground, WEEK_D)
    if limit is None or most <= limit.value:
        return []
    return [_shown(f"{most} sessions in a week; {{whose}} has at most {limit.value:g}", limit)]


def _most_within(days: Sequence[float], ground: Ground, window: float, since: float = -1e9) -> int:
    """Most sessions within a window that ends at a session to come."""
    every = sorted([d for d, _ in ground.given] + list(days))
    ends = [d for d in days if d >= since]
    return max((sum(e - window + SLACK_D < d <= e for d in every) for e in ends), default=0)


def phase_ends(phases: Sequence[Phase]) -> list[tuple[Phase, float, float]]:
    """Phases of known length with their first and last day from the first treatment."""
    found, start = [], 0.0
    for phase in phases:
        if phase.weeks is None:
            break
        found.append((phase, start, start + WEEK_D * phase.weeks))
        start = found[-1][2]
    return found


def _phased(days: Sequence[float], ground: Ground) -> list[Broken]:
    """More sessions a week than the phase of the label they fall into; practice is looser."""
    protocol, found = ground.protocol, []
    if protocol.use != "label":
        return []
    for phase, start, end in phase_ends(protocol.phases):
        inside = [d for d in days if start <= d < end]
        most = _most_within(inside, ground, WEEK_D, start + WEEK_D)
        gap = max(gaps(inside, ground, start), default=0.0)
        had = []
        if most > phase.per_week:
            had.append(f"{most} sessions in a week")
        if inside and gap > 2 * WEEK_D / phase.per_week + SLACK_D:
            had.append(f"{gap:.3g} days between sessions")
        found += [
            Broken(
                f"{what} of {phase.name}; the label has {phase.per_week:g} a week.",
                False,
                "label",
                protocol.references[0],
            )
            for what in had
        ]
    return found


def _maintained(days: Sequence[float], ground: Ground) -> list[Broken]:
    """Intervals after the phases of known length."""
    spacing = ground.protocol.thresholds("spacing")
    begun = phase_ends(ground.protocol.phases)
    between = gaps(days, ground, begun[-1][2] if begun else 0.0)
    if not between:
        return []
    found, said = [], "{} days between sessions in maintenance; {{whose}} has at {} {:g}"
    shortest, longest = spacing.get("maintenance_shortest"), spacing.get("maintenance_longest")
    if shortest is not None and min(between) < shortest.value - SLACK_D:
        sentence = said.format(f"{min(between):.3g}", "least", shortest.value)
        found.append(_shown(sentence, shortest))
    if longest is not None and max(between) > longest.value + SLACK_D:
        sentence = said.format(f"{max(between):.3g}", "most", longest.value)
        found.append(_shown(sentence, longest))
    return found


def _month(days: Sequence[float], ground: Ground, limit: Threshold | None) -> list[Broken]:
    """Sessions in 30 days, once the first phase is over."""
    begun = phase_ends(ground.protocol.phases)
    most = _most_within(days, ground, MONTH_D, (begun[0][2] if begun else 0.0) + MONTH_D)
    if limit is None or not limit.met(most):
        return []
    sentence = f"{most} sessions in 30 days outside induction; {{whose}} is {limit.value:g}"
    return [_shown(sentence, limit)]


def _once(forms: Sequence[Form], ground: Ground, limit: Threshold | None) -> list[Broken]:
    if limit is None:
        return []
    same = sum(form == ground.form for form in (*ground.done, *forms))
    if same <= limit.value:
        return []
    times = "once" if limit.value == 1 else f"{limit.value:g} times"
    sentence = f"{same} such sessions in all; {{whose}} has had it {times}"
    return [replace(_shown(sentence, limit), untried=True)]
