"""Every verb runs in `act`: permission first, one transaction, an audit row in the same one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import models, transaction

from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent

READ_AGAIN_S = 300  # a page that refreshes itself is one read, not one every two seconds


@dataclass
class Log:
    """What the audit row of an act will say: set `on` where the act makes its object."""

    on: models.Model | None = None
    patient: UUID | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@contextmanager
def act(
    by: Actor,
    permission: str,
    verb: str,
    on: models.Model | None = None,
    *,
    patient: UUID | None = None,
) -> Iterator[Log]:
    """Run a write: check, act, log, all or nothing.

    Parameters
    ----------
    by : who acts
    permission : what it needs, from `access.PERMISSIONS`
    verb : what is done, as the audit will show it ("record vital signs")
    on : the object, if it exists already
    patient : whose data it is; found on `on` where that names a patient

    Raises
    ------
    NotAllowedError
        Before anything is touched.
    """
    by.require(permission)
    with transaction.atomic():
        log = Log(on=on, patient=patient)
        yield log
        AuditEvent.record(by, "write", verb, log.on, log.patient, log.detail)


def note_read(
    by: Actor, what: str, on: models.Model | None = None, *, patient: UUID | None = None
) -> None:
    """Log a read of patient data; the same person on the same thing once in five minutes."""
    said = f"{by.user.pk}:{what}:{on.pk if on else ''}:{by.address}"
    key = f"read:{sha256(said.encode()).hexdigest()}"
    if cache.add(key, 1, READ_AGAIN_S):
        with transaction.atomic():
            AuditEvent.record(by, "read", what, on, patient, {})
