"""Losses and thefts."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse as address

from reprieve.clinic.ledger.asking import ask
from reprieve.clinic.ledger.clocks import loss_clocks
from reprieve.clinic.ledger.forms import LossForm, LossStepForm, at_now
from reprieve.clinic.ledger.losing import add_step, report_loss
from reprieve.clinic.ledger.models import Loss, Lot
from reprieve.clinic.ledger.printing import pdf
from reprieve.clinic.ledger.rules import rules_of
from reprieve.clinic.pages import ClinicRequest, page


@page("ledger.read")
def listing(request: ClinicRequest) -> HttpResponse:
    """Every loss with its clocks."""
    by, rules = request.by, rules_of(request.by.clinic)
    losses = Loss.objects.filter(clinic=by.clinic).select_related("clinic", "lot", "by")
    found = [(x, loss_clocks(x, by.now, rules)) for x in losses.prefetch_related("steps")]
    return render(request, "ledger/losses.html", {"losses": found, "rules": rules})


@page("ledger.handle")
def report(request: ClinicRequest) -> HttpResponse:
    """Tell of a loss that no count shows."""
    by = request.by

    def do(form: LossForm) -> str:
        data = dict(form.cleaned_data)
        lot = data.pop("lot")
        loss = report_loss(by, lot_id=UUID(lot) if lot else None, **data)
        return address("ledger:loss", args=[loss.pk])

    start = {"discovered_at": at_now(by.now)["at"]}
    form = partial(LossForm, lots=Lot.objects.filter(clinic=by.clinic), initial=start)
    intro = (
        "For drug that no vial's count can show: lost on the way here, or after it was drawn. "
        "If a vial holds less than it should, count that vial instead: the balance is put right "
        "and the loss is told in one step."
    )
    return ask(request, form, do, {"title": "Report a loss", "intro": intro, "submit": "Report it"})


def _shown(request: ClinicRequest, loss_id: UUID) -> dict[str, Any]:
    by = request.by
    found = get_object_or_404(
        Loss.objects.select_related("clinic", "lot", "by", "answer__line__count"),
        clinic=by.clinic,
        pk=loss_id,
    )
    rules = rules_of(by.clinic)
    clocks = loss_clocks(found, by.now, rules)
    steps = found.steps.select_related("by")
    return {"loss": found, "clocks": clocks, "steps": steps, "rules": rules, "clinic": by.clinic,
            "now": by.now}  # fmt: skip


@page("ledger.read")
def loss(request: ClinicRequest, loss_id: UUID) -> HttpResponse:
    """A loss, its clocks, and what was done about it; the next step is added here."""

    def do(form: LossStepForm) -> str:
        add_step(request.by, loss_id, **form.cleaned_data)
        return address("ledger:loss", args=[loss_id])

    form = partial(LossStepForm, initial=at_now(request.by.now))
    page_ = {**_shown(request, loss_id), "submit": "Add"}
    return ask(request, form, do, page_, "ledger/loss.html")


@page("ledger.read")
def loss_pdf(request: ClinicRequest, loss_id: UUID) -> HttpResponse:
    """The facts of a loss on a sheet, to write the notice and the form from."""
    return pdf("ledger/loss_print.html", _shown(request, loss_id), "loss")
