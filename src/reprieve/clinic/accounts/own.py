"""Pages of everybody: oneself, one's second factor, the locked screen."""

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from reprieve.clinic.access import DUTIES, Role
from reprieve.clinic.accounts import factors, lock, lockout
from reprieve.clinic.accounts.forms import UnlockForm
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.pages import ClinicRequest, page


@page("clinic.use")
def profile(request: ClinicRequest) -> HttpResponse:
    """Who one is here, what one's roles do, and one's ways to sign in."""
    duties = [(role.title, DUTIES[role]) for role in Role if role in request.by.roles]
    known = {"duties": duties, "kinds": factors.kinds(request.by.user)}
    return render(request, "accounts/profile.html", known)


@page("clinic.use")
def second_factor(request: ClinicRequest) -> HttpResponse:
    """Set up a second factor: an app or a passkey, then recovery codes."""
    kinds = factors.kinds(request.by.user)
    known = {
        "kinds": kinds,
        "has_factor": not kinds.isdisjoint(factors.FACTORS),
        "complete": factors.complete(request.by.user),
        "required": settings.MFA_REQUIRED,
    }
    return render(request, "accounts/second_factor.html", known)


@page("clinic.use", while_locked=True)
def unlock(request: ClinicRequest) -> HttpResponse:
    """Unlock one's own screen, or leave it to somebody else."""
    back = _back(request)
    if not request.locked:
        return HttpResponseRedirect(back)
    form = UnlockForm(request.POST or None)
    if form.is_valid():
        try:
            if _proved(request, form.cleaned_data["secret"]):
                lock.begin(request)
                return HttpResponseRedirect(back)
            form.add_error("secret", "That is neither your password nor a current code.")
        except RefusedError as refused:
            form.add_error(None, str(refused))
    status = 422 if form.is_bound else 200
    return render(request, "accounts/unlock.html", {"form": form, "back": back}, status=status)


@page("clinic.use")
@require_POST
def lock_now(request: ClinicRequest) -> HttpResponse:
    """Lock the screen before walking away."""
    lock.close(request.session)
    with transaction.atomic():
        AuditEvent.record(
            request.by, AuditEvent.Kind.SIGN_IN, "screen locked: by hand", None, None, {}
        )
    back = request.headers.get("Referer", "")
    return redirect(back if _ours(request, back) else "home")


@page("clinic.use", while_locked=True)
def awake(request: ClinicRequest) -> JsonResponse:
    """A script's question whether the screen is locked; its POST says that somebody touches it."""
    left = lock.left_s(request.session, request.by.clinic.lock_after_min)
    return JsonResponse({"locked": request.locked, "left_s": left})


def _proved(request: ClinicRequest, secret: str) -> bool:
    """By code where it looks like one, by password otherwise."""
    me, address = request.by.user, request.by.address
    if secret.replace(" ", "").isdecimal() and len(secret.replace(" ", "")) == 6:
        return lockout.by_code(me, secret, address, "unlock") is not None
    found = lockout.by_password(me.username, secret, address, "unlock")
    return found is not None and found.pk == me.pk


def _back(request: ClinicRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    return asked if _ours(request, asked) else reverse("home")


def _ours(request: ClinicRequest, address: str) -> bool:
    """Whether an address is of this clinic: a link must not lead away after unlocking.

    A bare word is none: it would be read as the name of a page.
    """
    return "/" in address and url_has_allowed_host_and_scheme(
        address, {request.get_host()}, request.is_secure()
    )
