"""The calendar: a week by chairs, a day by chairs and half hours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from reprieve.clinic.acts import note_read
from reprieve.clinic.courses import clock
from reprieve.clinic.courses.diary import Diary, Stay
from reprieve.clinic.courses.models import Chair
from reprieve.clinic.courses.slot_forms import day_asked
from reprieve.clinic.pages import ClinicRequest, page

ROW = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the day: stays over so many rows, or a free time."""

    chair: Chair
    at: datetime
    stays: tuple[Stay, ...] = ()
    rows: int = 1


@page("courses.read")
def week(request: ClinicRequest) -> HttpResponse:
    """Seven days; a row for each chair, a column for each day."""
    today = clock.day_of(request.by.clinic, request.by.now)
    asked = day_asked(request.GET.get("day", ""), today)
    first = asked - timedelta(days=asked.weekday())
    diary = Diary.load(request.by.clinic, first, 7)
    note_read(request.by, "calendar")
    days = [first + timedelta(days=k) for k in range(7)]
    return render(request, "courses/week.html", {
        "first": first, "last": days[-1], "today": today,
        "before": first - timedelta(days=7), "after": first + timedelta(days=7),
        "days": [(day, _nurses(diary, day), len(diary.on(day))) for day in days],
        "rows": [
            (chair, [(day, _in(diary.on(day), chair)) for day in days])
            for chair in _chairs(diary)
        ],
    })  # fmt: skip


@page("courses.read")
def day(request: ClinicRequest) -> HttpResponse:
    """One day; a column for each chair, free half hours to book or to move a session to."""
    today = clock.day_of(request.by.clinic, request.by.now)
    asked = day_asked(request.GET.get("day", ""), today)
    diary = Diary.load(request.by.clinic, asked)
    note_read(request.by, "calendar")
    chairs = _chairs(diary)
    carried = {k: request.GET[k] for k in ("course", "move") if k in request.GET}
    moving = _uuid(carried.get("move", ""))
    target = reverse("courses:move", args=[moving]) if moving else reverse("courses:book")
    return render(request, "courses/day.html", {
        "day": asked, "today": today, "now": clock.local(request.by.clinic, request.by.now),
        "before": asked - timedelta(days=1), "after": asked + timedelta(days=1),
        "chairs": chairs, "rows": list(_rows(diary, asked, chairs)),
        "shifts": diary.on_shift(asked), "carried": carried, "target": target,
        "homeless": [s for s in diary.on(asked) if s.session.chair_id is None],
    })  # fmt: skip


def _rows(
    diary: Diary, day: date, chairs: Sequence[Chair]
) -> Iterator[tuple[datetime, int, list[Cell]]]:
    """A row for each half hour: its time, nurses on shift, the cells that begin in it."""
    start, end = diary.hours(day)
    count = max(1, -((start - end) // ROW))
    times = [start + ROW * k for k in range(count)]
    columns = {chair.pk: dict(_blocks(diary, day, chair, start, count)) for chair in chairs}
    covered = {
        (pk, k + j)
        for pk, blocks in columns.items()
        for k, (rows, _) in blocks.items()
        for j in range(1, rows)
    }
    for k, at in enumerate(times):
        cells = []
        for chair in chairs:
            rows, stays = columns[chair.pk].get(k, (1, ()))
            if (chair.pk, k) not in covered:
                cells.append(Cell(chair, at, tuple(stays), rows))
        yield at, diary.staff.nurses(at), cells


def _blocks(
    diary: Diary, day: date, chair: Chair, start: datetime, count: int
) -> Iterator[tuple[int, tuple[int, tuple[Stay, ...]]]]:
    """First row, number of rows and stays of each taken stretch; what shares a row is one."""
    first = last = -1
    held: list[Stay] = []
    for stay in _in(diary.on(day), chair):
        row = (stay.start - start) // ROW
        past = min(count, max(row + 1, -((start - stay.end) // ROW)))
        if held and row < last:
            held.append(stay)
            last = max(last, past)
            continue
        if held:
            yield first, (last - first, tuple(held))
        first, last, held = row, past, [stay]
    if held:
        yield first, (last - first, tuple(held))


def _chairs(diary: Diary) -> list[Chair]:
    """Chairs in use, and those out of use that still hold somebody."""
    found: dict[Any, Chair] = {c.pk: c for c in diary.chairs}
    for stay in diary.stays:
        if stay.session.chair is not None:
            found.setdefault(stay.session.chair.pk, stay.session.chair)
    return list(found.values())


def _in(stays: Sequence[Stay], chair: Chair) -> list[Stay]:
    return [s for s in stays if s.session.chair_id == chair.pk]


def _nurses(diary: Diary, day: date) -> list[str]:
    return [f"{s.person} {s.starts:%H:%M}-{s.ends:%H:%M}" for s in diary.on_shift(day)]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
