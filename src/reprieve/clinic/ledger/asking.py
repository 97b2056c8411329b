"""One way for every form of the ledger: ask, act, and say beside the field what was refused."""

from collections.abc import Callable
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from reprieve.clinic.accounts.models import User
from reprieve.clinic.accounts.second_person import prove
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.pages import ClinicRequest

F = TypeVar("F", bound=forms.Form)


def ask(
    request: ClinicRequest,
    make: Callable[..., F],
    do: Callable[[F], str],
    page: dict[str, Any],
    template: str = "ledger/form.html",
) -> HttpResponse:
    """Show a form, or act on it and go to the address that `do` gives.

    Parameters
    ----------
    make : the form from `data=`
    do : the verb; a `RefusedError` of it is shown above the fields, with nothing stored
    page : `title`, `intro`, `submit` and what else the template shows
    """
    with timezone.override(ZoneInfo(request.by.clinic.time_zone)):
        form = make(data=request.POST) if request.method == "POST" else make(data=None)
        if form.is_bound and form.is_valid():
            try:
                return redirect(do(form))
            except RefusedError as refused:
                form.add_error(None, str(refused))
        status = 422 if form.is_bound else 200
        return render(request, template, {**page, "form": form}, status=status)


def second(by: Actor, form: forms.Form) -> User:
    """The second person of a form, proved; asked before the act's transaction."""
    data = form.cleaned_data
    return prove(by, data["second_username"], data["second_password"], "ledger.witness")
