"""The first account: a one-time token, printed where the clinic is started, opens one page once.

Whoever reads the terminal of the machine makes the clinic and its owner. The token's digest and
end of life stand in the data folder; there is no default password, and no page before the token.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from reprieve.clinic.access import Role
from reprieve.clinic.accounts.invitations import digest
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import RefusedError

VALID = timedelta(hours=4)


def needed() -> bool:
    """Whether no clinic exists yet."""
    return not Clinic.objects.exists()


def open_set_up() -> str | None:
    """A new token for the first page, or None where a clinic exists. An earlier token is void."""
    if not needed():
        _file().unlink(missing_ok=True)
        return None
    token = secrets.token_urlsafe(24)
    ends = timezone.now() + VALID
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().touch(mode=0o600)
    _file().write_text(json.dumps({"digest": digest(token), "expires_at": ends.isoformat()}))
    return token


def setup_path(data: Path | None = None) -> str | None:
    """The path of the first page with a new token, or None where a clinic exists.

    Parameters
    ----------
    data : the data folder, where it is not the one of the settings
    """
    if data is not None and data.absolute() != Path(settings.DATA_DIR):
        raise ValueError(f"Django was started on {settings.DATA_DIR}, not on {data.absolute()}")
    token = open_set_up()
    return reverse("accounts:first", args=[token]) if token else None


def admits(token: str) -> bool:
    """Whether a token opens the first page now."""
    try:
        kept = json.loads(_file().read_text())
        ends = datetime.fromisoformat(kept["expires_at"])
        known = str(kept["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return secrets.compare_digest(known, digest(token)) and timezone.now() < ends and needed()


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """What the first page asks for."""

    clinic: str
    time_zone: str
    username: str
    printed_name: str
    credential: str
    password: str


def make(token: str, asked: FirstAccount, address: str) -> User:
    """The clinic and its owner; the token is used up.

    Raises
    ------
    RefusedError
        The token is unknown or too old, or a clinic exists.
    ValidationError
        The password breaks the rules.
    """
    with transaction.atomic():
        lock("first account")
        if not admits(token):
            raise RefusedError(
                "This link is used up or too old. Start the clinic again: it prints a new one."
            )
        clinic = Clinic.objects.create(name=asked.clinic, time_zone=asked.time_zone)
        owner = User(
            username=asked.username,
            printed_name=asked.printed_name,
            credential=asked.credential,
            roles=[Role.OWNER.value],
            clinic=clinic,
        )
        validate_password(asked.password, owner)
        owner.set_password(asked.password)
        owner.save()
        AuditEvent.note(
            clinic,
            owner,
            AuditEvent.Kind.WRITE,
            "make the clinic and its first owner",
            at=timezone.now(),
            on=clinic,
            address=address,
        )
    _file().unlink(missing_ok=True)
    return owner


def _file() -> Path:
    return Path(settings.DATA_DIR) / "first.json"
