"""Seal a text so that the database alone does not show it.

Each key of `settings.NOTES_KEYS` (newest first) is stretched to a Fernet key of its own; the
newest seals, all of them open. What is sealed names the row it belongs to, so that a text moved
to another patient's row does not open there.
"""

import base64
import json
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from reprieve.clinic.errors import RefusedError

PURPOSE = b"reprieve psychotherapy notes 1"


def seal(text: str, owner: str) -> str:
    """The text, readable only with the key and only for its owner (a row's id in words)."""
    inside = json.dumps({"owner": owner, "text": text}, ensure_ascii=False)
    return _locks(tuple(settings.NOTES_KEYS)).encrypt(inside.encode()).decode()


def unseal(sealed: str, owner: str) -> str:
    """The text again.

    Raises
    ------
    RefusedError
        No key of the settings opens it, or it was sealed for another row.
    """
    try:
        inside = json.loads(_locks(tuple(settings.NOTES_KEYS)).decrypt(sealed.encode()))
    except InvalidToken:
        raise RefusedError(
            "This note was sealed with another key. Put that key behind the newest one in "
            "REPRIEVE_NOTES_KEY, with a comma between."
        ) from None
    if inside["owner"] != owner:
        raise RefusedError("This note was sealed for another row; it is not shown here.")
    return str(inside["text"])


@lru_cache(maxsize=4)
def _locks(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_stretched(k))) for k in keys])


def _stretched(key: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
