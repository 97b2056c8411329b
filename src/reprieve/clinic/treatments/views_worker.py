"""The script that keeps the cockpit at hand while the network is away."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse

from reprieve.clinic.pages import public


@public
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the root so that it may serve every page of the floor."""
    found = finders.find("treatments/worker.js")
    answer = HttpResponse(Path(str(found)).read_bytes(), content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer
