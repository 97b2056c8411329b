"""People, their roles, and the second factor."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect the audit of sign-ins."""
        from reprieve.clinic.accounts import signals

        assert signals
