"""Courses of treatment and their calendar."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """The app."""

    name = "reprieve.clinic.courses"
    label = "courses"
