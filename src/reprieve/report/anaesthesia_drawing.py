"""How the anaesthesia chart is laid out on paper; what it says is in `anaesthesia_chart`."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, floor

from reprieve.pictures import theme
from reprieve.pictures.text import number, safe, width
from reprieve.report import anaesthesia_marks as marks
from reprieve.report.anaesthesia_chart import (
    ALWAYS,
    COLUMN_MIN,
    NUMBER_ROWS,
    TITLES,
    Check,
    Drug,
    Reading,
    SessionChart,
    description,
    not_drawn,
    plain,
)

LEFT, RIGHT = 104.0, 20.0
DRUG_ROW, NUMBER_ROW, EVENT_ROW = 30.0, 24.0, 24.0
SCALE_STEP, PER_STEP = 20, 30.0  # of the vital signs' axis: units, and pixels for them
USUAL_AXIS = (40, 180)
CROWDED = 44.0  # pixels within which the number beside a mark would meet the next mark
KEY = (
    ("v", "systolic"),
    ("^", "diastolic"),
    ("o", "heart rate"),
    ("a", "abnormal: heavy, with its number"),
    ("c", "critical: framed, with !"),
    ("x", "struck out"),
)


@dataclass
class Sheet:
    """A chart on paper: where times and values lie, and what has been drawn so far."""

    chart: SessionChart
    width: float
    top: float = 0.0  # of the next row
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first, self.last = self.chart.window()
        self.right = self.width - RIGHT

    def x(self, at: datetime) -> float:
        """Where a time lies."""
        return LEFT + (at - self.first) / (self.last - self.first) * (self.right - LEFT)

    def grid_times(self) -> list[datetime]:
        """The times of the grid's lines."""
        steps = round((self.last - self.first) / timedelta(minutes=COLUMN_MIN))
        return [self.first + timedelta(minutes=COLUMN_MIN * k) for k in range(steps + 1)]

    def add(self, *parts: str) -> None:
        """Draw."""
        self.parts += parts


def draw(chart: SessionChart, wide: float, prefix: str) -> str:
    """The whole chart."""
    sheet = Sheet(chart, wide)
    _key(sheet)
    grid_top = sheet.top
    for drug in chart.drugs:
        _drug(sheet, drug)
    _happenings(sheet)
    _vitals(sheet)
    _number_rows(sheet)
    _checks(sheet)
    under = [*_columns(sheet, grid_top), *_moments(sheet, grid_top)]
    _times(sheet)
    _names_of_moments(sheet)
    _refused(sheet)
    return _document(sheet, under, prefix)


def _key(sheet: Sheet) -> None:
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


def _drug(sheet: Sheet, drug: Drug) -> None:
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


def _happenings(sheet: Sheet) -> None:
    """Events as numbers, moved to a second and third line where they would touch."""
    found = sorted(sheet.chart.happenings, key=lambda h: h.at)
    ends: list[float] = []
    sheet.add(_head(sheet.top + 16, "Events"))
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


def _axis(chart: SessionChart) -> tuple[int, int]:
    shown = [
        float(r.values[n])
        for r in chart.readings
        for n in ("sbp", "dbp", "hr")
        if n in r.values and chart.level(n, r) != "impossible"
    ]
    low = min([USUAL_AXIS[0], *(v - 10 for v in shown)])
    high = max([USUAL_AXIS[1], *(v + 10 for v in shown)])
    return SCALE_STEP * floor(max(0, low) / SCALE_STEP), SCALE_STEP * ceil(high / SCALE_STEP)


def _vitals(sheet: Sheet) -> None:
    low, high = _axis(sheet.chart)
    top = sheet.top + 8
    bottom = top + (high - low) / SCALE_STEP * PER_STEP
    lines = []
    for value in range(low, high + 1, SCALE_STEP):
        y = bottom - (value - low) / (high - low) * (bottom - top)
        lines.append(f"M{number(LEFT)} {number(y)}H{number(sheet.right)}")
        sheet.add(marks.words(LEFT - 8, y + 4.5, str(value), "muted", size=12, anchor="end"))
    sheet.parts.insert(0, marks.path("".join(lines), "grid", 1))
    sheet.add(
        marks.words(8, top + 30, "BP", bold=True),
        marks.words(8, top + 45, "mmHg", "muted", size=12),
        marks.heart(12, top + 66, "usual"),
        marks.words(21, top + 71, "HR", bold=True),
        marks.words(8, top + 86, "/min", "muted", size=12),
    )

    def height(v: float) -> float:
        return bottom - (v - low) / (high - low) * (bottom - top)

    for reading in sheet.chart.readings:
        _set(sheet, reading, height)
    for reading in sheet.chart.readings:  # over every mark, so that none hides a number
        _values(sheet, reading, height)
    sheet.top = bottom + 8


def _set(sheet: Sheet, reading: Reading, y: Callable[[float], float]) -> None:
    """Pressure and heart rate of one set, or crosses where it was struck out."""
    chart, x = sheet.chart, sheet.x(reading.at)
    levels = {n: chart.level(n, reading) for n in ("sbp", "dbp", "hr") if n in reading.values}
    ys = {n: y(float(reading.values[n])) for n, lv in levels.items() if lv != "impossible"}
    if reading.struck:
        sheet.add(*(marks.crossed(x, place) for place in ys.values()))
        return
    if "hr" in ys:
        sheet.add(marks.heart(x, ys["hr"], levels["hr"]))
    sheet.add(marks.pressure(x, ys.get("sbp"), ys.get("dbp"), levels))


def _values(sheet: Sheet, reading: Reading, y: Callable[[float], float]) -> None:
    """The numbers of what is abnormal or critical, right of their marks or left where crowded."""
    chart, x = sheet.chart, sheet.x(reading.at)
    others = [sheet.x(r.at) - x for r in chart.readings if r is not reading]
    left = any(0 <= d < CROWDED for d in others) and not any(-CROWDED < d < 0 for d in others)
    for name, shift in (("sbp", -1.0), ("dbp", 13.0), ("hr", 4.5)):
        found = chart.level(name, reading) if name in reading.values else "usual"
        if found in ("abnormal", "critical") and not reading.struck:
            place = y(float(reading.values[name])) + shift
            said = plain(reading.values[name])
            sheet.add(marks.beside(x - 12 if left else x + 12, place, said, found, left=left))


def _number_rows(sheet: Sheet) -> None:
    taken = {n for r in sheet.chart.readings for n in r.values}
    for name in NUMBER_ROWS:
        if name in taken or name in ALWAYS:
            _number_row(sheet, name)


def _number_row(sheet: Sheet, name: str) -> None:
    """Values as they are written; on a second line where two would touch."""
    chart, ends = sheet.chart, list[float]()
    title, unit = TITLES[name]
    sheet.parts.insert(0, _level_line(sheet, sheet.top))
    if name in marks.CHANNELS:
        sheet.add(marks.box(0, sheet.top + 5, 4, 15, theme.fill(marks.CHANNELS[name]), 1))
    sheet.add(_head(sheet.top + 17, title, unit))
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


def _checks(sheet: Sheet) -> None:
    """When readings were due: taken, missed, due now, or to come."""
    sheet.parts.insert(0, _level_line(sheet, sheet.top))
    if sheet.chart.checks:
        sheet.add(_head(sheet.top + 15, "Due"))
        sheet.add(*(_check(c, sheet.x(c.at), sheet.top + 11) for c in sheet.chart.checks))
        sheet.top += 22
        sheet.parts.insert(0, _level_line(sheet, sheet.top))


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


def _columns(sheet: Sheet, top: float) -> list[str]:
    """Upright lines: thin every five minutes, firmer every fifteen; the dose on a shade."""
    thin: list[str] = []
    firm: list[str] = []
    for at in sheet.grid_times():
        d = f"M{number(sheet.x(at))} {number(top)}V{number(sheet.top)}"
        (firm if _quarter(sheet, at) else thin).append(d)
    shade = []
    began = sheet.chart.started_at
    if began is not None:
        end = sheet.chart.ended_at or sheet.chart.now or began
        x, wide = sheet.x(began), max(0.0, sheet.x(end) - sheet.x(began))
        shade = [marks.box(x, top, wide, sheet.top - top, theme.fill("span"), 0)]
    return [*shade, marks.path("".join(thin), "grid", 1), marks.path("".join(firm), "frame", 0.8)]


def _quarter(sheet: Sheet, at: datetime) -> bool:
    return at.astimezone(sheet.chart.zone).minute % (3 * COLUMN_MIN) == 0


def _times(sheet: Sheet) -> None:
    """Clock times under the firmer lines, further apart on a long day."""
    quarters = [at for at in sheet.grid_times() if _quarter(sheet, at)]
    room = (sheet.right - LEFT) / max(1, len(quarters))
    every = max(1, ceil(width("00:00", 12) * 1.25 / room))
    for at in quarters[::every]:
        sheet.add(marks.words(sheet.x(at), sheet.top + 16, sheet.chart.clock(at), "muted",
                              size=12, anchor="middle"))  # fmt: skip
    sheet.top += 22


def _named(chart: SessionChart) -> list[tuple[str, datetime, str, str]]:
    """Start and end of the dose and the present: name, time, colour, dash."""
    times = (
        ("start", chart.started_at, "1", ""),
        ("end", chart.ended_at, "1", ""),
        ("now", chart.now, "muted", "3 3"),
    )
    return [(said, at, color, dash) for said, at, color, dash in times if at is not None]


def _moments(sheet: Sheet, top: float) -> list[str]:
    return [
        marks.path(f"M{number(sheet.x(at))} {number(top)}V{number(sheet.top)}", color, 1.6, dash)
        for _, at, color, dash in _named(sheet.chart)
    ]


def _names_of_moments(sheet: Sheet) -> None:
    shown = [(sheet.x(at), said, color) for said, at, color, _ in _named(sheet.chart)]
    for x, said, color in _apart(shown):
        sheet.add(marks.words(x, sheet.top + 10, said, color, size=12, anchor="middle", bold=True))
    sheet.top += 16


def _apart(shown: Iterable[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Names moved right where they would stand on each other."""
    out: list[tuple[float, str, str]] = []
    for x, said, color in sorted(shown):
        least = out[-1][0] + (width(out[-1][1], 12) + width(said, 12)) / 2 + 6 if out else x
        out.append((max(x, least), said, color))
    return out


def _refused(sheet: Sheet) -> None:
    found = not_drawn(sheet.chart)
    if found:
        said = "Not drawn, since it cannot be true: " + "; ".join(found)
        sheet.add(marks.words(LEFT, sheet.top + 14, said, "bad", size=12, bold=True))
        sheet.top += 20


def _head(y: float, title: str, unit: str = "") -> str:
    name = marks.words(8, y, title, bold=True)
    if not unit:
        return name
    return name + marks.words(12 + width(title, 13) * 1.06, y, unit, "muted", size=12)


def _level_line(sheet: Sheet, y: float) -> str:
    return marks.path(f"M0 {number(y)}H{number(sheet.right)}", "grid", 1)


def _name(said: str, y: float, room: float) -> str:
    """A drug's name on its label: smaller, then shortened, where it is long."""
    size = 13.0 if width(said, 13) * 1.06 <= room else 11.5
    while width(said, size) * 1.06 > room and len(said) > 2:
        said = said[:-2].rstrip() + "…"
    return marks.on_label(7, y, said, size=size)


def _document(sheet: Sheet, under: Sequence[str], prefix: str) -> str:
    ident = f"{prefix}chart{hashlib.sha256(''.join(sheet.parts).encode()).hexdigest()[:8]}"
    size = f'viewBox="0 0 {number(sheet.width)} {number(sheet.top + 4)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} width="{number(sheet.width)}" '
        f'height="{number(sheet.top + 4)}" class="rp-figure rp-session" role="img" '
        f'aria-labelledby="{ident}-t {ident}-d" font-family="{safe(theme.FONT)}">'
        f'<title id="{ident}-t">{safe(sheet.chart.title)}</title>'
        f'<desc id="{ident}-d">{safe(description(sheet.chart))}</desc>'
        f"{''.join(under)}{''.join(sheet.parts)}</svg>\n"
    )
