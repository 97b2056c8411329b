"""Consents: a text in its version, signed by patient and witness, and withdrawn at any time."""

from django.apps import AppConfig


class ConsentsConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.consents"
    label = "consents"
