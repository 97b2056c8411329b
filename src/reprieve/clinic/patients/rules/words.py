"""Whose word something is, in words."""

from typing import Protocol as Shape

from reprieve.errors import UnknownNameError
from reprieve.evidence.references import bibliography


class Sourced(Shape):
    """A threshold or an entry of a protocol file."""

    @property
    def standing(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def note(self) -> str: ...


def reference(key: str) -> str:
    """A reference as people cite it; its key where the bibliography lacks it."""
    try:
        return str(bibliography()[key])
    except (KeyError, UnknownNameError):
        return key


def whose(entry: Sourced) -> str:
    """Standing, how well it is known, and from where ("label, verified: SPRAVATO label")."""
    said = f"{entry.standing}, {entry.status}"
    found = f"{said}: {reference(entry.source)}" if entry.source else said
    return f"{found} ({entry.note})" if entry.note else found
