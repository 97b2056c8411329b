"""A signed consent on paper: the same text and signatures as on the screen, as PDF."""

from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.template.loader import render_to_string

from reprieve.clinic.consents.models import Consent

STYLE = "consents/paper.css"


def pdf(request: HttpRequest, consent: Consent) -> bytes:
    """A consent as PDF; nothing is fetched from anywhere to make it."""
    from weasyprint import CSS, HTML  # slow to import, and only printing needs it

    html = render_to_string("consents/paper.html", {"consent": consent}, request)
    style = finders.find(STYLE)
    assert isinstance(style, str), f"{STYLE} is not where static files are"
    made = HTML(string=html, url_fetcher=_nothing).write_pdf(
        stylesheets=[CSS(filename=style)], pdf_variant="pdf/ua-1"
    )
    assert isinstance(made, bytes)
    return made


def _nothing(url: str, *args: Any, **kwargs: Any) -> Any:
    raise ValueError(f"a consent is complete in itself; it does not fetch {url}")
