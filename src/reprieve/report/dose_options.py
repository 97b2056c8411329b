"""Another dose or route on a page: benefit, the cost of a session, and where trials end."""

from reprieve.engine.planning.options import DoseAnswer, Option
from reprieve.report.blocks import Block, Cell, Column, DataTable, Items, Section, Shown
from reprieve.report.dose_picture import (
    common_lines,
    dissociation,
    dissociation_name,
    dose_picture,
    line_of,
    named,
    week_of,
)
from reprieve.report.forecast_tables import capital, cited, signed_tenth
from reprieve.report.when import Clock, odds, odds_fine

_PEAKS = {
    "Systolic rise": ("systolic pressure, largest rise", "mmHg"),
    "Dissociation": ("dissociation", "CADSS"),
    "Lowest saturation": ("oxygen saturation", "%"),
}


def dose_sections(answer: DoseAnswer) -> list[Section]:
    """Benefit beside acute cost, then every warning of extrapolation."""
    blocks: list[Block] = [" ".join(answer.sentences), Shown(dose_picture(answer), _CAPTION)]
    blocks += [benefit_table(answer), cost_table(answer)]
    if any(o.thresholds for o in answer.options):
        blocks.append(line_table(answer))
    if any(o.extrapolated for o in answer.options):
        blocks.append(beyond_table(answer))
    if notes := dict.fromkeys(note for o in answer.options for note in o.acute.notes):
        blocks.append(Items([*notes]))
    return [Section("Another dose or route", blocks)]


_CAPTION = "* goes beyond what was tried in trials; the table below says how."


def _name(option: Option) -> str:
    return f"{capital(named(option))}{' (now)' if option.now else ''}"


def benefit_table(answer: DoseAnswer) -> DataTable:
    """What each option buys, and its difference to what is given now."""
    week, clock = week_of(answer), Clock(answer.origin)
    day, end = clock.day(answer.days[week]), clock.day(answer.days[-1])
    relapses = any(o.relapse is not None for o in answer.options)
    columns: list[Column | str] = ["Instead", Column("In response", day, numeric=True)]
    if relapses:
        columns.append(Column("Relapse", f"by {end}", numeric=True))
    columns += [
        Column("Days in response", f"of {answer.horizon_days:.0f}", numeric=True),
        Column(answer.instrument, day, numeric=True),
        Column("Against now", "points", numeric=True),
        Column("Response against now", "in 100", numeric=True),
    ]
    rows = [_benefit(o, week, relapses) for o in answer.options]
    most = max((max(o.against_now.score_se) for o in answer.options if o.against_now), default=0.0)
    exact = max(1.96 * most, 0.05)
    caption = (
        "What it buys; the same virtual people meet each option, so simulation leaves differences "
        f"exact to {exact:.1f} points; whether the model is right is another matter"
    )
    return DataTable(columns, rows, caption)


def _benefit(o: Option, week: int, relapses: bool) -> list[Cell]:
    row: list[Cell] = [_name(o), odds(o.response[week])]
    if relapses:
        row.append("" if o.relapse is None else odds(o.relapse))
    row += [f"{o.well_days:.0f}", f"{o.score[week]:.1f}"]
    if o.against_now is None:
        return [*row, "", ""]
    gained = signed_tenth(100 * o.against_now.response[week])
    return [*row, signed_tenth(o.against_now.score[week]), gained]


def cost_table(answer: DoseAnswer) -> DataTable:
    """What one session costs: peaks with 80 % ranges, dissociation, time to recover."""
    told = dissociation_name(answer)
    columns: list[Column | str] = ["Instead"]
    columns += [Column(head, unit, numeric=True) for head, (_, unit) in _PEAKS.items()]
    columns += [
        Column(told or "Dissociation", "odds", numeric=True),
        Column("Recovered", "min", numeric=True),
    ]
    rows: list[list[Cell]] = [
        [
            _name(o), *(_peak(o, start) for start, _ in _PEAKS.values()), _odds(dissociation(o)),
            "" if o.acute.resolved_by is None else f"{o.acute.resolved_by:.0f}",
        ]
        for o in answer.options
    ]  # fmt: skip
    caption = (
        "What one session costs: median and 80 % of people like this one. Readings scatter, so the "
        "largest of them is a rise with saline too, and grows with their number in a longer session"
    )
    return DataTable(columns, rows, caption)


def _peak(o: Option, start: str) -> str:
    found = next((p for p in o.acute.peaks if p.name.startswith(start)), None)
    if found is None:
        return ""
    return f"{_whole(found.median)} ({_whole(found.low80)} to {_whole(found.high80)})"


def _whole(value: float) -> str:
    return f"{value:z.0f}".replace("-", "−")


def _odds(chance: float | None) -> str:
    return "" if chance is None else odds_fine(chance)


def line_table(answer: DoseAnswer) -> DataTable:
    """Lines of pressure that hold for all options: at one session, and at any of them."""
    many, lines = len(answer.session_days), common_lines(answer)
    columns: list[Column | str] = ["Instead", *(Column(capital(n), numeric=True) for n in lines)]
    rows: list[list[Cell]] = [
        [_name(o), *(_line(o, name, many) for name in lines)] for o in answer.options
    ]
    every = "" if many == 1 else f", and in brackets at any of {many}"
    return DataTable(columns, rows, f"Lines of pressure: odds of crossing at one session{every}")


def _line(o: Option, name: str, many: int) -> str:
    found = line_of(o, name)
    if found is None:
        return ""
    one = odds_fine(found.one_session)
    return one if many == 1 else f"{one} ({odds_fine(found.any_session)})"


def beyond_table(answer: DoseAnswer) -> DataTable:
    """Every way in which an answer is extrapolation, with the papers that end there."""
    rows: list[list[Cell]] = []
    for o in answer.options:
        for k, b in enumerate(o.beyond):
            sources = [part for key in b.sources for part in (*cited(key), " ")]
            rows.append([capital(o.treatment) if k == 0 else "", b.sentence, sources or ""])
    return DataTable(["Instead", "Beyond what was tried", "Range from"], rows, "Extrapolation")
