"""Addresses of courses, the calendar, chairs and shifts."""

from django.urls import path

from reprieve.clinic.courses.views import calendar, change, course, places, schedule

app_name = "courses"
_COURSE = "courses/<uuid:course_id>/"
_SESSION = "sessions/<uuid:session_id>/"
urlpatterns = [
    path("courses/", course.courses, name="list"),
    path("patients/<uuid:patient_id>/courses/start/", course.start, name="start"),
    path(_COURSE, course.course, name="course"),
    path(f"{_COURSE}plan/", schedule.plan, name="plan"),
    path(f"{_COURSE}phase/", change.phase, name="phase"),
    path(f"{_COURSE}dose/", change.dose, name="dose"),
    path(f"{_COURSE}version/", change.version, name="version"),
    path(f"{_COURSE}review/", change.reviewed, name="review"),
    *(
        path(f"{_COURSE}{kind}/", change.ending, {"kind": kind}, name=kind)
        for kind in change.ENDINGS
    ),
    path(f"{_SESSION}move/", schedule.move, name="move"),
    path(f"{_SESSION}miss/", schedule.miss, name="miss"),
    path(f"{_SESSION}cancel/", schedule.cancel, name="cancel"),
    path("calendar/", calendar.week, name="calendar"),
    path("calendar/day/", calendar.day, name="day"),
    path("calendar/book/", schedule.book, name="book"),
    path("chairs/", places.chairs, name="chairs"),
    path("chairs/<uuid:chair_id>/", places.chair, name="chair"),
    path("shifts/", places.shifts, name="shifts"),
    path("shifts/<uuid:shift_id>/remove/", places.remove_shift, name="remove_shift"),
]
