"""Changes of a course: one form, one verb, back to the course."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render

from reprieve.clinic.courses import actions
from reprieve.clinic.courses.forms import (
    DoseForm,
    NoteForm,
    PhaseForm,
    ReasonForm,
    ReviewForm,
    VersionForm,
)
from reprieve.clinic.courses.models import Course
from reprieve.clinic.courses.views.finding import course_of
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.protocols.changes import changes
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.errors import ReprieveError


def answered(
    request: ClinicRequest, form: Form, verb: Callable[[dict[str, Any]], Any], said: str,
    course: Course, context: dict[str, Any],
) -> HttpResponse:  # fmt: skip
    """Show a form, or call the verb with what it holds and go back to the course."""
    if request.method == "POST" and form.is_valid():
        try:
            verb(form.cleaned_data)
        except ReprieveError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, said)
            return redirect("courses:course", course_id=course.pk)
    status = 422 if form.errors else 200
    shown = {"form": form, "course": course, "patient": course.patient, **context}
    return render(request, "courses/change.html", shown, status=status)


@page("courses.write")
def phase(request: ClinicRequest, course_id: UUID) -> HttpResponse:
    """Enter another phase."""
    course = course_of(request, course_id)
    form = PhaseForm(request.POST or None, course=course, initial={"phase": request.GET.get("to")})
    return answered(
        request, form,
        lambda d: actions.change_phase(request.by, course, d["phase"], d["reason"]),
        "The phase is changed. Plan its sessions next.", course,
        {"title": "Change the phase", "do": "Change the phase",
         "about": f"The course is in {course.phase}. Sessions planned so far stay as they are."},
    )  # fmt: skip


@page("courses.write")
def dose(request: ClinicRequest, course_id: UUID) -> HttpResponse:
    """Change the dose of sessions to come."""
    course = course_of(request, course_id)
    initial = {"amount": course.dose_amount.normalize(), "unit": course.dose_unit}
    form = DoseForm(request.POST or None, version=course.protocol_version, initial=initial)
    ranges = [
        f"In {d.unit}: usual {d.usual[0]:g} to {d.usual[1]:g}, refused above {d.refuse_above:g} "
        f"({d.standing}, {d.status})."
        for d in course.protocol_version.protocol.doses
    ]
    return answered(
        request, form,
        lambda d: actions.change_dose(request.by, course, d["amount"], d["unit"], d["reason"]),
        "The dose is changed for the sessions to come.", course,
        {"title": "Change the dose", "do": "Change the dose", "lines": ranges,
         "about": f"The dose is {course.dose}. Sessions that have begun keep what was ordered."},
    )  # fmt: skip


@page("courses.write")
def version(request: ClinicRequest, course_id: UUID) -> HttpResponse:
    """Move to a newer version of the protocol."""
    course = course_of(request, course_id)
    old = course.protocol_version
    newer = ProtocolVersion.objects.filter(
        clinic=request.by.clinic, name=old.name, version__gt=old.version
    )
    form = VersionForm(request.POST or None, newer=newer)
    latest = newer.first()
    lines = changes(old, latest.protocol) if latest else ()
    about = f"The course runs on version {old.version}; it keeps that unless it is moved here."
    return answered(
        request, form,
        lambda d: actions.move_to_version(request.by, course, d["version"], d["reason"]),
        "The course now runs on the newer version.", course,
        {"title": "Move to a newer version", "do": "Move the course" if latest else "",
         "about": about if latest else f"{about} There is no newer version.", "lines": lines},
    )  # fmt: skip


@page("courses.write")
def ending(request: ClinicRequest, course_id: UUID, kind: str) -> HttpResponse:
    """Pause, resume, stop or finish."""
    course = course_of(request, course_id)
    verb, title, about, must = ENDINGS[kind]
    form = (ReasonForm if must else NoteForm)(request.POST or None)
    return answered(
        request, form, lambda d: verb(request.by, course, d["reason"]),
        f"The course: {title.lower()} is recorded.", course,
        {"title": title, "do": title, "about": about, "danger": kind == "stop"},
    )  # fmt: skip


ENDINGS: dict[str, tuple[Callable[..., None], str, str, bool]] = {
    "pause": (actions.pause, "Pause the course",
              "Sessions to come are cancelled; plan them anew when it resumes.", True),
    "resume": (actions.resume, "Resume the course",
               "Plan its sessions next; those of before the pause stay cancelled.", False),
    "stop": (actions.stop_course, "Stop the course",
             "The course ends now and its sessions to come are cancelled.", True),
    "finish": (actions.finish_course, "Finish the course",
               "Its plan is done. Sessions still to come are cancelled.", False),
}  # fmt: skip


@page("courses.write")
def reviewed(request: ClinicRequest, course_id: UUID) -> HttpResponse:
    """Record a review that the protocol asks for; `?of=` says which."""
    course = course_of(request, course_id)
    form = ReviewForm(request.POST or None, initial={"key": request.GET.get("of", "")})
    return answered(
        request, form,
        lambda d: actions.record_review(
            request.by, course, d["key"], d["decision"], d["reason"]
        ),
        "The review is recorded. Carry out what was decided below.", course,
        {"title": "Review", "do": "Record the review",
         "about": "Recording a decision changes nothing by itself."},
    )  # fmt: skip
