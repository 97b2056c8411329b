"""Pages of the owner: people, and the clinic's settings."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from reprieve.clinic.accounts import people
from reprieve.clinic.accounts.forms import (
    ClinicForm,
    NewPersonForm,
    PersonForm,
    ReasonForm,
    initial_of,
)
from reprieve.clinic.accounts.models import User
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.pages import ClinicRequest, page

LINK = "accounts.link"  # the token of a new link, in the owner's session until it was shown


@page("accounts.manage")
def list_people(request: ClinicRequest) -> HttpResponse:
    """Everybody with an account, those out of use last."""
    found = User.objects.filter(clinic=request.by.clinic).order_by("-is_active", "printed_name")
    return render(
        request, "accounts/people.html", {"people": found.prefetch_related("invitations")}
    )


@page("accounts.manage")
def add_person(request: ClinicRequest) -> HttpResponse:
    """A new person; the next page shows their link once."""
    form = NewPersonForm(request.POST or None)
    if form.is_valid():
        person, token = people.add(request.by, **form.cleaned_data)
        return _show_link(request, person, token)
    return _form(request, form, "Add a person", "Add and make the link")


@page("accounts.manage")
def change_person(request: ClinicRequest, person_id: UUID) -> HttpResponse:
    """Name, credential and roles, with the ways to reset and to take out of use."""
    person = _person(request, person_id)
    form = PersonForm(request.POST or None, initial=initial_of(person))
    if form.is_valid():
        try:
            people.change(request.by, person, **form.cleaned_data)
        except RefusedError as refused:
            form.add_error("roles", str(refused))
        else:
            messages.success(request, f"{person.username} was changed.")
            return redirect("accounts:people")
    return _form(request, form, str(person), "Save", person)


@page("accounts.manage")
def deactivate_person(request: ClinicRequest, person_id: UUID) -> HttpResponse:
    """Take out of use, with a reason."""
    person = _person(request, person_id)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            people.deactivate(request.by, person, form.cleaned_data["reason"])
        except RefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{person} can no longer sign in.")
            return redirect("accounts:people")
    what = "They can no longer sign in. Everything they did stays under their name."
    return _reason(request, form, f"Take {person} out of use", what, "Take out of use")


@page("accounts.manage")
def reactivate_person(request: ClinicRequest, person_id: UUID) -> HttpResponse:
    """Bring back, with a reason and a new link."""
    person = _person(request, person_id)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        return _show_link(
            request, person, people.reactivate(request.by, person, form.cleaned_data["reason"])
        )
    what = "They choose a new password with a link that the next page shows once."
    return _reason(request, form, f"Bring {person} back", what, "Bring back")


@page("accounts.manage")
def reset_person(request: ClinicRequest, person_id: UUID) -> HttpResponse:
    """Forgotten password, lost phone or key: start over, with a reason and a new link."""
    person = _person(request, person_id)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            token = people.reset(request.by, person, form.cleaned_data["reason"])
        except RefusedError as refused:
            form.add_error(None, str(refused))
        else:
            return _show_link(request, person, token)
    what = (
        "Password, authenticator app, passkeys and recovery codes are removed, and open sessions "
        "of theirs end. They start over with a link that the next page shows once. Make sure it is "
        "really them who asks."
    )
    return _reason(request, form, f"Reset {person}", what, "Reset and make the link")


@page("accounts.manage")
def show_link(request: ClinicRequest, person_id: UUID) -> HttpResponse:
    """The one-time link: shown once, to be handed over in person or printed."""
    person = _person(request, person_id)
    kept = request.session.pop(LINK, None) or {}
    token = kept.get("token") if kept.get("person") == str(person.pk) else None
    address = request.build_absolute_uri(reverse("accounts:invitation", args=[token or "-"]))
    return render(
        request,
        "accounts/link.html",
        {"person": person, "address": address if token else None},
    )


@page("clinic.manage")
def clinic_settings(request: ClinicRequest) -> HttpResponse:
    """Name, zone, lock, staffing, crisis line."""
    form = ClinicForm(request.POST or None, instance=request.by.clinic)
    if form.is_valid():
        people.change_clinic(request.by, form.cleaned_data)
        messages.success(request, "The settings were saved.")
        return redirect("accounts:clinic")
    return render(request, "accounts/clinic.html", {"form": form}, status=_status(form))


def _person(request: ClinicRequest, person_id: UUID) -> User:
    return get_object_or_404(User, clinic=request.by.clinic, pk=person_id)


def _show_link(request: ClinicRequest, person: User, token: str) -> HttpResponse:
    request.session[LINK] = {"person": str(person.pk), "token": token}
    return redirect("accounts:link", person_id=person.pk)


def _form(
    request: ClinicRequest, form: Form, title: str, button: str, person: User | None = None
) -> HttpResponse:
    known = {"form": form, "title": title, "button": button, "person": person}
    return render(request, "accounts/person.html", known, status=_status(form))


def _reason(request: ClinicRequest, form: Form, title: str, what: str, button: str) -> HttpResponse:
    known = {"form": form, "title": title, "what": what, "button": button}
    return render(request, "accounts/reason.html", known, status=_status(form))


def _status(form: Form | ClinicForm) -> int:
    return 422 if form.is_bound and form.errors else 200
