"""Counting and explaining."""

from functools import partial
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse as address

from reprieve.clinic.ledger import counting
from reprieve.clinic.ledger.asking import ask, second
from reprieve.clinic.ledger.clocks import count_clocks, inventory_clock
from reprieve.clinic.ledger.counting import Explanation, counts_of, take_count, to_count
from reprieve.clinic.ledger.forms import CountForm, ExplainForm
from reprieve.clinic.ledger.models import Count, CountLine, Vial
from reprieve.clinic.ledger.printing import pdf
from reprieve.clinic.pages import ClinicRequest, page

BLIND = (
    "Count each vial together with a second person and type what is there. What the ledger "
    "expects is shown afterwards."
)


@page("ledger.read")
def listing(request: ClinicRequest) -> HttpResponse:
    """Counts taken, and those that are due."""
    by = request.by
    shown = {
        "page": Paginator(counts_of(by), 30).get_page(request.GET.get("page")),
        "clocks": count_clocks(by.clinic, by.now),
        "inventory": inventory_clock(by.clinic, by.now),
    }
    return render(request, "ledger/counts.html", shown)


@page("ledger.handle")
def opening(request: ClinicRequest) -> HttpResponse:
    """The count before the first session."""
    return _count(request, Count.Kind.OPENING)


@page("ledger.handle")
def closing(request: ClinicRequest) -> HttpResponse:
    """The count after the last session."""
    return _count(request, Count.Kind.CLOSING)


@page("ledger.manage")
def inventory(request: ClinicRequest) -> HttpResponse:
    """The full inventory that the law asks for."""
    return _count(request, Count.Kind.INVENTORY)


@page("ledger.handle")
def spot(request: ClinicRequest, vial_id: UUID) -> HttpResponse:
    """A count of one vial."""
    get_object_or_404(Vial, lot__clinic=request.by.clinic, pk=vial_id)
    return _count(request, Count.Kind.SPOT, vial_id)


def _count(request: ClinicRequest, kind: Count.Kind, vial_id: UUID | None = None) -> HttpResponse:
    by = request.by

    def do(form: CountForm) -> str:
        two = second(by, form)
        count = take_count(by, kind, form.counted, second=two, note=form.cleaned_data["note"])
        return address("ledger:count", args=[count.pk])

    form = partial(CountForm, vials=to_count(by, kind, vial_id))
    page_ = {"title": kind.label.capitalize(), "intro": BLIND, "submit": "Enter the count"}
    return ask(request, form, do, page_, "ledger/count_form.html")


def _found(request: ClinicRequest, count_id: UUID) -> dict[str, Any]:
    count = get_object_or_404(counts_of(request.by), pk=count_id)
    return {"count": count, "clinic": request.by.clinic, "now": request.by.now}


@page("ledger.read")
def count(request: ClinicRequest, count_id: UUID) -> HttpResponse:
    """A count: what was found beside what was expected."""
    return render(request, "ledger/count.html", _found(request, count_id))


@page("ledger.read")
def count_pdf(request: ClinicRequest, count_id: UUID) -> HttpResponse:
    """A count to print and sign."""
    shown = _found(request, count_id)
    return pdf("ledger/count_print.html", shown, f"count-{shown['count'].at:%Y-%m-%d}")


@page("ledger.handle")
def explain(request: ClinicRequest, line_id: UUID) -> HttpResponse:
    """Explain a difference after counting again."""
    by = request.by
    line = get_object_or_404(
        CountLine.objects.select_related("count", "vial__lot"), count__clinic=by.clinic, pk=line_id
    )

    def do(form: ExplainForm) -> str:
        data = form.cleaned_data
        said = Explanation(data["counted_again"], data["cause"], data["reason"])
        counting.explain(by, line.pk, said, witness=second(by, form))
        return address("ledger:count", args=[line.count_id])

    page_ = {
        "title": f"Explain the difference of {line.vial}",
        "line": line,
        "intro": "Count the vial again. If it still differs, its balance is adjusted to what "
        "is there; a loss or a suspected theft starts its clocks.",
        "submit": "Explain it",
    }
    return ask(request, partial(ExplainForm, unit=line.vial.lot.unit), do, page_)
