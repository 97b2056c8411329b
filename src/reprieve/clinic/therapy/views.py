"""Pages of psychotherapy notes, for therapists alone."""

from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import note_read
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.therapy.actions import counted, read_notes, write_note
from reprieve.clinic.therapy.forms import NoteForm
from reprieve.clinic.therapy.models import PsychotherapyNote


@page("psychotherapy.read")
def patients(request: ClinicRequest) -> HttpResponse:
    """Who has notes, and how many."""
    note_read(request.by, "patients with psychotherapy notes")
    return render(request, "therapy/list.html", {"patients": counted(request.by)})


@page("psychotherapy.read")
def notes(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """The notes about one patient, and a form for another."""
    patient = get_object_or_404(Patient, clinic=request.by.clinic, pk=patient_id)
    return _shown(request, patient, _form(patient, request.by, None), 200)


@page("psychotherapy.write")
def write(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Add a note."""
    patient = get_object_or_404(Patient, clinic=request.by.clinic, pk=patient_id)
    if request.method != "POST":
        return redirect("therapy:notes", patient_id=patient.pk)
    form = _form(patient, request.by, request.POST)
    if not form.is_valid():
        return _shown(request, patient, form, 422)
    write_note(request.by, patient, **form.cleaned_data)
    return redirect("therapy:notes", patient_id=patient.pk)


def _form(patient: Patient, by: Actor, sent: QueryDict | None) -> NoteForm:
    return NoteForm(
        sent,
        sessions=patient.sessions.order_by("-planned_at"),
        notes=PsychotherapyNote.objects.filter(patient=patient, by=by.user, replaced_by=None),
    )


def _shown(request: ClinicRequest, patient: Patient, form: NoteForm, status: int) -> HttpResponse:
    found = read_notes(request.by, patient)
    content = {"patient": patient, "notes": found, "form": form}
    return render(request, "therapy/notes.html", content, status=status)
