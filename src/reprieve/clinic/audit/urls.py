"""Addresses of the audit."""

from django.urls import path

from reprieve.clinic.audit import views

app_name = "audit"
urlpatterns = [
    path("audit/", views.list_audit, name="list"),
    path("audit/export/", views.export, name="export"),
    path("audit/check/", views.check, name="check"),
]
