"""The list of patients, adding and changing one, and the first page."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from reprieve.clinic.acts import note_read
from reprieve.clinic.courses.models import Course
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.patients import actions, search, weights
from reprieve.clinic.patients.choice import RUNNING, choices, default
from reprieve.clinic.patients.forms import PatientForm, WeightForm
from reprieve.clinic.patients.models import Allergy, Diagnosis, Patient, PriorTrial, WeightReading
from reprieve.clinic.patients.pages import answer, own_patient, page_of, posted, today
from reprieve.clinic.patients.readiness import judge
from reprieve.clinic.patients.rules import allergy
from reprieve.clinic.patients.rules.facts import Facts

ON_A_PAGE = 40


@page("patients.read")
def patients(request: ClinicRequest) -> HttpResponse:
    """Every patient of the clinic, or those that the words in `q` find."""
    words = request.GET.get("q", "").replace("\0", "").strip()
    everyone = request.GET.get("all") == "1"
    running = Course.objects.filter(status__in=RUNNING).select_related("protocol_version")
    rows = search.found(request.by.clinic, words)
    rows = rows if everyone or words else rows.filter(active=True)
    rows = rows.prefetch_related(Prefetch("courses", running, to_attr="running"))
    shown = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    note_read(request.by, "patient list")
    context = {"rows": shown, "words": words, "everyone": everyone, "today": today(request)}
    return render(request, "patients/list.html", context)


@page("patients.write")
def add(request: ClinicRequest) -> HttpResponse:
    """Add a patient."""
    clinic = request.by.clinic
    first = {"number": search.next_number(clinic), "time_zone": clinic.time_zone, "active": True}
    form = PatientForm(
        posted(request), initial=first, clinic=clinic, today=today(request),
        medical=request.by.may("chart.read"),
    )  # fmt: skip
    made = []
    found = answer(
        request, form, lambda: made.append(actions.register(request.by, **form.cleaned_data)),
        to=reverse("patients:list"), title="Add a patient", done="The patient was added.",
    )  # fmt: skip
    if made:
        found["Location"] = page_of("patients:page", made[0])
    return found


@page("patients.write")
def edit(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Change what stands on the first page."""
    patient = own_patient(request, patient_id)
    form = PatientForm(
        posted(request),
        instance=patient,
        clinic=request.by.clinic,
        today=today(request),
        medical=request.by.may("chart.read"),
    )
    return answer(
        request, form,
        lambda: actions.change_patient(request.by, patient, **form.cleaned_data),
        to=page_of("patients:page", patient), title="Change the patient",
        done="The changes were stored.", patient=own_patient(request, patient_id),
    )  # fmt: skip


@page("patients.read")
def overview(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """The patient's first page; what is medical only for those who may read the chart."""
    patient = own_patient(request, patient_id)
    context = {
        "patient": patient,
        "tab": "overview",
        "courses": patient.courses.select_related("protocol_version", "prescriber"),
        "contacts": patient.contacts.standing(),
    }
    if request.by.may("chart.read"):
        context |= _medical(request, patient_id)
    return render(request, "patients/overview.html", context)


def _medical(request: ClinicRequest, patient_id: UUID) -> dict[str, object]:
    facts = Facts.of(own_patient(request, patient_id))
    version = default(facts.patient, choices(facts.patient))
    gaps = judge(facts, version.protocol, request.by.now) if version else ()
    weighed = weights.counted(facts.patient)
    return {
        "facts": facts,
        "version": version,
        "gaps": gaps,
        "pressing": [g for g in gaps if g.kind != "caution"],
        "cautions": [g for g in gaps if g.kind == "caution"],
        "ended": ended_rows(facts.patient),
        "weights": weighed,
        "weight_picture": weights.picture(weighed, request.by.clinic.time_zone),
        "ketamine_allergies": [a for a in facts.allergies if allergy.concerns(a)],
    }


def ended_rows(patient: Patient) -> list[Diagnosis | Allergy | PriorTrial]:
    """What was struck out, last first: it stays on record."""
    sorts = (patient.diagnoses, patient.allergies, patient.trials)
    rows = [r for s in sorts for r in s.exclude(ended_at=None).select_related("ended_by")]
    return sorted(rows, key=lambda r: r.ended_at, reverse=True)


@page("chart.write")
def weigh(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Add a weight."""
    patient = own_patient(request, patient_id)
    last = next(iter(weights.counted(patient)), None)
    by = request.by
    form = WeightForm(posted(request), last=last, now=by.now, zone=by.clinic.time_zone)
    return answer(
        request, form, lambda: actions.weigh(by, patient, **form.cleaned_data),
        to=page_of("patients:page", patient), title="Record a weight",
        done="The weight was recorded.", patient=patient,
    )  # fmt: skip


@page("chart.write")
def weigh_again(request: ClinicRequest, patient_id: UUID, weight_id: int) -> HttpResponse:
    """Put a weight in the place of one that was entered wrongly."""
    patient = own_patient(request, patient_id)
    wrong = get_object_or_404(
        WeightReading, patient=patient, pk=weight_id, replaced_by=None, withdrawn=None
    )
    others = [w for w in weights.counted(patient) if w.pk != wrong.pk]
    by = request.by
    form = WeightForm(
        posted(request), last=next(iter(others), None), now=by.now, zone=by.clinic.time_zone
    )
    del form.fields["at"]
    return answer(
        request, form, lambda: actions.replace_weight(by, wrong, form.cleaned_data["kg"]),
        to=page_of("patients:page", patient), title="Replace a weight",
        done="The weight was replaced; the wrong one stays on record.", patient=patient,
        note=f"{wrong.kg} kg was entered for this time. Both stay on record; the new one counts.",
    )  # fmt: skip
