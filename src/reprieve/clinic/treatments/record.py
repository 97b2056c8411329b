"""The one way into a session's record: `record` checks, stores and moves the ledger, or nothing.

An event carries an id that its client made. The same id with the same content is the same event,
however often it is sent; with another content it is refused.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from django.utils import timezone

from reprieve.clinic.accounts.models import User
from reprieve.clinic.accounts.second_person import prove
from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.treatments.entry import Entry, check_phase, kind_of, timed
from reprieve.clinic.treatments.forms import FORMS, EventForm
from reprieve.clinic.treatments.handlers import EFFECTS, ENTERED
from reprieve.clinic.treatments.kinds import KINDS, Kind
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse
from reprieve.clinic.treatments.state import SessionState, replay

PERMISSION = {key: kind.permission for key, kind in KINDS.items()}
PROVES = {
    "second_check": "session.check",
    "waste": "ledger.witness",
    "correction": "ledger.witness",  # where it moves the ledger back
}


def record(
    by: Actor,
    session_id: UUID,
    kind: str,
    data: Mapping[str, Any],
    *,
    id: UUID | None = None,
    at: datetime | None = None,
    client_at: datetime | None = None,
) -> SessionEvent:
    """Store an event of a session.

    Parameters
    ----------
    by : who enters it, and when by the server's clock
    session_id : a session of that person's clinic
    kind : a key of `kinds.KINDS`
    data : fields of `forms.FORMS[kind]`, as a form sends them
    id : made by the client, so that a resend is known
    at : when it happened; now, where nothing is said. Never stored later than the server's time
    client_at : what the client's clock said

    Raises
    ------
    EntryRefusedError
        The entry is impossible, or the protocol or the session does not admit it; `fields` says
        why. Nothing is stored.
    NotAllowedError
        The person's roles do not carry the kind's permission.
    Http404
        No such session in this clinic.
    """
    known = kind_of(kind)
    by.require(known.permission)
    with timezone.override(ZoneInfo(by.clinic.time_zone)):  # times without a zone are the clinic's
        form = _valid(known, data)
    session = get_object_or_404(_sessions(by), pk=session_id)
    earlier = _sent_before(session, known, form, id, at)
    if earlier is not None:
        return earlier
    # outside the transaction: a wrong password counts although the entry is rolled back
    second = _second_person(by, known, form)
    with act(by, known.permission, f"record {known.title}", session) as log:
        session = _sessions(by).select_for_update(of=("self",)).get(pk=session_id)
        earlier = _sent_before(session, known, form, id, at)
        if earlier is not None:
            log.detail = {"sent_again": str(earlier.pk)}
            return earlier
        entry = Entry(
            by,
            session,
            state_of(session),
            session.course.protocol_version.protocol,
            known,
            at or by.now,
            form.payload(),
            second,
        )
        event = _stored(entry, id or uuid4(), client_at)
        log.detail = {"kind": kind, "event": str(event.pk), "seq": event.seq}
    return event


def state_of(session: TreatmentSession) -> SessionState:
    """What a session's events add up to."""
    return replay(e.plain for e in session.events.all())


def _sessions(by: Actor) -> Any:
    return TreatmentSession.objects.filter(clinic=by.clinic).select_related(
        "course__protocol_version", "patient"
    )


def _valid(kind: Kind, data: Mapping[str, Any]) -> EventForm:
    form = FORMS[kind.key](data)
    if not form.is_valid():
        errors = {("" if k == "__all__" else k): list(v) for k, v in form.errors.items()}
        raise EntryRefusedError({k: [str(m) for m in v] for k, v in errors.items()})
    return form


def _sent_before(
    session: TreatmentSession, kind: Kind, form: EventForm, id: UUID | None, at: datetime | None
) -> SessionEvent | None:
    if id is None:
        return None
    found = SessionEvent.objects.filter(pk=id).first()
    if found is None:
        return None
    sent = form.payload()
    if kind.key == "correction":
        sent.pop("data", None)  # kept as checked, not as sent
    same = (
        found.session_id == session.pk
        and found.kind == kind.key
        and (at is None or kind.now or found.at in (at, min(at, found.entered_at)))
        and all(found.data.get(name) == value for name, value in sent.items())
    )
    if not same:
        raise refuse("This id belongs to another entry already. Send it again with a new id.", "id")
    return found


def _second_person(by: Actor, kind: Kind, form: EventForm) -> User | None:
    permission = PROVES.get(kind.key)
    username = form.cleaned_data.get("username") if permission else None
    if not permission or not username:
        return None
    return prove(by, username, form.cleaned_data.get("password", ""), permission)


def _stored(entry: Entry, id: UUID, client_at: datetime | None) -> SessionEvent:
    check_phase(entry)
    entry = timed(entry)
    check = ENTERED.get(entry.kind.key)
    data = check(entry) if check is not None else entry.data
    event = SessionEvent(
        id=id,
        stream=f"session:{entry.session.pk}",
        session=entry.session,
        kind=entry.kind.key,
        at=entry.at,
        entered_at=entry.now,
        client_at=client_at,
        by=entry.by.user,
        by_name=entry.by.user.signature_name,
        data=data,
    ).append()
    effect = EFFECTS.get(entry.kind.key)
    if effect is not None:
        effect(entry, event)
    _keep_state(entry.session, replay((*entry.state.record, event.plain)), event.seq)
    return event


def _keep_state(session: TreatmentSession, state: SessionState, seq: int) -> None:
    session.phase, session.last_seq = state.phase.value, seq
    session.save(update_fields=["phase", "last_seq", "nurse"])
