"""Patients and what makes them eligible."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.patients"
    label = "patients"
