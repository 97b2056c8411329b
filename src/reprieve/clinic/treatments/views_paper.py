"""The session's record as a page to read and print, and as PDF from the same HTML and SVG."""

from typing import Any
from uuid import UUID

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from reprieve.clinic.acts import note_read
from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.treatments.finding import session_of, zone_of
from reprieve.clinic.treatments.floor import session_view
from reprieve.clinic.treatments.hiding import blind
from reprieve.clinic.treatments.picture import chart_of
from reprieve.clinic.treatments.screen import lines, pump
from reprieve.report.anaesthesia_chart import anaesthesia_chart, columns, table

STYLES = ("clinic/pictures.css", "treatments/paper.css")


@page("session.read")
def paper(request: ClinicRequest, session_id: UUID) -> HttpResponse:
    """The record as a page."""
    return render(request, "treatments/paper.html", _context(request, session_id))


@page("session.read")
def pdf(request: ClinicRequest, session_id: UUID) -> HttpResponse:
    """The record as PDF; nothing is fetched from anywhere to make it."""
    from weasyprint import CSS, HTML  # heavy: only who prints waits for it

    html = render_to_string("treatments/paper_pdf.html", _context(request, session_id), request)
    sheets = [CSS(filename=finders.find(name)) for name in STYLES]
    made = HTML(string=html, url_fetcher=_nothing).write_pdf(stylesheets=sheets)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="session-{session_id}.pdf"'
    return answer


def _nothing(url: str, *args: object, **kwargs: object) -> dict[str, Any]:
    raise ValueError(f"A record is complete in itself; it does not fetch {url}.")


def _context(request: ClinicRequest, session_id: UUID) -> dict[str, Any]:
    by = request.by
    session = session_of(by, session_id)
    note_read(by, "session", session, patient=session.patient_id)
    view = session_view(session, by.now)
    state, protocol, zone = view.state, view.protocol, zone_of(by)
    chart = chart_of(state, protocol, view.due, by.now, zone, session.planned_at)
    ledger = LedgerEntry.objects.filter(session=session).select_related("vial__lot", "witness")
    last = session.events.order_by("-seq").first()
    return {
        "view": view,
        "session": session,
        "state": state,
        "protocol": protocol,
        "version": session.course.protocol_version,
        "svg": mark_safe(anaesthesia_chart(chart, width=940)),
        "heads": columns(chart),
        "table": table(chart),
        "blind": blind(state),
        "lines": lines(state, protocol, zone, every=True),
        "pump": pump(state, by.now),
        "ledger": ledger,
        "last_hash": last.digest if last else "",
        "now": by.now,
        "clinic": by.clinic,
        "by": by,
    }
