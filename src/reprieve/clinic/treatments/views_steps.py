"""Step pages: one page for each thing a person enters, and the correction of what was entered."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from reprieve.clinic.accounts.signing import prove_self
from reprieve.clinic.acts import note_read
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.treatments.api import SIGNED, after
from reprieve.clinic.treatments.dressing import form_for
from reprieve.clinic.treatments.finding import (
    EARLIER,
    earlier,
    landing,
    session_of,
    utc_offset,
    zone_of,
)
from reprieve.clinic.treatments.floor import SessionView, session_view
from reprieve.clinic.treatments.forms import EventForm
from reprieve.clinic.treatments.kinds import KINDS
from reprieve.clinic.treatments.record import record
from reprieve.clinic.treatments.refusals import EntryRefusedError
from reprieve.clinic.treatments.sayings import title
from reprieve.clinic.treatments.step_pages import extra

OWN_PAGE = (
    "check_in", "decision", "prepare", "second_check", "start", "discharge", "waste", "sign",
    "countersign", "criterion",
)  # fmt: skip
# acts that rest on what the server knows now, or on a password: never kept on a tablet
ONLINE = (
    "decision", "prepare", "second_check", "discharge", "waste", "put_back", "sign", "countersign",
    "correction", "abort", "assign", "addendum",
)  # fmt: skip
SHARED = {"countersign": "sign"}  # kinds whose pages are one template
PREFIX = "override."
NAMES = ("key",)  # what an entry is about; a correction never changes that


@page("clinic.use")
def step(request: ClinicRequest, session_id: UUID, kind: str) -> HttpResponse:
    """The page of one kind of entry; what is refused comes back with what was expected."""
    if kind not in KINDS or kind == "correction":
        raise Http404(f"No page for entries of kind {kind}.")
    request.by.require(KINDS[kind].permission)
    session = session_of(request.by, session_id)
    note_read(request.by, "session", session, patient=session.patient_id)
    refusal: RefusedError | None = None
    if request.method == "POST":
        try:
            _record(request, session_id, kind)
            return HttpResponseRedirect(after(request, landing(request.by, session_id)))
        except RefusedError as error:
            refusal = error
    view = session_view(session, request.by.now)
    sent = request.POST if request.method == "POST" else None
    form = form_for(kind, sent, request.by, view.state, view.protocol)
    if refusal is not None:
        _tell(form, refusal)
    context = _context(request, view, kind, form) | extra(request, view, kind)
    return render(request, _template(kind), context, status=422 if refusal else 200)


def _record(request: ClinicRequest, session_id: UUID, kind: str) -> None:
    by, sent = request.by, request.POST
    if kind in SIGNED:
        prove_self(by, request, sent.get("password", ""))
    with timezone.override(zone_of(by)):  # times typed without a zone are the clinic's
        record(by, session_id, kind, _entered(sent), at=earlier(by, sent.get("earlier", "")))


def _entered(sent: QueryDict) -> QueryDict:
    """What a page sent, with its reasons for single holds gathered into one field."""
    data = sent.copy()
    reasons = {k.removeprefix(PREFIX): v for k, v in sent.items() if k.startswith(PREFIX)}
    if reasons:
        data["overrides"] = json.dumps(reasons)
    return data


def _tell(form: EventForm, refusal: RefusedError) -> None:
    """Put a refusal beside the fields it is about."""
    form.is_valid()
    known = form.errors
    if not isinstance(refusal, EntryRefusedError):
        form.add_error(None, str(refusal))
        return
    for name, messages in refusal.fields.items():
        field = name if name in form.fields else None
        for message in messages:
            if message not in known.get(field or "__all__", ()):
                form.add_error(field, message)


def _template(kind: str) -> str:
    name = SHARED.get(kind, kind) if kind in OWN_PAGE else "step"
    return f"treatments/steps/{name}.html"


def _context(
    request: ClinicRequest, view: SessionView, kind: str, form: EventForm
) -> dict[str, Any]:
    return {
        "view": view,
        "session": view.session,
        "state": view.state,
        "protocol": view.protocol,
        "kind": kind,
        "title": title(kind),
        "form": form,
        "online": kind in ONLINE,
        "earlier": EARLIER,
        "offset": utc_offset(request.by),
        "back": landing(request.by, view.session.pk),
        "criteria_next": reverse("treatments:step", args=[view.session.pk, kind]),
    }


@page("session.note")
def correct(request: ClinicRequest, session_id: UUID, event_id: UUID) -> HttpResponse:
    """Say what an entry should have said, or that it does not count; the first stays readable."""
    by = request.by
    session = session_of(by, session_id)
    view = session_view(session, by.now)
    event = next((e for e in view.state.events if e.id == event_id), None)
    if event is None or event.kind not in KINDS:
        raise Http404("No such entry counts in this session.")
    kind = KINDS[event.kind]
    by.require(kind.permission)
    note_read(by, "session", session, patient=session.patient_id)
    zone = zone_of(by)
    local = event.at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    form = form_for(event.kind, request.POST or dict(event.data), by, view.state, view.protocol)
    for name in list(form.fields):
        fixed = kind.structural and name not in kind.mend
        if fixed or name in form.secret or name in NAMES:
            del form.fields[name]
    errors: list[str] = []
    if request.method == "POST":
        try:
            data = _correction(request.POST, event.data, form, local, event_id)
            with timezone.override(zone):
                record(by, session_id, "correction", data)
            return redirect(landing(by, session_id))
        except RefusedError as error:
            errors = [str(error)]
    context = _context(request, view, event.kind, form) | {
        "event": event,
        "local": request.POST.get("new_at", local),
        "structural": kind.structural,
        "errors": errors,
    }
    status = 422 if errors else 200
    return render(request, "treatments/steps/correct.html", context, status=status)


def _correction(
    sent: Mapping[str, str],
    before: Mapping[str, Any],
    form: EventForm,
    local: str,
    event_id: UUID,
) -> dict[str, Any]:
    """The correction that a page asks for: only what differs from what stands."""
    data: dict[str, Any] = {"of": str(event_id), "reason": sent.get("reason_of_correction", "")}
    if sent.get("void"):
        return data | {"void": True}
    form.is_valid()
    if form.errors:
        raise EntryRefusedError({k: [str(m) for m in v] for k, v in form.errors.items()})
    after = form.payload()
    changed = {
        name: after.get(name)
        for name in form.fields
        if name in sent and after.get(name) != before.get(name)
    }
    if changed:
        data["data"] = changed
    if sent.get("new_at") and sent["new_at"] != local:
        data["new_at"] = sent["new_at"]
    return data
