"""Addresses of psychotherapy notes."""

from django.urls import path

from reprieve.clinic.therapy import views

app_name = "therapy"
urlpatterns = [
    path("therapy/", views.patients, name="list"),
    path("therapy/<uuid:patient_id>/", views.notes, name="notes"),
    path("therapy/<uuid:patient_id>/write/", views.write, name="write"),
]
