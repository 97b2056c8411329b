"""A site's own versions of the protocol files."""

from django.apps import AppConfig


class ProtocolsConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.protocols"
    label = "protocols"
