"""One patient unfolding, as a section of a page and as a table for the terminal."""

from reprieve.report.blocks import (
    Block,
    Cards,
    Cell,
    Column,
    DataTable,
    Moment,
    Section,
    Shown,
    Unfolding,
)
from reprieve.report.forecast import headline_cards
from reprieve.report.forecast_pictures import fan
from reprieve.report.forecast_tables import capital
from reprieve.report.unfolding import Step, Unfolded
from reprieve.report.when import Clock


def section(found: Unfolded) -> Section:
    """The slider, what it shows, and every step in one table."""
    return Section(
        "One patient, score by score",
        [
            _who(found),
            "Each step knows only what had come by then. The bands are what the next ratings were "
            "expected to show; squares are what came later, hidden from the forecast.",
            Unfolding("Move through time", [moment(s, found) for s in found.steps]),
            step_table(found),
        ],
    )


def _who(found: Unfolded) -> str:
    person, case = found.case.person, found.case
    sex = {"F": "woman", "M": "man"}.get(person.sex or "", "person")
    age = "" if person.age is None else f" of {person.age:.0f}"
    given = "; ".join(f"{t.text} on {Clock().day(t.day)}" for t in case.given)
    return (
        f"{case.id} is a real {sex}{age} from open data (nimh_ds005917), a trial in which neither "
        f"patient nor rater was told the order. Given: {given}."
    )


def kept_promise(found: Unfolded) -> str:
    """How often the next score lay where it was expected."""
    asked = [s for s in found.steps if s.foretold is not None]
    inside = sum(s.inside for s in asked)
    return (
        f"A real patient's forecast is made again at each of {len(found.steps)} scores; {inside} "
        f"of the {len(asked)} that could be foretold lay inside the 80 % band of the step before."
    )


def moment(step: Step, found: Unfolded) -> Moment:
    """One position of the slider."""
    picture = fan(step.outlook, later=step.later, since=found.since, until=found.until)
    blocks: list[Block] = [_came(step), step.outlook.sentence]
    blocks += [Shown(picture), Cards(headline_cards(step.outlook))]
    return Moment(label(step), f"{found.instrument} {step.score.value:g}", blocks)


def label(step: Step) -> str:
    """ "Day 2"."""
    return capital(Clock(step.outlook.origin).day(step.day))


def _came(step: Step) -> str:
    """The newest score beside what was expected of it."""
    if step.foretold is None:
        return "The first score, before any treatment. What is known is what trials have shown."
    low, high = step.foretold.p80
    asked = Clock(step.outlook.origin).day(step.foretold.asked_at)
    word = "inside" if step.inside else "outside"
    return (
        f"{step.score.value:g} came; on {asked} a score between {low:.0f} and {high:.0f} was "
        f"expected (80 %, median {step.foretold.median:.0f}), so it lies {word}."
    )


def step_table(found: Unfolded) -> DataTable:
    """Expected, seen, and what the forecast says after it."""
    rows: list[list[Cell]] = []
    for s in found.steps:
        f, end = s.foretold, s.outlook.bands[-1]
        expected = "" if f is None else f"{f.median:.0f} ({f.p80[0]:.0f} to {f.p80[1]:.0f})"
        verdict = "" if f is None else "inside" if s.inside else "outside"
        ahead = f"{end.median:.0f} ({end.p80[0]:.0f} to {end.p80[1]:.0f})"
        rows.append([label(s), expected, s.score.value, verdict, ahead])
    clock = Clock(found.steps[-1].outlook.origin)
    heads: list[Column | str] = [
        "Asked", Column("Expected before", "80 %", numeric=True),
        Column("Seen", found.instrument, 0), "80 % band",
        Column(f"Now expected, {clock.day(found.until)}", "80 %", numeric=True),
    ]  # fmt: skip
    return DataTable(heads, rows, f"{found.case.id}: the forecast redone at each score")
