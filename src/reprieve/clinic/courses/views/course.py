"""A course: the list, the page of one, starting one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Min, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from reprieve.clinic.acts import note_read
from reprieve.clinic.courses import actions, exposure, planning, progress
from reprieve.clinic.courses.actions import start as starting
from reprieve.clinic.courses.forms import StartForm
from reprieve.clinic.courses.models import Course
from reprieve.clinic.courses.review import tasks
from reprieve.clinic.courses.views.finding import course_of, courses_of
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.clinic.treatments.state import Phase
from reprieve.errors import ReprieveError

RUNNING = (Course.Status.ACTIVE, Course.Status.PAUSED)


@page("courses.read")
def courses(request: ClinicRequest) -> HttpResponse:
    """Courses that run, with the next session and what is due; `?all=1` shows ended ones too."""
    ahead = Q(sessions__plan="planned", sessions__phase=Phase.PLANNED)
    coming = ahead & Q(sessions__planned_at__gte=request.by.now)
    rows = courses_of(request).annotate(
        next_at=Min("sessions__planned_at", filter=coming),
        held=Count("sessions", filter=Q(sessions__phase__in=exposure.GIVEN)),
        ahead=Count("sessions", filter=ahead),
    )  # fmt: skip
    everything = "all" in request.GET
    found = list(rows if everything else rows.filter(status__in=RUNNING))
    due = progress.due_of(found, request.by.now) if request.by.may("chart.read") else {}
    note_read(request.by, "list of courses")
    listed = [(c, due.get(c.pk, ())) for c in found]
    return render(request, "courses/list.html", {"listed": listed, "everything": everything})


@page("courses.read")
def course(request: ClinicRequest, course_id: UUID) -> HttpResponse:
    """One course: where it stands, its sessions, what is due, what was decided."""
    found = course_of(request, course_id)
    return render(request, "courses/course.html", _page(request, found))


@page("courses.write")
def start(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Choose a protocol, then drug and dose; what stands against it is shown before it starts."""
    patient = get_object_or_404(Patient, clinic=request.by.clinic, pk=patient_id)
    versions = ProtocolVersion.objects.filter(clinic=request.by.clinic).order_by(
        "title", "-version"
    )
    context: dict[str, Any] = {"patient": patient, "versions": versions}
    note_read(request.by, "start of a course", patient)
    chosen = request.GET.get("protocol", "")
    version = next((v for v in versions if str(v.pk) == chosen), None)
    if version is None:
        return render(request, "courses/choose.html", context)
    form = StartForm(request.POST or None, by=request.by, version=version)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.start_course(request.by, patient, version, **data)
        except ReprieveError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The course has started. Plan its sessions next.")
            return redirect("courses:plan", course_id=made.pk)
    ready = starting.ready(request.by, patient, version.protocol)
    context |= {"form": form, "version": version, "protocol": version.protocol, "ready": ready}
    status = 422 if form.errors else 200
    return render(request, "courses/start.html", context, status=status)


def _page(request: ClinicRequest, found: Course) -> dict[str, Any]:
    protocol = found.protocol_version.protocol
    sessions = list(found.sessions.select_related("chair"))
    had = exposure.of_patient(found.patient)
    where = progress.progress_of([found])[found.pk]
    month = protocol.thresholds("exposure").get("sessions_30d")
    count_30 = had.within(30, request.by.now)
    return {
        "course": found,
        "patient": found.patient,
        "protocol": protocol,
        "phase": planning.phase_of(protocol, found.phase),
        "following": planning.next_phase(protocol, found.phase),
        "sessions": sessions,
        "in_course": exposure.of_sessions(sessions),
        "ahead": sum(s.plan == "planned" and s.phase == Phase.PLANNED for s in sessions),
        "missed": sum(s.plan == "missed" for s in sessions),
        "had": had,
        "count_30": count_30,
        "month": month,
        "month_over": month is not None and month.met(count_30),
        "tasks": tasks(protocol, where, request.by.now) if found.runs else (),
        "events": found.events.select_related("by").order_by("-at"),
        "newer": ProtocolVersion.objects.filter(
            clinic=request.by.clinic, name=found.protocol_version.name,
            version__gt=found.protocol_version.version,
        ).first(),
    }  # fmt: skip
