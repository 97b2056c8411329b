"""The record by address: what a form sends and what the cockpit's queue sends again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from reprieve.clinic.accounts.signing import prove_self
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.pages import ClinicRequest, page
from reprieve.clinic.treatments.fields import YEARS, of_our_time
from reprieve.clinic.treatments.models import SessionEvent
from reprieve.clinic.treatments.record import PERMISSION, record
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse

SIGNED = ("sign", "countersign")


@require_POST
@page("clinic.use")
def record_event(request: ClinicRequest, session_id: UUID, kind: str) -> HttpResponse:
    """Store one event, named by the id its client made; sent again it is the same event.

    `record` asks for the permission of the kind; this page only for somebody signed in.
    """
    try:
        with timezone.override(ZoneInfo(request.by.clinic.time_zone)):
            event = _recorded(request, session_id, kind)
    except RefusedError as error:
        if not wants_json(request):
            raise
        return refused(error)
    if wants_json(request):
        return JsonResponse(answer(event))
    return HttpResponseRedirect(after(request, f"/sessions/{session_id}/"))


def _recorded(request: ClinicRequest, session_id: UUID, kind: str) -> SessionEvent:
    sent = request.POST
    _check_same_person(request, sent)
    if kind in PERMISSION:
        request.by.require(PERMISSION[kind])
    if kind in SIGNED:
        prove_self(request.by, request, sent.get("password", ""))
    return record(
        request.by,
        session_id,
        kind,
        sent,
        id=_uuid(sent.get("id", "")),
        at=_time(sent, "at"),
        client_at=_time(sent, "client_at"),
    )


def answer(event: SessionEvent) -> dict[str, object]:
    """What a client is told of a stored event."""
    return {
        "id": str(event.pk),
        "seq": event.seq,
        "kind": event.kind,
        "phase": event.session.phase,
        "at": event.at.isoformat(),
        "late_min": round(event.plain.late_min, 1),
        "matched": event.data.get("matched", True),
    }


def refused(error: RefusedError) -> JsonResponse:
    """What was expected: 422 with the fields, or 400 where no field is at fault."""
    fields = error.fields if isinstance(error, EntryRefusedError) else {}
    status = 422 if any(fields) else 400
    return JsonResponse({"error": str(error), "fields": fields}, status=status)


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks."""
    return "application/json" in request.headers.get("Accept", "")


def _check_same_person(request: ClinicRequest, sent: QueryDict) -> None:
    """A queue that one person filled is not sent in another's name."""
    said = sent.get("entered_by", "")
    if said and said != str(request.by.user.pk):
        raise refuse(
            "Somebody else entered this on this tablet. They have to sign in to send it.",
            "entered_by",
        )


def _uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as e:
        raise refuse(f"'{text[:40]}' is not an id; expected a UUID.", "id") from e


def _time(sent: Mapping[str, str], name: str) -> datetime | None:
    text = sent.get(name, "")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        aware = timezone.make_aware(found) if found.tzinfo is None else found
        return of_our_time(aware.astimezone(UTC))
    except (ValueError, OverflowError) as e:
        raise refuse(
            f"'{text[:40]}' is not a time; expected ISO 8601, of a year from {YEARS[0]} to "
            f"{YEARS[-1]}.",
            name,
        ) from e


def after(request: HttpRequest, otherwise: str) -> str:
    """Where a form asked to go, if that is the address of a page of ours."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        return wanted
    return otherwise
