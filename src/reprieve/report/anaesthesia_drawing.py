"""How the anaesthesia chart is laid out on paper; what it says is in `anaesthesia_chart`."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from math import ceil, floor

from reprieve.pictures import theme
from reprieve.pictures.text import number, safe, width
from reprieve.report import anaesthesia_marks as marks
from reprieve.report import anaesthesia_rows as rows
from reprieve.report.anaesthesia_chart import (
    COLUMN_MIN,
    Reading,
    SessionChart,
    description,
    not_drawn,
    plain,
)
from reprieve.report.anaesthesia_sheet import LEFT, Sheet

SCALE_STEP, PER_STEP = 20, 30.0  # of the vital signs' axis: units, and pixels for them
USUAL_AXIS = (40, 180)
CROWDED = 44.0  # pixels within which the number beside a mark would meet the next mark


def draw(chart: SessionChart, wide: float, prefix: str) -> str:
    """The whole chart."""
    sheet = Sheet(chart, wide)
    rows.key(sheet)
    grid_top = sheet.top
    for drug in chart.drugs:
        rows.drug_row(sheet, drug)
    rows.happenings(sheet)
    _vitals(sheet)
    rows.number_rows(sheet)
    rows.checks(sheet)
    under = [*_columns(sheet, grid_top), *_moments(sheet, grid_top)]
    _times(sheet)
    _names_of_moments(sheet)
    _refused(sheet)
    return _document(sheet, under, prefix)


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
