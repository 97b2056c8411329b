"""What is in stock: the first page, lots, vials, and the rules that hold."""

from dataclasses import fields
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from reprieve.clinic.ledger.models import LedgerEntry, Lot, Vial
from reprieve.clinic.ledger.overview import overview
from reprieve.clinic.ledger.register import Period, entries
from reprieve.clinic.ledger.rules import rules_of
from reprieve.clinic.ledger.stock import open_until, unexplained, unusable
from reprieve.clinic.ledger.views.days import today
from reprieve.clinic.pages import ClinicRequest, page

ROWS = 60  # of a vial on one screen, the last ones first shown


@page("ledger.read")
def home(request: ClinicRequest) -> HttpResponse:
    """Stock, today's movements, counts and clocks."""
    by = request.by
    day = today(by)
    shown = {"now": by.now, "o": overview(by.clinic, by.now), "day": day}
    return render(
        request, "ledger/home.html", {**shown, "rows": entries(by.clinic, Period(day, day))}
    )


@page("ledger.read")
def lot(request: ClinicRequest, lot_id: UUID) -> HttpResponse:
    """A lot: its label, its vials."""
    found = get_object_or_404(Lot, clinic=request.by.clinic, pk=lot_id)
    vials = found.vials.order_by("label")
    return render(request, "ledger/lot.html", {"lot": found, "vials": vials})


@page("ledger.read")
def vial(request: ClinicRequest, vial_id: UUID) -> HttpResponse:
    """A vial with its running register."""
    by = request.by
    found = get_object_or_404(
        Vial.objects.select_related("lot__clinic"), lot__clinic=by.clinic, pk=vial_id
    )
    rows = LedgerEntry.objects.filter(vial=found).order_by("seq").select_related(
        "vial__lot", "by", "witness", "session__patient", "reverses", "reversed_by"
    )  # fmt: skip
    shown = {
        "vial": found,
        "mg": found.balance * found.lot.mg_per_unit,
        "until": open_until(found),
        "why_not": unusable(found, by.now) if found.balance else "",
        "differences": unexplained().filter(vial=found).select_related("count"),
        "rows": Paginator(rows, ROWS).get_page(request.GET.get("page") or -1),
        "vial_rows": True,
    }
    return render(request, "ledger/vial.html", shown)


@page("ledger.read")
def rules(request: ClinicRequest) -> HttpResponse:
    """The rules that hold here, each with its standing, status and source."""
    found = rules_of(request.by.clinic)
    each = [(f.name, getattr(found, f.name)) for f in fields(found)]
    each = [(name, rule) for name, rule in each if not isinstance(rule, str)]
    return render(request, "ledger/rules.html", {"rules": found, "each": each})
