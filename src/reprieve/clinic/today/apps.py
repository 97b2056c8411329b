"""The day: arrivals, close of day, summary."""

from django.apps import AppConfig


class TodayConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.today"
    label = "today"
