"""The controlled-drug ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.ledger"
    label = "ledger"
