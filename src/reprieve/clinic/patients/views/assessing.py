"""Eligibility on one page, and the pages that change what stands there."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from reprieve.clinic.consents.standing import standing
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.choice import choices, default
from reprieve.clinic.patients.forms import (
    DecisionForm,
    ReasonForm,
    RemsForm,
    ResultForm,
    ScreenForm,
)
from reprieve.clinic.patients.models import WorkupResult
from reprieve.clinic.patients.pages import (
    answer,
    own_patient,
    own_protocol,
    page_of,
    posted,
    today,
)
from reprieve.clinic.patients.readiness import Gap, judge
from reprieve.clinic.patients.rules import resistance, screen, workup
from reprieve.clinic.patients.rules.facts import Facts


@page("chart.read")
def eligibility(
    request: ClinicRequest, patient_id: UUID, protocol_id: UUID | None = None
) -> HttpResponse:
    """What stands, what is missing, what stops, and by whose word."""
    facts = Facts.of(own_patient(request, patient_id))
    known = choices(facts.patient)
    version = own_protocol(request, protocol_id) if protocol_id else default(facts.patient, known)
    context = {"patient": facts.patient, "tab": "eligibility", "choices": known}
    if version is None:
        return render(request, "patients/no_protocol.html", context)
    protocol, now = version.protocol, request.by.now
    found = judge(facts, protocol, now)
    name = protocol.name
    context |= {
        "version": version,
        "protocol": protocol,
        "found": {
            kind: [g for g in found if g.kind == kind] for kind in ("stop", "gap", "caution")
        },
        "asked": screen.asked(facts, protocol, now),
        "evidence": resistance.evidence(facts, protocol),
        "workup": workup.checklist(facts, protocol, facts.today(now)),
        "consent": standing(facts.consents, protocol, now),
        "rems": facts.rems[0] if facts.rems else None,
        "decisions": [d for d in facts.decisions if d.protocol_version.name == name],
        "facts": facts,
    }
    return render(request, "patients/eligibility.html", context)


@page("chart.read")
def chosen(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Go to the eligibility page of the protocol that was chosen from the list."""
    patient = own_patient(request, patient_id)
    wanted = request.GET.get("protocol", "")
    for version in choices(patient):
        if str(version.pk) == wanted:
            return redirect("patients:eligibility_for", patient.pk, version.pk)
    return redirect("patients:eligibility", patient.pk)


@page("chart.write")
def ask(request: ClinicRequest, patient_id: UUID, protocol_id: UUID) -> HttpResponse:
    """Put the screen's questions."""
    patient, version = own_patient(request, patient_id), own_protocol(request, protocol_id)
    asked = screen.asked(Facts.of(patient), version.protocol, request.by.now)
    form = ScreenForm(posted(request), asked=asked)
    return answer(
        request, form,
        lambda: actions.answer_screen(request.by, patient, version, form.answers),
        to=_back(patient_id, protocol_id), title="Contraindications and cautions",
        done="The answers were stored as a new version.", patient=patient,
        template="patients/screen.html", version=version,
    )  # fmt: skip


@page("eligibility.decide")
def override(request: ClinicRequest, patient_id: UUID, protocol_id: UUID) -> HttpResponse:
    """Go past the hard stop named in `key`, with a reason."""
    patient, version = own_patient(request, patient_id), own_protocol(request, protocol_id)
    key = request.GET.get("key", "")
    found = judge(Facts.of(patient), version.protocol, request.by.now)
    stop = next((g for g in found if g.key == key and g.kind == "stop" and g.basis), None)
    if stop is None:
        return redirect(_back(patient_id, protocol_id))
    form = ReasonForm(posted(request))
    return answer(
        request, form,
        lambda: actions.go_past(
            request.by, patient, version, key, form.cleaned_data["reason"]
        ),
        to=_back(patient_id, protocol_id), title="Go past a hard stop",
        done="Your reason was stored; the stop now stands as a caution.", patient=patient,
        submit="Go past it", danger=True, note=_told(stop),
    )  # fmt: skip


@page("eligibility.decide")
def decide(request: ClinicRequest, patient_id: UUID, protocol_id: UUID) -> HttpResponse:
    """The prescriber's decision."""
    patient, version = own_patient(request, patient_id), own_protocol(request, protocol_id)
    form = DecisionForm(posted(request))
    found = judge(Facts.of(patient), version.protocol, request.by.now)
    return answer(
        request, form,
        lambda: actions.decide(request.by, patient, version, **form.cleaned_data),
        to=_back(patient_id, protocol_id), title=f"Decide: {version.title}",
        done="The decision was recorded.", patient=patient, submit="Record the decision",
        gaps=[g for g in found if g.key != "decision"],
    )  # fmt: skip


@page("chart.write")
def enter(request: ClinicRequest, patient_id: UUID, protocol_id: UUID) -> HttpResponse:
    """Enter the result of the examination named in `key`."""
    patient, version = own_patient(request, patient_id), own_protocol(request, protocol_id)
    key = request.GET.get("key", "")
    found = next((w for w in version.protocol.workups if w.key == key), None)
    if found is None:
        return redirect(_back(patient_id, protocol_id))
    form = ResultForm(posted(request), initial={"done_on": today(request)}, today=today(request))
    return answer(
        request, form,
        lambda: actions.enter_result(
            request.by, patient, found.key, found.title, **form.cleaned_data
        ),
        to=_back(patient_id, protocol_id), title=found.title, done="The result was stored.",
        patient=patient, note=f"Indicated for {found.indicated}. {found.note}",
    )  # fmt: skip


@page("chart.write")
def strike(request: ClinicRequest, patient_id: UUID, result_id: int) -> HttpResponse:
    """Strike out a result that was entered wrongly."""
    patient = own_patient(request, patient_id)
    row = get_object_or_404(WorkupResult, patient=patient, pk=result_id, struck_by=None)
    if row.finding == WorkupResult.Finding.WRONG:
        raise Http404
    form = ReasonForm(posted(request))
    return answer(
        request, form, lambda: actions.strike_result(request.by, row, form.cleaned_data["reason"]),
        to=page_of("patients:eligibility", patient), title=f"Strike out: {row}",
        done="The result was struck out; it stays on record.", patient=patient,
        submit="Strike out", danger=True, note=f"{row.value} ({row.done_on})",
    )  # fmt: skip


@page("rems.write")
def rems(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """The patient's enrolment in the REMS, with its history."""
    patient = own_patient(request, patient_id)
    form = RemsForm(posted(request), initial={"on": today(request)}, today=today(request))
    return answer(
        request, form, lambda: actions.set_rems(request.by, patient, **form.cleaned_data),
        to=page_of("patients:rems", patient), title="SPRAVATO REMS: enrolment of the patient",
        done="The enrolment status was stored.", patient=patient,
        template="patients/rems.html", rows=patient.rems.all(), tab="rems",
    )  # fmt: skip


def _back(patient_id: UUID, protocol_id: UUID) -> str:
    return reverse("patients:eligibility_for", args=[patient_id, protocol_id])


def _told(stop: Gap) -> str:
    """A stop in a paragraph, with whose word it is where somebody's is known."""
    return f"{stop.title} {stop.detail}" + (f" Whose word: {stop.source}." if stop.source else "")
