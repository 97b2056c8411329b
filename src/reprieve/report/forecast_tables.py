"""The tables of a forecast."""

from collections.abc import Sequence

from reprieve.engine.forecast.outlook import Duration, Milestone, Outlook, Seen, Switch, Why
from reprieve.engine.forecast.rules import CONSECUTIVE
from reprieve.engine.forecast.words import OLD_D
from reprieve.engine.session.next_session import NextSession, Threshold
from reprieve.evidence.references import has_reference, reference
from reprieve.report.blocks import Badge, Cell, Column, DataTable, Link
from reprieve.report.when import Clock, length, odds, odds_fine, signed, stretch

MOVED = (
    "moves: against the same forecast without that score, later ones kept, so one that others "
    "confirm moves little"
)
_KINDS = {
    "modifiable": "can be changed",
    "unknown": "not known; knowing it would sharpen the answer",
    "assumed": "assumed",
}


def milestone_table(outlook: Outlook) -> DataTable:
    """Each improvement: its rule, odds, and when."""
    clock = Clock(outlook.origin)
    rows: list[list[Cell]] = []
    for word, mark in (
        ("25 % better", outlook.improved_25),
        ("Response", outlook.response),
        ("Response again", outlook.again),
        ("Remission", outlook.remission),
    ):
        if mark is None:
            continue
        if mark.seen_day is not None:
            state, _ = standing(mark, outlook)
            said = f"reached on {clock.day(mark.seen_day)}; {state}"
            rows.append([word, mark.rule, said, "", ""])
            continue
        early_late = (
            ""
            if mark.day_80 is None
            else f"{clock.day(mark.day_80[0])} to {clock.day(mark.day_80[1])}"
        )
        median = "" if mark.day_median is None else clock.day(mark.day_median)
        rows.append([word, mark.rule, odds(mark.probability_ever), median, early_late])
    heads = ["Improvement", "Rule", f"By {clock.day(outlook.asked_at + outlook.horizon_days)}"]
    return DataTable(
        [*heads, "Median, of those who reach it", "80 % of them"], rows, "When relief comes"
    )


def standing(mark: Milestone, outlook: Outlook) -> tuple[str, str]:
    """Whether an improvement that was reached still stood when it was last looked for.

    Returns
    -------
    (str, str)
        "held" or "lost" in a word or two, and the score that says so.
    """
    last, clock = last_score(outlook), Clock(outlook.origin)
    age = outlook.asked_at - last.day
    seen = f"at the last score, {last.value:g} on {clock.day(last.day)}"
    if age > OLD_D:
        seen += f", {length(age)} ago"
    if last.value <= mark.at_most:
        return ("was held" if age > OLD_D else "held"), seen
    return "not held", seen


def last_score(outlook: Outlook) -> Seen:
    """The last score on the own instrument that was used; a milestone was seen on one."""
    return [s for s in outlook.scores if s.used and s.instrument == outlook.instrument][-1]


def score_table(outlook: Outlook) -> DataTable:
    """The score to expect at some days ahead."""
    clock, bands = Clock(outlook.origin), outlook.bands
    most = min(8, len(bands))
    chosen = dict.fromkeys(round(k * (len(bands) - 1) / max(most - 1, 1)) for k in range(most))
    heads: list[Column | str] = [
        "When",
        Column("Median", outlook.instrument or "", 0),
        *(Column(f"{share} %", "points", numeric=True) for share in (50, 80, 95)),
    ]
    rows: list[list[Cell]] = [
        [
            capital(clock.day(bands[k].day)), bands[k].median,
            *(f"{low:.0f} to {high:.0f}" for low, high in (
                bands[k].p50, bands[k].p80, bands[k].p95)),
        ]
        for k in chosen
    ]  # fmt: skip
    return DataTable(heads, rows, "The score to expect")


def relapse_table(outlook: Outlook) -> DataTable:
    """Odds of relapse at some checks."""
    relapse, clock = outlook.relapse, Clock(outlook.origin)
    assert relapse is not None
    columns: list[Column | str] = ["By"]
    if relapse.plan is not None:
        columns.append(Column("As planned", numeric=True))
    columns.append(Column("No further dose", numeric=True))
    rows: list[list[Cell]] = []
    for k in some_checks(len(relapse.days)):
        cells = [odds(p[k]) for p in (relapse.plan, relapse.no_further_dose) if p is not None]
        rows.append([capital(clock.by(relapse.days[k], outlook.asked_at)), *cells])
    return DataTable(columns, rows, "Odds of relapse by then")


def some_checks(count: int) -> list[int]:
    """Places of a few checks, from the first at which relapse can be said to the last."""
    first, last = min(CONSECUTIVE, count) - 1, count - 1
    return sorted({round(first + (last - first) * k / 4) for k in range(5)})


def parts_table(why: Why) -> DataTable:
    """What the change since entry is made of."""
    rows: list[list[Cell]] = [
        [capital(p.name), signed_tenth(p.points), f"{signed(p.p80[0])} to {signed(p.p80[1])}"]
        for p in why.parts
    ]
    rows.append(["Together", signed_tenth(why.now - why.entry), ""])
    heads: list[Column | str] = [
        "Part", Column("Change", "points", numeric=True), Column("80 %", "points", numeric=True)
    ]  # fmt: skip
    return DataTable(heads, rows, f"From {why.entry:.0f} at entry to {why.now:.0f} expected now")


def moved_table(outlook: Outlook) -> DataTable:
    """What each score taught."""
    assert outlook.why is not None
    clock = Clock(outlook.origin)
    rows: list[list[Cell]] = [
        [capital(clock.day(m.day)), m.instrument, m.value, m.expected, signed_tenth(m.shift)]
        for m in outlook.why.moved
    ]
    ahead = length(outlook.why.moved[0].ahead_days)
    heads: list[Column | str] = [
        "Seen", "Scale", Column("Score", "points", 0),
        Column("Expected from those before it", "points", 1),
        Column(f"Moves the forecast {ahead} ahead by", "points", numeric=True),
    ]  # fmt: skip
    used = sum(s.used for s in outlook.scores)
    which = "each score" if len(rows) == used else f"each of the last {len(rows)} scores"
    return DataTable(heads, rows, f"What {which} taught; {MOVED}")


def signed_tenth(points: float) -> str:
    """Points with a sign and one decimal."""
    text = f"{points:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def switch_table(outlook: Outlook) -> DataTable:
    """Facts that would change the answer, one at a time."""
    heads: list[Column | str] = [
        "If", "Which", "Then", Column("Now", numeric=True), Column("Instead", numeric=True),
        "Source",
    ]  # fmt: skip
    rows: list[list[Cell]] = [_switch_row(s) for s in outlook.sensitivity]
    return DataTable(heads, rows, "One fact changed at a time")


def _switch_row(s: Switch) -> list[Cell]:
    chance = "chance" in s.quantity
    now, then = (odds(v) if chance else f"{v:.1f}" for v in (s.now, s.then))
    return [
        capital(s.what.removeprefix("if ")),
        _KINDS.get(s.kind, s.kind),
        s.quantity,
        now,
        then,
        cited(s.source),
    ]


def peak_table(found: NextSession) -> DataTable:
    """Extremes of the next session."""
    rows: list[list[Cell]] = [
        [
            capital(p.name), f"{p.median:.0f}", f"{p.low80:.0f} to {p.high80:.0f}", p.unit,
            "" if p.time_min is None else f"{p.time_min:.0f}",
        ]
        for p in found.peaks
    ]  # fmt: skip
    heads: list[Column | str] = [
        "Extreme", Column("Median", numeric=True), Column("80 %", numeric=True), "Unit",
        Column("Usual minute", "min", numeric=True),
    ]  # fmt: skip
    return DataTable(heads, rows, "Of people like this one")


def threshold_table(lines: Sequence[Threshold], caption: str) -> DataTable:
    """Probabilities of the next session, each with whose word it is and how well known."""
    rows: list[list[Cell]] = [
        [capital(t.name), odds_fine(t.probability), t.standing, Badge(t.status)] for t in lines
    ]
    heads: list[Column | str] = ["What", Column("Odds", numeric=True), "Whose", "Number"]
    return DataTable(heads, rows, caption)


def duration_table(outlook: Outlook) -> DataTable:
    """Odds of response after each dose, and how long it holds."""
    heads: list[Column | str] = [
        "Dose", "", Column("Response within a week", numeric=True),
        Column("Lasts, median", numeric=True), Column("80 %", numeric=True),
        Column("Still well at the end", numeric=True),
    ]  # fmt: skip
    rows = [_duration_row(d, outlook) for d in outlook.duration]
    return DataTable(heads, rows, "Response after each dose, if no further one followed")


def _duration_row(d: Duration, outlook: Outlook) -> list[Cell]:
    clock = Clock(outlook.origin)
    median, spread = lasting(d)
    word = "given" if d.given else "planned"
    return [
        capital(clock.day(d.day)), word, odds(d.probability), median, spread, odds(d.beyond),
    ]  # fmt: skip


def lasting(d: Duration) -> tuple[str, str]:
    """Median and 80 % range of a response in words; what outlasts the watch is said so."""
    end = f"over {length(d.watched_days)}"
    known = "" if d.median_days is None else length(d.median_days)
    median = end if d.beyond >= 0.5 else known
    if d.days_80 is None:
        return median, ""
    if d.beyond >= 0.1:
        return median, f"{length(d.days_80[0])} to {end}"
    return median, stretch(d.days_80)


def cited(key: str) -> list[str | Badge | Link]:
    """A bibliography key as a link to its paper; other words as they are."""
    if not has_reference(key):
        return [key]
    url = reference(key).url
    return [Link(key, url)] if url else [key]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
