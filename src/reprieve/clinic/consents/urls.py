"""Addresses of consents."""

from django.urls import path

from reprieve.clinic.consents import views

app_name = "consents"
urlpatterns = [
    path("patients/<uuid:patient_id>/consents/", views.consents, name="list"),
    path("patients/<uuid:patient_id>/consents/<uuid:protocol_id>/sign/", views.sign, name="sign"),
    path("consents/<uuid:consent_id>/", views.show, name="show"),
    path("consents/<uuid:consent_id>/pdf/", views.paper, name="pdf"),
    path("consents/<uuid:consent_id>/withdraw/", views.withdraw, name="withdraw"),
]
