"""Addresses of allauth that a clinic uses: signing in and out, and one's own factors.

Signing up, e-mail and reset by e-mail have no address at all: accounts, forgotten passwords and
lost factors go through the clinic's owner.
"""

from allauth.account import views
from django.urls import include, path

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("2fa/", include("allauth.mfa.urls")),
]
