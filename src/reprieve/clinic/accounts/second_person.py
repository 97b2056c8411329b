"""The second person of an act: another one, of this clinic, who proves it with a password."""

from reprieve.clinic.access import allowed
from reprieve.clinic.accounts.lockout import by_password
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.errors import WitnessError


def prove(by: Actor, username: str, password: str, permission: str) -> User:
    """The second person, proved.

    Ask before the act's transaction: a wrong password must count towards the lockout even though
    the act is refused.

    Parameters
    ----------
    by : who acts
    username, password : of the second person, typed by that person
    permission : what the second person must be allowed, such as `ledger.witness`

    Raises
    ------
    WitnessError
        Nobody was named, it is the same person, the password is wrong, the person is of another
        clinic or may not do this.
    RefusedError
        The name is locked out.
    """
    username = username.strip()
    if not username or not password:
        raise WitnessError("A second person has to give their own username and password.")
    if username.casefold() == by.user.username.casefold():
        raise WitnessError("The second person must be somebody else than you.")
    found = by_password(username, password, by.address, "witness")
    if found is None or found.clinic_id != by.clinic.pk:
        raise WitnessError("That username and password are not of an active person of this clinic.")
    if found.pk == by.user.pk:
        raise WitnessError("The second person must be somebody else than you.")
    if not allowed(found.roles, permission):
        raise WitnessError(f"{found} may not do this; it needs the permission {permission}.")
    return found
