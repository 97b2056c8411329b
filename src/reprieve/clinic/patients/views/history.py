"""Contacts, diagnoses, allergies and trials: add, change, end. One page for each verb."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.forms import BaseModelForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from reprieve.clinic.pages import ClinicRequest, View, page
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.forms import (
    AllergyForm,
    ContactForm,
    DiagnosisForm,
    ReasonForm,
    TrialForm,
)
from reprieve.clinic.patients.models import Allergy, Contact, Diagnosis, PriorTrial
from reprieve.clinic.patients.pages import answer, own_patient, page_of, posted, today


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of row: its words, its form, its verb and the page it stands on."""

    name: str
    title: str
    ending: str
    model: Any
    form: Any
    add: Callable[..., object]
    permission: str
    page: str


SORTS = (
    Sort("contact", "contact", "Revoke", Contact, ContactForm, actions.add_contact,
         "patients.write", "patients:contacts"),
    Sort("diagnosis", "diagnosis", "Strike out", Diagnosis, DiagnosisForm, actions.add_diagnosis,
         "chart.write", "patients:page"),
    Sort("allergy", "allergy", "Strike out", Allergy, AllergyForm, actions.add_allergy,
         "chart.write", "patients:page"),
    Sort("trial", "earlier treatment", "Strike out", PriorTrial, TrialForm, actions.add_trial,
         "chart.write", "patients:eligibility"),
)  # fmt: skip


def adding(sort: Sort) -> View:
    """The page that adds a row of a sort."""

    @page(sort.permission)
    def view(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
        patient = own_patient(request, patient_id)
        form: BaseModelForm[Any] = sort.form(posted(request), today=today(request))
        return answer(
            request, form, lambda: sort.add(request.by, patient, **form.cleaned_data),
            to=page_of(sort.page, patient), title=f"Add: {sort.title}",
            done=f"{sort.title.capitalize()} added.", patient=patient,
        )  # fmt: skip

    return view


def changing(sort: Sort) -> View:
    """The page that changes a row of a sort."""

    @page(sort.permission)
    def view(request: ClinicRequest, patient_id: UUID, row_id: UUID) -> HttpResponse:
        patient = own_patient(request, patient_id)
        row = get_object_or_404(sort.model, patient=patient, pk=row_id, ended_at=None)
        form: BaseModelForm[Any] = sort.form(posted(request), instance=row, today=today(request))
        return answer(
            request, form, lambda: actions.change_row(request.by, row, **form.cleaned_data),
            to=page_of(sort.page, patient), title=f"Change: {sort.title}",
            done="The change was stored; the audit keeps what it was.", patient=patient,
        )  # fmt: skip

    return view


def ending(sort: Sort) -> View:
    """The page that ends a row of a sort, with a reason."""

    @page(sort.permission)
    def view(request: ClinicRequest, patient_id: UUID, row_id: UUID) -> HttpResponse:
        patient = own_patient(request, patient_id)
        row = get_object_or_404(sort.model, patient=patient, pk=row_id, ended_at=None)
        form = ReasonForm(posted(request))
        return answer(
            request, form, lambda: actions.end_row(request.by, row, form.cleaned_data["reason"]),
            to=page_of(sort.page, patient), title=f"{sort.ending}: {row}",
            done="It no longer counts; it stays on record.", patient=patient,
            submit=sort.ending, danger=True, note="It stays on record with your reason.",
        )  # fmt: skip

    return view


@page("patients.read")
def contacts(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Whom the clinic may call, and who was revoked."""
    patient = own_patient(request, patient_id)
    rows = patient.contacts.select_related("ended_by")
    context = {
        "patient": patient,
        "tab": "contacts",
        "standing": [c for c in rows if c.stands],
        "ended": [c for c in rows if not c.stands],
        "missing": [
            Contact.Kind(kind).label
            for kind in (Contact.Kind.ESCORT, Contact.Kind.CRISIS)
            if not any(c.stands and c.kind == kind for c in rows)
        ],
    }
    return render(request, "patients/contacts.html", context)
