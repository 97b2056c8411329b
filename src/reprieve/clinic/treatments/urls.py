"""Addresses of sessions and the board."""
urlpatterns: list = []
