"""Pages of a site's protocols."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from reprieve.clinic.acts import note_read
from reprieve.clinic.courses.models import Course
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.protocols import actions, readable, timeline
from reprieve.clinic.protocols.changes import changes
from reprieve.clinic.protocols.forms import TextForm, UploadForm
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.errors import ReprieveError, UnknownNameError
from reprieve.evidence.practice import Protocol, protocol

RUNNING = Q(courses__status__in=(Course.Status.ACTIVE, Course.Status.PAUSED))


@page("protocols.read")
def protocols(request: ClinicRequest) -> HttpResponse:
    """The site's protocols, with what ships beside them."""
    mine = (
        ProtocolVersion.objects.filter(clinic=request.by.clinic)
        .annotate(running=Count("courses", filter=RUNNING))
        .select_related("created_by")
        .defer("text")
    )
    names = {v.name for v in mine}
    shipped = [p for p in actions.shipped_protocols() if p.name not in names]
    return render(request, "protocols/list.html", {"versions": mine, "shipped": shipped})


@page("protocols.read")
def detail(request: ClinicRequest, protocol_id: UUID) -> HttpResponse:
    """One version in words and pictures, with the courses that run on it."""
    version = _version(request, protocol_id)
    before = _others(request, version).filter(version__lt=version.version).first()
    courses = version.courses.filter(
        status__in=(Course.Status.ACTIVE, Course.Status.PAUSED)
    ).select_related("patient")
    named = request.by.may("courses.read")
    if named:
        note_read(request.by, "courses on a protocol version", version)
    return render(request, "protocols/detail.html", {
        **_shown(version.protocol),
        "version": version,
        "others": _others(request, version),
        "newest": _others(request, version).first(),
        "before": before,
        "changes": changes(before, version.protocol) if before else (),
        "courses": courses if named else (),
        "running": courses.count(),
    })  # fmt: skip


@page("protocols.read")
def shipped(request: ClinicRequest, shipped_name: str) -> HttpResponse:
    """A protocol as it ships, before the site has a copy."""
    try:
        found = protocol(shipped_name)
    except UnknownNameError:
        raise Http404 from None
    return render(request, "protocols/detail.html", {
        **_shown(found),
        "adopted": actions.newest(request.by, found.name),
        "adoptable": found in actions.shipped_protocols(),
    })  # fmt: skip


@page("protocols.write")
@require_POST
def adopt(request: ClinicRequest, shipped_name: str) -> HttpResponse:
    """Copy a shipped protocol to the site."""
    version = actions.adopt(request.by, shipped_name)
    messages.success(request, f"{version.title} is now a protocol of this site, as version 1.")
    return redirect("protocols:detail", protocol_id=version.pk)


@page("protocols.write")
def edit(request: ClinicRequest, protocol_id: UUID) -> HttpResponse:
    """Change the text: first the differences in words, then the new version."""
    version = _version(request, protocol_id)
    if request.method != "POST":
        form = TextForm(name=version.name, initial={"text": version.text})
        return _editing(request, form, version.name, version)
    saving = "save" in request.POST
    form = TextForm(request.POST, name=version.name, saving=saving)
    if saving and form.is_valid():
        try:
            made = actions.revise(
                request.by, version, form.cleaned_data["text"], form.cleaned_data["note"]
            )
        except ReprieveError as error:
            form.add_error(None, str(error))
        else:
            return _saved(request, made)
    return _editing(request, form, version.name, version)


@page("protocols.write")
def new(request: ClinicRequest, protocol_name: str) -> HttpResponse:
    """Save a protocol of the site's own under a new name."""
    saving = "save" in request.POST
    form = TextForm(request.POST or None, name=protocol_name, saving=saving)
    if saving and form.is_valid():
        try:
            made = actions.bring_in(
                request.by, protocol_name, form.cleaned_data["text"], form.cleaned_data["note"]
            )
        except ReprieveError as error:
            form.add_error(None, str(error))
        else:
            return _saved(request, made)
    return _editing(request, form, protocol_name, None)


@page("protocols.write")
def upload(request: ClinicRequest) -> HttpResponse:
    """Read a file, and show what it would change before anything is saved."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        text = TextForm({"text": form.cleaned_data["file"]}, name=name)
        return _editing(request, text, name, actions.newest(request.by, name))
    status = 422 if form.errors else 200
    return render(request, "protocols/upload.html", {"form": form}, status=status)


@page("protocols.read")
def download(request: ClinicRequest, protocol_id: UUID) -> HttpResponse:
    """The version's text as a file."""
    version = _version(request, protocol_id)
    answer = HttpResponse(version.text, content_type="text/plain; charset=utf-8")
    name = f"{version.name}-v{version.version}.toml"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _version(request: ClinicRequest, protocol_id: UUID) -> ProtocolVersion:
    return get_object_or_404(ProtocolVersion, clinic=request.by.clinic, pk=protocol_id)


def _others(request: ClinicRequest, version: ProtocolVersion) -> Any:
    return ProtocolVersion.objects.filter(clinic=request.by.clinic, name=version.name)


def _shown(found: Protocol) -> dict[str, Any]:
    parts = readable.sections(found)
    course = timeline.course_picture(found)
    return {
        "protocol": found,
        "sections": parts,
        "assumed": readable.assumed(parts),
        "session_svg": mark_safe(timeline.session_picture(found).svg(standalone=False)),
        "course_svg": mark_safe(course.svg(standalone=False)) if course else "",
    }


def _editing(
    request: ClinicRequest, form: TextForm, name: str, version: ProtocolVersion | None
) -> HttpResponse:
    good = form.is_bound and "text" not in form.errors
    lines = changes(version, form.found) if good and version else ()
    context = {"form": form, "name": name, "version": version, "good": good, "changes": lines}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "protocols/edit.html", context, status=status)


def _saved(request: ClinicRequest, made: ProtocolVersion) -> HttpResponse:
    messages.success(
        request, f"Version {made.version} is saved. Courses that run keep the version they have."
    )
    return redirect("protocols:detail", protocol_id=made.pk)
