"""Psychotherapy notes, apart from the chart and sealed at rest."""

from django.apps import AppConfig


class TherapyConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.therapy"
    label = "therapy"
