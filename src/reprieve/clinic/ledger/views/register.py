"""The register as page, CSV and PDF; and the owner's numbers."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from reprieve.clinic.acts import note_read
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.printing import pdf
from reprieve.clinic.ledger.register import STOCK, Period, as_csv, entries, totals
from reprieve.clinic.ledger.rules import rules_of
from reprieve.clinic.ledger.signals import signals
from reprieve.clinic.ledger.views.days import period_of
from reprieve.clinic.pages import ClinicRequest, page

ROWS = 60  # of the register on one screen; CSV and PDF have them all
VIALS = 40


def _asked(request: ClinicRequest) -> Period:
    """The period of a document; a page asks again instead."""
    _, period = period_of(request, 31)
    if period is None:
        raise RefusedError("The period cannot be read. Give a first and a last day.")
    return period


def _named(request: ClinicRequest, period: Period) -> bool:
    """Whether patients are named: for those who may, when they ask, and logged for each."""
    by = request.by
    may = by.may("ledger.manage") or by.may("patients.read")
    if not may or "names" not in request.GET:
        return False
    patients = {r.session.patient for r in entries(by.clinic, period) if r.session}
    for patient in patients:
        note_read(by, "controlled-drug register", patient)
    return True


def _register(request: ClinicRequest, period: Period) -> dict[str, Any]:
    by = request.by
    return {
        "period": period,
        "names": _named(request, period),
        "rows": entries(by.clinic, period),
        "totals": totals(by.clinic, period),
        "stock_columns": [k.label for k in STOCK],
        "rules": rules_of(by.clinic),
        "clinic": by.clinic,
        "now": by.now,
        "printed_by": by.user,
    }


@page("ledger.read")
def page_(request: ClinicRequest) -> HttpResponse:
    """The register on screen."""
    form, period = period_of(request, 31)
    may_name = request.by.may("ledger.manage") or request.by.may("patients.read")
    shown: dict[str, Any] = {"form": form, "may_name": may_name, "query": request.GET.urlencode()}
    if period is not None:
        shown.update(_register(request, period))
        shown["rows"] = Paginator(shown["rows"], ROWS).get_page(request.GET.get("page"))
        kept = request.GET.copy()
        kept.pop("page", None)
        shown["query"] = kept.urlencode()
    return render(request, "ledger/register.html", shown, status=200 if period else 422)


@page("ledger.read")
def csv_(request: ClinicRequest) -> HttpResponse:
    """The register as CSV."""
    period = _asked(request)
    text = as_csv(request.by.clinic, period, names=_named(request, period))
    name = f"register-{period.first}-{period.last}.csv"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@page("ledger.read")
def pdf_(request: ClinicRequest) -> HttpResponse:
    """The register to print and sign."""
    period = _asked(request)
    name = f"register-{period.first}-{period.last}"
    return pdf("ledger/register_print.html", _register(request, period), name)


@page("ledger.oversee")
def signals_(request: ClinicRequest) -> HttpResponse:
    """Shares of waste by person and by vial."""
    form, period = period_of(request, 90)
    shown: dict[str, Any] = {"form": form, "period": period}
    if period is not None:
        shown["s"] = found = signals(request.by.clinic, period)
        shown["vials"] = found.vials[:VIALS]
    return render(request, "ledger/signals.html", shown, status=200 if period else 422)
