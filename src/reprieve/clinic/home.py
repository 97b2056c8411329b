"""Where a person starts: the page that answers the first question of their role."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from reprieve.clinic.pages import ClinicRequest, page

# first permission that the person has wins
STARTS = (
    ("session.chart", "board"),
    ("session.read", "board"),
    ("today.read", "today"),
    ("ledger.manage", "ledger:home"),
    ("accounts.manage", "accounts:people"),
    ("summary.read", "summary"),
)


@page("clinic.use")
def home(request: ClinicRequest) -> HttpResponse:
    """Send each role to its own first page."""
    for permission, name in STARTS:
        if request.by.may(permission):
            try:
                return redirect(reverse(name))
            except NoReverseMatch:
                continue
    return redirect("accounts:profile")
