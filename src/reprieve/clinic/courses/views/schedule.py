"""Planning a course's sessions, and moving, missing or cancelling one."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from reprieve.clinic.acts import note_read
from reprieve.clinic.courses import actions, clock, judging, planning
from reprieve.clinic.courses.findings import Weight
from reprieve.clinic.courses.forms import ReasonForm
from reprieve.clinic.courses.models import Chair, Course
from reprieve.clinic.courses.slot_forms import BookForm, SeriesForm, SlotForm, moment
from reprieve.clinic.courses.views.change import answered
from reprieve.clinic.courses.views.finding import course_of, courses_of, session_of
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.errors import ReprieveError


@page("schedule.write")
def plan(request: ClinicRequest, course_id: UUID) -> HttpResponse:
    """A phase's sessions as a series: shown with what stands against it, then planned."""
    course = course_of(request, course_id)
    protocol = course.protocol_version.protocol
    phase = planning.phase_of(protocol, course.phase)
    there = course.sessions.filter(plan="planned").select_related("chair")
    context: dict[str, Any] = {"course": course, "patient": course.patient, "phase": phase,
                               "there": there}  # fmt: skip
    if phase is None or course.status != Course.Status.ACTIVE:
        return render(request, "courses/plan.html", context)
    form = SeriesForm(
        request.POST or None, by=request.by, phase=phase, initial=_series(request, course)
    )
    if request.method == "POST" and form.is_valid():
        slots = form.series()
        found = judging.propose(request.by, course, slots)
        asked = form.cleaned_data["time"]
        context["proposals"] = [
            (p, clock.local(request.by.clinic, p.slot.at).time() != asked) for p in found
        ]
        context["asks"] = any(f.weight is Weight.REASON for p in found for f in p.findings)
        context["refused"] = any(f.weight is Weight.REFUSE for p in found for f in p.findings)
        if "plan" in request.POST:
            try:
                actions.plan_sessions(request.by, course, slots, reason=form.cleaned_data["reason"])
            except ReprieveError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{len(slots)} sessions are planned.")
                return redirect("courses:course", course_id=course.pk)
    context["form"] = form
    status = 422 if form.errors else 200
    return render(request, "courses/plan.html", context, status=status)


@page("schedule.write")
def book(request: ClinicRequest) -> HttpResponse:
    """One session from a free place of the calendar."""
    running = list(courses_of(request).filter(status=Course.Status.ACTIVE))
    note_read(request.by, "courses to book")
    initial = {"course": request.GET.get("course", ""), **_place(request)}
    form = BookForm(request.POST or None, by=request.by, courses=running, initial=initial)
    context: dict[str, Any] = {"form": form, "none": not running}
    if request.method == "POST" and form.is_valid() and (slot := form.slot()):
        data = form.cleaned_data
        try:
            actions.plan_sessions(request.by, data["course"], [slot], reason=data["reason"])
        except ReprieveError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The session is planned.")
            return _to_day(request, slot.at)
    status = 422 if form.errors else 200
    return render(request, "courses/book.html", context, status=status)


@page("schedule.write")
def move(request: ClinicRequest, session_id: UUID) -> HttpResponse:
    """Another time or chair for a session."""
    session = session_of(request, session_id)
    at = clock.local(request.by.clinic, session.planned_at)
    initial = {"day": at.date(), "time": at.time(), "minutes": session.planned_min,
               "chair": str(session.chair_id or ""), **_place(request)}  # fmt: skip
    form = SlotForm(request.POST or None, by=request.by, initial=initial)
    form.fields["reason"].required = True
    context = {"form": form, "session": session, "patient": session.patient}
    if request.method == "POST" and form.is_valid() and (slot := form.slot(session)):
        try:
            actions.reschedule(request.by, session, slot, form.cleaned_data["reason"])
        except ReprieveError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The session is moved.")
            return _to_day(request, slot.at)
    status = 422 if form.errors else 200
    return render(request, "courses/move.html", context, status=status)


@page("schedule.write")
def miss(request: ClinicRequest, session_id: UUID) -> HttpResponse:
    """The patient did not come."""
    session = session_of(request, session_id)
    return answered(
        request, ReasonForm(request.POST or None),
        lambda d: actions.miss(request.by, session, d["reason"]),
        "The session is marked as missed. Call the patient, and plan another.", session.course,
        {"title": f"Session {session.number} was missed", "do": "Mark as missed",
         "about": "Say what is known: called, not reached, ill."},
    )  # fmt: skip


@page("schedule.write")
def cancel(request: ClinicRequest, session_id: UUID) -> HttpResponse:
    """The session does not take place."""
    session = session_of(request, session_id)
    return answered(
        request, ReasonForm(request.POST or None),
        lambda d: actions.cancel(request.by, session, d["reason"]),
        "The session is cancelled.", session.course,
        {"title": f"Cancel session {session.number}", "do": "Cancel the session",
         "danger": True, "about": "It stays in the record as cancelled, with your reason."},
    )  # fmt: skip


def _series(request: ClinicRequest, course: Course) -> dict[str, Any]:
    """A first guess for the form: what the phase still lacks, from tomorrow on."""
    protocol = course.protocol_version.protocol
    phase = planning.phase_of(protocol, course.phase)
    assert phase is not None
    there = course.sessions.filter(course_phase=course.phase, plan="planned").count()
    last = course.sessions.filter(plan="planned").order_by("-planned_at").first()
    left = (phase.sessions or 4) - there
    tomorrow = clock.day_of(request.by.clinic, request.by.now) + timedelta(days=1)
    first, at = tomorrow, time(9)
    if last is not None:
        before = clock.local(request.by.clinic, last.planned_at)
        gap = max(1, round(phase.interval_d or 1)) if phase.per_week < 1 else 1
        first, at = max(tomorrow, before.date() + timedelta(days=gap)), before.time()
    return {"count": max(1, left), "day": first, "time": at,
            "weekdays": [str(k) for k in planning.usual_weekdays(phase)],
            "minutes": planning.stay_min(protocol)}  # fmt: skip


def _place(request: ClinicRequest) -> dict[str, Any]:
    """The time and chair that a link of the calendar carries."""
    at = moment(request.GET.get("at", ""))
    chairs = Chair.objects.filter(clinic=request.by.clinic, active=True)
    chair = next((c for c in chairs if str(c.pk) == request.GET.get("chair", "")), None)
    found: dict[str, Any] = {"day": at.date(), "time": at.time()} if at else {}
    return {**found, "chair": str(chair.pk)} if chair else found


def _to_day(request: ClinicRequest, at: Any) -> HttpResponse:
    answer = redirect("courses:day")
    answer["Location"] += f"?day={clock.day_of(request.by.clinic, at)}"
    return answer
