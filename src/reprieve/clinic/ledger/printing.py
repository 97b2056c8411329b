"""Pages of the ledger as PDF: the same HTML as the screen, with nothing fetched from anywhere."""

from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.template.loader import render_to_string

PRINT = "ledger/print.css"


def pdf(template: str, context: dict[str, Any], name: str) -> HttpResponse:
    """A template as a PDF to download; landscape A4 or Letter by the style sheet."""
    from weasyprint import CSS, HTML  # slow to import, and only printing needs it

    html = render_to_string(template, context)
    style = finders.find(PRINT)
    assert isinstance(style, str), f"{PRINT} is not where static files are"
    written = HTML(string=html, url_fetcher=_nothing).write_pdf(
        stylesheets=[CSS(filename=style)], pdf_variant="pdf/ua-1"
    )
    return HttpResponse(
        written,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )


def _nothing(url: str, *args: Any, **kwargs: Any) -> Any:
    raise ValueError(f"a printed page asks for nothing from outside, not {url}")
