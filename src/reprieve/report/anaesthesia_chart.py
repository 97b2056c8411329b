"""The chart of one session on an anaesthesia grid: what was read, what was given, what happened.

Time runs left to right in columns of five minutes, drugs on top, events numbered, vital signs
below, other readings as rows of numbers. Nothing is smoothed and no line joins two times, so a
gap in the readings is a gap in the picture. What cannot be true is never drawn; it is named under
the chart instead. The same SVG stands on screen, in print and in tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal

from reprieve.evidence.practice import Bounds

Level = Literal["usual", "abnormal", "critical", "impossible"]
Class = Literal[
    "induction", "benzodiazepine", "opioid", "vasopressor", "anticholinergic", "antiemetic", ""
]
COLUMN_MIN = 5  # of the grid
PRESSURES = ("sbp", "dbp")
TITLES: Mapping[str, tuple[str, str]] = {
    "sbp": ("Systolic", "mmHg"),
    "dbp": ("Diastolic", "mmHg"),
    "hr": ("Heart rate", "/min"),
    "spo2": ("SpO₂", "%"),
    "rr": ("Breaths", "/min"),
    "moaas": ("MOAA/S", ""),
    "temp": ("Temp", "°C"),
    "o2_l_min": ("O₂ given", "L/min"),
}
SHORT = {"hr": "HR", "rr": "RR", "o2_l_min": "O₂"}  # over the columns of the table
NUMBER_ROWS = ("spo2", "rr", "moaas", "temp", "o2_l_min")
ALWAYS = ("spo2", "rr", "moaas")  # rows that stand even while they are empty


@dataclass(frozen=True, slots=True)
class Reading:
    """One set of readings, as taken: mmHg, /min, %, score, °C, L/min.

    `struck` is a set that a correction took out, or that somebody marked as artefact: it is
    shown crossed. `corrected` carries other numbers than at first. `note` says who and why.
    """

    at: datetime
    values: Mapping[str, Decimal]
    by: str = ""
    struck: bool = False
    corrected: bool = False
    late: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A drug running from one time to another (None: still), with its rate in words."""

    start: datetime
    end: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Shot:
    """A drug given at once."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Drug:
    """A row of the chart: one drug, its class by ISO 26825 for the label's colour."""

    name: str
    kind: Class = ""
    running: Sequence[Stretch] = ()
    shots: Sequence[Shot] = ()
    planned_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something worth a number on the chart."""

    at: datetime
    text: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A time at which readings are due by the protocol."""

    at: datetime
    status: Literal["done", "missed", "due", "coming"]


@dataclass(frozen=True, slots=True)
class SessionChart:
    """All that the chart shows. `now` draws the present; None is a record that is closed."""

    zone: tzinfo
    start: datetime
    end: datetime
    readings: Sequence[Reading] = ()
    drugs: Sequence[Drug] = ()
    happenings: Sequence[Happening] = ()
    checks: Sequence[Check] = ()
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    now: datetime | None = None
    title: str = "Vital signs and drugs of the session"

    def clock(self, at: datetime) -> str:
        """A time of day in the clinic's zone."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def minute(self, at: datetime) -> int | None:
        """Whole minutes from the start of giving; None before it is known."""
        if self.started_at is None:
            return None
        return round((at - self.started_at) / timedelta(minutes=1))

    def level(self, name: str, reading: Reading) -> Level:
        """How one number of a set stands."""
        return level(name, reading.values, self.bounds)

    def window(self) -> tuple[datetime, datetime]:
        """First and last grid line: everything that happened, out to whole columns."""
        times = [self.start, self.end, *(r.at for r in self.readings)]
        times += [h.at for h in self.happenings] + [s.at for d in self.drugs for s in d.shots]
        times += [self.now] if self.now else []
        first, last = _floor(min(times)), _floor(max(times))
        last = last if last == max(times) else last + timedelta(minutes=COLUMN_MIN)
        return first, max(last, first + timedelta(minutes=6 * COLUMN_MIN))


def level(name: str, values: Mapping[str, Decimal], bounds: Mapping[str, Bounds]) -> Level:
    """How one number of a set stands to the protocol's ranges.

    A diastolic pressure that is not below the systolic one is impossible whatever a file says,
    and so are both: nobody knows which of the two is wrong.
    """
    value = values[name]
    if (
        name in PRESSURES
        and all(p in values for p in PRESSURES)
        and (values["dbp"] >= values["sbp"])
    ):
        return "impossible"
    if not value.is_finite() or value < 0 or (name == "spo2" and value > 100):
        return "impossible"
    found = bounds.get(name)
    return found.judge(float(value)) if found else "usual"


def plain(value: Decimal) -> str:
    """A reading as it is written: no trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the table and how it stands."""

    text: str
    level: Level = "usual"


@dataclass(frozen=True, slots=True)
class Row:
    """A set of readings in the table: the same numbers as in the picture, and who took them."""

    reading: Reading
    clock: str
    minute: int | None
    cells: Mapping[str, Cell]

    @property
    def initials(self) -> str:
        """Who took it, in letters: the name without its credential."""
        return "".join(word[:1] for word in self.reading.by.split(",")[0].split())

    @property
    def worst(self) -> Level:
        """The level of its worst number."""
        order: tuple[Level, ...] = ("usual", "abnormal", "critical", "impossible")
        return max((c.level for c in self.cells.values()), key=order.index, default="usual")


def columns(chart: SessionChart) -> tuple[tuple[str, str], ...]:
    """Headings of the table: pressure first, then every reading that is usual or was taken."""
    taken = {name for r in chart.readings for name in r.values}
    names = [n for n in NUMBER_ROWS if n in taken or n in ALWAYS]
    heads = {n: f"{SHORT.get(n, TITLES[n][0])} {TITLES[n][1]}".strip() for n in ("hr", *names)}
    return (("bp", "BP mmHg"), *heads.items())


def table(chart: SessionChart) -> tuple[Row, ...]:
    """The numbers of the chart, a row for each set, by time."""
    return tuple(_row(chart, r) for r in sorted(chart.readings, key=lambda r: r.at))


def _row(chart: SessionChart, reading: Reading) -> Row:
    cells = {
        name: Cell(plain(value), chart.level(name, reading))
        for name, value in reading.values.items()
        if name not in PRESSURES
    }
    pressures = [n for n in PRESSURES if n in reading.values]
    if pressures:
        texts = [plain(reading.values[n]) if n in pressures else "–" for n in PRESSURES]
        order: tuple[Level, ...] = ("usual", "abnormal", "critical", "impossible")
        worst = max((chart.level(n, reading) for n in pressures), key=order.index)
        cells["bp"] = Cell("/".join(texts), worst)
    return Row(reading, chart.clock(reading.at), chart.minute(reading.at), cells)


def description(chart: SessionChart) -> str:
    """The chart for somebody who cannot see it: how many sets, the last one, what stands out."""
    rows = [r for r in table(chart) if not r.reading.struck]
    if not rows:
        return "No readings yet."
    last = rows[-1]
    said = ", ".join(
        f"{head} {last.cells[name].text}" for name, head in columns(chart) if name in last.cells
    )
    out = [r.clock for r in rows if r.worst == "critical"]
    sets = "One set" if len(rows) == 1 else f"{len(rows)} sets"
    text = f"{sets} of readings from {rows[0].clock} to {last.clock}. Last: {said}."
    return text + (f" Critical at {', '.join(out)}." if out else " None was critical.")


def not_drawn(chart: SessionChart) -> tuple[str, ...]:
    """Numbers that cannot be true, in words; they stand in the table, not in the picture."""
    return tuple(
        f"{chart.clock(r.at)} {TITLES[name][0]} {plain(value)}"
        for r in chart.readings
        for name, value in r.values.items()
        if chart.level(name, r) == "impossible"
    )


def anaesthesia_chart(chart: SessionChart, *, width: float = 900, prefix: str = "") -> str:
    """The chart as SVG without style attributes, for pages that carry the pictures' style sheet.

    Parameters
    ----------
    chart : what it shows; times outside the window widen it
    width : pixels; the drawing scales with its place
    prefix : put before every id, where a page shows two charts

    Returns
    -------
    SVG text, the same for the same chart.
    """
    # the drawing knows this module's classes, not the other way round
    from reprieve.report.anaesthesia_drawing import draw

    return draw(chart, width, prefix)


def _floor(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % COLUMN_MIN, second=0, microsecond=0)
