"""Addresses of the day and of the clinic in numbers."""

from django.urls import include, path

from reprieve.clinic.today import views

day = [
    path("close/", views.close, name="close"),
    path("closed/<uuid:day_closed_id>/", views.closed, name="closed"),
]
urlpatterns = [
    path("today/", views.today, name="today"),
    path("today/", include((day, "today"))),
    path("summary/", views.summary, name="summary"),
    path("summary/csv/", views.summary_csv, name="summary_csv"),
]
