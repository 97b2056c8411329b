"""Who did or read what, in a chain that shows a change."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.audit"
    label = "audit"
