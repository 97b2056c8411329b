"""Receiving, breaking, wasting a rest, sending back, reversing."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse as address

from reprieve.clinic.ledger import actions
from reprieve.clinic.ledger.actions import Delivery
from reprieve.clinic.ledger.amounts import shown
from reprieve.clinic.ledger.asking import ask, second
from reprieve.clinic.ledger.forms import DeliveryForm, ReverseForm, TakeOutForm, at_now
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.ledger.stock import contents
from reprieve.clinic.pages import ClinicRequest, page


@page("ledger.manage")
def receive(request: ClinicRequest) -> HttpResponse:
    """Take a delivery into stock."""

    def do(form: DeliveryForm) -> str:
        data = dict(form.cleaned_data)
        labels, at = data.pop("labels"), data.pop("at")
        lot = actions.receive(request.by, Delivery(**data), labels, at=at)
        return address("ledger:lot", args=[lot.pk])

    intro = "Read the numbers off the label. Each vial, kit or box gets a label of its own."
    page_ = {"title": "Receive", "intro": intro, "submit": "Take into stock"}
    return ask(request, partial(DeliveryForm, initial=at_now(request.by.now)), do, page_)


@page("ledger.handle")
def breakage(request: ClinicRequest, vial_id: UUID) -> HttpResponse:
    """Record what was broken or spilt."""
    return _take_out(
        request, vial_id, actions.record_breakage, "Broken or spilt", "What happened"
    )  # fmt: skip


@page("ledger.handle")
def waste(request: ClinicRequest, vial_id: UUID) -> HttpResponse:
    """Record that what is left in a vial was destroyed."""
    why = "Why it is wasted and how it was destroyed"
    return _take_out(request, vial_id, actions.waste_rest, "Waste what is left", why)


@page("ledger.manage")
def send_back(request: ClinicRequest, vial_id: UUID) -> HttpResponse:
    """Record what was handed over for return or destruction."""
    why = "To whom, how, and the number of the papers"
    return _take_out(request, vial_id, actions.send_back, "Send back or destroy", why)


def _take_out(
    request: ClinicRequest,
    vial_id: UUID,
    verb: Callable[..., LedgerEntry],
    title: str,
    why: str,
) -> HttpResponse:
    by = request.by
    vial = get_object_or_404(
        Vial.objects.select_related("lot"), lot__clinic=by.clinic, pk=vial_id
    )  # fmt: skip
    lot = vial.lot

    def do(form: TakeOutForm) -> str:
        witness, data = second(by, form), form.cleaned_data
        verb(by, vial.pk, data["amount"], at=data["at"], witness=witness, reason=data["reason"])
        return address("ledger:vial", args=[vial.pk])

    start = {**at_now(by.now), "amount": shown(vial.balance)}
    form = partial(TakeOutForm, unit=lot.unit, why=why, initial=start)
    intro = f"{vial} of {lot} holds {contents(vial)}."
    return ask(request, form, do, {"title": title, "intro": intro, "submit": "Record it"})


@page("ledger.manage")
def reverse(request: ClinicRequest, entry_id: UUID) -> HttpResponse:
    """Undo a row by its opposite."""
    by = request.by
    row = get_object_or_404(
        LedgerEntry.objects.select_related("vial__lot"), clinic=by.clinic, pk=entry_id
    )

    def do(form: ReverseForm) -> str:
        actions.reverse(by, row.pk, witness=second(by, form), reason=form.cleaned_data["reason"])
        return address("ledger:vial", args=[row.vial_id])

    unit = row.vial.lot.unit
    intro = (
        f"Row {row.seq} of {row.vial}: {row.get_kind_display()} {shown(row.moved)} {unit}. "
        "It stays in the register; a row with the opposite amount is added below it."
    )
    return ask(request, ReverseForm, do,
               {"title": "Reverse a row", "intro": intro, "submit": "Reverse it"})  # fmt: skip
