"""Refusals of an entry, with the fields they are about."""

from collections.abc import Mapping

from reprieve.clinic.errors import RefusedError


class EntryRefusedError(RefusedError):
    """An entry that is not stored; `fields` says for each field what is wrong with it.

    The key "" holds what is wrong with the entry as a whole.
    """

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(message for found in fields.values() for message in found))
        self.fields = {name: list(found) for name, found in fields.items()}


def refuse(message: str, field: str = "") -> EntryRefusedError:
    """A refusal about one field, or about the whole entry."""
    return EntryRefusedError({field: [message]})
