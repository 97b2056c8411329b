"""How a comparison of schedules is said: options with odds, never an order."""

from datetime import datetime, timedelta

from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.forecast.rules import Rules
from reprieve.engine.forecast.words import of_place
from reprieve.engine.planning.comparison import Choice
from reprieve.engine.planning.constraints import Ground
from reprieve.engine.trials.design import Form

FEW = 200.0  # people who count; below, the odds move between seeds


def treatment(form: Form) -> str:
    """A session in the regimen language."""
    return Regimen(form).format().removesuffix(" once")


def when(day: float, origin: datetime | None) -> str:
    """A day as the case's clock shows it."""
    if origin is None:
        return f"day {day:.4g}"
    date = origin + timedelta(days=day)
    return f"{date.day} {date:%B %Y}"


def lasting(hours: float) -> str:
    """A length as a clinic says it: minutes up to two hours, then hours."""
    return f"{60 * hours:.0f} min" if hours <= 2.0 else f"{hours:.3g} h"


def in_hundred(chance: float) -> str:
    """A probability as people out of a hundred."""
    if chance < 0.01:
        return "fewer than 1 in 100"
    if chance > 0.99:
        return "more than 99 in 100"
    return f"about {100 * chance:.0f} in 100"


def choice_sentence(choice: Choice, end: float, origin: datetime | None, horizon: float) -> str:
    """One option with its odds."""
    name = choice.schedule.name
    said = [f"{name[0].upper()}{name[1:]}{_burden(choice)}:"]
    if choice.relapse is None:
        said.append(f"{in_hundred(choice.response)} in response on {when(end, origin)},")
    else:
        said.append(f"{in_hundred(choice.relapse[-1])} relapse by {when(end, origin)},")
    said.append(f"{choice.well_days:.0f} of {horizon:.0f} days well expected")
    if choice.untried:
        said[-1] += "; nobody was given so many such sessions, so this is the model's word alone"
    crossed = [t for t in choice.thresholds if t.any_session > 0]
    if crossed:
        most = max(crossed, key=lambda t: t.any_session)
        said[-1] += f"; {in_hundred(most.any_session)} meet {most.name} at some session"
    return " ".join(said) + "."


def _burden(choice: Choice) -> str:
    if choice.schedule.kind == "none":
        return ""
    number = f"{choice.sessions:.0f}" if choice.schedule.days else f"about {choice.sessions:.1f}"
    dose = ""
    if choice.milligrams is not None:
        dose = f", {choice.milligrams:.0f} mg"
    elif choice.mg_per_kg is not None:
        dose = f", {choice.mg_per_kg:.3g} mg/kg"
    return f" ({number} session{'' if number == '1' else 's'}{dose})"


def opening(ground: Ground, rule: Rules) -> tuple[str, ...]:
    """What the figures are."""
    said = [
        f"Each option repeats {treatment(ground.form)}; these are odds for the prescriber and the "
        "patient to weigh, not an order."
    ]
    if rule.in_response:
        said.append(f"Relapse is {rule.relapse_words} ({rule.source}).")
    else:
        said.append(
            "There is no response to lose at present, so options are compared by the odds of "
            "response and the days spent in it."
        )
    said.append(
        f"Well means a score of half of {rule.entry:g}, the score at entry, or less."
        if rule.entry_seen
        else f"Well means a score of half of {rule.entry:g} or less; no score at entry was given."
    )
    return tuple(said)


def shortcomings(post: Posterior, ground: Ground, pressures: bool, by_rule: int) -> tuple[str, ...]:
    """What the figures are not."""
    said = [
        "How spacing changes relapse rests on one withdrawal trial of the esketamine spray "
        "(daly_2019); no controlled trial of maintenance with racemic ketamine exists "
        "(maintenance_intervals_czech, E421)."
    ]
    said.append(
        "Scores are looked at weekly from the day of the question, before a dose of that day; a "
        "score soon after a dose reads lower, so shifting a session by a few days moves the odds "
        "of relapse by some in 100."
    )
    if ground.weight_kg is None and any(d.unit == "mg/kg" for d in ground.form):
        said.append("Body weight is unknown; doses are added up per kg.")
    if not pressures:
        said.append("No odds of blood pressure: no acute model answers for this treatment.")
    if not len(post.line.score):
        said.append("No usable score: these are the odds of the population, not of this person.")
    elif post.ess < FEW:
        said.append(
            f"Few virtual people resemble this course (effective number {post.ess:.0f}); the odds "
            "may move by several in 100 between seeds."
        )
    said.extend(of_place(post))
    if by_rule:
        said.append(
            f"The rule was followed on {by_rule:,} virtual courses with a rated score each week; "
            "in practice checks are missed and sessions take time to arrange."
        )
    return tuple(said)
