"""What the patient's pages share: finding the patient, and a page with one form."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from reprieve.clinic.acts import note_read
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.pages import ClinicRequest
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.protocols.models import ProtocolVersion


def own_patient(request: ClinicRequest, patient_id: UUID) -> Patient:
    """A patient of the clinic, or 404; that the page was read is on record."""
    known = Patient.objects.select_related("clinic")
    patient = get_object_or_404(known, clinic=request.by.clinic, pk=patient_id)
    match = request.resolver_match
    note_read(request.by, (match.view_name if match else "patient").replace("_", " "), patient)
    return patient


def own_protocol(request: ClinicRequest, protocol_id: UUID) -> ProtocolVersion:
    """A protocol version of the clinic, or 404."""
    return get_object_or_404(ProtocolVersion, clinic=request.by.clinic, pk=protocol_id)


def today(request: ClinicRequest) -> date:
    """The day it is at the clinic."""
    return request.by.now.astimezone(ZoneInfo(request.by.clinic.time_zone)).date()


def page_of(name: str, patient: Patient) -> str:
    """The address of one of the patient's pages."""
    return reverse(name, kwargs={"patient_id": patient.pk})


def posted(request: ClinicRequest) -> Mapping[str, Any] | None:
    """What a form is bound to: the posted data, or nothing."""
    return request.POST if request.method == "POST" else None


def answer(
    request: ClinicRequest,
    form: BaseForm,
    act: Callable[[], object],
    *,
    to: str,
    title: str,
    done: str,
    patient: Patient | None = None,
    template: str = "patients/form.html",
    **context: Any,
) -> HttpResponse:
    """A page with one form: show it, or do what it asks and go on.

    What is refused stands on the form, with status 422, and nothing of what was typed is lost.
    """
    if form.is_bound and form.is_valid():
        try:
            act()
        except RefusedError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, done)
            return redirect(to)
    shown = {"form": form, "title": title, "patient": patient, "back": to, **context}
    return render(request, template, shown, status=422 if form.is_bound else 200)
