"""Pages of the day: arrivals, close of day, the clinic in numbers."""

import csv
from datetime import date, timedelta
from io import StringIO
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from reprieve.clinic.accounts.signing import prove_self
from reprieve.clinic.acts import note_read
from reprieve.clinic.courses import clock
from reprieve.clinic.courses.slot_forms import day_asked
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.today.arrivals import arrivals
from reprieve.clinic.today.closing import close_day, open_items
from reprieve.clinic.today.facts import facts
from reprieve.clinic.today.forms import CloseForm, PeriodForm
from reprieve.clinic.today.models import DayClosed
from reprieve.clinic.today.summary import Table, tables
from reprieve.errors import ReprieveError


@page("today.read")
def today(request: ClinicRequest) -> HttpResponse:
    """Who comes, in which chair, and what is missing; `?day=` shows another day."""
    now = clock.day_of(request.by.clinic, request.by.now)
    day = day_asked(request.GET.get("day", ""), now)
    found = arrivals(request.by, day)
    for arrival in found:
        note_read(request.by, "today", arrival.session.patient)
    return render(request, "today/today.html", {
        "day": day, "is_today": day == now,
        "before": day - timedelta(days=1), "after": day + timedelta(days=1),
        "arrivals": found,
        "late": [a for a in found if a.late],
        "with_gaps": [a for a in found if a.gaps or a.medical],
        "with_reviews": [a for a in found if a.reviews],
    })  # fmt: skip


@page("day.close")
def close(request: ClinicRequest) -> HttpResponse:
    """What is still open, and the signature that closes the day."""
    now = clock.day_of(request.by.clinic, request.by.now)
    day = min(day_asked(request.GET.get("day", ""), now), now)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            prove_self(request.by, request, form.cleaned_data["password"])
            row = close_day(request.by, day, form.cleaned_data["note"])
        except ReprieveError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The day is closed. Print the page and keep it.")
            return redirect("today:closed", day_closed_id=row.pk)
    closed = DayClosed.objects.filter(clinic=request.by.clinic)
    context = {"day": day, "items": open_items(request.by, day), "form": form,
               "before": day - timedelta(days=1), "here": closed.filter(day=day).first(),
               "closed": closed[:14]}  # fmt: skip
    return render(request, "today/close.html", context, status=422 if form.errors else 200)


@page("day.close")
def closed(request: ClinicRequest, day_closed_id: UUID) -> HttpResponse:
    """The record of a closed day, to print."""
    row = get_object_or_404(DayClosed, clinic=request.by.clinic, pk=day_closed_id)
    return render(request, "today/closed.html", {"row": row})


@page("summary.read")
def summary(request: ClinicRequest) -> HttpResponse:
    """Counts and rates without names; groups of few people are withheld."""
    form, found = _summary(request)
    context = {"form": form, "tables": found, "query": request.GET.urlencode()}
    return render(request, "today/summary.html", context, status=200 if form.is_valid() else 422)


@page("summary.read")
def summary_csv(request: ClinicRequest) -> HttpResponse:
    """The same numbers as one CSV table."""
    _, found = _summary(request)
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["table", "group", "measure", "value"])
    for table in found:
        for row in table.rows:
            for measure, value in zip(table.columns[1:], row[1:], strict=True):
                writer.writerow([table.key, row[0], measure, value])
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="clinic-in-numbers.csv"'
    return answer


def _summary(request: ClinicRequest) -> tuple[PeriodForm, tuple[Table, ...]]:
    """The form of the period, a year up to today where none is asked for, and its tables."""
    last = clock.day_of(request.by.clinic, request.by.now)
    year: dict[str, date] = {"first": last - timedelta(days=365), "last": last}
    form = PeriodForm(request.GET if "first" in request.GET else year)
    if not form.is_valid():
        return form, ()
    data = form.cleaned_data
    return form, tables(facts(request.by.clinic, data["first"], data["last"] + timedelta(days=1)))
