"""Doors for people who cannot sign in yet: the first account, and a one-time link."""

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reprieve.clinic.accounts import first, invitations
from reprieve.clinic.accounts.forms import FirstForm, PasswordForm
from reprieve.clinic.accounts.models import User
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.pages import public

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@public
def first_account(request: HttpRequest, first_token: str) -> HttpResponse:
    """Make the clinic and its owner; gone once there is a clinic."""
    if not first.admits(first_token):
        known = {"needed": first.needed()}
        return render(request, "accounts/first_closed.html", known, status=404)
    form = FirstForm(request.POST or None)
    if form.is_valid():
        try:
            return _go_on(request, first.make(first_token, form.asked, _address(request)))
        except (ValidationError, RefusedError) as refused:
            _show(form, refused)
    return render(request, "accounts/first.html", {"form": form}, status=_status(form))


@public
def invitation(request: HttpRequest, invitation_token: str) -> HttpResponse:
    """Choose a password with a one-time link."""
    found = invitations.find(invitation_token)
    if found is None:
        return render(request, "accounts/invitation_closed.html", status=404)
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        chosen = form.cleaned_data["password"]
        try:
            return _go_on(request, invitations.accept(invitation_token, chosen, _address(request)))
        except (ValidationError, RefusedError) as refused:
            _show(form, refused)
    known = {"form": form, "person": found.person}
    return render(request, "accounts/invitation.html", known, status=_status(form))


def _go_on(request: HttpRequest, person: User) -> HttpResponse:
    """Signed in with the password just chosen, on to the second factor."""
    login(request, person, BACKEND)
    record_authentication(request, person, method="password", reauthenticated=True)
    return redirect("accounts:second_factor")


def _show(form: PasswordForm, refused: ValidationError | RefusedError) -> None:
    if isinstance(refused, ValidationError):
        form.add_error("password", refused.messages)
    else:
        form.add_error(None, str(refused))


def _status(form: PasswordForm) -> int:
    return 422 if form.is_bound else 200


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
