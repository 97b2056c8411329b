"""Chairs, for the owner; shifts, for who plans."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from reprieve.clinic.courses import actions, clock
from reprieve.clinic.courses.models import Chair, Shift
from reprieve.clinic.courses.slot_forms import ChairForm, ShiftForm, day_asked
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.errors import ReprieveError


@page("clinic.manage")
def chairs(request: ClinicRequest) -> HttpResponse:
    """The clinic's chairs, and a form for a new one."""
    rows = Chair.objects.filter(clinic=request.by.clinic)
    form = ChairForm(request.POST or None, initial={"order": rows.count() + 1})
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_chair(request.by, form.cleaned_data["name"], form.cleaned_data["order"])
        except ReprieveError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "The chair is added.")
            return redirect("courses:chairs")
    context = {"chairs": rows, "form": form}
    return render(request, "courses/chairs.html", context, status=422 if form.errors else 200)


@page("clinic.manage")
def chair(request: ClinicRequest, chair_id: UUID) -> HttpResponse:
    """Rename a chair, or take it out of use."""
    found = get_object_or_404(Chair, clinic=request.by.clinic, pk=chair_id)
    now = {"name": found.name, "order": found.order, "active": found.active}
    form = ChairForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_chair(request.by, found, **form.cleaned_data)
        except ReprieveError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "The chair is changed.")
            return redirect("courses:chairs")
    waiting = found.treatmentsession_set.filter(
        plan="planned", phase="planned", planned_at__gte=request.by.now
    ).count()
    context = {"chair": found, "form": form, "waiting": waiting}
    return render(request, "courses/chair.html", context, status=422 if form.errors else 200)


@page("schedule.write")
def shifts(request: ClinicRequest) -> HttpResponse:
    """Nurses on shift from a day on, and a form for more."""
    today = clock.day_of(request.by.clinic, request.by.now)
    first = day_asked(request.GET.get("day", ""), today)
    form = ShiftForm(request.POST or None, by=request.by, initial={"day": first})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                for k in range(data["weeks"]):
                    day = data["day"] + timedelta(weeks=k)
                    actions.add_shift(request.by, data["person"], day, data["starts"], data["ends"])
        except ReprieveError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{data['weeks']} shift(s) added.")
            return redirect("courses:shifts")
    rows = Shift.objects.filter(
        clinic=request.by.clinic, day__gte=first, day__lt=first + timedelta(weeks=4)
    ).select_related("person")
    context = {"shifts": rows, "form": form, "first": first}
    return render(request, "courses/shifts.html", context, status=422 if form.errors else 200)


@page("schedule.write")
@require_POST
def remove_shift(request: ClinicRequest, shift_id: UUID) -> HttpResponse:
    """Take a shift off."""
    actions.remove_shift(
        request.by, get_object_or_404(Shift, clinic=request.by.clinic, pk=shift_id)
    )
    messages.success(request, "The shift is removed.")
    return redirect("courses:shifts")
