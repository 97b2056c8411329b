"""Whether a person's second factor stands: an app or a passkey, with recovery codes behind it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reprieve.clinic.accounts.models import User

FACTORS = ("totp", "webauthn")
RECOVERY = "recovery_codes"


def kinds(user: "User") -> frozenset[str]:
    """Kinds of factor that a person has set up."""
    from allauth.mfa.models import Authenticator

    return frozenset(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def complete(user: "User") -> bool:
    """Whether a factor and recovery codes both exist."""
    found = kinds(user)
    return RECOVERY in found and not found.isdisjoint(FACTORS)


def clear(user: "User") -> int:
    """Remove every factor of a person; the number removed."""
    from allauth.mfa.models import Authenticator

    return int(Authenticator.objects.filter(user=user).delete()[0])
