"""The session cockpit: what is due, the chart, the drug, the prompts."""

from hashlib import sha256
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from reprieve.clinic.acts import note_read
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.treatments.finding import EARLIER, address, session_of, utc_offset, zone_of
from reprieve.clinic.treatments.floor import SessionView, session_view
from reprieve.clinic.treatments.forms import AdverseForm, NoteForm, ObservationForm
from reprieve.clinic.treatments.hiding import blind
from reprieve.clinic.treatments.picture import chart_of
from reprieve.clinic.treatments.prompts import Prompt, longest_snooze_min
from reprieve.clinic.treatments.screen import instruments, keypad, lines, pump, stages, steps
from reprieve.report.anaesthesia_chart import anaesthesia_chart, columns, table

SHOWN = 2  # prompts that stand open
SNOOZES = (2, 5, 10, 15, 30)  # min; the protocol's longest cuts the list


@page("session.read", while_locked=True)
def cockpit(request: ClinicRequest, session_id: UUID) -> HttpResponse:
    """The whole page."""
    session = session_of(request.by, session_id)
    note_read(request.by, "session", session, patient=session.patient_id)
    view = session_view(session, request.by.now)
    return render(request, "treatments/cockpit.html", _page(request, view))


@page("session.read", while_locked=True)
def live(request: ClinicRequest, session_id: UUID) -> HttpResponse:
    """The parts that change, each for its own place; 204 where none has changed."""
    session = session_of(request.by, session_id)
    note_read(request.by, "session", session, patient=session.patient_id)
    view = session_view(session, request.by.now)
    seen = _seen(request, view)
    if request.GET.get("seen") == seen:
        answer = HttpResponse(status=204)
    else:
        context = _parts(request, view) | {"oob": True}
        answer = render(request, "treatments/_live.html", context)
    answer["X-Now"] = request.by.now.isoformat()
    return answer


def _seen(request: ClinicRequest, view: SessionView) -> str:
    """A mark of all that the parts show, so that nothing is drawn or sent again unchanged."""
    state, now = view.state, request.by.now
    said = (
        state.phase,
        view.session.last_seq,
        # volumes and the chart's present move on while the patient is on the floor
        int(now.timestamp() // (15 if state.running else 60)) if state.phase.live else 0,
        [(d.key, d.status) for d in view.due],
        [(p.key, p.status, p.owner, p.tier) for p in view.prompts],
        [(c.key, c.met) for c in view.criteria],
        request.locked,
        str(request.by.user.pk),
    )
    return sha256(repr(said).encode()).hexdigest()[:16]


def _parts(request: ClinicRequest, view: SessionView) -> dict[str, object]:
    """Context of the parts that refresh."""
    by, state, protocol = request.by, view.state, view.protocol
    zone = zone_of(by)
    chart = chart_of(
        state, protocol, view.due, by.now, zone, view.session.planned_at, locked=request.locked
    )
    longest = longest_snooze_min(protocol) or 0
    return {
        "view": view,
        "session": view.session,
        "state": state,
        "stages": stages(state.phase),
        "steps": steps(state, by, protocol),
        "criteria_met": sum(1 for c in view.criteria if c.met),
        "pump": pump(state, by.now),
        # the drawing escapes every word that people wrote
        "svg": mark_safe(anaesthesia_chart(chart)),
        "heads": columns(chart),
        "table": table(chart)[::-1],
        "lines": lines(state, protocol, zone, locked=request.locked)[::-1],
        "blind": blind(state),
        **_prompts(view),
        "snoozes": [m for m in SNOOZES if m <= longest],
        "seen": _seen(request, view),
        "now": by.now,
    }


def _prompts(view: SessionView) -> dict[str, list[Prompt]]:
    """Every critical prompt that nobody has seen, and others up to two; the rest folds away."""
    current = [p for p in view.prompts if p.status != "resolved"]
    asking = [p for p in current if p.status in ("raised", "escalated")]
    shown = [p for p in asking if p.tier == "critical"]
    shown += [p for p in asking if p.tier != "critical"][: max(0, SHOWN - len(shown))]
    return {"prompts_shown": shown, "prompts_folded": [p for p in current if p not in shown]}


def _page(request: ClinicRequest, view: SessionView) -> dict[str, object]:
    """Context of the whole page: the parts, and the forms that stay while they refresh."""
    state, protocol, session_ = view.state, view.protocol, view.session
    return _parts(request, view) | {
        "keys": keypad(state, protocol),
        "more_keys": keypad(state, protocol, ("temp", "o2_l_min")),
        "symptoms": protocol.symptoms,
        "severities": ObservationForm.SEVERITIES,
        "rescues": protocol.rescues,
        "about": NoteForm.ABOUT,
        "severity_choices": AdverseForm.base_fields["severity"].choices,  # type: ignore[attr-defined]
        "instruments": instruments(protocol),
        "earlier": EARLIER,
        "patient_url": address("patients:detail", session_.patient_id),
        "offset": utc_offset(request.by),
    }
