"""Head-to-head trials beside the model: a table, and in words where the two differ."""

from typing import Any

import numpy as np

from reprieve.engine.calibration.facts import Fact
from reprieve.engine.trials.beside import Side, SideBySide, rows_read
from reprieve.engine.trials.comparison import Comparison, Estimate
from reprieve.report.blocks import Badge, Cell, Column, DataTable


def brackets(e: Estimate) -> str:
    """A share in words: median and, in brackets, its interval, %."""
    return f"{float(e.value):.0f} ({float(e.low):.0f}-{float(e.high):.0f})"


def beside_table(result: Comparison) -> DataTable | None:
    """Head-to-head trials of the treatments compared, beside the model; None where there are none.

    The model's first number is for that trial (its entry scores, its arms, those who stopped), the
    second is this comparison's on the same day.
    """
    columns: list[Column | str] = [
        "Trial", "Day", "Arm", "Outcome", Column("Seen", "%", numeric=True),
        Column("Model, that trial, % (95 %)", numeric=True), "",
        Column("Model, here, % (90 %)", numeric=False), "Fit", "Status", "Row",
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            b.trial.trial if k == 0 else "", f"{b.day:.0f}", side.arm,
            f"{_what(b)}, {b.instrument}", f"{side.value:.1f}",
            f"{side.model:.0f} ({side.low:.0f}-{side.high:.0f})",
            Badge("inside" if side.inside else "outside"), _here(result, b, k),
            _fit(b, side), Badge(side.seen.outcome.status), side.seen.id,
        ]
        for b in result.beside
        for k, side in enumerate(b.sides)
    ]  # fmt: skip
    caption = (
        "Seen side by side: trials that had two of these treatments. The interval is for a new "
        "trial of that size; 'here' is this comparison, on MADRS, where nobody stops"
    )
    return DataTable(columns, rows, caption) if rows else None


def _what(b: SideBySide) -> str:
    return b.kind.removesuffix("_rate")


def _fit(b: SideBySide, side: Side) -> str:
    """Whether the fit has read the number: the fact on that arm decides, else the row itself."""
    own = [f.fact for f in b.facts if f.fact.measure.get("arm") == side.arm]
    read = own[0].split == "calibration" if own else side.seen.id in rows_read()
    return "read" if read else "held back"


def _here(result: Comparison, b: SideBySide, k: int) -> str:
    """This comparison's number for a side on the trial's day, with its label where it differs."""
    keys = (b.trial.pair[k], *(b.trial.near if k == 1 else ()))
    found = [r for key in keys for r in result.rows if r.comparator.key == key]
    if not found or b.day > result.horizon_d + 0.5:
        return "beyond the horizon" if found else ""
    said = []
    for r in found:
        at = int(np.argmin(np.abs(r.days - b.day)))
        share = r.response if b.kind == "response_rate" else r.remission
        exact = r.comparator.key == b.trial.pair[k] and not r.comparator.quoted
        name = "" if exact else f"{r.comparator.label}: "
        said.append(name + brackets(share.at(at)))
    return "; ".join(said)


def disagreements(result: Comparison) -> list[str]:
    """Where the model and a head-to-head trial differ, or a fact that rests on it fails."""
    said = []
    for b in result.beside:
        head, what = b.trial.trial, f"{_what(b)} on day {b.day:.0f} ({b.instrument})"
        one, two = b.sides
        if b.reversed:
            said.append(
                f"{head} saw more {what} with {_better(one, two).arm} ({one.value:g} % {one.arm}, "
                f"{two.value:g} % {two.arm}); the model expects the opposite, {one.model:.0f} and "
                f"{two.model:.0f} %. In that trial: {b.trial.note}. The trial is the evidence."
            )
        said += [
            f"{head}, {side.arm}: {side.value:g} % {what} were seen, outside the {side.low:.0f} to "
            f"{side.high:.0f} % that the model expects of such a trial."
            for side in b.sides if not side.inside
        ]  # fmt: skip
        said += [
            f"{head}: fact {f.fact.id} ({f.fact.quantity}) fails. Seen {f.fact.target:g}, "
            f"tolerance {_tolerance(f.fact)}, model {f.model:.1f}."
            for f in b.facts if not f.holds
        ]  # fmt: skip
    return said


def _better(one: Side, two: Side) -> Side:
    return one if one.value > two.value else two


def _tolerance(fact: Fact) -> str:
    if fact.low is None:
        return f"at most {fact.high:g}"
    return f"at least {fact.low:g}" if fact.high is None else f"{fact.low:g} to {fact.high:g}"


def verdicts(result: Comparison) -> list[str]:
    """What the head-to-head trials say about this comparison, in sentences."""
    if not result.beside:
        return ["No head-to-head trial of two of these treatments stands in the evidence."]
    return disagreements(result) or ["The model agrees with the head-to-head trials shown."]


def beside_record(b: SideBySide) -> dict[str, Any]:
    """One head-to-head result as plain values for JSON."""
    return {
        "trial": b.trial.trial, "design": b.trial.design, "day": b.day, "outcome": b.kind,
        "instrument": b.instrument, "note": b.trial.note,
        "arms": [
            {
                "arm": s.arm, "treatment": s.key, "seen": s.value, "row": s.seen.id,
                "status": s.seen.outcome.status, "source": s.seen.reference,
                "model": round(s.model, 1), "low_95": round(s.low, 1), "high_95": round(s.high, 1),
                "inside": s.inside,
            }
            for s in b.sides
        ],
        "facts": [
            {"id": f.fact.id, "model": round(f.model, 1), "holds": f.holds, "split": f.fact.split}
            for f in b.facts
        ],
    }  # fmt: skip
