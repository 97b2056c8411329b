"""What the clinic refuses, beside the errors every part shares."""

from reprieve.errors import InputError, ReprieveError


class NotAllowedError(ReprieveError):
    """The person's roles do not carry the permission."""


class RefusedError(InputError):
    """An act that the record, a protocol or the clinic's rules do not admit now.

    The message says what stands in the way and what to do; nothing has been stored.
    """


class WitnessError(RefusedError):
    """The second person is missing, is the same person, or did not prove who they are."""
