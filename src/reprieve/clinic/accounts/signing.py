"""A signature is given by the person themselves, now: their password is asked again."""

from django.http import HttpRequest

from reprieve.clinic.accounts.lockout import by_password
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import RefusedError


def prove_self(by: Actor, request: HttpRequest, password: str) -> None:
    """Refuse unless the signed-in person has just typed their own password.

    Ask before the act's transaction: a wrong password must count even though nothing is signed.

    Raises
    ------
    RefusedError
        It is not their password, or their name is locked out.
    """
    del request  # the address is the actor's; the argument keeps this to people at a screen
    found = by_password(by.user.username, password, by.address, "sign") if password else None
    if found is None or found.pk != by.user.pk:
        raise RefusedError("That is not your password. Nothing was signed; type it again.")
