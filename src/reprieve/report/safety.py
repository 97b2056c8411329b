"""The safety validation as a page, as Markdown, as JSON and in the terminal."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reprieve.engine.effects.validation import (
    PEOPLE,
    SafetyFact,
    SafetyReport,
    validate_safety,
)
from reprieve.pictures import Picture
from reprieve.pictures.scale import compact
from reprieve.report.asked import Asked
from reprieve.report.blocks import Aside, Badge, Card, Cards, Column, DataTable, Section, Shown
from reprieve.report.page import page
from reprieve.report.safety_figures import beside, courses

TITLE = "Acute effects beside what was published"
COMMAND = "reprieve validate --safety"
BAR = 0.80
HEADS = ("Row", "What", "Arm", "Published", "Interval", "Model", "Unit", "Verdict", "Source")
NOTES = (
    "A peak is the largest of a person's readings less one reading before the dose, so scatter "
    "alone makes peaks positive: placebo has a mean maximum of 6 mmHg. A fixed-minute mean "
    "averages everybody at one minute. The same infusion gives 3 mmHg at 30 minutes in one clinic "
    "and 16 mmHg at the peak in another; both come out of one curve once pressure is allowed to "
    "settle below the reading before the dose and readings scatter.",
    "Rates of label Tables 3 and 6 are people with the event at any time in four weeks: eight "
    "sessions. SUSTAIN-1 and SUSTAIN-3 count over months.",
    "Fitted rows informed a parameter, so meeting them is no test. For adverse events with rows in "
    "both the label and SUSTAIN-1 each of four numbers is solved from one row. Rows held out were "
    "named in the model file before the fit and informed nothing.",
    "CADSS by dose and minute exists only as recalled numbers (S055 to S060): they are shown and "
    "never counted. The one mean that was read is S077.",
)


def run(asked: Asked) -> bool:
    """Validate, print, write; whether four fifths of the predicted rows are met."""
    found = _validated(asked)
    text = json.dumps(record(found), indent=1)
    if asked.out:
        _write(found, Path(asked.out), text)
    if asked.as_json:
        print(text)
    else:
        from reprieve.report.safety_terminal import show

        show(found)
    return passed(found)


def _validated(asked: Asked) -> SafetyReport:
    people = asked.patients or PEOPLE
    if asked.as_json:
        return validate_safety(asked.seed, people)
    from reprieve.report.safety_terminal import watched

    with watched() as progress:
        return validate_safety(asked.seed, people, progress=progress)


def passed(found: SafetyReport) -> bool:
    """Whether the bar is met over all predicted rows."""
    good, n = found.share()
    return good >= BAR * n


def record(found: SafetyReport) -> dict[str, Any]:
    """Everything, for JSON: `facts` as every validation names them."""
    return {
        "title": TITLE,
        "seed": found.seed,
        "people": found.people,
        "bar": BAR,
        "pass": passed(found),
        "passed": dict(zip(("rows", "of"), found.share(), strict=True)),
        "held_out": dict(zip(("rows", "of"), found.share("held out"), strict=True)),
        "fitted": dict(zip(("rows", "of"), found.share("fitted"), strict=True)),
        "facts": [_fact(f) for f in found.facts],
        "recalled_or_derived": [_fact(f) for f in found.aside],
        "unpredicted": [asdict(u) for u in found.unpredicted],
    }


def _fact(f: SafetyFact) -> dict[str, Any]:
    table = asdict(f)
    table["pass"] = table.pop("passed")
    return table


def verdict(found: SafetyReport) -> str:
    """The outcome in two sentences."""
    (good, n), (held, of_held) = found.share(), found.share("held out")
    fitted, of_fitted = found.share("fitted")
    return (
        f"{good} of {n} predicted rows ({100 * good / n:.0f} %; the bar is 80 %) lie in their own "
        f"interval, or within 30 % where they have none. Of rows held out from the fit {held} of "
        f"{of_held} do ({100 * held / of_held:.0f} %), of fitted rows {fitted} of {of_fitted}."
    )


def cells(f: SafetyFact) -> list[str | float]:
    """A row for a table, as `HEADS`."""
    return [
        f.id,
        f.quantity,
        f.arm,
        compact(f.target),
        f"{compact(f.low)} to {compact(f.high)} ({f.interval})",
        compact(float(f"{f.model:.3g}")),
        f.unit,
        "pass" if f.passed else "fail",
        f.source,
    ]


def groups(found: SafetyReport) -> list[tuple[str, list[SafetyFact]]]:
    """Titles and rows of the page's tables."""
    return [
        ("Rows held out from the fit", [f for f in found.facts if f.use == "held out"]),
        ("Rows that informed a parameter", [f for f in found.facts if f.use == "fitted"]),
        ("Recalled or derived rows, never counted", list(found.aside)),
    ]


def reasons(found: SafetyReport) -> list[tuple[str, list[str]]]:
    """Rows that are not predicted, by reason."""
    by_reason: dict[str, list[str]] = {}
    for u in found.unpredicted:
        by_reason.setdefault(u.reason, []).append(u.id)
    return sorted(by_reason.items(), key=lambda item: -len(item[1]))


def pictures(found: SafetyReport) -> dict[str, Picture]:
    """The two pictures by name."""
    return {"courses": courses(found), "beside": beside(found)}


def _write(found: SafetyReport, out: Path, text: str) -> None:
    if out.suffix in (".html", ".htm"):
        out.write_text(html(found), encoding="utf-8")
    elif out.suffix == ".md":
        images = out.parent / "images"
        images.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures(found).items():
            (images / f"safety-{name}.svg").write_text(picture.svg(), encoding="utf-8")
        out.write_text(markdown(found), encoding="utf-8")
    else:
        out.write_text(text + "\n", encoding="utf-8")


def html(found: SafetyReport) -> str:
    """The page."""
    (good, n), (held, of_held) = found.share(), found.share("held out")
    drawn = pictures(found)
    sections = [
        Section(
            "Outcome",
            [
                Cards(
                    [
                        Card("Predicted rows met", f"{good} of {n}", "the bar is 80 %"),
                        Card("Held out from the fit", f"{held} of {of_held}"),
                        Card("Not predictable", str(len(found.unpredicted)), "with the reason"),
                    ]
                ),
                *[Aside(note) for note in NOTES],
            ],
        ),
        Section("Courses", [Shown(drawn["courses"])]),
        Section("Row by row", [Shown(drawn["beside"])]),
        *[Section(title, [_table(rows)]) for title, rows in groups(found)],
        Section(
            "Rows that are not predicted",
            [DataTable(["Reason", "Rows"], [[why, ", ".join(ids)] for why, ids in reasons(found)])],
        ),
    ]
    footer = f"{COMMAND} --seed {found.seed}; {found.people:,} people a setting."
    return page(TITLE, sections, footer, lead=verdict(found))


def _table(rows: list[SafetyFact]) -> DataTable:
    columns = [Column(h, numeric=h in ("Published", "Model")) for h in HEADS]
    body = [[Badge(str(c)) if c in ("pass", "fail") else c for c in cells(f)] for f in rows]
    return DataTable(columns, body)


def markdown(found: SafetyReport) -> str:
    """The page of the documentation."""
    command = f"{COMMAND} --seed {found.seed} --out docs/safety-validation.md"
    lines = ["# Acute effects: validation", "", f"*Written by `{command}`; do not edit.*", ""]
    lines += [f"{verdict(found)} {found.people:,} people a setting.", ""]
    lines += [f"- {note}" for note in NOTES]
    for name, picture in pictures(found).items():
        lines += ["", f"![{picture.desc}](images/safety-{name}.svg)"]
    for title, rows in groups(found):
        lines += ["", f"## {title}", "", _md_row(HEADS), _md_row(["---"] * len(HEADS))]
        lines += [_md_row([str(c) for c in cells(f)]) for f in rows]
    lines += ["", "## Rows that are not predicted", "", _md_row(["Reason", "Rows"])]
    lines.append(_md_row(["---", "---"]))
    lines += [_md_row([why, ", ".join(ids)]) for why, ids in reasons(found)]
    return "\n".join(lines) + "\n"


def _md_row(cells: list[str] | tuple[str, ...]) -> str:
    plain = (c.replace("|", "\\|").replace("<", "&lt;") for c in cells)
    return "| " + " | ".join(plain) + " |"
