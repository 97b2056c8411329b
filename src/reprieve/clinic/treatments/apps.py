"""The treatment session: an append-only stream of events."""

from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.treatments"
    label = "treatments"
