"""Addresses of sessions and the board."""

from django.urls import include, path

from reprieve.clinic.treatments import (
    api,
    views_board,
    views_cockpit,
    views_paper,
    views_steps,
    views_worker,
)

sessions = [
    path("", views_cockpit.cockpit, name="cockpit"),
    path("live/", views_cockpit.live, name="live"),
    path("do/<str:kind>/", views_steps.step, name="step"),
    path("events/<uuid:event_id>/correct/", views_steps.correct, name="correct"),
    path("record/", views_paper.paper, name="paper"),
    path("record.pdf", views_paper.pdf, name="pdf"),
    path("record/<str:kind>/", api.record_event, name="record"),
]
urlpatterns = [
    path("board/", views_board.board, name="board"),
    path("cockpit-worker.js", views_worker.worker, name="cockpit_worker"),
    path("board/rows/", views_board.board_rows, name="board_rows"),
    path("sessions/<uuid:session_id>/", include((sessions, "treatments"))),
]
