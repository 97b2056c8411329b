"""Addresses of people, oneself and the doors."""

from django.urls import path

from reprieve.clinic.accounts import doors, own, views

app_name = "accounts"
urlpatterns = [
    path("people/", views.list_people, name="people"),
    path("people/add/", views.add_person, name="add"),
    path("people/<uuid:person_id>/", views.change_person, name="person"),
    path("people/<uuid:person_id>/out-of-use/", views.deactivate_person, name="deactivate"),
    path("people/<uuid:person_id>/back/", views.reactivate_person, name="reactivate"),
    path("people/<uuid:person_id>/reset/", views.reset_person, name="reset"),
    path("people/<uuid:person_id>/link/", views.show_link, name="link"),
    path("clinic/", views.clinic_settings, name="clinic"),
    path("me/", own.profile, name="profile"),
    path("me/second-factor/", own.second_factor, name="second_factor"),
    path("lock/", own.unlock, name="unlock"),
    path("lock/now/", own.lock_now, name="lock_now"),
    path("lock/awake/", own.awake, name="awake"),
    path("first/<str:first_token>/", doors.first_account, name="first"),
    path("invitation/<str:invitation_token>/", doors.invitation, name="invitation"),
]
