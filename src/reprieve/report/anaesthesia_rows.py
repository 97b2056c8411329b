"""Rows of the anaesthesia chart: its key, drugs, events, readings as numbers, due times."""

from reprieve.pictures import theme
from reprieve.pictures.text import number, safe, width
from reprieve.report import anaesthesia_marks as marks
from reprieve.report.anaesthesia_chart import ALWAYS, NUMBER_ROWS, TITLES, Check, Drug, plain
from reprieve.report.anaesthesia_sheet import LEFT, Sheet, head, level_line

DRUG_ROW, NUMBER_ROW, EVENT_ROW = 30.0, 24.0, 24.0
KEY = (
    ("v", "systolic"),
    ("^", "diastolic"),
    ("o", "heart rate"),
    ("a", "abnormal: heavy, with its number"),
    ("c", "critical: framed, with !"),
    ("x", "struck out"),
)


def key(sheet: Sheet) -> None:
    """What the marks mean, always in view."""
    x, y = LEFT, 15.0
    for sign, said in KEY:
        sheet.add(_sample(sign, x + 7, y - 5), marks.words(x + 19, y, said, "muted", size=12))
        x += 19 + width(said, 12) + 12
    sheet.top = 28.0


def _sample(sign: str, x: float, y: float) -> str:
    match sign:
        case "v":
            return marks.path(f"M{number(x - 5)} {number(y - 4)}l5 7l5 -7", "ink", 1.8)
        case "^":
            return marks.path(f"M{number(x - 5)} {number(y + 4)}l5 -7l5 7", "ink", 1.8)
        case "o":
            return marks.heart(x, y, "usual")
        case "a":
            return marks.path(f"M{number(x - 5)} {number(y - 4)}l5 7l5 -7", "ink", 3.4)
        case "c":
            return marks.framed(x, y, 6.5, "critical")
    return marks.crossed(x, y)


def drug_row(sheet: Sheet, drug: Drug) -> None:
    """One drug: its label, when it ran and how fast, single doses, what is still planned."""
    top, tall = sheet.top, DRUG_ROW - 8
    sheet.add(
        marks.label_box(2, top + 3, LEFT - 10, tall, drug.kind),
        _name(drug.name, top + 18.5, LEFT - 20),
    )
    for k, stretch in enumerate(drug.running):
        end = stretch.end or sheet.chart.now or sheet.last
        x, wide = sheet.x(stretch.start), max(2.0, sheet.x(end) - sheet.x(stretch.start))
        sheet.add(marks.label_box(x, top + 3, wide, tall, drug.kind))
        after = drug.running[k + 1].start if k + 1 < len(drug.running) else None
        room = (sheet.x(after) if after else sheet.right) - x - 8
        sheet.add(_rate(x, wide, top + 18.5, stretch.text, room))
    _still_planned(sheet, drug, top + 3, tall)
    for shot in drug.shots:
        x = sheet.x(shot.at)
        wide = width(shot.text, 12) + 10
        x = min(x, sheet.right - wide)
        sheet.add(
            marks.label_box(x, top + 3, wide, tall, drug.kind),
            marks.on_label(x + 5, top + 18, shot.text, size=12),
        )
    sheet.top += DRUG_ROW


def _rate(x: float, wide: float, y: float, said: str, room: float) -> str:
    """The rate inside its bar, or after it where there is room, or nowhere: the table has it."""
    long = width(said, 12)
    if long + 8 <= wide:
        return marks.on_label(x + 5, y, said, size=12)
    if wide + long + 8 <= room:
        return marks.words(x + wide + 5, y, said, size=12, bold=True)
    return ""


def _still_planned(sheet: Sheet, drug: Drug, top: float, tall: float) -> None:
    """The rest of an infusion that is running, as an empty outline."""
    now = sheet.chart.now
    if now is None or drug.planned_end is None or drug.planned_end <= now or not drug.running:
        return
    x, end = sheet.x(now), sheet.x(drug.planned_end)
    dashed = f'{theme.stroke("frame")} stroke-width="1.2" stroke-dasharray="4 3"'
    sheet.add(marks.box(x, top, end - x, tall, dashed))


def _name(said: str, y: float, room: float) -> str:
    """A drug's name on its label: smaller, then shortened, where it is long."""
    size = 13.0 if width(said, 13) * 1.06 <= room else 11.5
    while width(said, size) * 1.06 > room and len(said) > 2:
        said = said[:-2].rstrip() + "…"
    return marks.on_label(7, y, said, size=size)


def happenings(sheet: Sheet) -> None:
    """Events as numbers, moved to a second and third line where they would touch."""
    found = sorted(sheet.chart.happenings, key=lambda h: h.at)
    ends: list[float] = []
    sheet.add(head(sheet.top + 16, "Events"))
    for n, happening in enumerate(found, start=1):
        x = min(max(sheet.x(happening.at), LEFT + 12), sheet.right - 12)
        line = next((k for k, end in enumerate(ends) if x - 13 >= end), len(ends))
        ends[line : line + 1] = [x + 13]
        y = sheet.top + 12 + EVENT_ROW * line
        sheet.add(
            f"<g><title>{safe(f'{n}. {sheet.chart.clock(happening.at)} {happening.text}')}</title>"
            f"{marks.numbered(x, y, n, happening.grave)}</g>"
        )
    sheet.top += EVENT_ROW * max(1, len(ends)) + 4


def number_rows(sheet: Sheet) -> None:
    """Every reading that is always shown, and the others that were taken."""
    taken = {n for r in sheet.chart.readings for n in r.values}
    for name in NUMBER_ROWS:
        if name in taken or name in ALWAYS:
            _number_row(sheet, name)


def _number_row(sheet: Sheet, name: str) -> None:
    """Values as they are written; on a second line where two would touch."""
    chart, ends = sheet.chart, list[float]()
    title, unit = TITLES[name]
    sheet.parts.insert(0, level_line(sheet, sheet.top))
    if name in marks.CHANNELS:
        sheet.add(marks.box(0, sheet.top + 5, 4, 15, theme.fill(marks.CHANNELS[name]), 1))
    sheet.add(head(sheet.top + 17, title, unit))
    for reading in sorted(chart.readings, key=lambda r: r.at):
        if name not in reading.values or chart.level(name, reading) == "impossible":
            continue
        x, said = sheet.x(reading.at), plain(reading.values[name])
        half = width(said, 13) / 2 + 5
        line = next((k for k, end in enumerate(ends) if x - half >= end), len(ends))
        ends[line : line + 1] = [x + half]
        y = sheet.top + 17 + (NUMBER_ROW - 2) * line
        if reading.struck:
            strike = f"M{number(x - half)} {number(y - 4)}h{number(2 * half)}"
            sheet.add(marks.words(x, y, said, "muted", anchor="middle"))
            sheet.add(marks.path(strike, "muted", 1.4))
        else:
            sheet.add(marks.figure(x, y, said, chart.level(name, reading)))
    sheet.top += NUMBER_ROW + (NUMBER_ROW - 2) * max(0, len(ends) - 1)


def checks(sheet: Sheet) -> None:
    """When readings were due: taken, missed, due now, or to come."""
    sheet.parts.insert(0, level_line(sheet, sheet.top))
    if sheet.chart.checks:
        sheet.add(head(sheet.top + 15, "Due"))
        sheet.add(*(_check(c, sheet.x(c.at), sheet.top + 11) for c in sheet.chart.checks))
        sheet.top += 22
        sheet.parts.insert(0, level_line(sheet, sheet.top))


def _check(check: Check, x: float, y: float) -> str:
    match check.status:
        case "done":
            return marks.path(f"M{number(x - 5)} {number(y)}l4 4l7 -9", "good", 2.2)
        case "missed":
            return marks.path(f"M{number(x - 5)} {number(y - 5)}l10 10m0 -10l-10 10", "bad", 2)
        case "due":
            paint = f"{theme.both('warn')}"
            return f'<path d="M{number(x)} {number(y - 7)}l7 12h-14z" {paint}/>'
    paint = f'{theme.hollow("frame")} stroke-width="1.4"'
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="4.5" {paint}/>'
