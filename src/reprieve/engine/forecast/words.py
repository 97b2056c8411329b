"""A forecast in sentences: odds as people say them, days or dates, and what to keep in mind."""

from reprieve.engine.cases import clock
from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.future import Future
from reprieve.engine.forecast.posterior import Posterior
from reprieve.engine.forecast.rules import CONSECUTIVE, Rules, first_treatment
from reprieve.engine.forecast.traits import Place

FEW_SCORES = 3
HARD_AGE = 65  # trials of older people were predicted worst (docs/validation.md)
ROUGH_ESS = 200
TOO_SHORT = f"takes {CONSECUTIVE} weekly checks in a row, which do not fit"
OLD_D = 14.0  # scores are weekly in what taught the model: two were missed


def odds(p: float) -> str:
    """A probability as "about 3 in 10".

    Whole per cent decide, as they stand on the page: what reads 5 % is never "less than 1 in 20".
    """
    per_cent = round(100 * p)
    if per_cent < 5:
        return "less than 1 in 20"
    if per_cent > 95:
        return "more than 19 in 20"
    if per_cent < 8:
        return "about 1 in 20"
    if per_cent > 92:
        return "about 19 in 20"
    return f"about {min(max(round(per_cent / 10), 1), 9)} in 10"


def when(case: Case, day: float) -> str:
    """A day as a date when the case has dates."""
    return clock.said(day, case.origin)


def headline(case: Case, rule: Rules, plan: Future, none: Future, planned: bool) -> str:
    """The answer in a sentence or two."""
    end = when(case, float(plan.days[-1]))
    if rule.in_response and len(plan.check_days) < rule.consecutive:
        return f"In response; relapse {TOO_SHORT} by {end}."
    if rule.in_response and none.relapse is not None and plan.relapse is not None:
        text = f"{odds(none.relapse[-1]).capitalize()} chance of relapse by {end} without a "
        text += "further dose"
        if planned:
            text += f"; {odds(plan.relapse[-1])} with the doses planned"
        return text + "."
    respond, remit = plan.reached[1, -1], plan.reached[2, -1]
    with_what = "with the doses planned" if planned else "without a further dose"
    again = " again" if reached_before(case, rule, 1) else ""
    # of remission once more no card or table speaks, so neither does this sentence
    more = "" if reached_before(case, rule, 2) else f", {odds(remit)} that one shows remission"
    return (
        f"{odds(respond).capitalize()} chance that a score shows response{again} by {end} "
        f"{with_what}{more}."
    )


def reached_before(case: Case, rule: Rules, k: int) -> bool:
    """Whether a score since the first treatment has reached a cut-off of the rules."""
    start = first_treatment(case)
    own = (s for s in case.usable if s.instrument == rule.instrument and s.day > start)
    return any(s.value <= rule.cutoffs[k] for s in own)


def similar(case: Case, post: Posterior, rule: Rules, future: Future, visit: int) -> str:
    """What became of virtual people with a course like this one."""
    share = float(future.at_most(rule.cutoffs[1])[visit])
    count = int(min(post.ess, post.n))
    scores = len(post.line.score)
    like = (
        f"whose {scores} score{'s' * (scores != 1)} ran like these"
        if scores > 1
        else "who came with this score"
    )
    return (
        f"Of virtual people {like} (some {count:,} count), {odds(share)} are in response on "
        f"{when(case, float(future.days[visit]))}."
    )


def limits(case: Case, post: Posterior, rule: Rules) -> tuple[str, ...]:
    """What to keep in mind, the particular before the general."""
    return (
        *case.notes,
        *_of_scores(case, post, rule),
        *_of_person(case),
        *of_place(post),
        "Drug and expectancy are separated by assumption and by contrasts between trial arms; "
        "their shares are ranges. The parts are those that act on the day of the question, and "
        "shared care and time holds all that improves whatever is given.",
        "The last scores move the near future; weeks ahead the forecast stays close to the "
        "course of the trials' patients.",
        "Timing of maintenance rests on one withdrawal trial of the nasal spray.",
        "For clinicians, beside their own judgement; it recommends no dose.",
    )


def _of_scores(case: Case, post: Posterior, rule: Rules) -> list[str]:
    said, count = [], len(case.usable)
    age = case.asked_at - case.usable[-1].day
    if age > OLD_D:
        said.append(
            f"The last score is {age:.0f} days old ({when(case, case.usable[-1].day)}): what has "
            "happened since is forecast, not seen."
        )
    if count < FEW_SCORES:
        said.append(
            f"Only {count} usable score{'s' * (count != 1)}: this is mostly the course of the "
            "trials' patients, not yet of this person."
        )
    if not rule.entry_seen:
        said.append(
            f"No {rule.instrument} before the first treatment: improvement is counted from "
            f"{rule.entry:g}, which was converted from another scale or assumed."
        )
    if rule.instrument != "MADRS":
        said.append(
            f"The model lives on MADRS; {rule.instrument} is linked to it by a published crosswalk "
            "with its scatter, and this person's own offset is learned from their scores."
        )
    elif len(post.line.names) > 1:
        said.append("Scores on several scales were joined by published crosswalks.")
    if post.ess < ROUGH_ESS:
        said.append(
            f"This course is unusual: only {post.ess:.0f} of {post.n:,} virtual people resemble "
            "it, so the numbers are rough."
        )
    return said


def _of_person(case: Case) -> list[str]:
    said = []
    if case.person.age is not None and case.person.age > HARD_AGE:
        said.append("People over 65 did less well in trials than the model expects.")
    if case.patient().benzodiazepine_mg:
        said.append(
            "A benzodiazepine is followed in the mood forecast only: what it adds to sedation at "
            "the next session, or takes from dissociation, is not in the numbers."
        )
    return said


def of_place(post: Posterior) -> tuple[str, ...]:
    """That a clinic's own effects stand in for the average place's; empty where they do not."""
    place = post.world.prior.place
    if place == Place():
        return ()
    drug, context, shared = (f"{x:+z.1f}".replace("-", "−") for x in place.mean)
    return (
        f"The clinic's own effects, learned from its finished courses, are used: drug {drug}, "
        f"context {context}, shared care {shared} SD between trials against the average place.",
    )
