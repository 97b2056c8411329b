"""Addresses of protocols."""

from django.urls import path

from reprieve.clinic.protocols import views

app_name = "protocols"
urlpatterns = [
    path("protocols/", views.protocols, name="list"),
    path("protocols/upload/", views.upload, name="upload"),
    path("protocols/shipped/<slug:shipped_name>/", views.shipped, name="shipped"),
    path("protocols/shipped/<slug:shipped_name>/adopt/", views.adopt, name="adopt"),
    path("protocols/new/<slug:protocol_name>/", views.new, name="new"),
    path("protocols/<uuid:protocol_id>/", views.detail, name="detail"),
    path("protocols/<uuid:protocol_id>/edit/", views.edit, name="edit"),
    path("protocols/<uuid:protocol_id>/file/", views.download, name="download"),
]
