"""Whether the clinic's machine is well."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.health"
    label = "health"
