"""Addresses of the health page."""

from django.urls import path

from reprieve.clinic.health import views

urlpatterns = [
    path("health/", views.health, name="health"),
    path("health/live/", views.live, name="health_live"),
]
