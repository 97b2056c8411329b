"""The medication list with its flags, and the pages that change it."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.choice import choices, default
from reprieve.clinic.patients.forms import DoseForm, MedicineForm, StopForm
from reprieve.clinic.patients.models import Medication, Patient
from reprieve.clinic.patients.pages import answer, own_patient, page_of, posted, today
from reprieve.clinic.patients.rules import medicines as rules
from reprieve.clinic.patients.rules.facts import Facts


@page("chart.read")
def medicines(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """What is taken, what each medicine changes, and what was taken before."""
    facts = Facts.of(own_patient(request, patient_id))
    version = default(facts.patient, choices(facts.patient))
    route = version.protocol.route if version else "any"
    review = rules.review(facts, route)
    context = {
        "patient": facts.patient,
        "tab": "medicines",
        "version": version,
        "taken": facts.taken,
        "stopped": [m for m in facts.medications if not m.taken],
        "review": review,
        "flags": [(f, rules.CHIPS[f.colour], rules.source(f)) for f in review.flags],
    }
    return render(request, "patients/medicines.html", context)


@page("chart.write")
def add(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Add a medicine that the patient takes."""
    patient = own_patient(request, patient_id)
    form = MedicineForm(posted(request), today=today(request))
    return answer(
        request, form,
        lambda: actions.start_medicine(request.by, patient, **form.cleaned_data),
        to=page_of("patients:medicines", patient), title="Add a medicine",
        done="The medicine was added.", patient=patient,
    )  # fmt: skip


@page("chart.write")
def dose(request: ClinicRequest, patient_id: UUID, medication_id: UUID) -> HttpResponse:
    """Record another dose."""
    patient, row = _own(request, patient_id, medication_id)
    last = row.last
    first = {
        "dose_mg": last.dose_mg, "times_a_day": last.times_a_day, "as_needed": last.as_needed,
    }  # fmt: skip
    form = DoseForm(posted(request), initial=first, today=today(request))
    return answer(
        request, form, lambda: actions.change_dose(request.by, row, **form.cleaned_data),
        to=page_of("patients:medicines", patient), title=f"New dose of {row}",
        done="The new dose was recorded.", patient=patient,
        note="Record what the patient takes. Nothing here asks for a change.",
    )  # fmt: skip


@page("chart.write")
def stop(request: ClinicRequest, patient_id: UUID, medication_id: UUID) -> HttpResponse:
    """Record that it is taken no longer."""
    patient, row = _own(request, patient_id, medication_id)
    form = StopForm(posted(request), today=today(request))
    return answer(
        request, form, lambda: actions.stop_medicine(request.by, row, **form.cleaned_data),
        to=page_of("patients:medicines", patient), title=f"{row} is taken no longer",
        done="It was recorded as stopped.", patient=patient,
        note="This records what has happened. Stopping a medicine suddenly can be dangerous; "
        "whether to stop is for the prescriber and the patient.",
    )  # fmt: skip


def _own(
    request: ClinicRequest, patient_id: UUID, medication_id: UUID
) -> tuple[Patient, Medication]:
    patient = own_patient(request, patient_id)
    return patient, get_object_or_404(Medication, patient=patient, pk=medication_id)
