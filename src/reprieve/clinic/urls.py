"""Every address of the clinic; each feature lists its own."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from reprieve.clinic.home import home

urlpatterns = [
    path("", home, name="home"),
    path("accounts/", include("reprieve.clinic.accounts.sign_in")),
]
urlpatterns += [
    path("", include(f"reprieve.clinic.{name}.urls"))
    for name in settings.APPS
    if find_spec(f"reprieve.clinic.{name}.urls")
]
