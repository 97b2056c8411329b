"""The health page, and a line for a watchdog."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from reprieve.clinic.health.checks import checks
from reprieve.clinic.pages import ClinicRequest, page, public


@page("health.read")
def health(request: ClinicRequest) -> HttpResponse:
    """Greens that mean something was checked."""
    found = checks(request.by.now)
    worst = next((s for s in ("bad", "warn") if any(c.standing == s for c in found)), "ok")
    return render(request, "health/health.html", {"checks": found, "worst": worst})


@public
def live(request: HttpRequest) -> HttpResponse:
    """Whether the server answers and the database too; no data."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        return JsonResponse({"live": False}, status=503)
    return JsonResponse({"live": True})
