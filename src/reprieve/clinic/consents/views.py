"""The patient's consents: list, sign on the tablet, read, print, withdraw."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from reprieve.clinic.acts import note_read
from reprieve.clinic.consents import actions
from reprieve.clinic.consents.forms import SignForm
from reprieve.clinic.consents.models import Consent
from reprieve.clinic.consents.paper import pdf
from reprieve.clinic.consents.sober import not_now
from reprieve.clinic.consents.standing import standing
from reprieve.clinic.consents.wording import digest, wording
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.patients.choice import choices
from reprieve.clinic.patients.forms import ReasonForm
from reprieve.clinic.patients.pages import answer, own_patient, own_protocol, page_of, posted
from reprieve.clinic.patients.rules.facts import Facts


@page("chart.read")
def consents(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Where consent stands for each protocol, and everything that was ever signed."""
    facts = Facts.of(own_patient(request, patient_id))
    now = request.by.now
    rows = [(v, standing(facts.consents, v.protocol, now)) for v in choices(facts.patient)]
    context = {"patient": facts.patient, "tab": "consents", "rows": rows, "signed": facts.consents}
    return render(request, "consents/list.html", context)


@page("consent.record")
def sign(request: ClinicRequest, patient_id: UUID, protocol_id: UUID) -> HttpResponse:
    """Read the text, and sign it on the tablet."""
    patient, version = own_patient(request, patient_id), own_protocol(request, protocol_id)
    text, to = wording(version.protocol), page_of("consents:list", patient)
    why = not_now(patient, version.protocol, request.by.now)
    if text is None or why:
        shown = {"patient": patient, "version": version, "why": why, "back": to}
        return render(request, "consents/not_now.html", shown, status=409)
    first = {"text_digest": digest(text), "witness_name": request.by.user.printed_name}
    form = SignForm(posted(request), initial=first, patient_name=actions.printed(patient))
    return answer(
        request, form,
        lambda: actions.sign(
            request.by, patient, version,
            text_digest=form.cleaned_data["text_digest"],
            patient_signature=form.cleaned_data["patient"],
            witness_name=form.cleaned_data["witness_name"],
            witness_capacity=form.cleaned_data["witness_capacity"],
            witness_signature=form.cleaned_data["witness"],
        ),
        to=to, title=text["title"], done="The consent was signed and stored.", patient=patient,
        template="consents/sign.html", text=text, version=version,
        patient_name=actions.printed(patient),
    )  # fmt: skip


@page("chart.read")
def show(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """A consent as it was signed, ready to print."""
    consent = _own(request, consent_id)
    return render(request, "consents/show.html", {"consent": consent, "patient": consent.patient})


@page("chart.read")
def paper(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """The same as PDF."""
    consent = _own(request, consent_id)
    note_read(request.by, "consent as PDF", consent)
    name = f"consent-{consent.patient.number}-{consent.signed_at:%Y-%m-%d}.pdf"
    found = HttpResponse(pdf(request, consent), content_type="application/pdf")
    found["Content-Disposition"] = f'inline; filename="{name}"'
    return found


@page("consent.record")
def withdraw(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """The patient takes a consent back."""
    consent = _own(request, consent_id)
    if consent.withdrawn:
        return redirect("consents:show", consent.pk)
    form = ReasonForm(posted(request))
    form.fields["reason"].label = "How and when the patient said so, and why if they want to say"
    return answer(
        request, form,
        lambda: actions.withdraw(request.by, consent, form.cleaned_data["reason"]),
        to=reverse("consents:show", args=[consent.pk]), title=f"Withdraw: {consent}",
        done="The consent is withdrawn.", patient=consent.patient, submit="Withdraw", danger=True,
        note="The patient may do so at any time. No dose follows from this consent any more.",
    )  # fmt: skip


def _own(request: ClinicRequest, consent_id: UUID) -> Consent:
    known = Consent.objects.select_related(
        "patient", "patient__clinic", "withdrawal", "protocol_version"
    )
    consent = get_object_or_404(known, patient__clinic=request.by.clinic, pk=consent_id)
    note_read(request.by, "consent", consent)
    return consent
