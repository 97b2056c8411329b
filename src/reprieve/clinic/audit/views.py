"""The audit as the owner reads it: a filtered page, a file, and a check of the chains."""

import csv
from collections.abc import Iterator
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from reprieve.clinic.acts import note_read
from reprieve.clinic.audit.forms import AuditFilter
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.audit.verify import faults, heads
from reprieve.clinic.pages import ClinicRequest, page

A_PAGE = 100
NOBODY = UUID(int=0)
COLUMNS = (
    "seq", "at", "user_name", "kind", "verb", "patient", "object_type", "object_id", "address",
    "detail", "digest",
)  # fmt: skip


@page("audit.read")
def list_audit(request: ClinicRequest) -> HttpResponse:
    """Who did or read what, newest first."""
    form = AuditFilter(request.by.clinic, request.GET)
    rows = Paginator(form.rows().select_related("user"), A_PAGE).get_page(request.GET.get("page"))
    numbers = _numbers(request, (row.patient_id for row in rows))
    asked = request.GET.copy()
    asked.pop("page", None)
    known = {"form": form, "rows": rows, "numbers": numbers, "asked": asked.urlencode()}
    return render(request, "audit/list.html", known, status=200 if form.is_valid() else 422)


@page("audit.read")
def export(request: ClinicRequest) -> HttpResponse | StreamingHttpResponse:
    """The rows asked for as CSV; taking them out is itself written down."""
    form = AuditFilter(request.by.clinic, request.GET)
    rows = form.rows()
    note_read(request.by, "export the audit")
    answer = StreamingHttpResponse(_lines(request, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="audit-{request.by.now:%Y-%m-%d}.csv"'
    return answer


@page("audit.read")
def check(request: ClinicRequest) -> HttpResponse:
    """Whether the chains of this clinic hold, as `reprieve clinic verify` would say."""
    found = list(faults(request.by.clinic))
    known = {"faults": found, "heads": heads(request.by.clinic)}
    return render(request, "audit/check.html", known)


def _numbers(request: ClinicRequest, ids: Iterator[UUID | None]) -> dict[UUID, str]:
    """Patients' numbers by id: the owner sees no names."""
    patients = request.by.clinic.patients.filter(pk__in={i for i in ids if i})
    return dict(patients.values_list("pk", "number"))


def _lines(request: ClinicRequest, rows: QuerySet[AuditEvent]) -> Iterator[str]:
    zone = ZoneInfo(request.by.clinic.time_zone)
    numbers = dict(request.by.clinic.patients.values_list("pk", "number"))
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in rows.iterator(chunk_size=2000):
        values = {name: getattr(row, name) for name in COLUMNS if name != "patient"}
        values |= {
            "at": row.at.astimezone(zone).isoformat(timespec="seconds"),
            "patient": numbers.get(row.patient_id or NOBODY, ""),
        }
        yield writer.writerow([_inert(values[name]) for name in COLUMNS])


def _inert(value: object) -> str:
    """Text that no spreadsheet runs as a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text
