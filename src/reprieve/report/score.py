"""Forecasts beside the scores that came: `reprieve score`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reprieve.engine.judging.measures import BINS, Errors
from reprieve.engine.judging.scores import BASELINES, LEADS, METHODS, MODEL, Scores
from reprieve.pictures import Axis, Figure
from reprieve.report.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    DataTable,
    Items,
    Section,
    Shown,
)

WORDS = {
    MODEL: "this forecast",
    "carried_forward": "last score stays",
    "population_curve": "population curve",
    "mixed_model": "mixed model",
}
SITUATION_WORDS = {
    "single_infusion": "single infusion",
    "induction": "during induction",
    "after_induction": "after induction, no maintenance",
    "maintenance": "maintenance",
    "spray_new_antidepressant": "spray with a new antidepressant",
}
REASON_WORDS = {
    "no_later_score": "no later score on the instrument asked about",
    "too_few_scores": "no score before the question",
    "no_usable_instrument": "no score on a linked instrument before the question",
    "last_score_too_old": "the last score before the question was too old",
    "outside_model_population": "outside the people the model describes",
}
LEAD_WORDS = ("up to 7 days ahead", "8 to 28 days ahead", "more than 28 days ahead")
HOW = (
    "Everything after the question is hidden from the forecast, except what was done: sessions and "
    "other treatments that the record gives later are taken as the plan. Scores on another "
    "instrument than the one asked about are not foretold. Scores are whole points: one that falls "
    "on the edge of an interval counts in part (the mean of the randomised probability integral "
    "transform), so a right forecast covers 50, 80 and 95 % and no more."
)
WHAT = (
    "CRPS is the mean distance between the whole predicted distribution and the score, in points; "
    "for a forecast that is sure it is the absolute error. Skill is 1 - error / the baseline's "
    "error, by CRPS or by squared error: above 0 the forecast was nearer. n counts scores; 50, 80 "
    "and 95 % are the intervals; CRPS, mean absolute error (MAE, of the median) and root mean "
    "square error (RMSE, of the mean) are in points of the instrument."
)


def errors_record(found: Errors | None) -> dict[str, Any]:
    """Errors for JSON; only n where nothing was foretold."""
    if found is None:
        return {"n": 0}
    return {k: v if k == "n" else _rounded(v) for k, v in asdict(found).items()}


def _rounded(value: Any) -> Any:
    return [round(v, 5) for v in value] if isinstance(value, tuple) else round(value, 5)


def scores_record(scores: Scores) -> dict[str, Any]:
    """One set of scores for JSON: the model's errors, and under `baselines` those of each."""
    leads = zip(LEAD_WORDS, LEADS, strict=True)
    return {
        **errors_record(scores.errors(MODEL)),
        "questions": len(scores.questions),
        "next_score": errors_record(scores.next_score(MODEL)),
        "ahead": {word: errors_record(scores.errors(MODEL, lead)) for word, lead in leads},
        "baselines": {m: _baseline_record(scores, m) for m in BASELINES},
    }


def _baseline_record(scores: Scores, method: str) -> dict[str, Any]:
    found = errors_record(scores.errors(method))
    for measure in ("crps", "squared"):
        gain = scores.skill(method, measure)
        found[f"skill_{measure}"] = None if gain is None else round(gain.skill, 5)
        found[f"difference_{measure}"] = (
            None if gain is None else [round(x, 5) for x in (gain.difference, gain.low, gain.high)]
        )
    return found


def record(scores: Scores, as_of: str, seed: int, cases: int) -> dict[str, Any]:
    """What `score --json` prints."""
    return {
        "version": 1,
        "as_of": as_of,
        "seed": seed,
        "cases": cases,
        "questions": len(scores.questions),
        "refused": dict(scores.refused),
        "other_instrument": scores.elsewhere,
        "overall": scores_record(scores),
        "situations": [
            {"situation": name, **scores_record(scores.only(lambda q, s=name: q.situation == s))}  # type: ignore[misc]
            for name in scores.situations
        ],
    }


def _columns(head: str) -> list[Column | str]:
    """Coverage in per cent, errors in points."""
    counted = [Column(h, numeric=True) for h in ("n", "50 %", "80 %", "95 %")]
    return [head, *counted, *(Column(h, "", 2, numeric=True) for h in ("CRPS", "MAE", "RMSE"))]


def method_table(scores: Scores, caption: str = "") -> DataTable:
    """A line for each method: coverage, errors and skill against it."""
    columns = [
        *_columns("Method"), Column("Skill", numeric=True), Column("(squared)", numeric=True)
    ]  # fmt: skip
    rows = [row for m in METHODS if (row := _method_row(scores, m)) is not None]
    return DataTable(columns, rows, caption)


def _method_row(scores: Scores, method: str) -> list[Cell] | None:
    e = scores.errors(method)
    if e is None:
        return None
    gains = (
        [scores.skill(method, m) for m in ("crps", "squared")] if method != MODEL else [None] * 2
    )
    return [
        WORDS[method], str(e.n), percent(e.coverage_50), percent(e.coverage_80),
        percent(e.coverage_95), e.crps, e.mae, e.rmse,
        *("" if g is None else f"{g.skill:+.2f}" for g in gains),
    ]  # fmt: skip


def percent(share: float) -> str:
    """A share in per cent, one decimal."""
    return f"{100 * share:.1f}"


def parts_table(parts: Mapping[str, Errors | None], head: str) -> DataTable:
    """The model's errors in parts of the scores, a line each; empty parts left out."""
    rows: list[list[Cell]] = [
        [name, str(e.n), *map(percent, (e.coverage_50, e.coverage_80, e.coverage_95)),
         e.crps, e.mae, e.rmse]
        for name, e in parts.items() if e is not None
    ]  # fmt: skip
    return DataTable(_columns(head), rows)


def ahead_table(scores: Scores) -> DataTable:
    """The model's errors in the next score, and by how far ahead."""
    leads = zip(LEAD_WORDS, LEADS, strict=True)
    parts = {"the next score": scores.next_score(MODEL)}
    parts |= {word: scores.errors(MODEL, lead) for word, lead in leads}
    return parts_table(parts, "Ahead")


def pit_figure(found: Errors, title: str) -> Shown:
    """Where scores fell in their predicted distributions: level when the doubt is right."""
    names = [f"{10 * k}-{10 * (k + 1)} %" for k in range(BINS)]
    shares = [100 * s for s in found.pit]
    told = (
        f"Share of {found.n} scores in each tenth of their predicted distribution: from "
        f"{min(shares):.1f} to {max(shares):.1f} %, where 10 % each is ideal."
    )
    figure = Figure(
        title, told, Axis("Place in the predicted distribution"),
        Axis("Scores", "%", low=0.0), legend="none",
    )  # fmt: skip
    return Shown(figure.bars(names, shares, label="scores").hline(10.0, "ideal"), told)


def refusals(scores: Scores) -> list[str]:
    """What could not be asked or judged, as sentences."""
    said = [f"{n} not asked: {REASON_WORDS.get(why, why)}." for why, n in scores.refused.items()]
    if scores.elsewhere:
        said.append(f"{scores.elsewhere} later scores are on another instrument: not foretold.")
    return said


def lead_of(scores: Scores, cases: int) -> str:
    """The answer in a sentence or two."""
    found = scores.errors(MODEL)
    if found is None:
        return f"None of {cases} cases could be scored. " + " ".join(refusals(scores))
    gain = scores.skill("carried_forward")
    said = (
        f"{len(scores.questions)} questions about {len({q.case for q in scores.questions})} of "
        f"{cases} cases, {found.n} scores: 50, 80 and 95 % intervals held "
        f"{percent(found.coverage_50)}, {percent(found.coverage_80)} and "
        f"{percent(found.coverage_95)} %. Mean CRPS {found.crps:.2f} points"
    )
    return said + (f", skill against the last score {gain.skill:+.2f}." if gain else ".")


def sections(scores: Scores) -> list[Section]:
    """The page's sections."""
    found = scores.errors(MODEL)
    blocks: list[Block] = [HOW, WHAT]
    if found is not None:
        cards = [
            Card("80 % intervals held", f"{percent(found.coverage_80)} %", f"{found.n} scores"),
            Card("Mean CRPS", f"{found.crps:.2f}", "points"),
            Card("Mean absolute error", f"{found.mae:.2f}", "points"),
        ]
        blocks += [Cards(cards), method_table(scores), ahead_table(scores)]
        blocks.append(pit_figure(found, "Where scores fell in their predicted distributions"))
    names = [SITUATION_WORDS[name].capitalize() for name in scores.situations]
    made = [Section(names[0] if len(names) == 1 else "All questions", blocks)]
    for name in scores.situations if len(scores.situations) > 1 else ():
        part = scores.only(lambda q, s=name: q.situation == s)  # type: ignore[misc]
        title = SITUATION_WORDS[name].capitalize()
        made.append(Section(title, [method_table(part), ahead_table(part)]))
    made.append(Section("Not judged", [Items(refusals(scores) or ["Nothing."])]))
    return made


def show(scores: Scores, cases: int) -> None:
    """In the terminal."""
    import click

    from reprieve.report.console import show_table

    click.echo(lead_of(scores, cases))
    if scores.questions:
        show_table(method_table(scores), "All questions")
        show_table(ahead_table(scores), "How far ahead")
    for name in scores.situations if len(scores.situations) > 1 else ():
        part = scores.only(lambda q, s=name: q.situation == s)  # type: ignore[misc]
        show_table(method_table(part), SITUATION_WORDS[name].capitalize())
    for line in refusals(scores):
        click.echo(line)
