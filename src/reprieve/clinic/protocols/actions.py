"""Verbs on a site's protocols: copy a shipped one, save a new version, bring in a file."""

import re
from dataclasses import replace
from hashlib import sha256

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.protocols.changes import changes
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.errors import EvidenceError
from reprieve.evidence.practice import (
    Protocol,
    parse_protocol,
    protocol,
    protocol_names,
    protocol_toml,
)

LONGEST_TEXT = 400_000
LONGEST_TITLE = 200
_NAME = re.compile(r"[a-z][a-z0-9_]{1,58}")


def adopt(by: Actor, name: str) -> ProtocolVersion:
    """Copy a shipped protocol to the site, whole, as its version 1.

    Raises
    ------
    RefusedError
        The site has a protocol of that name.
    UnknownNameError
        None such is shipped.
    """
    shipped = protocol(name)
    with act(by, "protocols.write", "adopt a protocol") as log:
        lock(f"protocols:{by.clinic.pk}")
        if newest(by, name) is not None:
            raise RefusedError(
                f"The site has '{name}' already. Edit that copy, or bring the file in under "
                "another name."
            )
        note = f"copied from the shipped version {shipped.version}"
        log.on = _store(by, shipped, 1, note)
        log.detail = {"name": name, "version": 1}
        return log.on


def revise(by: Actor, version: ProtocolVersion, text: str, note: str) -> ProtocolVersion:
    """Save an edited text as the next version; courses that run keep the version they have.

    Raises
    ------
    RefusedError
        A newer version exists, nothing differs, or the note is missing.
    EvidenceError
        The text is not a protocol; the message names the table and the key.
    """
    with act(by, "protocols.write", "revise a protocol") as log:
        lock(f"protocols:{by.clinic.pk}")
        last = newest(by, version.name)
        if last is None or last.pk != version.pk:
            raise RefusedError(
                f"Version {version.version} is not the newest any more. Open version "
                f"{last.version if last else 1} and make the change there."
            )
        found = checked(text, version.name)
        lines = changes(version, found)
        if not lines:
            raise RefusedError("Nothing differs from the version that is there; nothing was saved.")
        log.on = _store(by, found, last.version + 1, _said(note))
        log.detail = {"name": version.name, "version": log.on.version, "changes": list(lines)}
        return log.on


def bring_in(by: Actor, name: str, text: str, note: str) -> ProtocolVersion:
    """Save a protocol of the site's own, under a name that it does not have yet.

    Raises
    ------
    RefusedError
        The name is taken or is no name; the note is missing.
    EvidenceError
        The text is not a protocol.
    """
    with act(by, "protocols.write", "bring in a protocol") as log:
        lock(f"protocols:{by.clinic.pk}")
        if newest(by, checked_name(name)) is not None:
            raise RefusedError(f"The site has '{name}' already; save this as its next version.")
        log.on = _store(by, checked(text, name), 1, _said(note))
        log.detail = {"name": name, "version": 1}
        return log.on


def newest(by: Actor, name: str) -> ProtocolVersion | None:
    """The newest version of a name at the site."""
    return ProtocolVersion.objects.filter(clinic=by.clinic, name=name).order_by("-version").first()


def checked_name(name: str) -> str:
    """A name that a file can have: small letters, digits, underscores."""
    if not _NAME.fullmatch(name):
        raise RefusedError(
            f"'{name[:60]}' cannot be a protocol's name; use 2 to 59 small letters, digits and "
            "underscores, a letter first, as in 'iv_evening'."
        )
    return name


def checked(text: str, name: str) -> Protocol:
    """The protocol of a text, or the sentence that says which field is wrong."""
    if len(text) > LONGEST_TEXT:
        raise EvidenceError(
            f"{name}: the text has {len(text):,} characters; at most {LONGEST_TEXT:,} are read."
        )
    found = parse_protocol(text, name, f"{name}.toml")
    if len(found.title) > LONGEST_TITLE or "\x00" in found.title:
        raise EvidenceError(
            f"{name}.toml: title must be plain text of at most {LONGEST_TITLE} characters."
        )
    return found


def shipped_protocols() -> tuple[Protocol, ...]:
    """What comes with the package and can be copied: everything but controls and the base."""
    found = (protocol(name) for name in protocol_names())
    return tuple(p for p in found if p.route != "any" and p.level != "reference")


def _store(by: Actor, found: Protocol, version: int, note: str) -> ProtocolVersion:
    text = protocol_toml(replace(found, version=version))
    return ProtocolVersion.objects.create(
        clinic=by.clinic,
        name=found.name,
        version=version,
        title=found.title,
        text=text,
        digest=sha256(text.encode()).hexdigest(),
        note=note,
        created_at=by.now,
        created_by=by.user,
    )


def _said(note: str) -> str:
    if not note.strip():
        raise RefusedError("A version needs a note: what changed, and why.")
    return note.strip()
