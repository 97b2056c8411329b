"""A forecast as a page: the sentence first, then what it rests on."""

from reprieve.engine.forecast.outlook import Milestone, Outlook, Why
from reprieve.engine.forecast.rules import CONSECUTIVE
from reprieve.engine.forecast.words import TOO_SHORT
from reprieve.report.blocks import Aside, Block, Card, Cards, Inline, Items, Section, Shown
from reprieve.report.forecast_parts import drivers, durations
from reprieve.report.forecast_pictures import fan, relapse_odds
from reprieve.report.forecast_tables import (
    capital,
    cited,
    duration_table,
    milestone_table,
    moved_table,
    parts_table,
    peak_table,
    relapse_table,
    score_table,
    standing,
    switch_table,
    threshold_table,
)
from reprieve.report.markdown import markdown
from reprieve.report.page import page
from reprieve.report.when import Clock, odds, span

NOT_AN_ORDER = (
    "Odds for a clinician to weigh, with what is not known left visible. No dose is advised here."
)


def title(outlook: Outlook) -> str:
    """The heading of its page."""
    return f"What to expect: {outlook.case}"


def footer(outlook: Outlook) -> str:
    """What the answer was computed with; the same line gives the same answer."""
    return (
        f"Reprieve {outlook.engine}, ensemble {outlook.ensemble}, seed {outlook.seed}, outlook "
        f"version {outlook.version}."
    )


def sections(outlook: Outlook) -> list[Section]:
    """Everything below the sentence, in reading order; without a forecast only the reason."""
    if not outlook.ok:
        return [Section("No forecast", [_refusal(outlook)])]
    found = [_ahead(outlook), _relapse(outlook), _made_of(outlook), _switches(outlook)]
    found += [_session(outlook), _similar(outlook), _lasting(outlook), _limits(outlook)]
    return [section for section in (*found, _rests_on(outlook)) if section is not None]


def _refusal(outlook: Outlook) -> Aside:
    return Aside(outlook.sentence, f"{outlook.status}:", "warn")


def _ahead(outlook: Outlook) -> Section:
    blocks: list[Block] = []
    if cards := headline_cards(outlook):
        blocks.append(Cards(cards))
    blocks.append(
        Shown(
            fan(outlook),
            "Left of the dotted rule what was seen, right of it what to expect of a rating on each "
            "day: half of such people inside the darkest band, 95 % inside the widest. Doses "
            "stand at the foot, as long as their mg/kg.",
        )
    )
    blocks += [milestone_table(outlook), score_table(outlook)]
    return Section("What to expect", blocks)


def headline_cards(outlook: Outlook) -> list[Card]:
    """Response, remission and relapse in large type."""
    cards = []
    for word, mark in (
        ("Response", outlook.response),
        ("Response again", outlook.again),
        ("Remission", outlook.remission),
    ):
        if mark is not None:
            cards.append(_milestone_card(word, mark, outlook))
    if outlook.relapse is not None and len(outlook.relapse.days) >= CONSECUTIVE:
        relapse, end = outlook.relapse, Clock(outlook.origin).day(outlook.relapse.days[-1])
        without = odds(relapse.no_further_dose[-1])
        if relapse.plan is not None:
            cards.append(Card(f"Relapse by {end}, as planned", odds(relapse.plan[-1])))
        cards.append(Card(f"Relapse by {end}, no further dose", without))
    return cards


def _milestone_card(word: str, mark: Milestone, outlook: Outlook) -> Card:
    clock = Clock(outlook.origin)
    if mark.seen_day is not None:
        state, seen = standing(mark, outlook)
        return Card(f"{word}, reached on {clock.day(mark.seen_day)}", state, seen)
    end = clock.day(outlook.asked_at + outlook.horizon_days)
    return Card(f"{word} by {end}", odds(mark.probability_ever))


def _relapse(outlook: Outlook) -> Section:
    if outlook.relapse is None:
        text = "The person is not in response, so there is nothing to relapse from."
        return Section("Relapse", [text])
    if len(outlook.relapse.days) < CONSECUTIVE:
        return Section("Relapse", [f"Relapse {TOO_SHORT} into so short a horizon."])
    caption: Inline = ["Rule: ", outlook.relapse.rule, " (", *cited(outlook.relapse.source), ")."]
    return Section("Relapse", [Shown(relapse_odds(outlook), caption), relapse_table(outlook)])


def _made_of(outlook: Outlook) -> Section | None:
    if outlook.why is None:
        return None
    blocks: list[Block] = [
        drug_against_context(outlook.why),
        Shown(
            drivers(outlook),
            "Above: parts with 80 % ranges. Below: a shift below zero says that the forecast would "
            "be higher without the score.",
        ),
    ]
    blocks.append(parts_table(outlook.why))
    if outlook.why.moved:
        blocks.append(moved_table(outlook))
    return Section("What it is made of", blocks)


def drug_against_context(why: Why) -> str:
    """How much of drug and context together is the drug: a range, since they part poorly."""
    if why.drug_share is None:
        return "No drug and no context of treatment stand behind this change so far."
    low, high = why.drug_share
    return (
        f"Of what drug and context (expectation, attention, setting) did together, the drug's "
        f"share lies between {100 * low:.0f} and {100 * high:.0f} % (80 % range). A drug that is "
        "felt cannot be masked, so one person's scores hardly tell the two apart."
    )


def _switches(outlook: Outlook) -> Section | None:
    if not outlook.sensitivity:
        return None
    return Section("What would change it", [switch_table(outlook)])


def _session(outlook: Outlook) -> Section | None:
    found = outlook.next_session
    if found is None:
        return None
    when = "" if found.day is None else f", {Clock(outlook.origin).day(found.day)}"
    blocks: list[Block] = [f"{capital(found.session)}{when}."]
    if found.peaks:
        blocks.append(peak_table(found))
    if found.thresholds:
        blocks.append(threshold_table(found.thresholds, "Lines and the odds of crossing them"))
    if found.reported:
        blocks.append(threshold_table(found.reported, "What is reported most often"))
    if found.resolved_by is not None:
        blocks.append(f"Most have recovered {span(found.resolved_by)} after the start.")
    if found.earlier or found.notes:
        blocks.append(Items([*found.earlier, *found.notes]))
    return Section("The next session", blocks)


def _similar(outlook: Outlook) -> Section | None:
    if outlook.similar is None:
        return None
    return Section("People like this one", [outlook.similar.sentence])


def _lasting(outlook: Outlook) -> Section | None:
    if not outlook.duration:
        return None
    return Section(
        "How long it lasts",
        [
            Shown(durations(outlook), "No dot: more than half are still well at the right edge."),
            duration_table(outlook),
        ],
    )


def _limits(outlook: Outlook) -> Section:
    return Section("Limits", [Aside(NOT_AN_ORDER, "Options, no order.", "warn"),
                              *([Items(outlook.limits)] if outlook.limits else [])])  # fmt: skip


def _rests_on(outlook: Outlook) -> Section:
    blocks: list[Block] = []
    if kept := _unused(outlook):
        blocks.append(f"Kept and shown, not used: {kept}.")
    mc = outlook.monte_carlo
    if mc is not None:
        blocks.append(
            f"{mc.particles:,} virtual people, worth {mc.ess:.0f} equally likely ones; between "
            f"seeds a probability moves by {100 * mc.sd_probability:.1f} percentage points and a "
            f"mean score by {mc.sd_score:.2f} points (standard errors, largest)."
        )
    blocks.append(footer(outlook))
    if outlook.evidence:
        blocks.append(Items([cited(key) for key in outlook.evidence]))
    return Section("What it rests on", blocks)


def _unused(outlook: Outlook) -> str:
    """Scores that were not used: a scale a phrase."""
    clock, found = Clock(outlook.origin), dict[str, list[str]]()
    for s in outlook.scores:
        if not s.used:
            found.setdefault(s.instrument, []).append(f"{s.value:g} on {clock.day(s.day)}")
    return "; ".join(f"{name} {', '.join(said)}" for name, said in found.items())


def html(outlook: Outlook) -> str:
    """A self-contained page."""
    return page(title(outlook), sections(outlook), footer(outlook), lead=lead(outlook))


def text(outlook: Outlook) -> str:
    """The same as Markdown, without pictures."""
    return markdown(title(outlook), lead(outlook), sections(outlook), footer(outlook))


def lead(outlook: Outlook) -> str:
    """The sentence; empty where there is no forecast, since the reason follows anyway."""
    return outlook.sentence if outlook.ok else ""
